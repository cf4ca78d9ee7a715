"""What a second look at a program's states tells: plain data, without any way of printing it.

Nothing in it is a verdict, and no verdict rests on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.diagnostics import Span
from modelcheck.ir.nodes import Expr

Location = tuple[str, str]  # (template, label)
Line = tuple[str, int]  # (path, line)


@dataclass(frozen=True, slots=True)
class HalfBranch:
    """A condition of threads that was asked and never had the value `never`."""

    span: Span
    never: bool


@dataclass(frozen=True, slots=True)
class Vacuous:
    """A condition in a property that never had the value `never`, so that what it guards was never
    asked: the text at `span`, or `expr` where its place is not known.
    """

    property: str
    never: bool
    span: Span
    expr: Expr | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A location whose step may have to wait, and in how many states a thread waited there."""

    location: Location
    states: int


@dataclass(frozen=True, slots=True)
class Ran:
    """Which code ran.  `states` were looked at, all of them if `is_whole`.

    `taken` counts the transitions of each location, 0 too; `lines` how often a line with code ran,
    all copies of a routine together.  `calm` are the threads that could have to wait and never had
    to.
    """

    states: int
    is_whole: bool
    taken: Mapping[Location, int]
    lines: Mapping[Line, int]
    halves: tuple[HalfBranch, ...] = ()
    vacuous: tuple[Vacuous, ...] = ()
    waits: tuple[Wait, ...] = ()
    calm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Factor:
    """Something that states are made of: how many values it took, in how many slots, and how many
    states there would be `without` it.
    """

    name: str
    values: int
    slots: int
    without: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What makes the states so many, as far as they were looked at (all if `is_whole`): `levels`
    are the states by the least number of steps to them, `standing` the states in which a thread
    stands at a location, `factors` what states are made of, what multiplies them most first.
    """

    states: int
    is_whole: bool
    levels: tuple[int, ...]
    standing: Mapping[Location, int]
    factors: tuple[Factor, ...]
