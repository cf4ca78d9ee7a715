"""What `struct kref` of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.kref import (
    Kref, kref_get, kref_get_unless_zero, kref_init, kref_put, kref_put_lock, kref_put_mutex,
    kref_read,
)
from modelcheck.kernel.lockdep import Mutex, Spinlock
from modelcheck.kernel.mutex import mutex_unlock
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import spin_unlock
from modelcheck.lang import (
    Ptr, U8, WRITE_ONCE, container_of, final, flag, ghost, initial, new, pool, shared, spec, struct,
    thread,
)

spec("kref-test")

@struct
class Item:
    value: U8
    kref: Kref

@struct(marked=True)
class Slot:
    item: Ptr[Item]

@struct(marked=True)
class Locks:
    mutex: Mutex
    spinlock: Spinlock

slot = shared(Slot)
locks = shared(Locks)
items = pool(Item, count=1)
released: U8 = ghost(0)

def release(kref: Ptr[Kref]):
    global released
    item = container_of(kref, Item, "kref")
    kfree(item)
    released += 1

def release_and_unlock(kref: Ptr[Kref]):
    release(kref)
    mutex_unlock(locks.mutex)

def release_and_spin_unlock(kref: Ptr[Kref]):
    release(kref)
    spin_unlock(locks.spinlock)

@initial
def fill():
    item = new(Item, value=0)
    item.kref.refcount.refs = 2
    slot.item = item

@final
def released_once():
    return released == 1
"""

PUTS = {
    "plain": "kref_put(item.kref, release)",
    "mutex": "kref_put_mutex(item.kref, release_and_unlock, locks.mutex)",
    "lock": "kref_put_lock(item.kref, release_and_spin_unlock, locks.spinlock)",
}


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS.keys())
def test_exactly_one_putter_releases(explore, put):
    text = f"""
@thread(count=2)
def user():
    item = slot.item
    WRITE_ONCE(item.value, 1)
    {put}
"""
    assert explore(HEAD + text).violated == set()


def test_one_put_too_many(explore):
    text = """
@thread(count=3)
def user():
    item = slot.item
    kref_put(item.kref, release)
"""
    assert explore(HEAD + text).violated == {"refcount", "use-after-free"}


def test_a_use_without_a_reference(explore):
    text = """
@thread(count=2)
def user():
    item = slot.item
    kref_put(item.kref, release)
    WRITE_ONCE(item.value, 1)
"""
    assert explore(HEAD + text).violated == {"use-after-free"}


def test_a_reference_of_its_own(explore):
    text = """
@thread
def one():
    item = slot.item
    kref_get(item.kref)
    kref_put(item.kref, release)
    WRITE_ONCE(item.value, 1)
    kref_put(item.kref, release)

@thread
def other():
    item = slot.item
    kref_put(item.kref, release)
"""
    assert explore(HEAD + text).violated == set()


def test_results_and_init(explore):
    text = """
@thread
def work():
    item = slot.item
    kref_init(item.kref)
    one = kref_read(item.kref)
    got = kref_get_unless_zero(item.kref)
    first = kref_put(item.kref, release)
    second = kref_put(item.kref, release)
    assert one == 1 and got and not first and second, "results"
"""
    assert explore(HEAD + text).violated == set()


def test_unless_zero_where_it_is_zero(explore):
    text = """
@struct(marked=True)
class Known:
    kref: Kref

known = shared(Known)

@thread
def work():
    CALL
"""
    quiet = HEAD.partition("@final")[0]
    right = text.replace("CALL", "kref_get_unless_zero(known.kref)")
    wrong = text.replace("CALL", "kref_get(known.kref)")
    assert explore(quiet + right).violated == set()
    assert explore(quiet + wrong).violated == {"refcount"}
