"""What completions of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.completion import (
    Completion, complete, complete_all, completion_done, reinit_completion,
    try_wait_for_completion, wait_for_completion, wait_for_completion_idle,
    wait_for_completion_interruptible, wait_for_completion_timeout,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, either, final, initial, invariant, local, new, pool,
    reachable, shared, spec, struct, thread,
)

spec("completion-test")
"""


def test_both_sides_are_one_step(explore):
    found = explore(
        HEAD
        + """
done = shared(Completion)

@thread
def waiter():
    wait_for_completion(done)

@thread
def completer():
    complete(done)

@final
def taken():
    return done.done == 0
"""
    )
    assert found.violated == set()
    assert (found.states, found.transitions, found.depth) == (3, 2, 2)


COUNTS = """
done = shared(Completion)

@thread(count=2)
def waiter():
    wait_for_completion(done)

@thread
def completer():
    COMPLETE
"""


@pytest.mark.parametrize(
    ("text", "violated"),
    [
        ("complete(done)", {"deadlock"}),
        ("complete(done)\n    complete(done)", set()),
        ("complete_all(done)", set()),
        ("complete_all(done)\n    complete(done)", set()),
        ("complete_all(done)\n    reinit_completion(done)", {"deadlock"}),
        ("reinit_completion(done)\n    complete_all(done)", set()),
    ],
)
def test_each_waiter_takes_one_and_all_saturates(explore, text, violated):
    assert explore(HEAD + COUNTS.replace("COMPLETE", text)).violated == violated


def test_a_done_that_is_thrown_away_hangs_the_waiter(explore):
    text = """
done = shared(Completion)

@thread
def waiter():
    wait_for_completion(done)

@thread
def completer():
    complete(done)
    reinit_completion(done)
"""
    assert explore(HEAD + text).violated == {"deadlock"}
    idle = text.replace("wait_for_completion(done)", "wait_for_completion_idle(done)")
    assert explore(HEAD + idle).violated == set()


ON_STACK = """
@struct(marked=True)
class Request:
    done: Ptr[Completion]

request = shared(Request)

def submit():
    done = local(Completion)
    request.done = done
    WAIT

@thread
def waiter():
    submit()

@thread
def completer():
    done = request.done
    if done is not None:
        complete(done)
    else:
        complete_all(never)

never = shared(Completion)
"""


@pytest.mark.parametrize(
    ("wait", "violated"),
    [
        ("wait_for_completion(done)", {"deadlock"}),  # only where the request came too late
        ("wait_for_completion_timeout(done)", {"use-after-free"}),
        ("wait_for_completion_interruptible(done)", {"deadlock", "use-after-free"}),
    ],
)
def test_on_the_stack(explore, wait, violated):
    assert explore(HEAD + ON_STACK.replace("WAIT", wait)).violated == violated


FREED = """
@struct(marked=True)
class Item:
    done: Completion

@struct(marked=True)
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    item = new(Item)
    item.done.done = 0
    slot.item = item

@thread
def waiter():
    item = slot.item
    wait_for_completion(item.done)
    LAST

@thread
def completer():
    item = slot.item
    complete(item.done)
    FREE
"""


def test_freed_by_the_waiter_is_right_and_by_the_completer_wrong(explore):
    right = FREED.replace("LAST", "kfree(item)").replace("    FREE\n", "")
    assert explore(HEAD + right).violated == set()
    wrong = FREED.replace("LAST", "READ_ONCE(item.done.done)").replace("FREE", "kfree(item)")
    assert explore(HEAD + wrong).violated == {"use-after-free"}
    asleep = FREED.replace("    LAST\n", "").replace("FREE", "kfree(item)")
    assert explore(HEAD + asleep).violated == {"use-after-free"}


def test_a_completion_freed_while_somebody_waits(explore):
    text = FREED.replace("    LAST\n", "").replace("FREE", "kfree(item)")
    text = text.replace("    complete(item.done)\n", "")
    assert explore(HEAD + text).violated == {"use-after-free"}


def test_waiting_with_a_spinlock_held(explore):
    text = """
lock = shared(Spinlock)
done = shared(Completion, done=1)

@thread
def waiter():
    spin_lock(lock)
    wait_for_completion(done)
    spin_unlock(lock)
"""
    assert explore(HEAD + text).violated == {"sleep-in-atomic"}
    near_miss = text.replace("wait_for_completion(done)", "try_wait_for_completion(done)")
    assert explore(HEAD + near_miss).violated == set()


def test_timeouts_and_signals_leave_a_done_that_comes_later(explore):
    for wait in ("wait_for_completion_timeout", "wait_for_completion_interruptible"):
        found = explore(
            HEAD
            + f"""
done = shared(Completion)
came = shared(Bool)
gone = shared(Bool)

@thread
def waiter():
    if {wait}(done):
        WRITE_ONCE(came, True)
    else:
        WRITE_ONCE(gone, True)

@thread
def completer():
    complete(done)

@reachable
def completed():
    return came and done.done == 0

@reachable
def left():
    return gone and done.done == 1

@final
def taken_by_who_says_so():
    return came == (done.done == 0)
"""
        )
        assert found.violated == set()


def test_a_timeout_is_no_deadlock_and_the_want_of_a_signal_is(explore):
    text = """
done = shared(Completion)

@thread
def waiter():
    WAIT(done)
"""
    timeout = text.replace("WAIT", "wait_for_completion_timeout")
    assert explore(HEAD + timeout).violated == set()
    signal = text.replace("WAIT", "wait_for_completion_interruptible")
    assert explore(HEAD + signal).violated == {"deadlock"}


def test_looking_does_not_wait(explore):
    found = explore(
        HEAD
        + """
done = shared(Completion)
early = shared(Bool)

@thread
def looker():
    if completion_done(done) or try_wait_for_completion(done):
        WRITE_ONCE(early, True)

@thread
def completer():
    complete(done)

@reachable
def seen():
    return early

@reachable
def missed():
    return not early and done.done == 1

@reachable
def taken():
    return early and done.done == 0
"""
    )
    assert found.violated == set()
