"""What a unit of a step does: an instruction, or a branch up to where its ways meet again.

Told as a decision diagram over what memory and locals hold before it, with the places that it looks
at and changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from modelcheck.ir.alias import Aliases, Index, Pattern
from modelcheck.ir.nodes import (
    Assert,
    Assign,
    Branch,
    Check,
    Instr,
    IsInitialised,
    Jump,
    Load,
    Precedes,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    Store,
    Terminator,
)
from modelcheck.ir.traverse import list_node_exprs, nodes_of, used_locals
from modelcheck.reduce.decisions import Decisions
from modelcheck.reduce.follow import TooLarge
from modelcheck.reduce.normal import Form
from modelcheck.reduce.segments import Position, Segments, Write

MOST_NODES = 20_000  # of all diagrams of a body
MOST_BLOCKS = 200  # followed in a unit: a round is small
_Recorded = frozenset[Form]
_Patterns = frozenset[Pattern]


@dataclass(frozen=True, slots=True)
class Unit:
    """An instruction, or a branch with all that lies before `exit`, where its ways meet."""

    start: Position
    exit: Position | None  # None: the ways of a branch do not meet in this step


@dataclass(frozen=True, slots=True)
class Effect:
    """What a unit does, as a decision diagram, and what it touches.

    `taken` are the locals whose values it uses, `given` those that it sets for later.
    """

    form: int
    reads: _Patterns
    writes: _Patterns
    taken: frozenset[str]
    given: frozenset[str]
    fails: frozenset[str]  # which checks may fail in it

    def commutes(self, other: Effect) -> bool:
        """Whether two units may change places where neither fails.

        Soundness: neither sets what the other looks at or sets, so each does the same in either
        order, and fails in both or in none (tests/reduce/test_symmetry_rounds.py).
        """
        if self.given & (other.taken | other.given) or other.given & self.taken:
            return False
        return not (
            _may_meet(self.writes, other.reads | other.writes)
            or _may_meet(other.writes, self.reads)
        )


class Effects:
    """The effects of the units of one body; `stretches` knows what of it is live and whose order is
    noticed.
    """

    def __init__(self, aliases: Aliases, stretches: Segments) -> None:
        self._aliases = aliases
        self._stretches = stretches
        self._decisions = Decisions()
        self._own: dict[Unit, Effect | None] = {}

    def take_decisions(self) -> Decisions:
        """The diagrams that effects are told in, from now on; new ones where they are many."""
        if self._decisions.size > MOST_NODES // 2:
            self._decisions = Decisions()
            self._own.clear()
        return self._decisions

    def find_own(self, unit: Unit, write: Write) -> Effect | None:
        """What a unit does, as it is written; None where that cannot be told."""
        if unit not in self._own:
            self._own[unit] = self.find(unit, write)
        return self._own[unit]

    def find(self, unit: Unit, write: Write) -> Effect | None:
        """What a unit does under one renaming; None where that cannot be told."""
        if unit.exit is None:
            return None
        decisions = self._decisions
        walk = _Walk(self._aliases, self._stretches, decisions, write, unit.exit)
        try:
            form = walk.follow(unit.start, {}, frozenset(), frozenset())
        except TooLarge:
            return None
        return Effect(
            form,
            frozenset(walk.reads),
            frozenset(walk.writes),
            frozenset(walk.used) & self._stretches.live_at(unit.start),
            frozenset(walk.assigned) & self._stretches.live_at(unit.exit),
            frozenset(
                name for end, name in walk.failures.items() if decisions.comes_to(form, {end})
            ),
        )


class _Walk:
    """One unit under one renaming, followed on all its ways."""

    def __init__(
        self,
        aliases: Aliases,
        stretches: Segments,
        decisions: Decisions,
        write: Write,
        exit_: Position,
    ) -> None:
        self._blocks = stretches.blocks
        self._aliases = aliases
        self._stretches = stretches
        self._decisions = decisions
        self._write = write
        self._exit = exit_
        self._steps = 0
        self.reads: set[Pattern] = set()
        self.writes: set[Pattern] = set()
        self.used: set[str] = set()
        self.assigned: set[str] = set()
        self.failures: dict[int, str] = {}  # the property by end

    def follow(
        self, at: Position, known: Mapping[str, Form], recorded: _Recorded, written: _Patterns
    ) -> int:
        """What is done from a node on: where memory and locals end up, and whether it fails.

        Values are told as they are at the start of the unit, so what was written in it must not be
        read again.
        """
        self._steps += 1
        if self._steps > MOST_BLOCKS or self._decisions.size > MOST_NODES:
            raise TooLarge
        (label, first), decisions = at, self._decisions
        if at == self._exit:
            return self._stop(known, recorded)
        block, values = self._blocks[label], dict(known)
        tests: list[tuple[int, int]] = []
        result = -1
        for i, node in enumerate(nodes_of(block)[first:], first):
            if (label, i) == self._exit:
                result = self._stop(values, recorded)
                break
            self._look((label, i), node, written)
            writer = self._write(values)
            match node:
                case Assign(local, value):
                    self.assigned.add(local)
                    values[local] = writer.of_assigned(local, value)
                case Load(local, place, kind):
                    self.assigned.add(local)
                    values[local] = writer.of_assigned(local, Read(place, kind))
                case Check() | Assert():
                    failure = decisions.end(("fails", writer.failure(node), recorded))
                    name = node.fault if isinstance(node, Check) else node.property
                    self.failures[failure] = name
                    tests.append((writer.condition(node.condition), failure))
                case Precedes():
                    recorded |= {writer.node(node)}
                case QueueOp("read"):
                    pass
                case Store() | QueueOp(local=None):
                    changed = self._patterns(node.place)
                    self.writes |= changed
                    written |= changed
                    recorded |= {("changes", len(recorded), writer.node(node))}
                case Jump(target):
                    result = self.follow((target, 0), values, recorded, written)
                case Branch(condition, then, other):
                    test = writer.condition(condition)
                    ways = (self.follow((t, 0), values, recorded, written) for t in (then, other))
                    result = decisions.choose(test, *ways)
                case _:
                    raise TooLarge
        for test, otherwise in reversed(tests):
            result = decisions.choose(test, result, otherwise)
        return result

    def _look(self, at: Position, node: Instr | Terminator, written: _Patterns) -> None:
        if self._stretches.is_kept(at):
            raise TooLarge
        self.used |= used_locals(node)
        read: set[Pattern] = set()
        for expr in list_node_exprs(node):
            if isinstance(expr, Read | IsInitialised | QueueLength | QueueContains):
                read |= self._patterns(expr.place)
        if isinstance(node, Load | QueueOp):
            read |= self._patterns(node.place)
        if _may_meet(written, read):
            raise TooLarge
        self.reads |= read

    def _patterns(self, place: object) -> _Patterns:
        """All that a place may denote, as one and the same thread means it."""
        found = self._aliases.patterns(place)  # type: ignore[arg-type]
        return frozenset(
            replace(p, path=tuple(map(_means_any, p.path)))
            if p.element is not Index.OWN
            else Pattern(p.object, Index.ANY, tuple(map(_means_any, p.path)))
            for p in found
        )

    def _stop(self, values: Mapping[str, Form], recorded: _Recorded) -> int:
        live = self._stretches.live_at(self._exit)
        kept = frozenset((name, form) for name, form in values.items() if name in live)
        return self._decisions.end(("goes on", kept, recorded))


def _means_any(part: str | int | Index) -> str | int | Index:
    """Two threads never mean the same by `own`; one thread does."""
    return Index.ANY if part is Index.OWN else part


def _may_meet(some: AbstractSet[Pattern], others: AbstractSet[Pattern]) -> bool:
    return any(a.may_meet(b) for a in some for b in others)
