"""What wait queues of the kernel library mean."""

from __future__ import annotations

import pytest

from tests.checking import check_text

HEAD = """
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.task import Task, TaskState, schedule, set_current_state, tasks
from modelcheck.kernel.wait import (
    EPOLLHUP, EPOLLIN, EPOLLOUT, POLLFREE, WaitLink, WakeMode, add_wait_queue,
    add_wait_queue_exclusive, autoremove_wake_function, del_init_wait_entry, finish_wait,
    init_wait, init_waitqueue_entry, init_waitqueue_func_entry, init_waitqueue_head,
    prepare_to_wait, prepare_to_wait_exclusive, remove_wait_queue, try_to_wake_up, wait_event,
    wait_event_exclusive, wait_event_idle, wait_event_interruptible, wait_event_killable,
    wait_event_lock, wait_event_timeout, wait_queue_entry, wait_queue_head_t, wait_woken,
    waitqueue_active, wake_up, wake_up_all, wake_up_interruptible, wake_up_nr, wake_up_poll,
    wake_up_pollfree, wake_up_process, woken_wake_function,
)
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, ThreadId, U8, U16, WRITE_ONCE, atomic, current, either, final, finished,
    container_of, initial, invariant, local, new, objects, pool, reachable, shared, spec, struct,
    thread, wait_until,
)

spec("wait-test")
"""

EVENT = """
wq = shared(wait_queue_head_t)
done = shared(Bool)

@thread
def waiter():
    wait_event(wq, lambda: READ_ONCE(done))

@thread
def waker():
    STORE
    WAKE

@final
def nothing_is_left():
    return len(wq.entries) == 0
"""


def event(store="WRITE_ONCE(done, True)", wake="wake_up(wq)"):
    return HEAD + EVENT.replace("STORE", store).replace("WAKE", wake)


def test_an_event_that_is_there_is_one_step(explore):
    found = explore(
        HEAD
        + """
wq = shared(wait_queue_head_t)
done = shared(Bool, True)

@thread
def waiter():
    wait_event(wq, lambda: READ_ONCE(done))

@thread
def other():
    WRITE_ONCE(done, True)
"""
    )
    assert found.violated == set()
    assert found.depth == 2


def test_a_wake_up_must_come_after_the_store(explore):
    assert explore(event()).violated == set()
    assert explore(event("wake_up(wq)", "WRITE_ONCE(done, True)")).violated == {"deadlock"}
    assert explore(event(wake="pass")).violated == {"deadlock"}


def test_a_wake_up_does_not_make_the_condition_true(explore):
    assert explore(event(store="pass")).violated == {"deadlock"}


def test_interruptible_wake_ups_leave_others_asleep(explore):
    wake = "wake_up_interruptible(wq)"
    assert explore(event(wake=wake)).violated == {"deadlock"}
    text = event(wake=wake).replace("wait_event(wq", "wait_event_interruptible(wq")
    assert explore(text).violated == set()
    killable = event(wake=wake).replace("wait_event(wq", "wait_event_killable(wq")
    assert explore(killable).violated == {"deadlock"}


def test_at_rest_is_no_deadlock(explore):
    text = event(wake="pass").replace("wait_event(wq", "wait_event_idle(wq")
    found = explore(text)
    assert found.violated == {"nothing_is_left"}


def test_spurious_wake_ups_go_round(explore):
    text = event().replace("READ_ONCE(done))", "READ_ONCE(done), spurious=True)")
    found = explore(text)
    assert found.violated == set()
    assert found.transitions > explore(event()).transitions


@pytest.mark.parametrize("wait", ["wait_event_interruptible", "wait_event_killable"])
def test_signals(explore, wait):
    found = explore(
        HEAD
        + f"""
wq = shared(wait_queue_head_t)
done = shared(Bool)
came = shared(Bool)
signal = shared(Bool)

@thread
def waiter():
    if {wait}(wq, lambda: READ_ONCE(done)):
        WRITE_ONCE(came, True)
    else:
        WRITE_ONCE(signal, True)

@thread
def waker():
    WRITE_ONCE(done, True)
    wake_up(wq)

@final
def one_of_both():
    return came != signal and len(wq.entries) == 0

@reachable
def event_came():
    return came

@reachable
def signal_came():
    return signal

@invariant
def state_is_reset():
    return not (came or signal) or all(
        t.state == TaskState.TASK_RUNNING for t in objects(Task)
    )
"""
    )
    assert found.violated == set()


