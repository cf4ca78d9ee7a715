"""Every built-in check: a spec that violates it and nothing else, and a near miss that is verified.

What would hide a check is in tests/damage/rows_checks.py: a row for each, which the spec here
notices.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from modelcheck.checks import BUILT_IN
from modelcheck.explore.result import Verdict
from tests.checking import check_text, violated
from tests.damage.rows import ROWS as DAMAGES


@dataclass(frozen=True, slots=True)
class Case:
    """A text, and what stands in it for HERE and THERE: what the check finds, and a near miss."""

    text: str
    fires: tuple[str, str]
    near: tuple[str, str]

    def fill(self, fillings: tuple[str, str]) -> str:
        """The text of a spec."""
        here, there = fillings
        return self.text.replace("THERE", there).replace("HERE", here)


NODES = """
@struct(marked=True)
class Node:
    value: U8
    next: Ptr["Node"]

@struct(marked=True)
class Slot:
    node: Ptr[Node]
    taken: Bool

slot = shared(Slot)
"""

LOCKS = """
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
first = shared(Mutex)
second = shared(Mutex)
spinlock = shared(Spinlock)
stage = shared(U8)
"""

CASES = {
    "null-dereference": Case(
        NODES
        + """
one = shared(Node)

@initial
def fill():
    slot.node = one

@thread
def clear():
    slot.node = None

@thread
def use():
    node = slot.node
    if node is not None:
        HERE.value = 1
""",
        fires=("slot.node", ""),  # loaded again
        near=("node", ""),
    ),
    "use-after-free": Case(
        NODES
        + """
nodes = pool(Node, count=1)

@initial
def fill():
    slot.node = new(Node, value=1, next=None)

@thread
def reader():
    node = slot.node
    if node is not None:
        READ_ONCE(node.value)

@thread
def remover():
    node = slot.node
    slot.node = None
    HERE
    free(node)
""",
        fires=("pass", ""),
        near=("wait_until(finished(reader))", ""),
    ),
    "double-free": Case(
        NODES
        + """
nodes = pool(Node, count=1)

@initial
def fill():
    slot.node = new(Node, value=1, next=None)

@thread(count=2)
def remover():
    HERE
        node = slot.node
        slot.node = None
    if node is not None:
        free(node)
""",
        fires=("if True:", ""),
        near=('with atomic(because="xchg"):', ""),
    ),
    "uninitialised": Case(
        NODES
        + """
nodes = pool(Node, count=1)

@thread
def writer():
    node = new(Node, next=None)
    HERE
        node.value = 1
        slot.node = node
    else:
        slot.node = node
        node.value = 1

@thread
def reader():
    node = slot.node
    if node is not None:
        READ_ONCE(node.value)
""",
        fires=("if False:", ""),
        near=("if True:", ""),
    ),
    "out-of-bounds": Case(
        """
@struct(marked=True)
class Table:
    used: U8
    entries: Array[U8] = array(2)

table = shared(Table, used=1)

@thread
def grow():
    table.used = 2

@thread
def fill():
    n = table.used
    if n < 2:
        table.entries[HERE] = 1
""",
        fires=("table.used", ""),  # loaded again
        near=("n", ""),
    ),
    "range": Case(
        """
@struct(marked=True)
class Level:
    n: Int = between(0, 1)

level = shared(Level)

@thread(count=2)
def up():
    HERE
        if level.n == 0:
            level.n += 1
""",
        fires=("if True:", ""),
        near=('with atomic(because="cmpxchg"):', ""),
    ),
    "capacity": Case(
        """
@struct(marked=True)
class Ring:
    entries: Queue[U8] = queue(1)

ring = shared(Ring)

@thread(count=2)
def push():
    HERE
        if len(ring.entries) == 0:
            ring.entries.append(1)
""",
        fires=("if True:", ""),
        near=('with atomic(because="under the lock of the ring"):', ""),
    ),
    "arithmetic": Case(
        """
@struct(marked=True)
class Rate:
    period: U8
    share: U8

rate = shared(Rate, period=5)

@thread
def stop():
    rate.period = 0

@thread
def update():
    period = rate.period
    if period != 0:
        rate.share = 100 // HERE
""",
        fires=("rate.period", ""),  # loaded again
        near=("period", ""),
    ),
    "diverges": Case(
        """
seed = shared(U8, 1)

@thread
def other():
    WRITE_ONCE(seed, 2)

@thread
def search():
    slot: U8 = READ_ONCE(seed)
    while slot != 7:
        slot = (slot + HERE) % 8
    WRITE_ONCE(seed, slot)
""",
        fires=("2", ""),  # from an even number never to 7
        near=("1", ""),
    ),
    "deadlock": Case(
        NODES
        + """
left = shared(Slot)
right = shared(Slot)

def lock(it: Ptr[Slot]):
    with atomic(because="test and set"):
        wait_until(not it.taken)
        it.taken = True

@thread
def one():
    lock(left)
    lock(right)
    right.taken = False
    left.taken = False

@thread
def two():
    lock(HERE)
    right.taken = False
    left.taken = False
""",
        fires=("right)\n    lock(left", ""),
        near=("left)\n    lock(right", ""),
    ),
    "stuck": Case(
        """
