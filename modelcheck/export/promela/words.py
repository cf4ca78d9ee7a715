"""How single things are said: numbers, conditions, assignments, names; in one of two dialects.

*Plain* is Promela as it is: 32-bit `int`, state in `m[…]`.  *Wide* is for programs with values that
do not fit (U32, large sets) or that start with negative ones: the same text, each condition in a
`c_expr` and each assignment in a `c_code`, on `long long m[…]` that `c_track` makes state.
Either can be in C, for what is written once and called from every step (`functions.py`).
A value is an int where it is known here, else text.  Else only `-> :` and `? :` differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelcheck.ir.memory import UNINITIALISED, Memory
from modelcheck.ir.ops import OPS

Value = int | str

MAX_PLAIN = (1 << 31) - 1
MAX_TEXT = 20_000  # characters of one condition; SPIN and cc get slow beyond


class Unsayable(Exception):  # noqa: N818 (a signal)
    """The program does not fit into Promela, or into SPIN's limits; the text says why."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which of the ways of saying things; `uninitialised` is the number that stands for it."""

    is_wide: bool
    uninitialised: int
    is_c: bool = False

    @property
    def in_c(self) -> Dialect:
        """The same in a C function."""
        return replace(self, is_c=True)

    @property
    def arrow(self) -> str:
        """What stands between a condition and the value where it holds."""
        return "?" if self.is_wide or self.is_c else "->"

    @property
    def state(self) -> str:
        """What stands before the name of a variable of the text, where C reads it."""
        return "now." if self.is_wide or self.is_c else ""

    def number(self, value: int) -> str:
        """A constant."""
        if value == UNINITIALISED:
            value = self.uninitialised
        suffix = "LL" if self.is_wide else ""
        return f"{value}{suffix}" if value >= 0 else f"({value}{suffix})"

    def text(self, value: Value) -> str:
        """A value as text."""
        return self.number(value) if isinstance(value, int) else value

    def condition(self, value: Value) -> str:
        """A statement that is executable where the value is not 0."""
        text = self.text(value)
        return f"c_expr {{ {text} }}" if self.is_wide and not self.is_c else text

    def assign(self, target: str, value: Value) -> str:
        """A statement that sets a variable."""
        text = f"{target} = {self.text(value)}"
        return f"c_code {{ {text}; }}" if self.is_wide and not self.is_c else text

    def ite(self, condition: Value, then: Value, other: Value) -> Value:
        """One of two values."""
        if isinstance(condition, int):
            return then if condition else other
        if then == other:
            return then
        if then == 1 and other == 0:
            return condition
        return f"({condition} {self.arrow} {self.text(then)} : {self.text(other)})"


def say_and(a: Value, b: Value) -> Value:
    """Both of two Bools."""
    if isinstance(a, int):
        return b if a else 0
    if isinstance(b, int):
        return a if b else 0
    return f"({a} && {b})"


def say_or(a: Value, b: Value) -> Value:
    """Either of two Bools."""
    if isinstance(a, int):
        return 1 if a else b
    if isinstance(b, int):
        return 1 if b else a
    return a if a == b else f"({a} || {b})"


def say_not(a: Value) -> Value:
    """The opposite of a Bool."""
    return 1 - a if isinstance(a, int) else f"(!{a})"


def say_any(values: Sequence[Value]) -> Value:
    """Any of some Bools."""
    found: Value = 0
    for value in values:
        found = say_or(found, value)
    return found


def say_all(values: Sequence[Value]) -> Value:
    """All of some Bools."""
    found: Value = 1
    for value in values:
        found = say_and(found, value)
    return found


def say_sum(dialect: Dialect, values: Sequence[Value]) -> Value:
    """The sum of some numbers."""
    known = sum(value for value in values if isinstance(value, int))
    texts = [value for value in values if isinstance(value, str)]
    if not texts:
        return known
    if known:
        texts.append(dialect.number(known))
    return texts[0] if len(texts) == 1 else f"({' + '.join(texts)})"


def say_product(dialect: Dialect, value: Value, factor: int) -> Value:
    """A number times a constant."""
    if isinstance(value, int):
        return value * factor
    return value if factor == 1 else f"({value} * {dialect.number(factor)})"


