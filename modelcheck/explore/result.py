"""What a run found out: plain data, without any way of printing it.

A result is a fact about the program and the limits of the run; nothing in it depends on time,
machine, number of workers or the order of a search that ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

Minimal = Literal["steps", "switches", "no"]

SIZES = "sizes "  # how the part of the scope line begins that names the settings


class Verdict(Enum):
    """What is known about one property, or about a run as a whole."""

    VERIFIED = "verified"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Move:
    """One transition: which thread, from which location (block label), with which choices."""

    thread: int
    location: str
    choices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """A trace as it is stored: the initial state's choices, then the moves.

    `last` says what the final move (or the final state) shows: "step" (the last move fails),
    "state" (the state after the last move breaks the property), "race" (`race` holds the two
    moves that are both possible next), "edge" (the last move recorded an order).  The last
    `unrelated` moves play no part in what is shown and only bring the program to rest.  `dropped`
    are moves that the way had which `minimal` is about, each with the number of moves before it:
    the rest alone is a run that shows the same.
    """

    initial: tuple[int, ...]
    moves: tuple[Move, ...]
    last: str = "state"
    race: tuple[Move, ...] = ()
    unrelated: int = 0
    dropped: tuple[tuple[int, Move], ...] = ()

    @property
    def whole(self) -> Path:
        """The way that `minimal` is about: the moves with those that were dropped."""
        moves = list(self.moves)
        for count, move in reversed(self.dropped):
            moves.insert(count, move)
        return replace(self, moves=tuple(moves), race=(), dropped=())


@dataclass(frozen=True, slots=True)
class Ordering:
    """A step of a path that has to come before one of another thread for the path to fail.

    Both are counted from 1.  `without` is a run of the same moves without this ordering and with
    all the others that are needed: it does not show the violation.
    """

    first: int
    second: int
    without: Path


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a property fails.

    `object` says of what, in the spec's names ("files[0]", "" where there is none); `names` are
    all names an expectation may use for it: the object, its struct, the structs around it.
    `depth` is the least number of steps after which the search saw it.  `witnesses` is one path;
    for an order, one per edge of the cycle.  `minimal` is what was proven about their length:
    "steps" (none has fewer steps) or "switches" (none has fewer preemptions, and none of those
    with as few has fewer steps); `unproven` says why that is less than what was asked for.
    `needs` are the orderings that the one witness needs to fail (`explore.critical`); None where
    they are not known, or were not asked for.
    """

    property: str
    object: str
    names: tuple[str, ...]
    detail: str
    depth: int
    witnesses: tuple[Path, ...]
    minimal: Minimal = "no"
    unproven: str = ""
    needs: tuple[Ordering, ...] | None = None


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """The verdict on one property; `kind` as in the program, or "built in"."""

    name: str
    kind: str
    verdict: Verdict
    violations: tuple[Violation, ...] = ()
    reason: str = ""  # why it is inconclusive or was not tested
    witness: Path | None = None  # a state that satisfies a `reachable`


@dataclass(frozen=True, slots=True)
class Counts:
    """Facts about the program (DESIGN 4); `depth` is None for orders other than breadth-first."""

    states: int
    transitions: int
    depth: int | None


@dataclass(frozen=True, slots=True)
class FieldRange:
    """The values a shared scalar or local took, against its bounds."""

    name: str
    least: int
    greatest: int
    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the run never did.  `untaken` are locations (template, label) no thread of which ever
    stepped; `unevaluated` properties never asked; `taken` counts transitions per location.
    """

    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    untaken: tuple[tuple[str, str], ...] = ()
    unevaluated: tuple[str, ...] = ()
    ranges: tuple[FieldRange, ...] = ()
    quiescent: int = 0
    deadlocks: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """One run."""

    program: str
    variant: str | None
    properties: tuple[PropertyResult, ...]
    counts: Counts
    exhausted: bool
    stopped_by: str = (
        ""  # max-states, max-memory, timeout, interrupt, first, decided, samples, choices
    )
    backend: str = "python"
    reductions: tuple[str, ...] = ()
    omission: str = ""  # what hash compaction may have left out; empty without
    begun: str = ""  # after which step of which trace the search began; empty: at the start
    search: str = "bfs"
    coverage: Coverage = field(default_factory=Coverage)
    scope: tuple[str, ...] = ()  # the parts of the scope line

    @property
    def reduced_by(self) -> str:
        """`por, symmetry`, or `none`."""
        return ", ".join(self.reductions) or "none"

    @property
    def violations(self) -> tuple[Violation, ...]:
        """All violations, in the order of the properties."""
        return tuple(v for p in self.properties for v in p.violations)

    @property
    def headline(self) -> Violation | None:
        """The violation with the least depth, then first in the order of the properties."""
        return min(self.violations, key=lambda v: v.depth, default=None)

    @property
    def verdict(self) -> Verdict:
        """Violated before inconclusive before not tested before verified."""
        found = {p.verdict for p in self.properties}
        for verdict in (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.NOT_TESTED):
            if verdict in found:
                return verdict
        return Verdict.VERIFIED if self.exhausted else Verdict.INCONCLUSIVE


def omit_sizes(scope: Sequence[str]) -> tuple[str, ...]:
    """The scope line below a first line that names all settings: without saying them again."""
    return tuple(part for part in scope if not part.startswith(SIZES))