ready = shared(U8)

@thread
def spin():
    while READ_ONCE(ready) == 0:
        pass

@thread
def signal():
    WRITE_ONCE(ready, 1)
    HERE
""",
        fires=("WRITE_ONCE(ready, 0)", ""),  # who spins may have missed it
        near=("pass", ""),
    ),
    "leak": Case(
        NODES
        + """
nodes = pool(Node, count=2)

@thread(count=2)
def publish():
    node = new(Node, value=1, next=None)
    with atomic(because="xchg"):
        old = slot.node
        slot.node = node
    if old is not None:
        HERE
""",
        fires=("pass", ""),
        near=("free(old)", ""),
    ),
    "data-race": Case(
        """
flags = shared(U8)

@thread
def set():
    WRITE_ONCE(flags, 1)

@thread
def look():
    seen = HERE
""",
        fires=("flags", ""),
        near=("READ_ONCE(flags)", ""),
    ),
    "lock-order": Case(
        LOCKS
        + """
@thread
def one():
    mutex_lock(first)
    mutex_lock(second)
    mutex_unlock(second)
    mutex_unlock(first)

@thread
def two():
    wait_until(finished(one))  # so they never meet
    mutex_lock(HERE)
    mutex_unlock(second)
    mutex_unlock(first)
""",
        fires=("second)\n    mutex_lock(first", ""),
        near=("first)\n    mutex_lock(second", ""),
    ),
    "lock-misuse": Case(
        LOCKS
        + """
@thread
def owner():
    mutex_lock(first)
    WRITE_ONCE(stage, 1)
    wait_until(stage == 2)
    THERE

@thread
def other():
    wait_until(stage == 1)
    HERE
    WRITE_ONCE(stage, 2)
""",
        fires=("mutex_unlock(first)", "pass"),
        near=("pass", "mutex_unlock(first)"),
    ),
    "sleep-in-atomic": Case(
        LOCKS
        + """
@thread
def work():
    spin_lock(spinlock)
    HERE
    mutex_lock(first)
    mutex_unlock(first)
    THERE
""",
        fires=("pass", "spin_unlock(spinlock)"),
        near=("spin_unlock(spinlock)", "pass"),
    ),
    "refcount": Case(
        """
from modelcheck.kernel.refcount import refcount_dec_and_test, refcount_t

count = shared(refcount_t, refs=HERE)

@thread(count=2)
def put():
    refcount_dec_and_test(count)
""",
        fires=("1", ""),
        near=("2", ""),
    ),
    "rcu-misuse": Case(
        """
from modelcheck.kernel.rcu import rcu_read_lock, rcu_read_unlock

busy = shared(U8)

@thread
def other():
    WRITE_ONCE(busy, 1)

@thread
def reader():
    rcu_read_lock()
    if READ_ONCE(busy) == 1:
        HERE
        return
    rcu_read_unlock()
""",
        fires=("pass", ""),
        near=("rcu_read_unlock()", ""),
    ),
    "work-misuse": Case(
        """
from modelcheck.kernel.task import preempt_disable, preempt_enable
from modelcheck.kernel.workqueue import WorkStruct, queue_work, system_wq

item = shared(WorkStruct)
busy = shared(U8)

@initial
def fill():
    item.func = run

def run(work: Ptr[WorkStruct]):
    preempt_disable()
    if READ_ONCE(busy) == 1:
        HERE
        return
    preempt_enable()

@thread
def submit():
    queue_work(system_wq, item)
    WRITE_ONCE(busy, 1)
""",
        fires=("pass", ""),
        near=("preempt_enable()", ""),
    ),
    "text-use-after-unload": Case(
        """
from modelcheck.kernel.module import (
    Module, delete_module, module_put, module_text, try_module_get,
)
from modelcheck.kernel.rcu import rcu_read_lock, rcu_read_unlock

mod = shared(Module, refcnt=1)
registered = shared(U8, 1)

def module_exit():
    WRITE_ONCE(registered, 0)

def call():
    module_text(mod)
    READ_ONCE(registered)
    module_text(mod)

@thread
def rmmod():
    delete_module(mod, module_exit)

@thread
def user():
    rcu_read_lock()
    got = READ_ONCE(registered) == 1 and HERE
    rcu_read_unlock()
    if got:
        call()
""",
        fires=("True", ""),
        near=("try_module_get(mod)", ""),
    ),
}


@pytest.mark.parametrize("check", BUILT_IN)
def test_it_fires(check):
    case = CASES[check]
    assert violated(check_text(case.fill(case.fires))) == {check}


@pytest.mark.parametrize("check", BUILT_IN)
def test_a_near_miss_is_verified(check):
    case = CASES[check]
    result = check_text(case.fill(case.near))
    assert violated(result) == set()
    assert result.verdict is Verdict.VERIFIED


def test_every_check_has_a_case():
    assert list(CASES) == list(BUILT_IN)


@pytest.mark.parametrize("check", BUILT_IN)
def test_a_damage_hides_it(check):
    here = f"tests/checks/test_builtin_checks.py::test_it_fires[{check}]"
    assert any(here in row.tests for row in DAMAGES)
