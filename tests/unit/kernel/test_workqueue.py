"""What the workqueues of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.kernel.task import preempt_disable, preempt_enable
from modelcheck.kernel.workqueue import (
    DelayedWork, INIT_DELAYED_WORK, INIT_WORK, WorkStruct, Workqueue, cancel_delayed_work,
    cancel_delayed_work_sync, cancel_work, cancel_work_sync, destroy_workqueue, disable_work_sync,
    drain_workqueue, enable_work, flush_delayed_work, flush_work, flush_workqueue,
    mod_delayed_work, queue_delayed_work, queue_work, schedule_work, system_wq, work_pending,
    worker_thread,
)
from modelcheck.lang import (
    Bool, Context, Ptr, U8, WRITE_ONCE, READ_ONCE, assume, atomic, container_of, final, finished,
    ghost, initial, invariant, local, new, pool, reachable, shared, spec, struct, thread,
    wait_until,
)

spec("workqueue-test")
""".replace("assume, ", "")

ITEM = """
@struct(marked=True)
class Item:
    work: WorkStruct
    runs: U8
    inside: U8 = ghost(0)

items = shared(Item, count=COUNT)

@initial
def fill():
    for item in items:
        item.work.func = run

def run(work: Ptr[WorkStruct]):
    item = container_of(work, Item, "work")
    with atomic(because="the test counts"):
        item.runs += 1
        item.inside += 1
    READ_ONCE(item.runs)
    item.inside -= 1
"""
ONE = HEAD + ITEM.replace("COUNT", "1")
TWO = HEAD + ITEM.replace("COUNT", "2")


def test_an_item_runs_once_and_the_worker_rests(explore):
    found = explore(
        ONE
        + """
@thread
def submit():
    queue_work(system_wq, items[0].work)

@final
def ran_once():
    return items[0].runs == 1 and not items[0].work.pending
"""
    )
    assert found.violated == set()
    # PENDING, on the list; taken, two steps of the function, off the books
    assert (found.states, found.transitions, found.depth) == (7, 6, 6)


def test_queueing_twice_is_one_run_while_it_is_pending_and_two_after(explore):
    text = """
accepted = shared(U8)

@thread
def submit():
    global accepted
    queue_work(system_wq, items[0].work)
    if queue_work(system_wq, items[0].work):
        accepted = 1

@final
def as_often_as_accepted():
    return items[0].runs == 1 + accepted

@reachable
def one_run():
    return accepted == 0 and items[0].runs == 1

@reachable
def two_runs():
    return accepted == 1 and items[0].runs == 2

@invariant
def never_twice_at_once():
    return items[0].inside <= 1
"""
    assert explore(ONE + text).violated == set()


def test_two_items_run_at_the_same_time_but_not_on_an_ordered_queue(explore):
    text = """
@thread
def submit():
    queue_work(QUEUE, items[0].work)
    queue_work(QUEUE, items[1].work)

@invariant
def one_at_a_time():
    return items[0].inside + items[1].inside <= 1

@invariant
def first_in_first_out():
    return items[1].runs == 0 or items[0].runs == 1

@final
def all_ran():
    return items[0].runs == 1 and items[1].runs == 1
"""
    found = explore(TWO + text.replace("QUEUE", "system_wq"))
    assert found.violated == {"one_at_a_time", "first_in_first_out"}
    ordered = "wq = shared(Workqueue, ordered=True)\n" + text.replace("QUEUE", "wq")
    assert explore(TWO + ordered).violated == set()
    limited = ordered.replace("ordered=True", "max_active=1")
    assert explore(TWO + limited).violated == {"first_in_first_out"}
    own = """
@thread(count=2, context=Context.KTHREAD)
def worker():
    worker_thread(wq)
"""
    for settings, violated in [
        ("own_workers=True", {"one_at_a_time", "first_in_first_out"}),
        ("own_workers=True, max_active=1", {"first_in_first_out"}),
        ("own_workers=True, ordered=True", set()),
    ]:
        assert explore(TWO + ordered.replace("ordered=True", settings) + own).violated == violated
    # nobody serves it: the items stay where they are
    nobody = ordered.replace("ordered=True", "own_workers=True")
    assert explore(TWO + nobody).violated == {"all_ran"}


