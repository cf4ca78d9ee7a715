"""What `refcount_t` of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.lockdep import Mutex, Spinlock
from modelcheck.kernel.mutex import mutex_lock, mutex_unlock
from modelcheck.kernel.refcount import (
    refcount_add, refcount_add_not_zero, refcount_dec, refcount_dec_and_lock,
    refcount_dec_and_lock_irqsave, refcount_dec_and_mutex_lock, refcount_dec_and_test,
    refcount_dec_if_one, refcount_dec_not_one, refcount_inc, refcount_inc_not_zero, refcount_read,
    refcount_set, refcount_sub_and_test, refcount_t,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import spin_lock, spin_unlock, spin_unlock_irqrestore
from modelcheck.lang import (
    Bool, Ptr, U8, allow, final, flag, ghost, initial, invariant, new, pool, reachable, shared,
    spec, struct, thread,
)

spec("refcount-test")
"""


def one_thread(start, *lines):
    body = "\n".join("    " + line for line in lines)
    return (
        HEAD
        + f"""
count = shared(refcount_t)

@initial
def fill():
    count.refs = {start}

@thread
def work():
{body}
"""
    )


MISUSES = {
    "incremented from zero": (0, "refcount_inc(count)"),
    "added to zero": (0, "refcount_add(2, count)"),
    "below zero": (0, "refcount_dec_and_test(count)"),
    "two of one": (1, "refcount_sub_and_test(2, count)"),
    "below zero without a test": (0, "refcount_dec(count)"),
    "to zero without a test": (1, "refcount_dec(count)"),
    "below zero unless one": (0, "refcount_dec_not_one(count)"),
    "overflow": (100, "refcount_inc(count)"),
    "overflow of many": (99, "refcount_add(2, count)"),
    "overflow unless zero": (100, "refcount_inc_not_zero(count)"),
}
NEAR = {
    "incremented from one": (1, "refcount_inc(count)"),
    "added to one": (1, "refcount_add(2, count)"),
    "to zero with a test": (1, "refcount_dec_and_test(count)"),
    "two of two": (2, "refcount_sub_and_test(2, count)"),
    "to one without a test": (2, "refcount_dec(count)"),
    "not the one": (1, "refcount_dec_not_one(count)"),
    "up to the greatest": (99, "refcount_inc(count)"),
    "zero stays zero": (0, "refcount_inc_not_zero(count)"),
    "zero is not one": (0, "refcount_dec_if_one(count)"),
}


@pytest.mark.parametrize(("start", "line"), MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, start, line):
    assert explore(one_thread(start, line)).violated == {"refcount"}


@pytest.mark.parametrize(("start", "line"), NEAR.values(), ids=NEAR.keys())
def test_what_is_nearly_misuse_is_none(explore, start, line):
    found = explore(one_thread(start, line))
    assert found.violated == set()
    assert (found.states, found.transitions, found.depth) == (2, 1, 1)


RESULTS = {
    "inc": (1, "refcount_inc(count)", None, 2),
    "inc_not_zero": (1, "refcount_inc_not_zero(count)", True, 2),
    "inc_not_zero of zero": (0, "refcount_inc_not_zero(count)", False, 0),
    "add_not_zero": (3, "refcount_add_not_zero(2, count)", True, 5),
    "dec": (3, "refcount_dec(count)", None, 2),
    "dec_and_test": (2, "refcount_dec_and_test(count)", False, 1),
    "dec_and_test of one": (1, "refcount_dec_and_test(count)", True, 0),
    "sub_and_test": (5, "refcount_sub_and_test(4, count)", False, 1),
    "dec_if_one": (1, "refcount_dec_if_one(count)", True, 0),
    "dec_if_one of two": (2, "refcount_dec_if_one(count)", False, 2),
    "dec_not_one": (2, "refcount_dec_not_one(count)", True, 1),
    "dec_not_one of one": (1, "refcount_dec_not_one(count)", False, 1),
    "read": (7, "refcount_read(count)", 7, 7),
    "set": (7, "refcount_set(count, 1)", None, 1),
}


