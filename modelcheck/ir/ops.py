"""The operators: what each one means, and how every backend writes it.

One row per operator, so that Python, C and z3 can never disagree about an edge case without a
test of this table failing.  Every row is *total*: where Python or C would fail (a zero divisor, a
shift by 64) the row gives a value, and a `Check` before the expression reports the fault.

Templates bring their own parentheses and evaluate each argument once; there is no precedence
anywhere.  The helpers they name (`mc_…`) are `PYTHON_HELPERS` in Python and inline functions of
the runtime in C.  A Bool is 0 or 1 (a Python `bool` will do); in z3 it is a Bool, every other
value an Int.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from modelcheck.ir.op_intervals import (
    Interval,
    abs_interval,
    and_interval,
    bit_clear_interval,
    bit_set_interval,
    choice_interval,
    equal_interval,
    floor_div_interval,
    floor_mod_interval,
    less_equal_interval,
    less_interval,
    negated,
    or_interval,
    popcount_interval,
    shift_left_interval,
    shift_right_interval,
    wrap_interval,
    xor_interval,
)
from modelcheck.ir.op_meanings import (
    MAX_BIT,
    MAX_SHIFT,
    PYTHON_HELPERS,
    bit_clear,
    bit_set,
    bit_test,
    floor_div,
    floor_mod,
    popcount,
    shift_left,
    shift_right,
)

Sort = Literal["bool", "int", "any"]
Meaning = Callable[..., int]
# z3 has no types worth naming, and is imported by nobody here: the module comes as an argument.
SmtForm = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Op:
    """One operator.

    `meaning` takes ints and returns an int; `python` and `c` are templates for `str.format`;
    `smt` takes the z3 module, then z3 terms; `interval` takes one (lo, hi) per argument and returns
    one that holds every result.  `args` and `result` are sorts: "bool" wants a Bool, "int"
    anything but a Bool, "any" either.
    """

    symbol: str
    meaning: Meaning
    python: str
    c: str
    smt: SmtForm
    interval: Callable[..., Interval]
    args: tuple[Sort, ...]
    result: Sort

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.args)


# ---------------------------------------------------------------------------------------------
# z3 forms


def _smt_power(z3: Any, n: Any, largest: int) -> Any:
    """Two to the n for 0 ≤ n ≤ largest, else 0, without z3's own (undecidable) power."""
    if z3.is_int_value(n):
        return z3.IntVal(1 << n.as_long() if 0 <= n.as_long() <= largest else 0)
    power = z3.IntVal(0)
    for k in range(largest + 1):
        power = z3.If(n == k, z3.IntVal(1 << k), power)
    return power


def _smt_floor_div(z3: Any, a: Any, b: Any) -> Any:
    """SMT-LIB's `div` floors for positive divisors only; a/b equals -a/-b."""
    return z3.If(b > 0, a / b, z3.If(b < 0, -a / -b, 0))


def _smt_floor_mod(z3: Any, a: Any, b: Any) -> Any:
    return z3.If(b == 0, 0, a - b * _smt_floor_div(z3, a, b))


def _smt_shift_left(z3: Any, a: Any, n: Any) -> Any:
    return a * _smt_power(z3, n, MAX_SHIFT)


def _smt_shift_right(z3: Any, a: Any, n: Any) -> Any:
    power = _smt_power(z3, n, MAX_SHIFT)
    return z3.If(power > 0, a / power, 0)


def _smt_bitwise(apply: Callable[[Any, Any], Any]) -> SmtForm:
    """A bitwise operator on signed 64-bit values: exact, for the front end bounds all of them."""

    def form(z3: Any, a: Any, b: Any) -> Any:
        return z3.BV2Int(apply(z3.Int2BV(a, 64), z3.Int2BV(b, 64)), is_signed=True)

    return form


def _smt_bit_test(z3: Any, mask: Any, i: Any) -> Any:
    power = _smt_power(z3, i, MAX_BIT)
    return z3.And(power > 0, (mask / power) % 2 == 1)


def _smt_bit_set(z3: Any, mask: Any, i: Any) -> Any:
    present = _smt_bit_test(z3, mask, i)
    return z3.If(present, mask, mask + _smt_power(z3, i, MAX_BIT))


