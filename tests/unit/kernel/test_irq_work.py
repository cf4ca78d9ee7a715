"""What irq_work and tasklets of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.irq_work import (
    IrqWork, init_irq_work, irq_work_is_busy, irq_work_queue, irq_work_sync,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.task import cond_resched, preempt_disable, preempt_enable
from modelcheck.kernel.tasklet import (
    TaskletStruct, tasklet_disable, tasklet_enable, tasklet_kill, tasklet_schedule,
    tasklet_setup,
)
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, container_of, final, finished, ghost, initial, invariant,
    new, pool, reachable, shared, spec, struct, thread, wait_until,
)

spec("irq-work-test")
"""

KINDS = {
    "irq_work": ("IrqWork", "func", "irq_work_queue", "irq_work_sync", "init_irq_work"),
    "tasklet": ("TaskletStruct", "callback", "tasklet_schedule", "tasklet_kill", "tasklet_setup"),
}


def fill(text, kind):
    for name, value in zip(("TYPE", "FIELD", "QUEUE", "SYNC", "SETUP"), KINDS[kind], strict=True):
        text = text.replace(name, value)
    return HEAD + text


ONE = """
work = shared(TYPE)
runs = shared(U8)
inside: U8 = ghost(0)
returned: Bool = ghost(False)

@initial
def fill():
    work.FIELD = run

def run(w: Ptr[TYPE]):
    global inside
    inside += 1
    seen = READ_ONCE(runs)
    WRITE_ONCE(runs, seen + 1)
    CALL
    inside -= 1

@thread
def submit():
    global returned
    QUEUE(work)
    QUEUE(work)
    STOP
    returned = True

@invariant
def not_running_after():
    return not returned or inside == 0

@invariant
def never_twice_at_once():
    return inside <= 1

@final
def ran():
    return runs >= 1

@reachable
def once():
    return returned and runs == 1

@reachable
def twice():
    return runs == 2
"""


@pytest.mark.parametrize("kind", KINDS)
def test_it_runs_once_or_twice_and_sync_waits(explore, kind):
    text = fill(ONE.replace("CALL", "pass"), kind)
    assert explore(text.replace("STOP", "pass")).violated == {"not_running_after"}
    assert explore(text.replace("STOP", f"{KINDS[kind][3]}(work)")).violated == set()


@pytest.mark.parametrize("kind", KINDS)
def test_it_must_not_sleep(explore, kind):
    text = fill(ONE.replace("STOP", "pass"), kind)
    assert "sleep-in-atomic" in explore(text.replace("CALL", "cond_resched()")).violated
    text = fill(ONE.replace("CALL", "pass"), kind)
    off = f"preempt_disable()\n    {KINDS[kind][3]}(work)\n    preempt_enable()"
    assert "sleep-in-atomic" in explore(text.replace("STOP", off)).violated


OBJECT = """
@struct(marked=True)
class Item:
    work: TYPE
    n: U8

@struct
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    slot.item = new(Item, n=0)
    SETUP(slot.item.work, run)

def run(w: Ptr[TYPE]):
    item = container_of(w, Item, "work")
    CALL

@thread
def submit():
    item = slot.item
    QUEUE(item.work)
    STOP
"""


@pytest.mark.parametrize("kind", KINDS)
def test_freeing(explore, kind):
    text = fill(OBJECT, kind)
    counts = text.replace("CALL", "item.n += 1")
    found = explore(counts.replace("STOP", "kfree(item)"))
    assert "work-misuse" in found.violated
    sync = f"{KINDS[kind][3]}(item.work)\n    kfree(item)"
    assert explore(counts.replace("STOP", sync)).violated == set()
    # unlike a work item's, the function must not free it
    frees = text.replace("CALL", "kfree(item)").replace("STOP", "pass")
    assert explore(frees).violated == {"work-misuse"}


def test_a_disabled_tasklet_waits(explore):
    text = HEAD + (
        """
t = shared(TaskletStruct)
runs = shared(U8)
disabled: Bool = ghost(False)
inside: Bool = ghost(False)

@initial
def fill():
    t.callback = run

def run(w: Ptr[TaskletStruct]):
    global inside
    inside = True
    WRITE_ONCE(runs, 1)
    inside = False

@thread
def submit():
    tasklet_schedule(t)

@thread
def disable():
    global disabled
    tasklet_disable(t)
    disabled = True
    READ_ONCE(runs)
    disabled = False
    ENABLE(t)

@invariant
def not_while_disabled():
    return not (disabled and inside)

@final
def ran():
    return runs == 1
"""
    )
    assert explore(text.replace("ENABLE", "tasklet_enable")).violated == set()
    assert explore(text.replace("ENABLE(t)", "READ_ONCE(runs)")).violated == {"ran"}
    twice = text.replace("ENABLE(t)", "tasklet_enable(t)\n    tasklet_enable(t)")
    assert explore(twice).violated == {"work-misuse"}
