"""Bits of a word: include/asm-generic/bitops, include/linux/find.h, lib/find_bit.c (v6.12).

Kept: the atomic operations are one read-modify-write of the word, void ones relaxed, those that return
something full barriers; `clear_bit_unlock` releases, `test_and_set_bit_lock` acquires.  `__set_bit` and
its kind are a plain load and a plain store: a bit that somebody else sets in between is lost, and it
is a `data-race`.  `find_first_bit` and its kind are one load of the word.
Differs: a bitmap is one word of 32 bits.  `find_…` give `size` where there is no such bit.
Left out: bitmaps of several words.
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    READ_ONCE,
    U32,
    U8,
    WRITE_ONCE,
    atomic,
    smp_load_acquire,
    smp_store_release,
    struct,
)


@struct
class Bitmap:
    """`unsigned long word`, for DECLARE_BITMAP and flag words."""

    word: U32


def set_bit(nr, addr: Ptr[Bitmap]):
    """set_bit: relaxed.  One step."""
    with atomic(rmw="relaxed"):
        WRITE_ONCE(addr.word, READ_ONCE(addr.word) | (1 << nr))


def clear_bit(nr, addr: Ptr[Bitmap]):
    """clear_bit: relaxed.  One step."""
    with atomic(rmw="relaxed"):
        WRITE_ONCE(addr.word, READ_ONCE(addr.word) & ~(1 << nr))


def change_bit(nr, addr: Ptr[Bitmap]):
    """change_bit: relaxed.  One step."""
    with atomic(rmw="relaxed"):
        WRITE_ONCE(addr.word, READ_ONCE(addr.word) ^ (1 << nr))


def test_bit(nr, addr: Ptr[Bitmap]) -> Bool:
    """test_bit: a marked load.  One step."""
    return READ_ONCE(addr.word) & (1 << nr) != 0


def test_bit_acquire(nr, addr: Ptr[Bitmap]) -> Bool:
    """test_bit_acquire.  One step."""
    return smp_load_acquire(addr.word) & (1 << nr) != 0


def test_and_set_bit(nr, addr: Ptr[Bitmap]) -> Bool:
    """test_and_set_bit: the old bit; full.  One step."""
    with atomic():
        word = READ_ONCE(addr.word)
        WRITE_ONCE(addr.word, word | (1 << nr))
        return word & (1 << nr) != 0


def test_and_set_bit_lock(nr, addr: Ptr[Bitmap]) -> Bool:
    """test_and_set_bit_lock: the old bit; acquire.  One step."""
    with atomic(rmw="acquire"):
        word = READ_ONCE(addr.word)
        WRITE_ONCE(addr.word, word | (1 << nr))
        return word & (1 << nr) != 0


def test_and_clear_bit(nr, addr: Ptr[Bitmap]) -> Bool:
    """test_and_clear_bit: the old bit; full.  One step."""
    with atomic():
        word = READ_ONCE(addr.word)
        WRITE_ONCE(addr.word, word & ~(1 << nr))
        return word & (1 << nr) != 0


def test_and_change_bit(nr, addr: Ptr[Bitmap]) -> Bool:
    """test_and_change_bit: the old bit; full.  One step."""
    with atomic():
        word = READ_ONCE(addr.word)
        WRITE_ONCE(addr.word, word ^ (1 << nr))
        return word & (1 << nr) != 0


def clear_bit_unlock(nr, addr: Ptr[Bitmap]):
    """clear_bit_unlock: release.  One step."""
    with atomic(rmw="release"):
        WRITE_ONCE(addr.word, READ_ONCE(addr.word) & ~(1 << nr))


def __set_bit(nr, addr: Ptr[Bitmap]):
    """__set_bit.  Two steps."""
    addr.word = addr.word | (1 << nr)


def __clear_bit(nr, addr: Ptr[Bitmap]):
    """__clear_bit.  Two steps."""
    addr.word = addr.word & ~(1 << nr)


def __change_bit(nr, addr: Ptr[Bitmap]):
    """__change_bit.  Two steps."""
    addr.word = addr.word ^ (1 << nr)


def __test_and_set_bit(nr, addr: Ptr[Bitmap]) -> Bool:
    """__test_and_set_bit.  Two steps."""
    word = addr.word
    addr.word = word | (1 << nr)
    return word & (1 << nr) != 0


def __test_and_clear_bit(nr, addr: Ptr[Bitmap]) -> Bool:
    """__test_and_clear_bit.  Two steps."""
    word = addr.word
    addr.word = word & ~(1 << nr)
    return word & (1 << nr) != 0


def __clear_bit_unlock(nr, addr: Ptr[Bitmap]):
    """__clear_bit_unlock: plain load, releasing store.  Two steps."""
    smp_store_release(addr.word, addr.word & ~(1 << nr))


def find_first_bit(addr: Ptr[Bitmap], size) -> U8:
    """find_first_bit: the lowest bit that is set, else `size`.  One step."""
    word = addr.word
    for nr in range(size):
        if word & (1 << nr) != 0:
            return nr
    return size


def find_first_zero_bit(addr: Ptr[Bitmap], size) -> U8:
    """find_first_zero_bit: the lowest bit that is clear, else `size`.  One step."""
    word = addr.word
    for nr in range(size):
        if word & (1 << nr) == 0:
            return nr
    return size


def find_next_bit(addr: Ptr[Bitmap], size, offset) -> U8:
    """find_next_bit: the lowest one from `offset` on that is set, else `size`.  One step."""
    word = addr.word
    for nr in range(size):
        if nr >= offset and word & (1 << nr) != 0:
            return nr
    return size


def find_next_zero_bit(addr: Ptr[Bitmap], size, offset) -> U8:
    """find_next_zero_bit: the lowest one from `offset` on that is clear.  One step."""
    word = addr.word
    for nr in range(size):
        if nr >= offset and word & (1 << nr) == 0:
            return nr
    return size


def bitmap_empty(addr: Ptr[Bitmap], size) -> Bool:
    """bitmap_empty.  One step."""
    return addr.word & ((1 << size) - 1) == 0


def bitmap_full(addr: Ptr[Bitmap], size) -> Bool:
    """bitmap_full.  One step."""
    return addr.word & ((1 << size) - 1) == (1 << size) - 1


def bitmap_weight(addr: Ptr[Bitmap], size) -> U8:
    """bitmap_weight: how many bits are set.  One step."""
    word = addr.word
    weight: U8 = 0
    for nr in range(size):
        if word & (1 << nr) != 0:
            weight += 1
    return weight


def bitmap_zero(addr: Ptr[Bitmap], size):
    """bitmap_zero.  One step."""
    addr.word = 0