def test_a_signal_may_never_come(explore):
    text = event(wake="pass").replace("wait_event(wq", "wait_event_interruptible(wq")
    assert explore(text).violated == {"deadlock"}


def test_a_timeout_comes_and_tells_whether_the_event_held(explore):
    text = """
wq = shared(wait_queue_head_t)
done = shared(Bool)
held = shared(U8)

@thread
def waiter():
    if wait_event_timeout(wq, lambda: READ_ONCE(done)):
        WRITE_ONCE(held, 1)
    else:
        WRITE_ONCE(held, 2)

@thread
def waker():
    WRITE_ONCE(done, True)
    WAKE

@reachable
def came():
    return held == 1

@reachable
def over():
    return held == 2

@final
def nothing_is_left():
    return held > 0 and len(wq.entries) == 0
"""
    assert explore(HEAD + text.replace("WAKE", "wake_up(wq)")).violated == set()
    assert explore(HEAD + text.replace("WAKE", "pass")).violated == set()


EXCLUSIVE = """
wq = shared(wait_queue_head_t)
tokens = shared(U8)

def take() -> Bool:
    global tokens
    with atomic(because="one cmpxchg"):
        if tokens == 0:
            return False
        tokens -= 1
        return True

@thread(count=2)
def waiter():
    WAIT(wq, lambda: take())

@thread
def giver():
    global tokens
    with atomic(because="one xchg"):
        tokens = 2
    WAKE
"""


@pytest.mark.parametrize(
    ("wait", "wake", "violated"),
    [
        ("wait_event", "wake_up(wq)", set()),
        ("wait_event_exclusive", "wake_up(wq)", {"deadlock"}),
        ("wait_event_exclusive", "wake_up_nr(wq, 2)", set()),
        ("wait_event_exclusive", "wake_up_all(wq)", set()),
        ("wait_event_exclusive", "wake_up(wq)\n    wake_up(wq)", set()),
    ],
)
def test_one_exclusive_waiter_is_woken(explore, wait, wake, violated):
    text = EXCLUSIVE.replace("WAIT", wait).replace("WAKE", wake)
    assert explore(HEAD + text).violated == violated


def test_those_that_are_not_exclusive_stand_first(explore):
    found = explore(
        HEAD
        + """
wq = shared(wait_queue_head_t)
entries = shared(wait_queue_entry, count=4)

@thread
def work():
    add_wait_queue_exclusive(wq, entries[0])
    add_wait_queue(wq, entries[1])
    add_wait_queue_exclusive(wq, entries[2])
    add_wait_queue(wq, entries[3])

@final
def order():
    return (
        wq.entries[0] is entries[3] and wq.entries[1] is entries[1]
        and wq.entries[2] is entries[0] and wq.entries[3] is entries[2]
    )
"""
    )
    assert found.violated == set()
    assert found.depth == 4


def test_a_waker_ends_at_the_exclusive_one_that_it_woke(explore):
    """One that does not want the key does not use up the wake-up."""
    found = explore(
        HEAD
        + """
wq = shared(wait_queue_head_t)
hits = shared(U8)

@struct(marked=True)
class Watch:
    wants: U16
    hit: Bool
    wait: wait_queue_entry

watches = shared(Watch, count=3)

def wake_watch(head, entry: Ptr[wait_queue_entry], mode: WakeMode, key: U16) -> Bool:
    watch = container_of(entry, Watch, "wait")
    if watch.wants & key == 0:
        return False
    watch.hit = True
    return True

@thread
def work():
    for n in range(3):
        init_waitqueue_func_entry(watches[n].wait, wake_watch)
        WRITE_ONCE(watches[n].wants, EPOLLOUT if n == 0 else EPOLLIN)
        add_wait_queue_exclusive(wq, watches[n].wait)
    wake_up_poll(wq, EPOLLIN)

@final
def the_second_only():
    return watches[1].hit and not watches[0].hit and not watches[2].hit
"""
    )
    assert found.violated == set()