def test_several_workers_never_run_one_item_at_once(explore):
    text = """
wq = shared(Workqueue, own_workers=True)

@thread(count=2, context=Context.KTHREAD)
def worker():
    worker_thread(wq)

@thread
def submit():
    queue_work(wq, items[0].work)
    queue_work(wq, items[0].work)

@invariant
def never_twice_at_once():
    return items[0].inside <= 1

@reachable
def twice():
    return items[0].runs == 2
"""
    assert explore(ONE + text).violated == set()


def test_flush_waits_for_what_was_queued_and_no_longer(explore):
    text = """
flushed: Bool = ghost(False)
runs_at_flush: U8 = ghost(0)

@thread
def submit():
    global flushed, runs_at_flush
    queue_work(system_wq, items[0].work)
    FLUSH
    flushed = True
    runs_at_flush = items[0].runs

@thread
def again():
    queue_work(system_wq, items[0].work)

@invariant
def ran_before():
    return not flushed or (runs_at_flush >= 1)

@invariant
def idle_at_once():
    return not flushed or not items[0].work.pending

@reachable
def later_one_not_waited_for():
    return flushed and runs_at_flush == 1 and items[0].inside == 1
"""
    # `again` may have PENDING and not be on the list yet: submit is refused, the flush finds
    # nothing.  That is so in the kernel, too.
    for flush in ("flush_work(items[0].work)", "flush_workqueue(system_wq)"):
        found = explore(ONE + text.replace("FLUSH", flush))
        assert found.violated == {"ran_before", "idle_at_once"}
    alone = text.replace(
        """@thread
def again():
    queue_work(system_wq, items[0].work)
""",
        "",
    )
    alone = alone[: alone.index("@reachable")]
    for flush in ("flush_work(items[0].work)", "flush_workqueue(system_wq)"):
        assert explore(ONE + alone.replace("FLUSH", flush)).violated == set()
    assert explore(ONE + alone.replace("FLUSH", "pass")).violated == {"ran_before", "idle_at_once"}


def test_flush_does_not_wait_for_an_item_that_queues_itself_for_ever(explore):
    text = (
        HEAD
        + """
work = shared(WorkStruct)
done = shared(Bool)

@initial
def fill():
    work.func = run

def run(work: Ptr[WorkStruct]):
    if not READ_ONCE(done):
        queue_work(system_wq, work)

@thread
def submit():
    queue_work(system_wq, work)
    WAIT
    WRITE_ONCE(done, True)
"""
    )
    assert explore(text.replace("WAIT", "flush_work(work)")).violated == set()
    assert explore(text.replace("WAIT", "flush_workqueue(system_wq)")).violated == set()
    assert explore(text.replace("WAIT", "cancel_work_sync(work)")).violated == set()


CANCEL = """
returned: Bool = ghost(False)
cancelled = shared(Bool)

@thread
def submit():
    global returned, cancelled
    queue_work(system_wq, items[0].work)
    WRITE_ONCE(cancelled, CANCEL(items[0].work))
    returned = True

@invariant
def not_running_after():
    return not returned or items[0].inside == 0

@final
def ran_or_cancelled():
    return cancelled == (items[0].runs == 0)

@reachable
def was_cancelled():
    return cancelled and returned
"""


def test_cancel_takes_it_off_and_only_sync_waits(explore):
    found = explore(ONE + CANCEL.replace("CANCEL", "cancel_work"))
    assert found.violated == {"not_running_after"}
    assert explore(ONE + CANCEL.replace("CANCEL", "cancel_work_sync")).violated == set()


