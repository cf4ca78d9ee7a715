"""How the operators are written for z3, over integers and over bit vectors.

Both are total and mean what `op_meanings` says: z3's own `/`, `%` and shifts differ between the two
sorts, and from Python, in what they do below zero and beyond the width.  z3 has no types worth
naming, and is imported by nobody here: the module comes as an argument.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelcheck.ir.op_meanings import MAX_BIT, MAX_SHIFT

SmtForm = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Smt:
    """An operator in z3: of Ints, and of signed bit vectors of one width.

    Each takes the z3 module, then terms.  The width of bit vectors must hold every argument and
    the result: whoever chooses it sees to that (`bounds`).
    """

    ints: SmtForm
    bits: SmtForm


def alike(form: SmtForm) -> Smt:
    """An operator that z3py writes and z3 means alike in both theories (its `<` on bit vectors is
    the signed one).
    """
    return Smt(form, form)


# ---------------------------------------------------------------------------------------------
# Integers


def _power(z3: Any, n: Any, largest: int) -> Any:
    """Two to the n for 0 ≤ n ≤ largest, else 0, without z3's own (undecidable) power."""
    if z3.is_int_value(n):
        return z3.IntVal(1 << n.as_long() if 0 <= n.as_long() <= largest else 0)
    power = z3.IntVal(0)
    for k in range(largest + 1):
        power = z3.If(n == k, z3.IntVal(1 << k), power)
    return power


def _int_floor_div(z3: Any, a: Any, b: Any) -> Any:
    """SMT-LIB's `div` floors for positive divisors only; a/b equals -a/-b."""
    return z3.If(b > 0, a / b, z3.If(b < 0, -a / -b, 0))


def _int_floor_mod(z3: Any, a: Any, b: Any) -> Any:
    return z3.If(b == 0, 0, a - b * _int_floor_div(z3, a, b))


def _int_shift_left(z3: Any, a: Any, n: Any) -> Any:
    return a * _power(z3, n, MAX_SHIFT)


def _int_shift_right(z3: Any, a: Any, n: Any) -> Any:
    power = _power(z3, n, MAX_SHIFT)
    return z3.If(power > 0, a / power, 0)


def _int_bit_test(z3: Any, mask: Any, i: Any) -> Any:
    power = _power(z3, i, MAX_BIT)
    return z3.And(power > 0, (mask / power) % 2 == 1)


def _int_bit_set(z3: Any, mask: Any, i: Any) -> Any:
    present = _int_bit_test(z3, mask, i)
    return z3.If(present, mask, mask + _power(z3, i, MAX_BIT))


def _int_bit_clear(z3: Any, mask: Any, i: Any) -> Any:
    present = _int_bit_test(z3, mask, i)
    return z3.If(present, mask - _power(z3, i, MAX_BIT), mask)


def _int_popcount(z3: Any, mask: Any) -> Any:
    return z3.Sum([(mask / (1 << k)) % 2 for k in range(64)])


# ---------------------------------------------------------------------------------------------
# Bit vectors


def _bits_floor_div(z3: Any, a: Any, b: Any) -> Any:
    """SMT-LIB's `bvsdiv` truncates, and divides by zero."""
    quotient = a / b
    is_rounded_up = z3.And(z3.SRem(a, b) != 0, (a < 0) != (b < 0))
    return z3.If(b == 0, 0, z3.If(is_rounded_up, quotient - 1, quotient))


def _bits_floor_mod(z3: Any, a: Any, b: Any) -> Any:
    """SMT-LIB's `bvsmod` has the divisor's sign, as Python's remainder."""
    return z3.If(b == 0, 0, a % b)


def _is_within(z3: Any, n: Any, largest: int) -> Any:
    """Whether 0 ≤ n ≤ largest, also where the width has no number as large."""
    if largest >= 1 << n.size() - 1:
        return n >= 0
    return z3.And(n >= 0, n <= largest)


def _bits_shift_left(z3: Any, a: Any, n: Any) -> Any:
    return z3.If(_is_within(z3, n, MAX_SHIFT), a << n, 0)


def _bits_shift_right(z3: Any, a: Any, n: Any) -> Any:
    """The arithmetic shift rounds down, and by more than the width gives 0 or -1."""
    return z3.If(_is_within(z3, n, MAX_SHIFT), a >> n, 0)


def _one_at(z3: Any, mask: Any, i: Any) -> Any:
    """The bit i; 0 where i is outside 0 … 62 or beyond the width."""
    one = z3.BitVecVal(1, mask.size()) << i
    return z3.If(_is_within(z3, i, MAX_BIT), one, 0)


def _bits_bit_test(z3: Any, mask: Any, i: Any) -> Any:
    return z3.And(_is_within(z3, i, MAX_BIT), (mask >> i) & 1 == 1)


def _bits_bit_set(z3: Any, mask: Any, i: Any) -> Any:
    return mask | _one_at(z3, mask, i)


def _bits_bit_clear(z3: Any, mask: Any, i: Any) -> Any:
    return mask & ~_one_at(z3, mask, i)


def _bits_popcount(z3: Any, mask: Any) -> Any:
    """Of a number below zero the bits beyond the width are set, up to the 64th."""
    width = mask.size()
    count = z3.Sum([z3.ZeroExt(width, z3.Extract(k, k, mask)) for k in range(min(width, 64))])
    low = z3.Extract(width - 1, 0, count)
    return z3.If(mask < 0, low + max(64 - width, 0), low)


# ---------------------------------------------------------------------------------------------
# What the rows name


def _bitwise(apply: Callable[[Any, Any], Any]) -> Smt:
    """A bitwise operator: of integers by way of 64 bits, which the front end keeps them within."""

    def of_ints(z3: Any, a: Any, b: Any) -> Any:
        return z3.BV2Int(apply(z3.Int2BV(a, 64), z3.Int2BV(b, 64)), is_signed=True)

    return Smt(of_ints, lambda _, a, b: apply(a, b))


def smt_wrap(bits: int) -> Smt:
    """The low bits of a number."""
    return Smt(lambda _, a: a % (1 << bits), lambda _, a: a & ((1 << bits) - 1))


SMT_FLOOR_DIV = Smt(_int_floor_div, _bits_floor_div)
SMT_FLOOR_MOD = Smt(_int_floor_mod, _bits_floor_mod)
SMT_SHIFT_LEFT = Smt(_int_shift_left, _bits_shift_left)
SMT_SHIFT_RIGHT = Smt(_int_shift_right, _bits_shift_right)
SMT_AND = _bitwise(operator.and_)
SMT_OR = _bitwise(operator.or_)
SMT_XOR = _bitwise(operator.xor)
SMT_BIT_TEST = Smt(_int_bit_test, _bits_bit_test)
SMT_BIT_SET = Smt(_int_bit_set, _bits_bit_set)
SMT_BIT_CLEAR = Smt(_int_bit_clear, _bits_bit_clear)
SMT_POPCOUNT = Smt(_int_popcount, _bits_popcount)
