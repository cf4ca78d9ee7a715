"""What the operators without a Python spelling of their own mean, on exact integers.

All are total, as `ops` demands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

MAX_SHIFT = 63
MAX_BIT = 62  # a set is a mask of at most 63 bits, so it is never negative


def floor_div(a: int, b: int) -> int:
    """Python's floor division; 0 where the divisor is 0."""
    return a // b if b else 0


def floor_mod(a: int, b: int) -> int:
    """Python's remainder, which has the divisor's sign; 0 where the divisor is 0."""
    return a % b if b else 0


def shift_left(a: int, n: int) -> int:
    """The value a times two to the n; 0 where n is outside 0 … 63."""
    return a << n if 0 <= n <= MAX_SHIFT else 0


def shift_right(a: int, n: int) -> int:
    """The value a divided by two to the n, rounded down; 0 where n is outside 0 … 63."""
    return a >> n if 0 <= n <= MAX_SHIFT else 0


def bit_test(mask: int, i: int) -> int:
    """Whether bit i is set; 0 where i is outside 0 … 62."""
    return mask >> i & 1 if 0 <= i <= MAX_BIT else 0


def bit_set(mask: int, i: int) -> int:
    """The mask with bit i; unchanged where i is outside 0 … 62."""
    return mask | 1 << i if 0 <= i <= MAX_BIT else mask


def bit_clear(mask: int, i: int) -> int:
    """The mask without bit i; unchanged where i is outside 0 … 62."""
    return mask & ~(1 << i) if 0 <= i <= MAX_BIT else mask


def popcount(mask: int) -> int:
    """How many of the low 64 bits are set."""
    return (mask & (1 << 64) - 1).bit_count()


PYTHON_HELPERS: Mapping[str, Callable[..., int]] = {
    "mc_floor_div": floor_div,
    "mc_floor_mod": floor_mod,
    "mc_shift_left": shift_left,
    "mc_shift_right": shift_right,
    "mc_bit_test": bit_test,
    "mc_bit_set": bit_set,
    "mc_bit_clear": bit_clear,
    "mc_popcount": popcount,
}
"""What the Python templates call, by name."""