HEAD_IN_OBJECT = """
@struct(marked=True)
class Item:
    wait: wait_queue_head_t
    done: Bool

@struct(marked=True)
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    item = new(Item, done=False)
    init_waitqueue_head(item.wait)
    slot.item = item
"""


def test_touching_the_queue_of_a_freed_object(explore):
    use = """
@thread
def work():
    item = slot.item
    entry = local(wait_queue_entry, task=current())
    kfree(item)
    TOUCH
"""
    for touch in (
        "add_wait_queue(item.wait, entry)",
        "add_wait_queue_exclusive(item.wait, entry)",
        "remove_wait_queue(item.wait, entry)",
        "prepare_to_wait(item.wait, entry, TaskState.TASK_UNINTERRUPTIBLE)",
        "wake_up(item.wait)",
        "waitqueue_active(item.wait)",
        "wake_up_pollfree(item.wait)",
        "init_waitqueue_head(item.wait)",
        "wait_event_timeout(item.wait, lambda: False)",
    ):
        found = explore(HEAD + HEAD_IN_OBJECT + use.replace("TOUCH", touch))
        assert found.violated == {"use-after-free"}, touch
    finish = use.replace("TOUCH", "finish_wait(item.wait, entry)")
    assert explore(HEAD + HEAD_IN_OBJECT + finish).violated == set()


def test_finish_wait_touches_the_head_unless_the_waker_unlinked(explore):
    """The waiter is woken for the last time, and the head is gone when it gets to finish_wait."""
    text = """
@thread
def waiter():
    item = slot.item
    entry = local(wait_queue_entry, task=current(), func=FUNC)
    prepare_to_wait(item.wait, entry, TaskState.TASK_UNINTERRUPTIBLE)
    schedule()
    finish_wait(item.wait, entry)

@thread
def owner():
    item = slot.item
    wait_until(len(item.wait.entries) > 0)
    wake_up(item.wait)
    kfree(item)
"""
    autoremove = text.replace("FUNC", "autoremove_wake_function")
    assert explore(HEAD + HEAD_IN_OBJECT + autoremove).violated == set()
    default = text.replace("FUNC", "default_wake_function").replace(
        "@thread", "from modelcheck.kernel.wait import default_wake_function\n\n@thread", 1
    )
    assert explore(HEAD + HEAD_IN_OBJECT + default).violated == {"use-after-free"}


ENTRY_IN_OBJECT = """
@struct(marked=True)
class Watch:
    wait: wait_queue_entry

watches = pool(Watch, count=1)
wq = shared(wait_queue_head_t)

def watched(head, entry: Ptr[wait_queue_entry], mode: WakeMode, key: U16) -> Bool:
    if key & POLLFREE != 0:
        del_init_wait_entry(head, entry)
    return True

@thread
def work():
    watch = new(Watch)
    init_waitqueue_func_entry(watch.wait, watched)
    add_wait_queue(wq, watch.wait)
    BODY
    kfree(watch)
"""


@pytest.mark.parametrize(
    ("body", "violated"),
    [
        ("pass", {"work-misuse"}),
        ("wake_up(wq)", {"work-misuse"}),
        ("remove_wait_queue(wq, watch.wait)", set()),
        ("wake_up_pollfree(wq)", set()),
        ("wake_up_pollfree(wq)\n    remove_wait_queue(wq, watch.wait)", set()),
        ("add_wait_queue(wq, watch.wait)", {"work-misuse"}),
        (
            """remove_wait_queue(wq, watch.wait)
    add_wait_queue(wq, watch.wait)
    del_init_wait_entry(wq, watch.wait)""",
            set(),
        ),
        (
            "remove_wait_queue(wq, watch.wait)\n    remove_wait_queue(wq, watch.wait)",
            {"work-misuse"},
        ),
        (
            "del_init_wait_entry(wq, watch.wait)\n    remove_wait_queue(wq, watch.wait)",
            set(),
        ),
    ],
)
def test_misuse_of_an_entry(explore, body, violated):
    assert explore(HEAD + ENTRY_IN_OBJECT.replace("BODY", body)).violated == violated