def say_lookup(dialect: Dialect, table: Sequence[int], index: Value) -> Value:
    """table[index], as one condition per stretch in which the entries rise evenly.

    Entry 0 belongs to the null pointer, which is never followed: any number will do for it.
    """
    if isinstance(index, int):
        return table[index] if 0 <= index < len(table) else 0
    stretches: list[tuple[int, int, int]] = []  # first index, its entry, the rise
    at = 1
    while at < len(table):
        rise = table[at + 1] - table[at] if at + 1 < len(table) else 0
        end = at + 1
        while end < len(table) and table[end] == table[at] + (end - at) * rise:
            end += 1
        stretches.append((at, table[at], rise))
        at = end
    found: Value = 0
    for i, (first, entry, rise) in enumerate(reversed(stretches)):
        scaled = say_product(dialect, index, rise) if rise else 0
        here = say_sum(dialect, [scaled, entry - first * rise])
        if i == 0:
            found = here
        else:
            end = stretches[len(stretches) - i][0]
            found = dialect.ite(f"({index} < {dialect.number(end)})", here, found)
    return found


def say_operator(dialect: Dialect, op: str, args: Sequence[Value], bits: int) -> Value:
    """An operator of `ops.OPS`; `bits` is how many bits a set among its arguments has.

    Written from the meanings of ir/ops.py with C's operators, which divide towards zero and know
    no shift by more than the width.
    """
    if all(isinstance(arg, int) for arg in args):
        return int(OPS[op].meaning(*args))
    match op:
        case "and":
            return say_and(args[0], args[1])
        case "or":
            return say_or(args[0], args[1])
        case "not":
            return say_not(args[0])
        case "ite":
            return dialect.ite(args[0], args[1], args[2])
        case "popcount":
            mask = dialect.text(args[0])
            return say_sum(dialect, [f"(({mask} >> {i}) & 1)" for i in range(bits)])
        case _:
            pass
    texts = [dialect.text(arg) for arg in args]
    top = 63 if dialect.is_wide else 30
    known = {"top": str(top), "if": dialect.arrow, "one": dialect.number(1)}
    return _FORMS[op].format(*texts, **known)


_SIGNS_DIFFER = "((({0}) % ({1})) != 0 && (({0}) < 0) != (({1}) < 0))"
_BIT = "({1} >= 0 && {1} <= {top})"
_FORMS = {
    **{op: f"({{0}} {op} {{1}})" for op in ("+", "-", "*", "&", "|", "^")},
    **{op: f"({{0}} {op} {{1}})" for op in ("==", "!=", "<", "<=", ">", ">=")},
    "//": f"({{1}} == 0 {{if}} 0 : ({{0}} / {{1}} - {_SIGNS_DIFFER}))",
    "%": f"({{1}} == 0 {{if}} 0 : ({{0}} % {{1}} + {_SIGNS_DIFFER} * {{1}}))",
    "neg": "(0 - {0})",
    "~": "(-1 - {0})",
    "min": "({0} < {1} {if} {0} : {1})",
    "max": "({0} > {1} {if} {0} : {1})",
    "abs": "({0} < 0 {if} (0 - {0}) : {0})",
    "<<": f"({_BIT} {{if}} ({{0}} * ({{one}} << {{1}})) : 0)",
    ">>": "({1} < 0 || {1} > 63 {if} 0 : ({1} > {top} {if} ({0} < 0 {if} -1 : 0) : ({0} >> {1})))",
    "wrap8": "({0} & 255)",
    "wrap16": "({0} & 65535)",
    "wrap32": "({0} & 4294967295LL)",
    "bit-test": f"({_BIT} && (({{0}} >> {{1}}) & 1))",
    "bit-set": f"({_BIT} {{if}} ({{0}} | ({{one}} << {{1}})) : {{0}})",
    "bit-clear": f"({_BIT} {{if}} ({{0}} & (-1 - ({{one}} << {{1}}))) : {{0}})",
}


def name_slots(memory: Memory) -> tuple[str, ...]:
    """A readable name for each slot: `m_rms_0_state`."""
    names: list[str] = []
    taken: set[str] = set()
    for slot in memory.slots:
        name = "m_" + spell(slot.name)
        if name in taken:
            name = f"{name}_{slot.number}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def spell(name: str) -> str:
    """A name with the letters of an identifier only."""
    return re.sub(r"_+", "_", re.sub(r"\W", "_", name, flags=re.ASCII)).strip("_")


def find_cell(memory: Memory, dialect: Dialect) -> tuple[str, str]:
    """The type of a slot in plain Promela, and the same type in C."""
    lo = min((slot.lo for slot in memory.slots), default=0)
    hi = dialect.uninitialised
    if lo >= 0 and hi <= 255:
        return "byte", "unsigned char"
    return ("short", "short") if lo >= -32768 and hi <= 32767 else ("int", "int")


def say_comment(text: str) -> str:
    """A comment on one line."""
    words = " ".join(text.split()).replace("/*", "/ *").replace("*/", "* /")
    # cpp reads comments' quotes in peace, but a backslash at the end would join lines.
    return f"/* {words} */".replace("\\", "/")
