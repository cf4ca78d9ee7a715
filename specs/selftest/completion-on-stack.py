"""A completion may live on the stack of its waiter, a flag and a wait queue may not.

Kernel: kernel/sched/completion.c, complete and do_wait_for_common (v6.12): both work under
wait.lock, and the waiter takes it once more before it returns.  By hand the waker stores the flag
and wakes then: a waiter that sees the flag in between returns, and its stack is gone.
Left out: nothing of importance.  Try: by_hand, and by_hand with the wake-up under a lock that the
waiter takes before it returns (by_hand_locked).
"""

from modelcheck.kernel.completion import Completion, complete, wait_for_completion
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.wait import wait_event, wait_queue_head_t, wake_up
from modelcheck.lang import (
    Bool,
    Enum,
    Ptr,
    final,
    flag,
    local,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("selftest-completion-on-stack")


class Design(Enum):
    COMPLETION = 0
    BY_HAND = 1
    BY_HAND_LOCKED = 2


design = flag(Design.COMPLETION)


@struct(marked=True)
class Request:
    """What the waiter hands to the worker, on its stack."""

    done: Completion
    flag: Bool
    wait: wait_queue_head_t


@struct(marked=True)
class Worker:
    request: Ptr[Request]
    finished: Bool


worker = shared(Worker)
lock = shared(Mutex)


def submit_and_wait():
    request = local(Request)
    worker.request = request
    if design == Design.COMPLETION:
        wait_for_completion(request.done)
    else:
        wait_event(request.wait, lambda: request.flag)
        if design == Design.BY_HAND_LOCKED:
            mutex_lock(lock)
            mutex_unlock(lock)


@thread
def submitter():
    submit_and_wait()


@thread
def kworker():
    wait_until(worker.request is not None)
    request = worker.request
    if design == Design.COMPLETION:
        complete(request.done)
    else:
        if design == Design.BY_HAND_LOCKED:
            mutex_lock(lock)
        request.flag = True
        wake_up(request.wait)
        if design == Design.BY_HAND_LOCKED:
            mutex_unlock(lock)
    worker.finished = True


@final
def request_was_served():
    return worker.finished


variant("by_hand", design=Design.BY_HAND, violates="use-after-free(Request)")
variant("by_hand_locked", design=Design.BY_HAND_LOCKED)
