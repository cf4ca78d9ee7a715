"""What task works of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.kernel.task import TaskState, exit_signals, schedule, set_current_state
from modelcheck.kernel.task_work import (
    CallbackHead, exit_task_work, init_task_work, task_work_add, task_work_add_signal,
    task_work_cancel, task_work_cancel_func, task_work_run,
)
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, atomic, container_of, current, final, new, pool,
    reachable, shared, spec, struct, thread, wait_until,
)

spec("task-work-test")
"""

ITEMS = """
@struct(marked=True)
class Item:
    work: CallbackHead
    runs: U8

items = shared(Item, count=2)
failed = shared(U8)
over = shared(U8)

def run_item(work: Ptr[CallbackHead]):
    item = container_of(work, Item, "work")
    item.runs += 1

@thread(count=2)
def other(me):
    init_task_work(items[me].work, run_item)
    if not task_work_add(task, items[me].work):
        items[me].runs += 1
        with atomic(because="counts"):
            failed += 1
    with atomic(because="counts"):
        over += 1

@thread
def task():
    task_work_run()
    exit_signals()
    LAST
    wait_until(over == 2)

@final
def each_ran_once():
    return all(i.runs == 1 for i in items)

@reachable
def too_late():
    return failed == 2

@reachable
def in_time():
    return over == 2 and failed == 0
"""
ITEMS = ITEMS.replace('with atomic(because="counts"):\n            failed', "count_failed()\n#")
ITEMS = ITEMS.replace('with atomic(because="counts"):\n        over', "count_over()\n#")
ITEMS += """
def count_failed():
    global failed
    with atomic(because="counts"):
        failed += 1

def count_over():
    global over
    with atomic(because="counts"):
        over += 1
"""


def test_each_work_runs_once_or_is_refused(explore):
    found = explore(HEAD + ITEMS.replace("LAST", "exit_task_work()"))
    assert found.violated == set()


def test_without_the_last_run_works_are_lost(explore):
    found = explore(HEAD + ITEMS.replace("LAST", "pass"))
    assert found.violated == {"each_ran_once", "too_late"}


def test_adding_to_a_task_that_ended(explore):
    text = ITEMS.replace("LAST", "exit_task_work()").replace("    wait_until(over == 2)\n", "")
    # Nobody is too late without that fault: the task ends when it has marked its list.
    assert explore(HEAD + text).violated == {"use-after-free", "too_late"}


ONE = """
@struct(marked=True)
class Item:
    work: CallbackHead
    again: Bool

items = pool(Item, count=1)
ran = shared(U8)

def count(work: Ptr[CallbackHead]):
    global ran
    ran += 1

def count_and_free(work: Ptr[CallbackHead]):
    global ran
    ran += 1
    kfree(container_of(work, Item, "work"))

def count_and_add(work: Ptr[CallbackHead]):
    global ran
    ran += 1
    if ran < 3:
        task_work_add(current(), work)

@thread
def task():
    item = new(Item)
    init_task_work(item.work, FUNC)
    BODY
"""


ADD = "task_work_add(current(), item.work)\n    "
RUN = "task_work_run()\n    "
FREE = "kfree(item)"
CANCEL = "gone = task_work_cancel(current(), item.work)\n    assert gone, 'there'\n    "
CANCEL_FUNC = "found = task_work_cancel_func(current(), FUNCTION)\n    "


@pytest.mark.parametrize(
    ("func", "body", "violated"),
    [
        ("count", ADD + FREE, {"work-misuse"}),
        ("count", ADD + RUN + FREE, set()),
        ("count", ADD + ADD, {"work-misuse"}),
        ("count_and_add", ADD + RUN + "assert ran == 3, 'three'\n    " + FREE, set()),
        ("count_and_free", ADD + RUN + "assert ran == 1, 'once'", set()),
        ("count", ADD + CANCEL + RUN + "assert ran == 0, 'never'\n    " + FREE, set()),
        (
            "count",
            ADD
            + CANCEL_FUNC.replace("FUNCTION", "count")
            + "assert found is item.work, 'there'\n    "
            + FREE,
            set(),
        ),
        (
            "count",
            ADD
            + CANCEL_FUNC.replace("FUNCTION", "count_and_free")
            + "assert found is None, 'not_there'\n    "
            + RUN
            + FREE,
            set(),
        ),
    ],
)
def test_one_work(explore, func, body, violated):
    text = ONE.replace("FUNC", func).replace("BODY", body.replace("'", '"'))
    assert explore(HEAD + text).violated == violated


def test_the_newest_runs_first(explore):
    text = """
works = shared(CallbackHead, count=3)
first = shared(U8)
last = shared(U8)

def note(work: Ptr[CallbackHead]):
    global first, last
    n = 1 if work is works[0] else 2 if work is works[1] else 3
    if first == 0:
        first = n
    last = n

@thread
def task():
    for n in range(3):
        init_task_work(works[n], note)
        task_work_add(current(), works[n])
    CANCEL
    task_work_run()

@final
def newest_first():
    return first == 3 and last == LAST
"""
    for cancel, last in (
        ("pass", "1"),
        ("task_work_cancel(current(), works[1])", "1"),
        ("task_work_cancel(current(), works[0])", "2"),
    ):
        found = explore(HEAD + text.replace("CANCEL", cancel).replace("LAST", last))
        assert found.violated == set(), cancel


def test_cancelling_races_with_running(explore):
    found = explore(
        HEAD
        + """
works = shared(CallbackHead, count=2)
ran = shared(U8)
cancelled = shared(U8)
done = shared(Bool)

def count(work: Ptr[CallbackHead]):
    global ran
    ran += 1

@thread
def task():
    for n in range(2):
        init_task_work(works[n], count)
        task_work_add(current(), works[n])
    task_work_run()
    wait_until(done)

@thread
def canceller():
    if task_work_cancel(task, works[0]):
        WRITE_ONCE(cancelled, 1)
    WRITE_ONCE(done, True)

@final
def run_or_cancelled():
    return ran + cancelled == 2

@reachable
def both_ran():
    return ran == 2 and done

@reachable
def one_cancelled():
    return ran == 1 and cancelled == 1
"""
    )
    assert found.violated == set()


def test_a_work_may_not_run_with_a_spinlock_held(explore):
    text = """
lock = shared(Spinlock)

@thread
def task():
    spin_lock(lock)
    RUN
    spin_unlock(lock)
"""
    found = explore(HEAD + text.replace("RUN", "task_work_run()"))
    assert found.violated == {"sleep-in-atomic"}
    assert explore(HEAD + text.replace("RUN", "pass")).violated == set()


def test_twa_signal_wakes(explore):
    text = """
work = shared(CallbackHead)
ran = shared(Bool)

def note(w: Ptr[CallbackHead]):
    WRITE_ONCE(ran, True)

@thread
def task():
    set_current_state(TaskState.TASK_INTERRUPTIBLE)
    schedule()
    task_work_run()

@thread
def other():
    wait_until(sleeping())
    init_task_work(work, note)
    ADD(task, work)

def sleeping() -> Bool:
    return tasks[task].state == TaskState.TASK_INTERRUPTIBLE

@final
def it_ran():
    return ran
"""
    head = HEAD + "from modelcheck.kernel.task import tasks\n"
    assert explore(head + text.replace("ADD", "task_work_add_signal")).violated == set()
    assert explore(head + text.replace("ADD", "task_work_add")).violated == {"deadlock"}
