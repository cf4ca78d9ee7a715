"""What the mutex of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel import (
    Mutex, kfree, lockdep_assert_held, mutex_is_locked, mutex_lock, mutex_trylock, mutex_unlock,
)
from modelcheck.lang import (
    Bool, Ptr, U8, WRITE_ONCE, final, finished, initial, invariant, new, pool, shared, spec, struct,
    thread, wait_until,
)

spec("mutex-test")
"""


def test_lock_is_one_step_and_unlock_two(explore):
    found = explore(
        HEAD
        + """
lock = shared(Mutex)

@thread
def work():
    mutex_lock(lock)
    mutex_unlock(lock)
"""
    )
    assert found.violated == set()
    assert (found.states, found.transitions, found.depth) == (4, 3, 3)


def test_plain_accesses_under_one_mutex_do_not_race(explore):
    text = """
lock = shared(Mutex)
n = shared(U8)

@thread(count=3)
def add():
    global n
    mutex_lock(lock)
    n += 1
    mutex_unlock(lock)

@final
def none_lost():
    return n == 3
"""
    assert explore(HEAD + text).violated == set()
    unlocked = text.replace("    mutex_lock(lock)\n", "").replace("    mutex_unlock(lock)\n", "")
    assert explore(HEAD + unlocked).violated == {"none_lost", "data-race"}


MISUSES = {
    "released by another thread": """
lock = shared(Mutex)

@thread
def owner():
    mutex_lock(lock)

@thread
def other():
    wait_until(finished(owner))
    mutex_unlock(lock)
""",
    "released while free": """
lock = shared(Mutex)

@thread
def work():
    mutex_unlock(lock)
""",
    "taken twice": """
lock = shared(Mutex)

@thread
def work():
    mutex_lock(lock)
    mutex_lock(lock)
""",
    "freed while held": """
@struct
class Item:
    lock: Mutex

items = pool(Item, count=1)

@thread
def work():
    item = new(Item)
    item.lock.owner = None
    mutex_lock(item.lock)
    kfree(item)
""",
    "not held where it must be": """
lock = shared(Mutex)

@thread
def work():
    lockdep_assert_held(lock)
    mutex_lock(lock)
""",
}


@pytest.mark.parametrize("text", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, text):
    assert explore(HEAD + text).violated == {"lock-misuse"}


def test_asserting_that_it_is_held_is_no_step(explore):
    found = explore(
        HEAD
        + """
lock = shared(Mutex)

@thread
def work():
    mutex_lock(lock)
    lockdep_assert_held(lock)
    mutex_unlock(lock)
"""
    )
    assert found.violated == set()
    assert found.depth == 3


def test_opposite_orders_deadlock(explore):
    found = explore(
        HEAD
        + """
a = shared(Mutex)
b = shared(Mutex)

@thread
def one():
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)

@thread
def two():
    mutex_lock(b)
    mutex_lock(a)
    mutex_unlock(a)
    mutex_unlock(b)
"""
    )
    assert found.violated == {"deadlock", "lock-order"}


def test_trylock_does_not_wait(explore):
    found = explore(
        HEAD
        + """
lock = shared(Mutex)
failed = shared(Bool)

@thread
def owner():
    global failed
    mutex_lock(lock)
    failed = not mutex_trylock(lock)
    mutex_unlock(lock)
    if mutex_trylock(lock):
        mutex_unlock(lock)

@final
def only_the_second_failed():
    return failed and lock.owner is None
"""
    )
    assert found.violated == set()
    assert found.depth == 8  # 1, 1 + the store of failed, 2, 1, 2


def test_is_locked_is_a_marked_load(explore):
    found = explore(
        HEAD
        + """
lock = shared(Mutex)
seen = shared(Bool)

@thread
def owner():
    mutex_lock(lock)
    mutex_unlock(lock)

@thread
def looker():
    if mutex_is_locked(lock):
        WRITE_ONCE(seen, True)

@invariant
def never_seen():
    return not seen
"""
    )
    assert found.violated == {"never_seen"}


DROP_LAST = """
@struct
class Item:
    lock: LOCK
    users: U8

@struct
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    item = new(Item, users=2)
    item.lock.owner = None
    slot.item = item

@thread(count=2)
def put():
    item = slot.item
    TAKE(item.lock)
    item.users -= 1
    last = item.users == 0
    GIVE(item.lock)
    if last:
        kfree(item)
"""


def test_freeing_after_a_mutex_is_too_early_but_not_after_a_spinlock(explore):
    mutex = DROP_LAST.replace("LOCK", "Mutex").replace("TAKE", "mutex_lock")
    found = explore(HEAD + mutex.replace("GIVE", "mutex_unlock"))
    assert found.violated == {"use-after-free"}
    spin = DROP_LAST.replace("LOCK", "Spinlock").replace("TAKE", "spin_lock")
    head = HEAD + "from modelcheck.kernel import Spinlock, spin_lock, spin_unlock\n"
    assert explore(head + spin.replace("GIVE", "spin_unlock")).violated == set()


def test_a_mutex_is_not_tried_in_an_interrupt(explore):
    text = (
        HEAD
        + """
from modelcheck.lang import Context

lock = shared(Mutex)

@thread(context=Context.CONTEXT)
def work():
    if mutex_trylock(lock):
        mutex_unlock(lock)
"""
    )
    assert explore(text.replace("CONTEXT)", "HARDIRQ)")).violated == {"lock-misuse"}
    assert explore(text.replace("CONTEXT)", "KTHREAD)")).violated == set()
