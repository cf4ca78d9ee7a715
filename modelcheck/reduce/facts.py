"""Conditions of steps as facts about single places: what a thread can tell by one look at memory.

A *fact* says that a place holds one of some values, or has a bit, or that the object around it
lives.  A condition becomes a disjunction of conjunctions of facts.  What is no such condition is
taken for true or for false, as the caller says: so the answer is weaker than the condition, or
stronger, never something else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from modelcheck.ir.nodes import (
    Alive,
    Apply,
    Const,
    Current,
    Expr,
    IsInitialised,
    Place,
    QueueLength,
    Read,
)
from modelcheck.ir.slots import UNINITIALISED
from modelcheck.ir.types import BoolType

MOST_CASES = 16  # conjunctions of one condition; beyond, it is taken for unknown

Test = Literal["value", "bit", "life"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What is (`wanted`) or is not so of a place.

    `value`: it holds a number in lo…hi, or with `own` the running thread's id.  `bit`: it is a set
    with bit lo, or with `own` the running thread's bit.  `life`: the object around lives.
    """

    place: Place
    test: Test
    lo: int = 0
    hi: int = 0
    own: bool = False
    wanted: bool = True

    def negate(self) -> Fact:
        """The opposite."""
        return replace(self, wanted=not self.wanted)


Case = frozenset[Fact]
Cases = tuple[Case, ...]  # one of these holds

TRUE: Cases = (frozenset(),)
FALSE: Cases = ()


def read_condition(condition: Expr, *, wanted: bool, unknown: bool) -> Cases:
    """The cases in which a Bool expression has the wanted value.

    With `unknown` true they cover every case in which it has, with false they hold no other.

    Soundness: the caller relies on which way the cases err; `test_facts.py` evaluates random
    conditions beside their cases.
    """
    return _Reader(TRUE if unknown else FALSE).read(condition, wanted=wanted)


class _Reader:
    def __init__(self, unknown: Cases) -> None:
        self._unknown = unknown

    def read(self, expr: Expr, *, wanted: bool) -> Cases:
        match expr:
            case Const(value):
                return TRUE if bool(value) == wanted else FALSE
            case Apply("not", (part,)):
                return self.read(part, wanted=not wanted)
            case Apply("and" | "or" as op, parts):
                cases = [self.read(part, wanted=wanted) for part in parts]
                return self._all(*cases) if (op == "and") == wanted else self._any(*cases)
            case Apply("ite", (condition, one, other)) if isinstance(expr.type, BoolType):
                first = (self.read(condition, wanted=True), self.read(one, wanted=wanted))
                second = (self.read(condition, wanted=False), self.read(other, wanted=wanted))
                return self._any(self._all(*first), self._all(*second))
            case Read(place):
                return self._give(Fact(place, "value", wanted=False), wanted=wanted)  # not 0
            case IsInitialised(place):
                never = Fact(place, "value", UNINITIALISED, UNINITIALISED)
                return self._give(never.negate(), wanted=wanted)
            case Alive(place, stable=False):
                return self._give(Fact(place, "life"), wanted=wanted)
            case Apply(op, (a, b)):
                return self._give(_compare(op, a, b), wanted=wanted)
            case _:
                return self._unknown

    def _give(self, fact: Fact | None, *, wanted: bool) -> Cases:
        if fact is None:
            return self._unknown
        return (frozenset((fact if wanted else fact.negate(),)),)

    def _all(self, *parts: Cases) -> Cases:
        found = {frozenset[Fact]().union(*chosen) for chosen in product(*parts)}
        return self._limit({case for case in found if not is_contradiction(case)})

    def _any(self, *parts: Cases) -> Cases:
        return self._limit({case for part in parts for case in part})

    def _limit(self, cases: set[Case]) -> Cases:
        return sort_cases(cases) if len(cases) <= MOST_CASES else self._unknown


def sort_cases(cases: set[Case]) -> Cases:
    """Cases in an order that is the same in every run."""
    return tuple(sorted(cases, key=lambda case: sorted(map(repr, case))))


def is_contradiction(case: Case) -> bool:
    """Whether a case asks for a fact and its opposite."""
    return any(fact.negate() in case for fact in case)


_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def _compare(op: str, a: Expr, b: Expr) -> Fact | None:
    """The fact that an operator of two arguments asks for."""
    if op == "bit-test":
        return _find_bit(a, b)
    if op not in _FLIPPED:
        return None
    place = _find_looked_at(a)
    if place is None:
        a, b, op = b, a, _FLIPPED[op]
        place = _find_looked_at(a)
    if place is None:
        return None
    if isinstance(b, Current) and op in ("==", "!="):
        return Fact(place, "value", own=True, wanted=op == "==")
    if not isinstance(b, Const):
        return None
    value = b.value
    if _is_popcount(a):  # a set: its number is 0 where it has no member, and only there
        return Fact(place, "value", wanted=op == "==") if _asks_for_none(op, value) else None
    bounds = {
        "==": (value, value),
        "!=": (value, value),
        "<": (_LEAST, value - 1),
        "<=": (_LEAST, value),
        ">": (value + 1, _MOST),
        ">=": (value, _MOST),
    }
    lo, hi = bounds[op]
    return Fact(place, "value", lo, hi, wanted=op != "!=")


def _asks_for_none(op: str, value: int) -> bool:
    return value == 0 and op in ("==", "!=")


def _is_popcount(expr: Expr) -> bool:
    return isinstance(expr, Apply) and expr.op == "popcount"


def _find_looked_at(expr: Expr) -> Place | None:
    match expr:
        case Read(place) | QueueLength(place) | Apply("popcount", (Read(place),)):
            return place
        case _:
            return None


def _find_bit(looked: Expr, bit: Expr) -> Fact | None:
    if not isinstance(looked, Read):
        return None
    match bit:
        case Const(value) if 0 <= value < 63:
            return Fact(looked.place, "bit", value, value)
        case Apply("-", (Current(), Const(1))):
            return Fact(looked.place, "bit", own=True)
        case _:
            return None
