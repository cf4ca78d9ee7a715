"""What sleepable RCU of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.srcu import (
    SrcuStruct, srcu_dereference, srcu_read_lock, srcu_read_unlock, synchronize_srcu,
)
from modelcheck.kernel.task import might_sleep
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, ghost, initial, new, pool, reachable, shared, spec,
    struct, thread,
)

spec("srcu-test")

@struct(marked=True)
class Item:
    value: U8

@struct(marked=True)
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)
one = shared(SrcuStruct)
two = shared(SrcuStruct)

@initial
def fill():
    slot.item = new(Item, value=1)
"""
READER = """
@thread
def reader():
    idx = srcu_read_lock(one)
    item = srcu_dereference(slot.item, one)
    inner = srcu_read_lock(one)
    might_sleep()
    srcu_read_unlock(one, inner)
    if item is not None:
        READ_ONCE(item.value)
    srcu_read_unlock(one, idx)

@thread
def writer():
    item = slot.item
    slot.item = None
    synchronize_srcu(DOMAIN)
    kfree(item)
"""


def test_each_domain_waits_for_its_own_readers(explore):
    assert explore(HEAD + READER.replace("DOMAIN", "one")).violated == set()
    assert explore(HEAD + READER.replace("DOMAIN", "two")).violated == {"use-after-free"}


def test_a_later_reader_is_not_waited_for(explore):
    text = """
over: Bool = ghost(False)
inside: Bool = ghost(False)

@thread
def writer():
    global over
    synchronize_srcu(one)
    over = True

@thread
def reader():
    global inside
    idx = srcu_read_lock(one)
    inside = True
    srcu_read_unlock(one, idx)
    inside = False

@reachable
def both():
    return over and inside
"""
    assert explore(HEAD + text).violated == set()


BODIES = {
    "unlock without a lock": ("srcu_read_unlock(one, True)", True),
    "unlock of another": (
        "idx = srcu_read_lock(one)\n    srcu_read_unlock(two, idx)\n    srcu_read_unlock(one, idx)",
        True,
    ),
    "the end in a reader": ("srcu_read_lock(one)", True),
    "a grace period in a reader of it": (
        "idx = srcu_read_lock(one)\n    synchronize_srcu(one)\n    srcu_read_unlock(one, idx)",
        True,
    ),
    "a grace period in a reader of another": (
        "idx = srcu_read_lock(one)\n    synchronize_srcu(two)\n    srcu_read_unlock(one, idx)",
        False,
    ),
    "fetched outside": ("srcu_dereference(slot.item, one)", True),
    "fetched inside": (
        "idx = srcu_read_lock(one)\n    FETCH\n    srcu_read_unlock(one, idx)".replace(
            "FETCH", "srcu_dereference(slot.item, one)"
        ),
        False,
    ),
    "sleeping inside": (
        "idx = srcu_read_lock(one)\n    might_sleep()\n    srcu_read_unlock(one, idx)",
        False,
    ),
}


@pytest.mark.parametrize(("body", "bad"), BODIES.values(), ids=BODIES.keys())
def test_misuse_is_seen_and_what_is_nearly_misuse_is_not(explore, body, bad):
    text = f"""
@thread
def work():
    {body}
"""
    assert explore(HEAD + text).violated == ({"rcu-misuse"} if bad else set())