def test_an_entry_that_is_removed_from_another_head(explore):
    text = """
one = shared(wait_queue_head_t)
other = shared(wait_queue_head_t)
entry = shared(wait_queue_entry)

@thread
def work():
    add_wait_queue(one, entry)
    remove_wait_queue(HEAD, entry)
"""
    assert explore(HEAD + text.replace("HEAD", "other")).violated == {"work-misuse"}
    assert explore(HEAD + text.replace("HEAD", "one")).violated == set()


def test_an_entry_on_the_stack_must_be_unlinked(explore):
    text = """
wq = shared(wait_queue_head_t)

def sleep():
    entry = local(wait_queue_entry, task=current())
    add_wait_queue(wq, entry)
    LAST

@thread
def work():
    sleep()
"""
    assert explore(HEAD + text.replace("LAST", "pass")).violated == {"work-misuse"}
    right = text.replace("LAST", "remove_wait_queue(wq, entry)")
    assert explore(HEAD + right).violated == set()


def test_a_head_that_dies_first_is_no_fault(explore):
    text = """
@thread
def work():
    item = slot.item
    entry = local(wait_queue_entry, task=current())
    add_wait_queue(item.wait, entry)
    kfree(item)
    LAST
"""
    assert explore(HEAD + HEAD_IN_OBJECT + text.replace("LAST", "pass")).violated == set()
    last = text.replace("LAST", "remove_wait_queue(item.wait, entry)")
    assert explore(HEAD + HEAD_IN_OBJECT + last).violated == {"use-after-free"}


POLLFREE_WITH_A_SLEEPER = """
wq = shared(wait_queue_head_t)

@thread
def selecter():
    entry = local(wait_queue_entry, task=current())
    add_wait_queue(wq, entry)
    set_current_state(TaskState.TASK_INTERRUPTIBLE)
    schedule()
    remove_wait_queue(wq, entry)

@thread
def owner():
    wait_until(tasks[selecter].state == TaskState.TASK_INTERRUPTIBLE)
    POLLFREE
"""


def test_pollfree_warns_of_an_entry_that_does_not_unlink(explore):
    for call, violated in (
        ("wake_up_pollfree(wq)", {"work-misuse"}),
        ("wake_up_pollfree(wq, warn=False)", set()),
        ("wake_up_poll(wq, EPOLLHUP)", set()),
    ):
        text = POLLFREE_WITH_A_SLEEPER.replace("POLLFREE", call)
        assert explore(HEAD + text).violated == violated


def test_the_task_of_an_entry_must_live(explore):
    text = """
wq = shared(wait_queue_head_t)
entry = shared(wait_queue_entry)

@thread
def sleeper():
    init_waitqueue_entry(entry, current())
    add_wait_queue(wq, entry)
    LAST

@thread
def waker():
    wait_until(finished(sleeper))
    wake_up(wq)
"""
    assert explore(HEAD + text.replace("LAST", "pass")).violated == {"use-after-free"}
    right = text.replace("LAST", "remove_wait_queue(wq, entry)")
    assert explore(HEAD + right).violated == set()


WOKEN = """
wq = shared(wait_queue_head_t)
done = shared(Bool)

@thread
def waiter():
    entry = local(wait_queue_entry, task=current(), func=FUNC)
    add_wait_queue(wq, entry)
    while not READ_ONCE(done):
        wait_woken(entry, TaskState.TASK_INTERRUPTIBLE)
    remove_wait_queue(wq, entry)

@thread
def waker():
    WRITE_ONCE(done, True)
    wake_up(wq)
"""