def test_nobody_queues_while_cancel_sync_waits_but_after_it(explore):
    text = """
queued = shared(Bool)

@thread
def cancel():
    CANCEL(items[0].work)

@thread
def submit():
    WRITE_ONCE(queued, queue_work(system_wq, items[0].work))

@final
def runs_if_queued():
    return not queued or items[0].runs == 1

@reachable
def refused():
    return finished(submit) and not queued

@reachable
def ran():
    return items[0].runs == 1
"""
    for cancel in ("cancel_work", "cancel_work_sync"):
        found = explore(ONE + text.replace("CANCEL", cancel))
        assert found.violated == {"runs_if_queued"}  # it was queued first, then cancelled
        text_after = text.replace(
            "def submit():", "def submit():\n    wait_until(finished(cancel))"
        )
        found = explore(ONE + text_after.replace("CANCEL", cancel))
        assert found.violated == {"refused"}
    disabled = text.replace("CANCEL", "disable_work_sync")
    disabled = disabled.replace("def submit():", "def submit():\n    wait_until(finished(cancel))")
    assert explore(ONE + disabled).violated == {"ran"}


def test_drain_and_destroy(explore):
    text = (
        HEAD
        + """
wqs = pool(Workqueue, count=1)

@struct
class Slot:
    wq: Ptr[Workqueue]

slot = shared(Slot)
work = shared(WorkStruct)
runs = shared(U8)

@initial
def fill():
    work.func = run
    slot.wq = new(Workqueue, ordered=False, max_active=0, own_workers=False, draining=False)
    slot.wq.queued.clear()
    slot.wq.worklist.clear()
    slot.wq.running.clear()

def run(work: Ptr[WorkStruct]):
    global runs
    runs += 1
    if runs < 3:
        queue_work(slot.wq, work)

@thread
def submit():
    queue_work(slot.wq, work)
    DRAIN(slot.wq)

@final
def all_ran():
    return runs == 3
"""
    )
    assert explore(text.replace("DRAIN", "drain_workqueue")).violated == set()
    assert explore(text.replace("DRAIN", "destroy_workqueue")).violated == set()
    assert explore(text.replace("DRAIN", "kfree")).violated >= {"work-misuse"}
    late = text.replace("    DRAIN(slot.wq)", "    destroy_workqueue(slot.wq)")
    late += """
@thread
def late():
    queue_work(slot.wq, work)
"""
    assert explore(late).violated >= {"use-after-free", "work-misuse"}


OBJECT = (
    HEAD
    + """
@struct(marked=True)
class Item:
    refs: U8
    work: WorkStruct
    n: U8

@struct
class Slot:
    item: Ptr[Item]

pool_of_items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    slot.item = new(Item, refs=2, n=0)
    INIT_WORK(slot.item.work, run)

def put(item: Ptr[Item]):
    with atomic(because="refcount_dec_and_test"):
        item.refs -= 1
        last = item.refs == 0
    if last:
        kfree(item)
"""
)


def test_the_function_may_free_its_item(explore):
    text = (
        OBJECT
        + """
def run(work: Ptr[WorkStruct]):
    item = container_of(work, Item, "work")
    item.n += 1
    kfree(item)

@thread
def submit():
    queue_work(system_wq, slot.item.work)
"""
    )
    assert explore(text).violated == set()


def test_the_last_reference_may_go_while_the_function_still_runs(explore):
    text = (
        OBJECT
        + """
def run(work: Ptr[WorkStruct]):
    item = container_of(work, Item, "work")
    item.n += 1
    put(item)
    LATER

@thread
def submit():
    item = slot.item
    queue_work(system_wq, item.work)
    put(item)
"""
    )
    assert explore(text.replace("LATER", "pass")).violated == set()
    assert explore(text.replace("LATER", "item.n += 1")).violated == {"use-after-free"}


