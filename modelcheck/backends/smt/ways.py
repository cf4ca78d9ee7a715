"""What comes of running a region: the ways that end, fail or wait, each with its condition."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelcheck.backends.smt.cells import Cells
from modelcheck.backends.smt.expressions import Touch
from modelcheck.backends.smt.terms import Value
from modelcheck.backends.subjects import Subject


class UnsupportedError(Exception):
    """What a formula cannot say; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Exit:
    """A way that ends: its condition, and the state behind it."""

    when: Value
    cells: Cells


@dataclass(frozen=True, slots=True)
class Fault:
    """A way that fails: its condition, what is violated, and what it is about.

    `number` is the pointer to the subject (`subjects`), asked where somebody wants to know.
    """

    when: Value
    property: str
    detail: str
    subject: Subject | None
    number: Value = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """An order that is recorded on some way; of labels that depend on pointers each case."""

    when: Value
    property: str
    first: str
    second: str


@dataclass(slots=True)
class Ways:
    """All ways through a region.  `choices` are variables, each with the number of its values."""

    exits: list[Exit] = field(default_factory=list)
    answers: list[tuple[Value, Value]] = field(default_factory=list)  # of a property: when, what
    faults: list[Fault] = field(default_factory=list)
    blocked: list[Value] = field(default_factory=list)
    idle: list[Value] = field(default_factory=list)
    orders: list[Recorded] = field(default_factory=list)
    touched: list[Touch] = field(default_factory=list)
    choices: list[tuple[Value, int]] = field(default_factory=list)
