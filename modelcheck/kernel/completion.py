"""Completions: include/linux/completion.h, kernel/sched/completion.c (v6.12).

Kept: a counter that `complete` raises and each waiter lowers, `complete_all` sets for good; both
sides work under `wait.lock`, so each is one step, and a waiter that has returned is never touched
by the completer again: a completion may live on the waiter's stack.
Checked: `sleep-in-atomic`; waiting for a completion that was freed is `use-after-free`, waiting for
one that nobody completes a `deadlock`.
Left out: the order among waiters (any of them may be next); lockdep, which has no part in it since
LOCKDEP_COMPLETIONS was removed in v4.15 (a spec that wants the order takes a `LockdepMap`).
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    U8,
    WRITE_ONCE,
    READ_ONCE,
    atomic,
    either,
    struct,
    wait_until,
)

from .task import might_sleep

COMPLETE_ALL = 255  # UINT_MAX


@struct(marked=True)
class Completion:
    done: U8


def init_completion(x: Ptr[Completion]):
    """include/linux/completion.h, init_completion.  One step."""
    WRITE_ONCE(x.done, 0)


def reinit_completion(x: Ptr[Completion]):
    """include/linux/completion.h, reinit_completion: a store without the lock.  One step."""
    WRITE_ONCE(x.done, 0)


def complete(x: Ptr[Completion]):
    """kernel/sched/completion.c, complete: one waiter may go on.  One step."""
    with atomic(because="x->wait.lock is held"):
        if x.done != COMPLETE_ALL:
            x.done += 1


def complete_all(x: Ptr[Completion]):
    """kernel/sched/completion.c, complete_all: all may go on, also those who come later.  One
    step."""
    with atomic(because="x->wait.lock is held"):
        x.done = COMPLETE_ALL


def wait_for_completion(x: Ptr[Completion]):
    """kernel/sched/completion.c, wait_for_completion.  One step."""
    might_sleep()
    with atomic(because="a woken waiter takes x->wait.lock before it returns"):
        wait_until(x.done > 0)
        take_completion(x)


def wait_for_completion_idle(x: Ptr[Completion]):
    """The same for a thread that serves others, and is at rest here.  One step."""
    might_sleep()
    with atomic(because="a woken waiter takes x->wait.lock before it returns"):
        wait_until(x.done > 0, idle=True)
        take_completion(x)


def wait_for_completion_timeout(x: Ptr[Completion]) -> Bool:
    """kernel/sched/completion.c, wait_for_completion_timeout: `False` where the time was over.

    The time may be over at any moment, and some day it is.  One step.
    """
    might_sleep()
    with atomic(because="woken or not, the waiter looks at done under x->wait.lock at the end"):
        if either():
            wait_until(x.done > 0)
            take_completion(x)
            return True
        wait_until(x.done == 0)
        return False


def wait_for_completion_interruptible(x: Ptr[Completion]) -> Bool:
    """kernel/sched/completion.c, wait_for_completion_interruptible: `False` where a signal came
    first.  One step.

    A signal may come at any time, or never: then a waiter whom nobody completes is a `deadlock`.
    """
    might_sleep()
    signal = either()
    with atomic(because="woken or not, the waiter looks at done under x->wait.lock at the end"):
        if signal and x.done == 0:
            return False
        wait_until(x.done > 0)
        take_completion(x)
        return True


def wait_for_completion_killable(x: Ptr[Completion]) -> Bool:
    """kernel/sched/completion.c, wait_for_completion_killable: the same for fatal signals."""
    return wait_for_completion_interruptible(x)


def take_completion(x: Ptr[Completion]):
    """kernel/sched/completion.c, the end of do_wait_for_common."""
    if x.done != COMPLETE_ALL:
        x.done -= 1


def try_wait_for_completion(x: Ptr[Completion]) -> Bool:
    """kernel/sched/completion.c, try_wait_for_completion.  One step, two where it looks done."""
    if READ_ONCE(x.done) == 0:
        return False
    with atomic(because="x->wait.lock is held"):
        if x.done == 0:
            return False
        take_completion(x)
        return True


def completion_done(x: Ptr[Completion]) -> Bool:
    """kernel/sched/completion.c, completion_done.  One step, two where it is done."""
    if READ_ONCE(x.done) == 0:
        return False
    READ_ONCE(x.done)  # takes x->wait.lock, so that complete() is done with the completion
    return True