def test_wait_woken_needs_its_callback(explore):
    assert explore(HEAD + WOKEN.replace("FUNC", "woken_wake_function")).violated == set()
    lost = WOKEN.replace("FUNC", "autoremove_wake_function")
    assert explore(HEAD + lost).violated == {"deadlock"}


def test_the_lock_is_dropped_while_asleep(explore):
    text = """
lock = shared(Spinlock)
wq = shared(wait_queue_head_t)
done = shared(Bool)

@thread
def waiter():
    spin_lock(lock)
    wait_event_lock(wq, lambda: done, lock)
    spin_unlock(lock)

@thread
def waker():
    global done
    spin_lock(lock)
    done = True
    spin_unlock(lock)
    wake_up(wq)
"""
    head = HEAD + "from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock\n"
    assert explore(head + text).violated == set()
    asleep = text.replace("wait_event_lock(wq, lambda: done, lock)", "wait_event(wq, lambda: done)")
    assert "sleep-in-atomic" in explore(head + asleep).violated


def test_preparing_twice_queues_once(explore):
    found = explore(
        HEAD
        + """
wq = shared(wait_queue_head_t)

@thread
def work():
    entry = local(wait_queue_entry, task=current())
    prepare_to_wait(wq, entry, TaskState.TASK_UNINTERRUPTIBLE)
    prepare_to_wait_exclusive(wq, entry, TaskState.TASK_UNINTERRUPTIBLE)
    finish_wait(wq, entry)

@invariant
def at_most_one():
    return len(wq.entries) <= 1
"""
    )
    assert found.violated == set()
    assert found.depth == 5


LOCKED_HEAD = (
    HEAD
    + """
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.kernel.wait import wake_up_locked

@struct(marked=True)
class Request:
    wait: wait_queue_head_t
    done: Bool

@struct(marked=True)
class Slot:
    request: Ptr[Request]

slot = shared(Slot)

def submit():
    request = local(Request)
    slot.request = request
    SLEEP
    LAST

@thread
def waiter():
    submit()

@thread
def waker():
    wait_until(slot.request is not None)
    request = slot.request
    spin_lock(request.wait.lock)
    request.done = True
    WAKE(request.wait)
    UNLOCK
"""
)


def locked_head(sleep, last="pass", wake="wake_up_locked"):
    text = LOCKED_HEAD.replace("SLEEP", sleep).replace("LAST", last).replace("WAKE", wake)
    return text.replace("UNLOCK", "spin_unlock(request.wait.lock)")


def test_the_unlock_touches_the_head_after_the_walk(explore):
    sleep = "wait_event(request.wait, lambda: request.done)"
    assert explore(locked_head(sleep)).violated == {"lock-misuse"}  # freed while held
    last = "spin_lock(request.wait.lock)\n    spin_unlock(request.wait.lock)"
    assert explore(locked_head(sleep, last)).violated == set()


def test_only_the_walk_wakes_and_the_waiter_is_gone_before_the_unlock(explore):
    sleep = """entry = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
    prepare_to_wait(request.wait, entry, TaskState.TASK_UNINTERRUPTIBLE)
    schedule()
    finish_wait(request.wait, entry)"""
    text = locked_head(sleep).replace(
        "    spin_lock(request.wait.lock)\n",
        "    wait_until(len(request.wait.entries) > 0)\n    spin_lock(request.wait.lock)\n",
    )
    assert explore(text).violated == {"lock-misuse"}  # freed while held
    takes = text.replace("func=autoremove_wake_function", "func=default_wake_function")
    takes = takes.replace("import wake_up_locked", "import default_wake_function, wake_up_locked")
    assert explore(takes).violated == set()


