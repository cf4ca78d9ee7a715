"""What `rcuref_t` of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.rcu import RcuHead, kfree_rcu, rcu_read_lock, rcu_read_unlock
from modelcheck.kernel.rcuref import (
    rcuref_get, rcuref_init, rcuref_put, rcuref_put_rcusafe, rcuref_put_v6_12, rcuref_read,
    rcuref_t,
)
from modelcheck.lang import (
    Bool, Ptr, U8, final, flag, ghost, initial, new, pool, shared, spec, struct, thread,
)

spec("rcuref-test")
ref = shared(rcuref_t)
"""
ONE = """
@initial
def fill():
    ref.refcnt = START

@thread
def work():
    got = CALL
    assert got == RESULT, "result"

@final
def after():
    return ref.refcnt == AFTER
"""
RESULTS = {
    "get": (0, "rcuref_get(ref)", True, 1),
    "get of none": (-1, "rcuref_get(ref)", True, 0),
    "get of dead puts it back": (-32, "rcuref_get(ref)", False, -32),
    "get of saturated": (-90, "rcuref_get(ref)", True, -96),
    "put": (1, "rcuref_put(ref)", False, 0),
    "last put": (0, "rcuref_put(ref)", True, -32),
    "read": (2, "rcuref_read(ref)", 3, 2),
    "read of dead": (-31, "rcuref_read(ref)", 0, -31),
}


@pytest.mark.parametrize(("start", "call", "result", "after"), RESULTS.values(), ids=RESULTS.keys())
def test_each_gives_what_the_kernel_gives(explore, start, call, result, after):
    text = ONE.replace("START", str(start)).replace("CALL", call)
    text = text.replace("RESULT", str(result)).replace("AFTER", str(after))
    assert explore(HEAD + text).violated == set()


MISUSES = {
    "put of dead": (-32, "rcuref_put(ref)", "refcount"),
    "put of saturated": (-96, "rcuref_put(ref)", "refcount"),
    "overflow": (127, "rcuref_get(ref)", "refcount"),
    "rcusafe outside": (1, "rcuref_put_rcusafe(ref)", "rcu-misuse"),
}


@pytest.mark.parametrize(("start", "call", "name"), MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, start, call, name):
    text = ONE.replace("START", str(start)).replace("got = CALL", call)
    text = text.partition('    assert got == RESULT, "result"')[0]
    assert explore(HEAD + text).violated == {name}


ITEMS = """
@struct
class Item:
    ref: rcuref_t
    rcu: RcuHead

@struct(marked=True)
class Slot:
    item: Ptr[Item]
    frees: U8 = ghost(0)

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    item = new(Item)
    item.ref.refcnt = 0
    slot.item = item

def put(item: Ptr[Item]):
    if rcuref_put(item.ref):
        slot.item = None
        slot.frees += 1
        kfree_rcu(item, item.rcu)

@thread
def owner():
    put(slot.item)

@thread
def lookup():
    rcu_read_lock()
    item = slot.item
    got = False
    if item is not None:
        got = rcuref_get(item.ref)
    rcu_read_unlock()
    if got:
        put(item)

@final
def freed_once():
    return slot.frees == 1
"""


def test_a_lookup_and_a_put_meet(explore):
    assert explore(HEAD + ITEMS).violated == set()


def test_up_to_v6_13_a_put_could_take_another_for_its_own(explore):
    """Fixed by "rcuref: Plug slowpath race in rcuref_put()": the slow path must not look again."""
    old = ITEMS.replace("rcuref_put(item.ref)", "rcuref_put_v6_12(item.ref)")
    assert explore(HEAD + old).violated == {"refcount"}


def test_a_put_is_a_reader_while_it_may_touch_the_count(explore):
    early = ITEMS.replace("rcuref_put(item.ref)", "bare_put(item.ref)")
    early = early.replace(
        "def put(item",
        """def bare_put(ref: Ptr[rcuref_t]) -> Bool:
    with atomic():
        left = ref.refcnt
        ref.refcnt = left - 1
    if left > 0:
        return False
    with atomic():
        last = ref.refcnt == -1
        if last:
            ref.refcnt = -32
        return last

def put(item""",
    )
    head = HEAD.replace("    Bool, Ptr,", "    Bool, Ptr, atomic,")
    assert explore(head + early).violated == {"use-after-free"}
