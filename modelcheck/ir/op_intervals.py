"""The intervals of the operators: (lo, hi) of each argument to (lo, hi) of the result.

Each holds every result, and may hold more.

Soundness: the front end bounds intermediate values with these; one that is too small would let a
value leave 64 bits in C alone.  `test_ops.py` compares them with the meanings.
"""

from __future__ import annotations

from collections.abc import Callable

from modelcheck.ir.op_meanings import MAX_BIT, MAX_SHIFT, floor_div, shift_left, shift_right

Interval = tuple[int, int]


def _corners(meaning: Callable[[int, int], int], a: Interval, candidates: set[int]) -> Interval:
    """The hull of an operator that is monotone in its first argument."""
    results = [meaning(x, y) for x in a for y in candidates]
    return min(results), max(results)


def _all_ones(*intervals: Interval) -> int:
    """The least 2^n - 1 that no bound exceeds, with the bounds of negative values inverted."""
    bits = max((b if b >= 0 else ~b).bit_length() for interval in intervals for b in interval)
    return (1 << bits) - 1


def floor_div_interval(a: Interval, b: Interval) -> Interval:
    """Monotone in the divisor on each side of 0, so its ends and the values next to 0 suffice."""
    return _corners(floor_div, a, {y for y in (*b, -1, 0, 1) if b[0] <= y <= b[1]})


def floor_mod_interval(a: Interval, b: Interval) -> Interval:
    """Between 0 and the divisor."""
    if b[0] > a[1] and a[0] >= 0:
        return a
    highest = max(0, b[1] - 1)
    if a[0] >= 0 and b[0] >= 0:
        highest = min(highest, a[1])
    return min(0, b[0] + 1), highest


def _shift_amounts(n: Interval) -> set[int]:
    """The extreme amounts: the ends of what is in range, and -1 where some are outside."""
    lo, hi = max(n[0], 0), min(n[1], MAX_SHIFT)
    amounts = {lo, hi} if lo <= hi else set()
    return amounts if n[0] >= 0 and n[1] <= MAX_SHIFT else amounts | {-1}


def shift_left_interval(a: Interval, n: Interval) -> Interval:
    """The hull over the extreme amounts."""
    return _corners(shift_left, a, _shift_amounts(n))


def shift_right_interval(a: Interval, n: Interval) -> Interval:
    """The hull over the extreme amounts."""
    return _corners(shift_right, a, _shift_amounts(n))


def and_interval(a: Interval, b: Interval) -> Interval:
    """At most the least of what cannot be negative."""
    if a[0] >= 0 or b[0] >= 0:
        return 0, min(x[1] for x in (a, b) if x[0] >= 0)
    ones = _all_ones(a, b)
    return ~ones, ones


def or_interval(a: Interval, b: Interval) -> Interval:
    """At least the greater of what cannot be negative."""
    ones = _all_ones(a, b)
    return (max(a[0], b[0]) if a[0] >= 0 and b[0] >= 0 else ~ones), ones


def xor_interval(a: Interval, b: Interval) -> Interval:
    """Any bits that an argument may have."""
    ones = _all_ones(a, b)
    return (0 if a[0] >= 0 and b[0] >= 0 else ~ones), ones


def equal_interval(a: Interval, b: Interval) -> Interval:
    """Decided where the arguments have no value, or only one, in common."""
    if a[1] < b[0] or b[1] < a[0]:
        return 0, 0
    return (1, 1) if a == b and a[0] == a[1] else (0, 1)


def less_interval(a: Interval, b: Interval) -> Interval:
    """Decided where one lies below the other."""
    return int(a[1] < b[0]), int(a[0] < b[1])


def less_equal_interval(a: Interval, b: Interval) -> Interval:
    """Decided where one lies below the other."""
    return int(a[1] <= b[0]), int(a[0] <= b[1])


def negated(interval: Interval) -> Interval:
    """What `not` makes of it."""
    return 1 - interval[1], 1 - interval[0]


def choice_interval(condition: Interval, a: Interval, b: Interval) -> Interval:
    """One arm, or the hull of both."""
    if condition[0] == condition[1]:
        return a if condition[0] else b
    return min(a[0], b[0]), max(a[1], b[1])


def abs_interval(a: Interval) -> Interval:
    """The distances from 0."""
    return (0 if a[0] <= 0 <= a[1] else min(map(abs, a))), max(map(abs, a))


def wrap_interval(bits: int) -> Callable[[Interval], Interval]:
    """The same where it fits, else all words."""

    def interval(a: Interval) -> Interval:
        fits = a[0] >= 0 and a[1] < 1 << bits
        return a if fits else (0, (1 << bits) - 1)

    return interval


def _highest_bit(i: Interval) -> int:
    return max(-1, min(i[1], MAX_BIT))


def bit_set_interval(mask: Interval, i: Interval) -> Interval:
    """At most all bits up to the highest that may be set."""
    bits = max(mask[1].bit_length() if mask[1] >= 0 else 0, _highest_bit(i) + 1)
    return mask[0], (1 << bits) - 1


def bit_clear_interval(mask: Interval, i: Interval) -> Interval:
    """At least 0 for what is a set."""
    bit = _highest_bit(i)
    if mask[0] >= 0:
        return 0, mask[1]
    return mask[0] - (1 << bit if bit >= 0 else 0), mask[1]


def popcount_interval(mask: Interval) -> Interval:
    """At most the number of bits that may be set."""
    if mask[0] < 0 or mask[1] >= 1 << 64:
        return 0, 64
    return int(mask[0] > 0), mask[1].bit_length()