def test_waking_with_and_without_the_lock(explore):
    text = """
from modelcheck.kernel.spinlock import spin_lock, spin_unlock
from modelcheck.kernel.wait import wake_up_locked

wq = shared(wait_queue_head_t)

@thread
def work():
    LOCK
    WAKE(wq)
    UNLOCK
"""
    held = text.replace("UNLOCK", "spin_unlock(wq.lock)").replace("LOCK", "spin_lock(wq.lock)")
    free = text.replace("UNLOCK", "pass").replace("LOCK", "pass")
    assert explore(HEAD + held.replace("WAKE", "wake_up_locked")).violated == set()
    assert explore(HEAD + held.replace("WAKE", "wake_up")).violated == {"lock-misuse"}
    assert explore(HEAD + free.replace("WAKE", "wake_up_locked")).violated == {"lock-misuse"}
    assert explore(HEAD + free.replace("WAKE", "wake_up")).violated == set()


def test_others_wait_for_the_lock_of_the_head(explore):
    text = """
from modelcheck.kernel.spinlock import spin_lock, spin_unlock

wq = shared(wait_queue_head_t)
entry = shared(wait_queue_entry)

@thread
def holder():
    LOCK
    before = len(wq.entries)
    after = len(wq.entries)
    UNLOCK
    assert before == after, "stands_still"

@thread
def other():
    add_wait_queue(wq, entry)
    prepare_to_wait(wq, entry, TaskState.TASK_UNINTERRUPTIBLE)
    finish_wait(wq, entry)
"""
    held = text.replace("UNLOCK", "spin_unlock(wq.lock)").replace("LOCK", "spin_lock(wq.lock)")
    assert explore(HEAD + held).violated == set()
    free = text.replace("UNLOCK", "pass").replace("LOCK", "pass")
    assert explore(HEAD + free).violated == {"stands_still"}


CALLBACK = (
    HEAD
    + """
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import Context

@struct(marked=True)
class Ep:
    lock: Spinlock
    ready: Bool

ep = shared(Ep)
mutex = shared(Mutex)
wq = shared(wait_queue_head_t)
entry = shared(wait_queue_entry)

@initial
def fill():
    entry.func = callback

def callback(
    head: Ptr[wait_queue_head_t], e: Ptr[wait_queue_entry], mode: WakeMode, key: U16
) -> Bool:
    TAKE
    return True
"""
)


def test_a_callback_runs_under_the_lock_of_its_head(explore):
    text = (
        CALLBACK.replace("TAKE", "spin_lock(ep.lock)\n    spin_unlock(ep.lock)")
        + """
@thread
def insert():
    spin_lock(ep.lock)
    add_wait_queue(wq, entry)
    spin_unlock(ep.lock)

@thread
def waker():
    wake_up(wq)
"""
    )
    assert explore(text).violated == {"lock-order"}
    before = text.replace(
        "    spin_lock(ep.lock)\n    add_wait_queue(wq, entry)\n",
        "    add_wait_queue(wq, entry)\n    spin_lock(ep.lock)\n",
    )
    assert explore(before).violated == set()


def test_a_callback_must_not_sleep(explore):
    text = (
        CALLBACK.replace("TAKE", "mutex_lock(mutex)\n    mutex_unlock(mutex)")
        + """
@thread
def work():
    add_wait_queue(wq, entry)
    wake_up(wq)
"""
    )
    assert explore(text).violated == {"sleep-in-atomic"}


@pytest.mark.parametrize(("irq", "violated"), [("", {"lock-order"}), ("_irq", set())])
def test_a_wake_up_in_an_interrupt_takes_the_lock(explore, irq, violated):
    text = (
        HEAD
        + f"""
from modelcheck.kernel.spinlock import spin_lock{irq} as take, spin_unlock{irq} as give
from modelcheck.lang import Context

wq = shared(wait_queue_head_t)

@thread
def work():
    take(wq.lock)
    give(wq.lock)
    wake_up(wq)

@thread(context=Context.HARDIRQ)
def handler():
    wake_up(wq)
"""
    )
    assert explore(text).violated == violated


def test_who_holds_the_lock_wakes_under_it(explore):
    text = (
        CALLBACK.replace("TAKE", "spin_lock(ep.lock)\n    spin_unlock(ep.lock)")
        + """
from modelcheck.kernel.wait import wake_up_locked

@thread
def work():
    add_wait_queue(wq, entry)
    spin_lock(wq.lock)
    wake_up_locked(wq)
    spin_unlock(wq.lock)
"""
    )
    assert explore(text).violated == set()