def test_flush_does_not_touch_an_item_that_freed_itself_but_cancel_sync_does(explore):
    text = (
        OBJECT
        + """
flushing = shared(Bool)

def run(work: Ptr[WorkStruct]):
    wait_until(flushing)
    kfree(container_of(work, Item, "work"))

@thread
def submit():
    item = slot.item
    queue_work(system_wq, item.work)
    CALL

@thread
def later():
    wait_until(any(len(b.queued) + len(b.running) > 0 for b in objects(WqBarrier)))
    WRITE_ONCE(flushing, True)
"""
    )
    head = (
        "from modelcheck.kernel.workqueue import WqBarrier\nfrom modelcheck.lang import objects\n"
    )
    found = explore(head + text.replace("CALL", "flush_work(item.work)"))
    assert found.violated == set()
    # enable_work after the wait writes to the item
    found = explore(head + text.replace("CALL", "cancel_work_sync(item.work)"))
    assert found.violated == {"use-after-free", "deadlock"}  # cancelled before: `later` waits


MISUSES = {
    "freed while queued": (
        OBJECT
        + """
def run(work: Ptr[WorkStruct]):
    pass

@thread
def submit():
    item = slot.item
    queue_work(system_wq, item.work)
    STOP
    kfree(item)
""",
        "pass",
        "cancel_work_sync(item.work)",
    ),
    "initialised while queued": (
        ONE
        + """
@thread
def submit():
    queue_work(system_wq, items[0].work)
    STOP
    INIT_WORK(items[0].work, run)
""",
        "pass",
        "flush_work(items[0].work)",
    ),
    "a function that flushes itself": (
        HEAD
        + """
first = shared(WorkStruct)
second = shared(WorkStruct)

@initial
def fill():
    first.func = run
    second.func = nothing

def run(work: Ptr[WorkStruct]):
    STOP

def nothing(work: Ptr[WorkStruct]):
    pass

@thread
def submit():
    queue_work(system_wq, second)
    queue_work(system_wq, first)
""",
        "flush_work(first)",
        "flush_work(second)",
    ),
    "a function that cancels itself": (
        ONE.replace("READ_ONCE(item.runs)", "STOP")
        + """
@thread
def submit():
    queue_work(system_wq, items[0].work)
""",
        "cancel_work_sync(work)",
        "cancel_work(work)",
    ),
    "a function that flushes its workqueue": (
        ONE.replace("READ_ONCE(item.runs)", "STOP")
        + """
wq = shared(Workqueue)

@thread
def submit():
    queue_work(system_wq, items[0].work)
""",
        "flush_workqueue(system_wq)",
        "flush_workqueue(wq)",
    ),
    "preemption left off": (
        ONE.replace("READ_ONCE(item.runs)", "preempt_disable()\n    STOP")
        + """
@thread
def submit():
    queue_work(system_wq, items[0].work)
""",
        "pass",
        "preempt_enable()",
    ),
    "enabled too often": (
        ONE
        + """
@thread
def work():
    disable_work_sync(items[0].work)
    enable_work(items[0].work)
    STOP
""",
        "enable_work(items[0].work)",
        "disable_work_sync(items[0].work)",
    ),
    "delayed work freed while armed": (
        HEAD
        + """
@struct
class Item:
    dwork: DelayedWork

@struct
class Slot:
    item: Ptr[Item]

pool_of_items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    slot.item = new(Item)
    INIT_DELAYED_WORK(slot.item.dwork, run)

def run(work: Ptr[WorkStruct]):
    pass

@thread
def submit():
    item = slot.item
    queue_delayed_work(system_wq, item.dwork, 1)
    STOP
    kfree(item)
""",
        "pass",
        "cancel_delayed_work_sync(item.dwork)",
    ),
}


