"""What the bit operations of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.bitmap import (
    Bitmap, __change_bit, __clear_bit, __clear_bit_unlock, __set_bit, __test_and_clear_bit,
    __test_and_set_bit, bitmap_empty, bitmap_full, bitmap_weight, bitmap_zero, change_bit,
    clear_bit, clear_bit_unlock, find_first_bit, find_first_zero_bit, find_next_bit,
    find_next_zero_bit, set_bit, test_and_change_bit, test_and_clear_bit, test_and_set_bit,
    test_and_set_bit_lock, test_bit, test_bit_acquire,
)
from modelcheck.lang import Bool, U8, final, ghost, invariant, shared, spec, struct, thread

spec("bitmap-test")

map = shared(Bitmap)
"""

VOID = {
    "set_bit(1, map)": 0b0111,
    "set_bit(3, map)": 0b1101,
    "clear_bit(0, map)": 0b0100,
    "clear_bit(1, map)": 0b0101,
    "change_bit(0, map)": 0b0100,
    "change_bit(1, map)": 0b0111,
    "clear_bit_unlock(2, map)": 0b0001,
    "bitmap_zero(map, 4)": 0,
}
PLAIN = {
    "__set_bit(1, map)": 0b0111,
    "__clear_bit(0, map)": 0b0100,
    "__change_bit(2, map)": 0b0001,
    "__clear_bit_unlock(0, map)": 0b0100,
}


@pytest.mark.parametrize(("call", "word"), (VOID | PLAIN).items())
def test_what_is_in_the_word_afterwards(explore, call, word):
    found = explore(
        HEAD.replace("shared(Bitmap)", "shared(Bitmap, word=5)")
        + f"""
@thread
def work():
    {call}

@final
def as_expected():
    return map.word == {word}
"""
    )
    assert found.violated == set()
    assert found.depth == (2 if call.startswith("__") else 1)


RETURNING = {
    "test_bit(0, map)": (True, 0b0101),
    "test_bit(1, map)": (False, 0b0101),
    "test_bit_acquire(2, map)": (True, 0b0101),
    "test_and_set_bit(0, map)": (True, 0b0101),
    "test_and_set_bit(1, map)": (False, 0b0111),
    "test_and_set_bit_lock(1, map)": (False, 0b0111),
    "test_and_clear_bit(2, map)": (True, 0b0001),
    "test_and_clear_bit(1, map)": (False, 0b0101),
    "test_and_change_bit(0, map)": (True, 0b0100),
    "__test_and_set_bit(1, map)": (False, 0b0111),
    "__test_and_clear_bit(0, map)": (True, 0b0100),
    "bitmap_empty(map, 2)": (False, 0b0101),
    "bitmap_full(map, 1)": (True, 0b0101),
    "bitmap_full(map, 2)": (False, 0b0101),
    "bitmap_weight(map, 4) == 2": (True, 0b0101),
    "find_first_bit(map, 4) == 0": (True, 0b0101),
    "find_first_zero_bit(map, 4) == 1": (True, 0b0101),
    "find_first_zero_bit(map, 1) == 1": (True, 0b0101),
    "find_next_bit(map, 4, 1) == 2": (True, 0b0101),
    "find_next_bit(map, 4, 3) == 4": (True, 0b0101),
    "find_next_zero_bit(map, 4, 2) == 3": (True, 0b0101),
}


@pytest.mark.parametrize(("call", "expected"), RETURNING.items())
def test_what_is_returned(explore, call, expected):
    value, word = expected
    found = explore(
        HEAD.replace("shared(Bitmap)", "shared(Bitmap, word=5)")
        + f"""
seen = shared(Bool)

@thread
def work():
    global seen
    seen = {call}

@final
def as_expected():
    return seen == {value} and map.word == {word}
"""
    )
    assert found.violated == set()


TWO = (
    HEAD
    + """
@thread(count=2)
def work(me):
    OPERATION(me, map)

@final
def both():
    return bitmap_full(map, 2)
"""
).replace("bitmap_full(map, 2)", "map.word == 3")


def test_plain_bits_of_one_word_are_lost_and_atomic_ones_are_not(explore):
    found = explore(TWO.replace("OPERATION", "set_bit"))
    assert found.violated == set()
    assert (found.states, found.transitions) == (4, 4)
    assert explore(TWO.replace("OPERATION", "__set_bit")).violated == {"both", "data-race"}
    assert explore(TWO.replace("OPERATION", "__test_and_set_bit")).violated == {
        "both",
        "data-race",
    }
    mixed = TWO.replace(
        "    OPERATION(me, map)",
        "    if me == 0:\n        set_bit(0, map)\n    else:\n        __set_bit(1, map)",
    )
    assert explore(mixed).violated == {"both", "data-race"}


def test_a_free_bit_that_was_found_may_be_gone(explore):
    text = (
        HEAD
        + """
owners: U8 = ghost(0)

@thread(count=2)
def take():
    global owners
    nr = find_first_zero_bit(map, 1)
    if nr < 1:
        TAKE

@invariant
def one_owner():
    return owners <= 1
"""
    )
    again = "if not test_and_set_bit(0, map):\n            owners += 1"
    # find_first_zero_bit is a plain load of a word that others change
    assert explore(text.replace("TAKE", again)).violated == {"data-race"}
    blind = "set_bit(0, map)\n        owners += 1"
    assert explore(text.replace("TAKE", blind)).violated == {"data-race", "one_owner"}
