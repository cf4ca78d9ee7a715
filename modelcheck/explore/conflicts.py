"""A path → which of its steps touch what, and so which pairs of two threads' steps conflict.

Made from what the steps of this very path did: another order may make them touch other places, so
nothing that is judged rests on it (`explore.critical` runs what it claims).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure
from modelcheck.diagnostics import InternalError
from modelcheck.explore.result import Path
from modelcheck.explore.walk import walk
from modelcheck.ir.types import SetType, ThreadIdType

Pair = tuple[int, int]  # two steps of a path, counted from 0, of two threads, the first one first


@dataclass(frozen=True, slots=True)
class Touched:
    """The slots that a step looks at or writes, and those that it writes or changes.

    Of the lives of objects it looks at those whose fields it touches.
    """

    thread: int
    all: frozenset[int]
    written: frozenset[int]

    def find_shared(self, other: Touched) -> frozenset[int]:
        """What two steps conflict about: nothing for two of one thread."""
        if self.thread == other.thread:
            return frozenset()
        return self.written & other.all | self.all & other.written


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two steps of two threads, and what they conflict about."""

    pair: Pair
    slots: frozenset[int]


def list_conflicts(model: Model, path: Path) -> Iterator[Conflict]:
    """The pairs of steps of two threads that touch one slot, which at least one of them changes."""
    steps: list[Touched] = []
    for second, touched in enumerate(list_touched(model, path)):
        for first, before in enumerate(steps):
            if shared := before.find_shared(touched):
                yield Conflict((first, second), shared)
        steps.append(touched)


def is_about_locks(model: Model, conflict: Conflict) -> bool:
    """Whether two steps conflict only about who has something: words that name threads, ghosts."""
    slots = [model.memory.slots[slot] for slot in conflict.slots]
    return all(slot.ghost or isinstance(slot.type, ThreadIdType | SetType) for slot in slots)


def list_touched(model: Model, path: Path) -> Iterator[Touched]:
    """What each step of a path touches.  Raises `walk.ReplayError` where it cannot be taken."""
    memory = model.memory
    statuses = [slot for slot in memory.slots if slot.role == "status"]
    for before, visit in pairwise(walk(model, path)):
        move, result = visit.move, visit.outcome.result
        if move is None:
            raise InternalError("a path has a second start")
        ways = model.watch(before.state, move.thread)
        found = [t for way in ways if way.choices == move.choices for t in way.touched]
        touched = {slot for t in found for slot in (t.slot, t.key)}
        written = {slot for t in found if t.is_write for slot in (t.slot, t.key)}
        if isinstance(result, Failure):
            touched |= _find_lives(model, result.object)
        else:
            values = zip(before.state, result, strict=True)
            changed = {slot for slot, (old, new) in enumerate(values) if old != new}
            written |= changed
            # Which place of a pool is the next depends on all of them.
            pools = {memory.slots[s].object for s in changed if memory.slots[s].role == "status"}
            touched |= {s.number for s in statuses if s.object in pools}
        written.discard(move.thread)  # where it stands itself
        objects = {(memory.slots[s].object, memory.slots[s].element) for s in touched}
        lives = {memory.status_slot(*named) for named in objects if named[0]}
        touched |= written | {move.thread} | {slot for slot in lives if slot is not None}
        yield Touched(move.thread, frozenset(touched), frozenset(written))


def _find_lives(model: Model, name: str) -> set[int]:
    """The life of the object that `name` is or lies in."""
    memory = model.memory
    found = set()
    for slot in memory.slots:
        if slot.role == "status":
            shown = memory.element_name(memory.lookup.object(slot.object), slot.element)
            if name == shown or name.startswith((f"{shown}.", f"{shown}[")):
                found.add(slot.number)
    return found