def test_a_condition_must_not_block(explore):
    text = (
        HEAD
        + """
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock

@struct(marked=True)
class Queue:
    mutex: Mutex
    wq: wait_queue_head_t
    done: Bool

q = shared(Queue)

def is_done():
    mutex_lock(q.mutex)
    done = q.done
    mutex_unlock(q.mutex)
    return done

@thread
def waiter():
    wait_event(q.wq, lambda: CONDITION)

@thread
def waker():
    mutex_lock(q.mutex)
    q.done = True
    mutex_unlock(q.mutex)
    wake_up(q.wq)
"""
    )
    assert explore(text.replace("CONDITION", "is_done()")).violated == {"sleep-in-atomic"}
    assert explore(text.replace("CONDITION", "q.done")).violated == set()


def test_interrupts_are_off_in_a_callback(explore):
    text = (
        CALLBACK.replace("TAKE", "spin_lock(ep.lock)\n    spin_unlock(ep.lock)")
        + """
@thread
def work():
    add_wait_queue(wq, entry)
    wake_up(wq)

@thread(context=Context.HARDIRQ)
def handler():
    spin_lock(ep.lock)
    spin_unlock(ep.lock)
"""
    )
    assert explore(text).violated == set()


IN_STEPS = [
    ("wake_up(HEAD)", False),
    ("wake_up_in_steps(HEAD, WakeMode.TASK_NORMAL, 1, 0)", True),
]


@pytest.mark.parametrize(("wake", "seen"), IN_STEPS)
def test_what_comes_between_the_steps_of_a_callback(explore, wake, seen):
    text = (
        CALLBACK.replace("TAKE", "WRITE_ONCE(half, True)\n    ep.ready = True")
        + f"""
from modelcheck.kernel.wait import wake_up_in_steps

half = shared(Bool)

@thread
def work():
    add_wait_queue(wq, entry)
    {wake.replace("HEAD", "wq")}

@invariant
def both():
    return half == ep.ready
"""
    )
    assert explore(text).violated == ({"both"} if seen else set())


@pytest.mark.parametrize(("wake", "seen"), IN_STEPS)
def test_the_waker_gives_the_lock_back_last(explore, wake, seen):
    text = (
        HEAD
        + f"""
from modelcheck.kernel.wait import wake_up_in_steps

@struct(marked=True)
class Item:
    wq: wait_queue_head_t

@struct(marked=True)
class Slot:
    item: Ptr[Item]
    queued: Bool

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    slot.item = new(Item)
    init_waitqueue_head(slot.item.wq)

@thread
def waiter():
    item = slot.item
    entry = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
    prepare_to_wait(item.wq, entry, TaskState.TASK_UNINTERRUPTIBLE)
    slot.queued = True
    schedule()
    finish_wait(item.wq, entry)
    kfree(item)

@thread
def waker():
    wait_until(slot.queued)
    {wake.replace("HEAD", "slot.item.wq")}
"""
    )
    found = explore(text).violated
    assert found == ({"lock-misuse"} if seen else set())  # freed while held


def test_waking_in_steps_wakes_the_same(explore):
    text = event(wake="wake_up_in_steps(wq, WakeMode.TASK_NORMAL, 1, 0)").replace(
        "wake_up_all,", "wake_up_all, wake_up_in_steps,"
    )
    assert explore(text).violated == set()


def test_an_entry_that_dies_looks_into_no_head_that_is_new():
    result = check_text("""
        from modelcheck.kernel.slab import kfree
        from modelcheck.kernel.wait import init_waitqueue_head, wait_queue_entry, wait_queue_head_t

        @struct(marked=True)
        class Item:
            wait: wait_queue_head_t

        items = pool(Item, count=1)

        @thread
        def allocate():
            item = new(Item)
            init_waitqueue_head(item.wait)
            kfree(item)

        @thread
        def sleep():
            entry = local(wait_queue_entry, task=current())
            entry.exclusive = True
    """)
    assert result.violations == ()
