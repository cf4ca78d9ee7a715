"""Values of a program: Python numbers where they are known, z3 terms elsewhere.

What is known is worked out at once, so a formula has only what depends on the state; and with a
state of numbers nothing is left but numbers: then this is an interpreter, which is how it is
tested against the python backend.

A Bool is a Python `bool` or a Bool of z3, every other value an `int` or a term of the theory: a
signed bit vector that is wide enough for every value of the program, or an Int.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from modelcheck.diagnostics import InternalError
from modelcheck.ir.memory import UNINITIALISED
from modelcheck.ir.ops import OPS

Theory = Literal["bits", "ints"]

Value = Any
"""A `bool`, an `int`, or a z3 term, which has no type worth naming."""


class Terms:
    """Makes values, in one theory.

    `lowest` and `highest` bound every value but UNINITIALISED, which has a number of its own below
    them.

    Soundness: a bit vector too narrow would wrap; `modelcheck.ir.bounds` says what must fit, and a
    number that does not is our fault and no term.
    """

    def __init__(self, theory: Theory, lowest: int, highest: int) -> None:
        import z3  # type: ignore[import-untyped]  # it has no types

        self.z3 = z3
        self.theory: Theory = theory
        self.width = max((-lowest).bit_length(), highest.bit_length()) + 2
        self._uninitialised = min(lowest, 0) - 1

    # ------------------------------------------------------------------------ atoms

    def variable(self, name: str, *, is_bool: bool) -> Value:
        """A value that is not known."""
        if is_bool:
            return self.z3.Bool(name)
        return self.z3.BitVec(name, self.width) if self.theory == "bits" else self.z3.Int(name)

    def term(self, value: Value) -> Any:
        """A value as a term of z3."""
        if isinstance(value, bool):
            return self.z3.BoolVal(value)
        if isinstance(value, int):
            number = self._uninitialised if value == UNINITIALISED else value
            if self.theory == "ints":
                return self.z3.IntVal(number)
            if not self.fits(number):
                raise InternalError(f"{number} does not fit into {self.width} bits")
            return self.z3.BitVecVal(number, self.width)
        return value

    def fits(self, number: int) -> bool:
        """Whether there is a term for a number."""
        half = 1 << self.width - 1
        return self.theory == "ints" or -half <= number < half

    def number(self, term: Any) -> int:
        """The number that a term without variables is (0 or 1 for a Bool)."""
        if self.z3.is_bool(term):
            return int(self.z3.is_true(term))
        value = int(term.as_signed_long() if self.theory == "bits" else term.as_long())
        return UNINITIALISED if value == self._uninitialised else value

    # ------------------------------------------------------------------------ Bools

    def is_bool(self, value: Value) -> bool:
        """Whether a value is a Bool."""
        if isinstance(value, int):
            return isinstance(value, bool)
        return bool(self.z3.is_bool(value))

    def like(self, value: Value, other: Value) -> Value:
        """A value as a Bool where another one is, else as a number."""
        return self.as_bool(value) if self.is_bool(other) else self.as_number(value)

    def as_bool(self, value: Value) -> Value:
        """A value that stands for a Bool, as one."""
        if isinstance(value, int):
            return bool(value)
        return value if self.is_bool(value) else value != 0

    def as_number(self, value: Value) -> Value:
        """A value as a number: of a Bool 0 or 1."""
        if isinstance(value, int):
            return int(value)
        return self.z3.If(value, self.term(1), self.term(0)) if self.is_bool(value) else value

    def all_of(self, values: Iterable[Value]) -> Value:
        """Whether all of some Bools hold."""
        return self._join(values, ends=False, joined=self.z3.And)

    def any_of(self, values: Iterable[Value]) -> Value:
        """Whether one of some Bools holds."""
        return self._join(values, ends=True, joined=self.z3.Or)

    def _join(self, values: Iterable[Value], *, ends: bool, joined: Any) -> Value:
        kept: dict[int, Any] = {}
        for value in values:
            if value is ends:
                return ends
            if value is not (not ends):
                kept[value.get_id()] = value
        if not kept:
            return not ends
        return next(iter(kept.values())) if len(kept) == 1 else joined(*kept.values())

    def negate(self, value: Value) -> Value:
        """Whether a Bool does not hold."""
        if isinstance(value, bool):
            return not value
        return value.arg(0) if self.z3.is_not(value) else self.z3.Not(value)

    def same(self, a: Value, b: Value) -> bool:
        """Whether two values are known to be the same, being written alike."""
        if isinstance(a, int) or isinstance(b, int):
            return isinstance(a, int) and isinstance(b, int) and a == b
        return bool(a.eq(b))

    def equal(self, a: Value, b: Value) -> Value:
        """Whether two values, both Bools or none, are the same."""
        if isinstance(a, int) and isinstance(b, int):
            return a == b
        left, right = self.term(a), self.term(b)
        return True if left.eq(right) else left == right

    # ------------------------------------------------------------------------ choices, operators

    def choose(self, condition: Value, then: Value, other: Value) -> Value:
        """One of two values, both Bools or none."""
        if isinstance(condition, bool):
            return then if condition else other
        if isinstance(then, int) and isinstance(other, int):
            if then == other:
                return then
            if isinstance(then, bool):
                return condition if then else self.negate(condition)
        left, right = self.term(then), self.term(other)
        if left.eq(right):  # a number of no value, on a way that fails, may look like what is unset
            return other if self.same(other, UNINITIALISED) else then
        return self.z3.If(condition, left, right)

    def select(self, cases: Iterable[tuple[Value, Value]]) -> Value:
        """The value of the case that holds; one of them does, wherever it matters."""
        found: Value = None
        for condition, value in reversed([c for c in cases if c[0] is not False]):
            found = value if found is None else self.choose(condition, value, found)
        if found is None:
            raise InternalError("a value is none of those that it could be")
        return found

    def apply(self, symbol: str, args: tuple[Value, ...]) -> Value:
        """An operator of `ops.OPS`."""
        op = OPS[symbol]
        match symbol, args:
            case "and", _:
                return self.all_of(args)
            case "or", _:
                return self.any_of(args)
            case "not", (arg,):
                return self.negate(arg)
            case "==", (a, b):
                return self.equal(a, b)
            case "!=", (a, b):
                return self.negate(self.equal(a, b))
            case "ite", (condition, then, other):
                return self.choose(condition, then, other)
            case _:
                pass
        if all(isinstance(arg, int) for arg in args):
            value = op.meaning(*args)
            return bool(value) if op.result == "bool" else value
        form = op.smt.bits if self.theory == "bits" else op.smt.ints
        return form(self.z3, *map(self.term, map(self.as_number, args)))

    def add(self, a: Value, b: Value) -> Value:
        """A sum of numbers."""
        if isinstance(a, int) and a == 0:
            return b
        if isinstance(b, int) and b == 0:
            return a
        return self.apply("+", (a, b))