@pytest.mark.parametrize(("text", "bad", "good"), MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen_and_its_near_miss_is_not(explore, text, bad, good):
    assert explore(text.replace("STOP", bad)).violated == {"work-misuse"}
    assert explore(text.replace("STOP", good)).violated == set()


def test_flush_under_a_lock_that_the_function_takes(explore):
    text = (
        HEAD
        + """
a = shared(Mutex)
b = shared(Mutex)
work = shared(WorkStruct)
n = shared(U8)

@initial
def fill():
    work.func = run

def run(work: Ptr[WorkStruct]):
    mutex_lock(a)
    mutex_unlock(a)

@thread
def submit():
    queue_work(system_wq, work)
    mutex_lock(LOCK)
    flush_work(work)
    mutex_unlock(LOCK)
"""
    )
    assert explore(text.replace("LOCK", "a")).violated == {"lock-order", "deadlock"}
    assert explore(text.replace("LOCK", "b")).violated == set()
    # The order alone: the function is past the lock in every run
    ordered = text.replace(
        "    mutex_unlock(a)\n\n", "    mutex_unlock(a)\n    WRITE_ONCE(n, 1)\n\n", 1
    )
    ordered = ordered.replace(
        "    mutex_lock(LOCK)", "    wait_until(n == 1)\n    mutex_lock(LOCK)"
    )
    assert explore(ordered.replace("LOCK", "a")).violated == {"lock-order"}


def test_flushing_may_sleep(explore):
    text = """
lock = shared(Spinlock)

@thread
def submit():
    spin_lock(lock)
    CALL
    spin_unlock(lock)
"""
    for call in (
        "flush_work(items[0].work)",
        "cancel_work_sync(items[0].work)",
        "flush_workqueue(system_wq)",
    ):
        assert explore(ONE + text.replace("CALL", call)).violated == {"sleep-in-atomic"}
    for call in ("cancel_work(items[0].work)", "schedule_work(items[0].work)"):
        assert explore(ONE + text.replace("CALL", call)).violated == set()


def test_waiting_inside_a_queue_that_is_full(explore):
    text = (
        HEAD
        + """
wq = shared(Workqueue, max_active=MAX)
first = shared(WorkStruct)
second = shared(WorkStruct)

@initial
def fill():
    first.func = outer
    second.func = inner

def outer(work: Ptr[WorkStruct]):
    queue_work(wq, second)
    flush_work(second)

def inner(work: Ptr[WorkStruct]):
    pass

@thread
def submit():
    queue_work(wq, first)
"""
    )
    assert explore(text.replace("MAX", "1")).violated == {"deadlock", "lock-order"}
    assert explore(text.replace("MAX", "2")).violated == set()


DELAYED = (
    HEAD
    + """
dwork = shared(DelayedWork)
runs = shared(U8)

@initial
def fill():
    dwork.work.func = run

def run(work: Ptr[WorkStruct]):
    WRITE_ONCE(runs, READ_ONCE(runs) + 1)
"""
)


def test_delayed_work_runs_later_or_is_cancelled(explore):
    text = (
        DELAYED
        + """
@thread
def submit():
    queue_delayed_work(system_wq, dwork, 1)
    CALL

@final
def ran():
    return runs == 1

@final
def ran_twice():
    return runs == 2

@final
def never_ran():
    return runs == 0
"""
    )
    for call, possible in [
        ("pass", {1}),
        ("queue_delayed_work(system_wq, dwork, 1)", {1, 2}),
        ("mod_delayed_work(system_wq, dwork, 1)", {1, 2}),
        ("mod_delayed_work(system_wq, dwork, 0)", {1, 2}),
        ("cancel_delayed_work(dwork)", {0, 1}),
        ("cancel_delayed_work_sync(dwork)", {0, 1}),
        ("flush_delayed_work(dwork)", {1}),
        ("flush_work(dwork.work)", {1}),
    ]:
        names = {0: "never_ran", 1: "ran", 2: "ran_twice"}
        expected = {name for n, name in names.items() if possible != {n}}
        assert explore(text.replace("CALL", call)).violated == expected, call


def test_flush_delayed_work_does_not_leave_it_to_the_timer(explore):
    text = (
        DELAYED
        + """
flushed: Bool = ghost(False)

@thread
def submit():
    global flushed
    queue_delayed_work(system_wq, dwork, 1)
    CALL
    flushed = True

@invariant
def ran():
    return not flushed or runs == 1
"""
    )
    assert explore(text.replace("CALL", "flush_delayed_work(dwork)")).violated == set()
    assert explore(text.replace("CALL", "flush_work(dwork.work)")).violated == {"ran"}


def test_two_items_of_one_field_are_one_class(explore):
    text = (
        HEAD
        + """
@struct(marked=True)
class Device:
    first: WorkStruct
    second: WorkStruct

devices = shared(Device, count=2)

@initial
def fill():
    devices[0].first.func = outer
    devices[0].second.func = inner
    devices[1].first.func = inner

def outer(work: Ptr[WorkStruct]):
    queue_work(system_wq, INNER)
    flush_work(INNER)

def inner(work: Ptr[WorkStruct]):
    pass

@thread
def submit():
    queue_work(system_wq, devices[0].first)
"""
    )
    assert explore(text.replace("INNER", "devices[0].second")).violated == set()
    assert explore(text.replace("INNER", "devices[1].first")).violated == {"lock-order"}


def test_the_function_gives_locks_back(explore):
    text = (
        HEAD
        + """
m = shared(Mutex)
work = shared(WorkStruct)

@initial
def fill():
    work.func = run

def run(work: Ptr[WorkStruct]):
    mutex_lock(m)
    GIVE

@thread
def submit():
    queue_work(system_wq, work)
"""
    )
    assert explore(text.replace("GIVE", "pass")).violated == {"lock-misuse"}
    assert explore(text.replace("GIVE", "mutex_unlock(m)")).violated == set()


def test_ten_items_fit_on_an_ordered_queue(explore):
    text = (
        HEAD
        + """
wq = shared(Workqueue, ordered=True, own_workers=True)
items = shared(WorkStruct, count=10)
n = shared(U8)

@initial
def fill():
    for item in items:
        item.func = run

def run(work: Ptr[WorkStruct]):
    global n
    n += 1

@thread
def submit():
    for item in items:
        queue_work(wq, item)
    WRITE_ONCE(n, 1)

@reachable
def all_queued():
    return n == 1 and len(wq.worklist) == 10
"""
    )
    assert explore(text).violated == set()


def test_what_lies_on_the_stack_is_left_out_loudly(explore):
    text = (
        HEAD
        + """

def run(work: Ptr[WorkStruct]):
    pass

def sleep():
    work = local(WorkStruct)
    INIT_WORK(work, run)
    schedule_work(work)
    cancel_work_sync(work)

@thread
def work():
    sleep()
"""
    )
    assert explore(text).violated == {"work-misuse"}


def test_the_item_is_looked_at_after_it_was_disabled(explore):
    text = (
        HEAD
        + """
@struct(marked=True)
class Item:
    work: WorkStruct

@struct(marked=True)
class Slot:
    item: Ptr[Item]

pool_of_items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    slot.item = new(Item)
    INIT_WORK(slot.item.work, run)

def run(work: Ptr[WorkStruct]):
    item = container_of(work, Item, "work")
    wait_until(work.disable > 0)
    slot.item = None
    FREE

@thread
def canceller():
    item = slot.item
    schedule_work(item.work)
    wait_until(not item.work.pending)
    disable_work_sync(item.work)
    THEN
"""
    )
    early = text.replace("FREE", "kfree(item)").replace("THEN", "pass")
    assert explore(early).violated == {"use-after-free"}
    late = text.replace("FREE", "pass").replace("THEN", "kfree(item)")
    assert explore(late).violated == set()
