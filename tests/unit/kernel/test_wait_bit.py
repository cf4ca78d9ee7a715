"""What waiting for bits and variables means in the kernel library."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.kernel.wait_bit import (
    bit_wait_table, var_wait_table, wait_on_bit, wait_on_bit_lock, wait_var_event, wake_up_bit,
    wake_up_var,
)
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, atomic, final, ghost, initial, invariant, new, pool,
    shared, spec, struct, thread,
)

spec("wait-bit-test")

@struct(marked=True)
class Word:
    busy: Bool
    other: Bool

def test_and_set(word: Ptr[Word]) -> Bool:
    with atomic(because="test_and_set_bit"):
        was = word.busy
        word.busy = True
        return was
"""

BIT = """
word = shared(Word, busy=True, other=True)

@thread(count=2)
def waiter():
    wait_on_bit(0, lambda: word.busy)

@thread
def waker():
    WAKE

@final
def nothing_is_left():
    return len(bit_wait_table.entries) == 0
"""


@pytest.mark.parametrize(
    ("wake", "violated"),
    [
        ("word.busy = False\n    wake_up_bit(0, lambda: word.busy)", set()),
        ("wake_up_bit(0, lambda: word.busy)\n    word.busy = False", {"deadlock"}),
        ("word.busy = False\n    wake_up_bit(1, lambda: word.busy)", {"deadlock"}),
        ("word.other = False\n    wake_up_bit(0, lambda: word.busy)", {"deadlock"}),
    ],
)
def test_bits(explore, wake, violated):
    assert explore(HEAD + BIT.replace("WAKE", wake)).violated == violated


LOCK = """
word = shared(Word)
inside: U8 = ghost(0)

@thread(count=3)
def worker():
    global inside
    wait_on_bit_lock(0, lambda: word.busy, lambda: test_and_set(word))
    inside += 1
    word.busy = False
    inside -= 1
    WAKE

@invariant
def one_at_a_time():
    return inside <= 1
"""


def test_a_bit_as_a_lock(explore):
    right = LOCK.replace("WAKE", "wake_up_bit(0, lambda: word.busy)")
    assert explore(HEAD + right).violated == set()
    assert explore(HEAD + LOCK.replace("WAKE", "pass")).violated == {"deadlock"}


def test_waking_touches_no_memory_of_the_object(explore):
    """The waiter frees the word between the store and the wake-up: only testing it is a fault."""
    text = """
@struct(marked=True)
class Slot:
    word: Ptr[Word]

words = pool(Word, count=1)
slot = shared(Slot)

@initial
def fill():
    slot.word = new(Word, busy=True, other=False)

@thread
def waiter():
    word = slot.word
    wait_var_event(0, lambda: not word.busy)
    kfree(word)

@thread
def waker():
    word = slot.word
    word.busy = False
    WAKE
"""
    assert explore(HEAD + text.replace("WAKE", "wake_up_var(0)")).violated == set()
    late = text.replace("WAKE", "wake_up_var(0)\n    READ_ONCE(word.busy)")
    assert explore(HEAD + late).violated == {"use-after-free"}


@pytest.mark.parametrize(
    ("wake", "violated"),
    [
        ("WRITE_ONCE(n, 1)\n    wake_up_var(0)", set()),
        ("wake_up_var(0)\n    WRITE_ONCE(n, 1)", {"deadlock"}),
        ("WRITE_ONCE(n, 1)\n    wake_up_var(1)", {"deadlock"}),
    ],
)
def test_variables(explore, wake, violated):
    text = """
n = shared(U8)

@thread(count=2)
def waiter():
    wait_var_event(0, lambda: READ_ONCE(n) > 0)

@thread
def waker():
    WAKE

@final
def nothing_is_left():
    return len(var_wait_table.entries) == 0
"""
    assert explore(HEAD + text.replace("WAKE", wake)).violated == violated


def test_waiting_with_a_spinlock_held(explore):
    text = """
lock = shared(Spinlock)
word = shared(Word)

@thread
def worker():
    spin_lock(lock)
    WAIT
    spin_unlock(lock)
    word.busy = False
"""
    for wait in (
        "wait_on_bit(0, lambda: word.busy)",
        "wait_on_bit_lock(0, lambda: word.busy, lambda: test_and_set(word))",
        "wait_var_event(0, lambda: not word.busy)",
    ):
        found = explore(HEAD + text.replace("WAIT", wait))
        assert found.violated == {"sleep-in-atomic"}, wait
    assert explore(HEAD + text.replace("WAIT", "test_and_set(word)")).violated == set()
