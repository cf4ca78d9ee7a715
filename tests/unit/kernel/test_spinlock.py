"""What the spinlock of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel import (
    Spinlock, kfree, lockdep_assert_held, spin_is_locked, spin_lock, spin_trylock, spin_unlock,
)
from modelcheck.lang import (
    Bool, U8, final, finished, new, pool, shared, spec, struct, thread, wait_until,
)

spec("spinlock-test")
"""


def test_lock_and_unlock_are_one_step_each(explore):
    found = explore(
        HEAD
        + """
lock = shared(Spinlock)

@thread
def work():
    spin_lock(lock)
    lockdep_assert_held(lock)
    spin_unlock(lock)
"""
    )
    assert found.violated == set()
    assert (found.states, found.transitions, found.depth) == (3, 2, 2)


def test_plain_accesses_under_one_spinlock_do_not_race(explore):
    found = explore(
        HEAD
        + """
lock = shared(Spinlock)
n = shared(U8)

@thread(count=3)
def add():
    global n
    spin_lock(lock)
    n += 1
    spin_unlock(lock)

@final
def none_lost():
    return n == 3
"""
    )
    assert found.violated == set()


MISUSES = {
    "released by another thread": """
lock = shared(Spinlock)

@thread
def owner():
    spin_lock(lock)

@thread
def other():
    wait_until(finished(owner))
    spin_unlock(lock)
""",
    "taken twice": """
lock = shared(Spinlock)

@thread
def work():
    spin_lock(lock)
    spin_lock(lock)
""",
    "freed while held": """
@struct
class Item:
    lock: Spinlock

items = pool(Item, count=1)

@thread
def work():
    item = new(Item)
    item.lock.owner = None
    spin_lock(item.lock)
    kfree(item)
""",
}


@pytest.mark.parametrize("text", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, text):
    assert explore(HEAD + text).violated == {"lock-misuse"}


def test_trylock_and_is_locked_tell_the_truth(explore):
    found = explore(
        HEAD
        + """
lock = shared(Spinlock)
ok = shared(Bool)

@thread
def work():
    global ok
    before = spin_is_locked(lock)
    first = spin_trylock(lock)
    held = spin_is_locked(lock)
    second = spin_trylock(lock)
    ok = not before and first and held and not second
    spin_unlock(lock)

@final
def all_true():
    return ok and lock.owner is None
"""
    )
    assert found.violated == set()
    assert found.depth == 6


def test_the_loser_of_a_trylock_goes_on(explore):
    found = explore(
        HEAD
        + """
lock = shared(Spinlock)
n = shared(U8)

@thread(count=2)
def work():
    global n
    if spin_trylock(lock):
        n += 1
        spin_unlock(lock)

@final
def both_counted():
    return n == 2
"""
    )
    assert found.violated == {"both_counted"}
