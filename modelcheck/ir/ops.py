"""The operators: what each one means, and how every backend writes it.

One row per operator, so that Python, C and z3 can never disagree about an edge case without a
test of this table failing.  Every row is *total*: where Python or C would fail (a zero divisor, a
shift by 64) the row gives a value, and a `Check` before the expression reports the fault.

Templates bring their own parentheses and evaluate each argument once; there is no precedence
anywhere.  The helpers they name (`mc_…`) are `PYTHON_HELPERS` in Python and inline functions of
the runtime in C.  A Bool is 0 or 1 (a Python `bool` will do).  In z3 it is a Bool, and every other
value an Int, or a signed bit vector wide enough for all of them: `op_smt` has a form for each.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

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
from modelcheck.ir.op_smt import (
    SMT_AND,
    SMT_BIT_CLEAR,
    SMT_BIT_SET,
    SMT_BIT_TEST,
    SMT_FLOOR_DIV,
    SMT_FLOOR_MOD,
    SMT_OR,
    SMT_POPCOUNT,
    SMT_SHIFT_LEFT,
    SMT_SHIFT_RIGHT,
    SMT_XOR,
    Smt,
    alike,
    smt_wrap,
)

Sort = Literal["bool", "int", "any"]
Meaning = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Op:
    """One operator.

    `meaning` takes ints and returns an int; `python` and `c` are templates for `str.format`;
    `smt` has a form for each of z3's theories; `interval` takes one (lo, hi) per argument and
    returns one that holds every result.  `args` and `result` are sorts: "bool" wants a Bool, "int"
    anything but a Bool, "any" either.
    """

    symbol: str
    meaning: Meaning
    python: str
    c: str
    smt: Smt
    interval: Callable[..., Interval]
    args: tuple[Sort, ...]
    result: Sort

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.args)


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
        symbol,
        meaning,
        template,
        template,
        alike(lambda _, a, b: meaning(a, b)),
        interval,
        args,
        result,
    )


def _helper(
    symbol: str,
    meaning: Meaning,
    smt: Smt,
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
        smt_wrap(bits),
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
    _helper("//", floor_div, SMT_FLOOR_DIV, floor_div_interval),
    _helper("%", floor_mod, SMT_FLOOR_MOD, floor_mod_interval),
    # The space keeps a negative constant from making C's `--`.
    Op(
        "neg",
        operator.neg,
        "(- {0})",
        "(- {0})",
        alike(lambda _, a: -a),
        lambda a: (-a[1], -a[0]),
        ("int",),
        "int",
    ),
    Op(
        "min",
        min,
        "min({0}, {1})",
        "mc_min({0}, {1})",
        alike(lambda z3, a, b: z3.If(a <= b, a, b)),
        lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
        ("int", "int"),
        "int",
    ),
    Op(
        "max",
        max,
        "max({0}, {1})",
        "mc_max({0}, {1})",
        alike(lambda z3, a, b: z3.If(a >= b, a, b)),
        lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
        ("int", "int"),
        "int",
    ),
    Op(
        "abs",
        abs,
        "abs({0})",
        "mc_abs({0})",
        alike(lambda z3, a: z3.If(a >= 0, a, -a)),
        abs_interval,
        ("int",),
        "int",
    ),
)
_SHIFTS = (
    _helper(
        "<<",
        shift_left,
        SMT_SHIFT_LEFT,
        shift_left_interval,
    ),
    _helper(
        ">>",
        shift_right,
        SMT_SHIFT_RIGHT,
        shift_right_interval,
    ),
)
_BITWISE = (
    Op(
        "&",
        operator.and_,
        "({0} & {1})",
        "({0} & {1})",
        SMT_AND,
        and_interval,
        ("int", "int"),
        "int",
    ),
    Op(
        "|",
        operator.or_,
        "({0} | {1})",
        "({0} | {1})",
        SMT_OR,
        or_interval,
        ("int", "int"),
        "int",
    ),
    Op(
        "^",
        operator.xor,
        "({0} ^ {1})",
        "({0} ^ {1})",
        SMT_XOR,
        xor_interval,
        ("int", "int"),
        "int",
    ),
    Op(
        "~",
        operator.invert,
        "(~{0})",
        "(~{0})",
        alike(lambda _, a: -a - 1),
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
        alike(lambda z3, a, b: z3.And(a, b)),
        lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
        ("bool", "bool"),
        "bool",
    ),
    Op(
        "or",
        operator.or_,
        "({0} or {1})",
        "({0} || {1})",
        alike(lambda z3, a, b: z3.Or(a, b)),
        lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
        ("bool", "bool"),
        "bool",
    ),
    Op(
        "not",
        lambda a: 1 - a,
        "(not {0})",
        "(!{0})",
        alike(lambda z3, a: z3.Not(a)),
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
        alike(lambda z3, condition, a, b: z3.If(condition, a, b)),
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
        SMT_BIT_TEST,
        lambda _mask, _i: (0, 1),
        args=("int", "any"),
        result="bool",
    ),
    _helper("bit-set", bit_set, SMT_BIT_SET, bit_set_interval, args=("int", "any")),
    _helper("bit-clear", bit_clear, SMT_BIT_CLEAR, bit_clear_interval, args=("int", "any")),
    _helper("popcount", popcount, SMT_POPCOUNT, popcount_interval, args=("int",)),
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