@pytest.mark.parametrize(("start", "call", "result", "after"), RESULTS.values(), ids=RESULTS.keys())
def test_each_gives_what_the_kernel_gives(explore, start, call, result, after):
    lines = [call] if result is None else [f"got = {call}", f'assert got == {result}, "result"']
    text = one_thread(start, *lines)
    text += f"""
@final
def count_is_right():
    return count.refs == {after}
"""
    assert explore(text).violated == set()


def test_what_is_saturated_stays_so_and_never_frees(explore):
    text = one_thread(
        0,
        "refcount_inc(count)",
        "refcount_inc(count)",
        "one = refcount_dec_and_test(count)",
        "two = refcount_sub_and_test(2, count)",
        "three = refcount_dec_not_one(count)",
        "four = refcount_inc_not_zero(count)",
        "refcount_dec(count)",
        'assert not one and not two and three and four, "nothing_is_freed"',
    )
    text += """
allow("refcount", because="the kernel goes on with a saturated count")

@final
def saturated():
    return count.refs == -1
"""
    assert explore(text).violated == set()


LOOKUP = """
careful = flag(True)

@struct(marked=True)
class Item:
    refs: refcount_t

@struct(marked=True)
class Table:
    lock: Spinlock
    item: Ptr[Item]

table = shared(Table)
items = pool(Item, count=1)

@initial
def fill():
    item = new(Item)
    item.refs.refs = 1
    table.item = item

@thread
def put():
    spin_lock(table.lock)
    item = table.item
    last = refcount_dec_and_test(item.refs)
    spin_unlock(table.lock)
    if last:
        spin_lock(table.lock)
        table.item = None
        spin_unlock(table.lock)
        kfree(item)

@thread
def lookup():
    spin_lock(table.lock)
    item = table.item
    if item is not None:
        if careful:
            if not refcount_inc_not_zero(item.refs):
                item = None
        else:
            refcount_inc(item.refs)
    spin_unlock(table.lock)
    if item is not None:
        if refcount_dec_and_test(item.refs):
            spin_lock(table.lock)
            table.item = None
            spin_unlock(table.lock)
            kfree(item)
"""


def test_a_lookup_must_not_revive_what_dies(explore):
    assert explore(HEAD + LOOKUP).violated == set()
    assert explore(HEAD + LOOKUP, careful=False).violated == {"refcount"}


LAST_WITH_LOCK = """
@struct(marked=True)
class Table:
    mutex: Mutex
    spinlock: Spinlock
    refs: refcount_t
    gone: U8

table = shared(Table)

@initial
def fill():
    table.refs.refs = 2

@thread(count=2)
def put():
    PUT

@final
def gone_once():
    return table.gone == 1 and table.refs.refs == 0
"""
PUTS = {
    "mutex": """if refcount_dec_and_mutex_lock(table.refs, table.mutex):
        table.gone += 1
        mutex_unlock(table.mutex)""",
    "spinlock": """if refcount_dec_and_lock(table.refs, table.spinlock):
        table.gone += 1
        spin_unlock(table.spinlock)""",
    "irqsave": """last, flags = refcount_dec_and_lock_irqsave(table.refs, table.spinlock)
    if last:
        table.gone += 1
        spin_unlock_irqrestore(table.spinlock, flags)""",
}


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS.keys())
def test_the_last_goes_with_the_lock_held(explore, put):
    assert explore(HEAD + LAST_WITH_LOCK.replace("PUT", put)).violated == set()


def test_one_step_where_it_is_not_the_last(explore):
    found = explore(
        one_thread(2, "refcount_dec_and_mutex_lock(count, lock)").replace(
            "count = shared(refcount_t)", "count = shared(refcount_t)\nlock = shared(Mutex)"
        )
    )
    assert (found.violated, found.states, found.depth) == (set(), 2, 1)