def _smt_bit_clear(z3: Any, mask: Any, i: Any) -> Any:
    present = _smt_bit_test(z3, mask, i)
    return z3.If(present, mask - _smt_power(z3, i, MAX_BIT), mask)


def _smt_popcount(z3: Any, mask: Any) -> Any:
    return z3.Sum([(mask / (1 << k)) % 2 for k in range(64)])


# ---------------------------------------------------------------------------------------------
# The table


def _infix(
    symbol: str,
    meaning: Meaning,
    interval: Callable[..., Interval],
    *,
    args: tuple[Sort, Sort] = ("int", "int"),
    result: Sort = "int",
) -> Op:
    """An operator that Python, C and z3 write and mean alike."""
    template = f"({{0}} {symbol} {{1}})"
    return Op(
        symbol, meaning, template, template, lambda _, a, b: meaning(a, b), interval, args, result
    )


def _helper(
    symbol: str,
    meaning: Meaning,
    smt: SmtForm,
    interval: Callable[..., Interval],
    *,
    args: tuple[Sort, ...] = ("int", "int"),
    result: Sort = "int",
) -> Op:
    """An operator that Python and C both write as a call of `mc_<name of its meaning>`."""
    template = f"mc_{meaning.__name__}({', '.join(f'{{{i}}}' for i in range(len(args)))})"
    return Op(symbol, meaning, template, template, smt, interval, args, result)


def _wrap(bits: int) -> Op:
    mask = (1 << bits) - 1
    return Op(
        f"wrap{bits}",
        lambda a: a & mask,
        f"({{0}} & {mask:#x})",
        f"({{0}} & {mask:#x})",
        lambda _, a: a % (1 << bits),
        wrap_interval(bits),
        ("int",),
        "int",
    )


