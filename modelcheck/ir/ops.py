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

Interval = tuple[int, int]
Sort = Literal["bool", "int", "any"]
Meaning = Callable[..., int]
# z3 has no types worth naming, and is imported by nobody here: the module comes as an argument.
SmtForm = Callable[..., Any]

MAX_SHIFT = 63
MAX_BIT = 62  # a set is a mask of at most 63 bits, so it is never negative


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
# Meanings


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
# Intervals: (lo, hi) of each argument to (lo, hi) of the result


def _corners(meaning: Meaning, a: Interval, candidates: set[int]) -> Interval:
    """The hull of an operator that is monotone in its first argument."""
    results = [meaning(x, y) for x in a for y in candidates]
    return min(results), max(results)


def _all_ones(*intervals: Interval) -> int:
    """The least 2^n - 1 that no bound exceeds, with the bounds of negative values inverted."""
    bits = max((b if b >= 0 else ~b).bit_length() for interval in intervals for b in interval)
    return (1 << bits) - 1


def _floor_div_interval(a: Interval, b: Interval) -> Interval:
    # Monotone in the divisor on each side of zero, so its ends and the values next to 0 suffice.
    return _corners(floor_div, a, {y for y in (*b, -1, 0, 1) if b[0] <= y <= b[1]})


def _floor_mod_interval(a: Interval, b: Interval) -> Interval:
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


def _and_interval(a: Interval, b: Interval) -> Interval:
    if a[0] >= 0 or b[0] >= 0:
        return 0, min(x[1] for x in (a, b) if x[0] >= 0)
    ones = _all_ones(a, b)
    return ~ones, ones


def _or_interval(a: Interval, b: Interval) -> Interval:
    ones = _all_ones(a, b)
    return (max(a[0], b[0]) if a[0] >= 0 and b[0] >= 0 else ~ones), ones


def _xor_interval(a: Interval, b: Interval) -> Interval:
    ones = _all_ones(a, b)
    return (0 if a[0] >= 0 and b[0] >= 0 else ~ones), ones


def _equal_interval(a: Interval, b: Interval) -> Interval:
    if a[1] < b[0] or b[1] < a[0]:
        return 0, 0
    return (1, 1) if a == b and a[0] == a[1] else (0, 1)


def _less_interval(a: Interval, b: Interval) -> Interval:
    return int(a[1] < b[0]), int(a[0] < b[1])


def _less_equal_interval(a: Interval, b: Interval) -> Interval:
    return int(a[1] <= b[0]), int(a[0] <= b[1])


def _negated(interval: Interval) -> Interval:
    return 1 - interval[1], 1 - interval[0]


def _choice_interval(condition: Interval, a: Interval, b: Interval) -> Interval:
    if condition[0] == condition[1]:
        return a if condition[0] else b
    return min(a[0], b[0]), max(a[1], b[1])


def _abs_interval(a: Interval) -> Interval:
    return (0 if a[0] <= 0 <= a[1] else min(map(abs, a))), max(map(abs, a))


def _wrap_interval(bits: int) -> Callable[[Interval], Interval]:
    def interval(a: Interval) -> Interval:
        fits = a[0] >= 0 and a[1] < 1 << bits
        return a if fits else (0, (1 << bits) - 1)

    return interval


def _highest_bit(i: Interval) -> int:
    return max(-1, min(i[1], MAX_BIT))


def _bit_set_interval(mask: Interval, i: Interval) -> Interval:
    bits = max(mask[1].bit_length() if mask[1] >= 0 else 0, _highest_bit(i) + 1)
    return mask[0], (1 << bits) - 1


def _bit_clear_interval(mask: Interval, i: Interval) -> Interval:
    bit = _highest_bit(i)
    if mask[0] >= 0:
        return 0, mask[1]
    return mask[0] - (1 << bit if bit >= 0 else 0), mask[1]


def _popcount_interval(mask: Interval) -> Interval:
    return (0, 64) if mask[0] < 0 else (int(mask[0] > 0), min(64, mask[1].bit_length()))


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
        _wrap_interval(bits),
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
    _helper("//", floor_div, _smt_floor_div, _floor_div_interval),
    _helper("%", floor_mod, _smt_floor_mod, _floor_mod_interval),
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
        _abs_interval,
        ("int",),
        "int",
    ),
)
_SHIFTS = (
    _helper(
        "<<",
        shift_left,
        _smt_shift_left,
        lambda a, n: _corners(shift_left, a, _shift_amounts(n)),
    ),
    _helper(
        ">>",
        shift_right,
        _smt_shift_right,
        lambda a, n: _corners(shift_right, a, _shift_amounts(n)),
    ),
)
_BITWISE = (
    Op(
        "&",
        operator.and_,
        "({0} & {1})",
        "({0} & {1})",
        _smt_bitwise(operator.and_),
        _and_interval,
        ("int", "int"),
        "int",
    ),
    Op(
        "|",
        operator.or_,
        "({0} | {1})",
        "({0} | {1})",
        _smt_bitwise(operator.or_),
        _or_interval,
        ("int", "int"),
        "int",
    ),
    Op(
        "^",
        operator.xor,
        "({0} ^ {1})",
        "({0} ^ {1})",
        _smt_bitwise(operator.xor),
        _xor_interval,
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
    _infix("==", operator.eq, _equal_interval, args=("any", "any"), result="bool"),
    _infix(
        "!=",
        operator.ne,
        lambda a, b: _negated(_equal_interval(a, b)),
        args=("any", "any"),
        result="bool",
    ),
    _infix("<", operator.lt, _less_interval, result="bool"),
    _infix("<=", operator.le, _less_equal_interval, result="bool"),
    _infix(">", operator.gt, lambda a, b: _less_interval(b, a), result="bool"),
    _infix(">=", operator.ge, lambda a, b: _less_equal_interval(b, a), result="bool"),
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
        _negated,
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
        _choice_interval,
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
    _helper("bit-set", bit_set, _smt_bit_set, _bit_set_interval, args=("int", "any")),
    _helper("bit-clear", bit_clear, _smt_bit_clear, _bit_clear_interval, args=("int", "any")),
    _helper("popcount", popcount, _smt_popcount, _popcount_interval, args=("int",)),
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

COMMUTATIVE = frozenset(("+", "*", "min", "max", "&", "|", "^", "==", "!=", "and", "or"))

assert sum(map(len, GROUPS)) == len(OPS), "an operator is in two groups, or in none"
assert frozenset[str]().union(*GROUPS) == OPS.keys(), "the groups do not cover the operators"


def evaluate_constant(op: str, args: tuple[int, ...]) -> int:
    """The value of an operator on constants, as a plain int."""
    return int(OPS[op].meaning(*args))