_ARITHMETIC = (
    _infix("+", operator.add, lambda a, b: (a[0] + b[0], a[1] + b[1])),
    _infix("-", operator.sub, lambda a, b: (a[0] - b[1], a[1] - b[0])),
    _infix(
        "*",
        operator.mul,
        lambda a, b: (min(x * y for x in a for y in b), max(x * y for x in a for y in b)),
    ),
    # Python floors, C truncates, SMT-LIB keeps the remainder non-negative.
    _helper("//", floor_div, _smt_floor_div, floor_div_interval),
    _helper("%", floor_mod, _smt_floor_mod, floor_mod_interval),
    # The space keeps a negative constant from making C's `--`.
    Op(
        "neg",
        operator.neg,
        "(- {0})",
        "(- {0})",
        lambda _, a: -a,
        lambda a: (-a[1], -a[0]),
        ("int",),
        "int",
    ),
    Op(
        "min",
        min,
        "min({0}, {1})",
        "mc_min({0}, {1})",
        lambda z3, a, b: z3.If(a <= b, a, b),
        lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
        ("int", "int"),
        "int",
    ),
    Op(
        "max",
        max,
        "max({0}, {1})",
        "mc_max({0}, {1})",
        lambda z3, a, b: z3.If(a >= b, a, b),
        lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
        ("int", "int"),
        "int",
    ),
    Op(
        "abs",
        abs,
        "abs({0})",
        "mc_abs({0})",
        lambda z3, a: z3.If(a >= 0, a, -a),
        abs_interval,
        ("int",),
        "int",
    ),
)
_SHIFTS = (
    _helper(
        "<<",
        shift_left,
        _smt_shift_left,
        shift_left_interval,
    ),
    _helper(
        ">>",
        shift_right,
        _smt_shift_right,
        shift_right_interval,
    ),
)
_BITWISE = (
    Op(
        "&",
        operator.and_,
        "({0} & {1})",
        "({0} & {1})",
        _smt_bitwise(operator.and_),
        and_interval,
        ("int", "int"),
        "int",
    ),
    Op(
        "|",
        operator.or_,
        "({0} | {1})",
        "({0} | {1})",
        _smt_bitwise(operator.or_),
        or_interval,
        ("int", "int"),
        "int",
    ),
    Op(
        "^",
        operator.xor,
        "({0} ^ {1})",
        "({0} ^ {1})",
        _smt_bitwise(operator.xor),
        xor_interval,
        ("int", "int"),
        "int",
    ),
    Op(
        "~",
        operator.invert,
        "(~{0})",
        "(~{0})",
        lambda _, a: -a - 1,
        lambda a: (~a[1], ~a[0]),
        ("int",),
        "int",
    ),
)
_COMPARISONS = (
    _infix("==", operator.eq, equal_interval, args=("any", "any"), result="bool"),
    _infix(
        "!=",
        operator.ne,
        lambda a, b: negated(equal_interval(a, b)),
        args=("any", "any"),
        result="bool",
    ),
    _infix("<", operator.lt, less_interval, result="bool"),
    _infix("<=", operator.le, less_equal_interval, result="bool"),
    _infix(">", operator.gt, lambda a, b: less_interval(b, a), result="bool"),
    _infix(">=", operator.ge, lambda a, b: less_equal_interval(b, a), result="bool"),
)
# Strict in both arguments: expressions are total, so nothing can tell it from short circuit.
_LOGIC = (
    Op(
        "and",
        operator.and_,
        "({0} and {1})",
        "({0} && {1})",
        lambda z3, a, b: z3.And(a, b),
        lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
        ("bool", "bool"),
        "bool",
    ),
    Op(
        "or",
        operator.or_,
        "({0} or {1})",
        "({0} || {1})",
        lambda z3, a, b: z3.Or(a, b),
        lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
        ("bool", "bool"),
        "bool",
    ),
    Op(
        "not",
        lambda a: 1 - a,
        "(not {0})",
        "(!{0})",
        lambda z3, a: z3.Not(a),
        negated,
        ("bool",),
        "bool",
    ),
)
_CHOICE = (
    Op(
        "ite",
        lambda condition, a, b: a if condition else b,
        "({1} if {0} else {2})",
        "({0} ? {1} : {2})",
        lambda z3, condition, a, b: z3.If(condition, a, b),
        choice_interval,
        ("bool", "any", "any"),
        "any",
    ),
)
_WRAPS = tuple(_wrap(bits) for bits in (8, 16, 32))
_SETS = (
    _helper(
        "bit-test",
        bit_test,
        _smt_bit_test,
        lambda _mask, _i: (0, 1),
        args=("int", "any"),
        result="bool",
    ),
    _helper("bit-set", bit_set, _smt_bit_set, bit_set_interval, args=("int", "any")),
    _helper("bit-clear", bit_clear, _smt_bit_clear, bit_clear_interval, args=("int", "any")),
    _helper("popcount", popcount, _smt_popcount, popcount_interval, args=("int",)),
)

OPS: Mapping[str, Op] = {
    op.symbol: op
    for op in (
        *_ARITHMETIC,
        *_SHIFTS,
        *_BITWISE,
        *_COMPARISONS,
        *_LOGIC,
        *_CHOICE,
        *_WRAPS,
        *_SETS,
    )
}
"""Every operator, by symbol."""

ARITHMETIC = frozenset(("+", "-", "*", "//", "%", "neg", "min", "max", "abs"))
SHIFTS = frozenset(("<<", ">>"))
BITWISE = frozenset(("&", "|", "^", "~"))
COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
LOGIC = frozenset(("and", "or", "not"))
CHOICE = frozenset(("ite",))
WRAPS = frozenset(("wrap8", "wrap16", "wrap32"))
SETS = frozenset(("bit-test", "bit-set", "bit-clear", "popcount"))
GROUPS = (ARITHMETIC, SHIFTS, BITWISE, COMPARISONS, LOGIC, CHOICE, WRAPS, SETS)

assert sum(map(len, GROUPS)) == len(OPS), "an operator is in two groups, or in none"
assert frozenset[str]().union(*GROUPS) == OPS.keys(), "the groups do not cover the operators"


__all__ = [
    "ARITHMETIC",
    "BITWISE",
    "CHOICE",
    "COMPARISONS",
    "GROUPS",
    "LOGIC",
    "OPS",
    "PYTHON_HELPERS",
    "SETS",
    "SHIFTS",
    "WRAPS",
    "Interval",
    "Op",
]
