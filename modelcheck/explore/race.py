"""Data races, as KCSAN means them: two threads can each take next a step that accesses one place,
at least one writes, at least one access is plain, and not both steps are `atomic`.

Which pairs of locations could ever race is found once, from the declarations their accesses name
(a field of a struct, or an object); only states with two threads at such a pair are looked at, by
running both steps with every access noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.backends.python.runtime import Touch
from modelcheck.explore.coverage import list_step_blocks
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import Block, Body, Kind, Load, Place, QueueOp, Store, Template
from modelcheck.ir.traverse import Look, nodes_of, walk_node
from modelcheck.ir.types import Embedded, QueueOf, ValueType

RACE = "data-race"

Turn = tuple[int, tuple[int, ...]]  # a thread and the choices of its step


@dataclass(frozen=True, slots=True)
class Access:
    """What a step may do to a declaration."""

    declaration: str
    is_write: bool
    is_plain: bool


@dataclass(frozen=True, slots=True)
class StepAccesses:
    """All that the step at one location may access."""

    accesses: frozenset[Access]
    is_atomic: bool


class RaceCheck:
    """The pairs of locations that may race, and the check of a state.

    Soundness: two accesses of one place name the same declaration, for the last field on the way to
    a scalar is part of its identity; so a pair that is no candidate cannot race
    (tests/unit/explore/test_race.py: positives through pointers, arrays, queues, embedded structs).
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        templates = model.program.templates
        steps = {t.name: _list_step_accesses(model.memory.lookup, t) for t in templates}
        by_thread = [steps[t.template] for t in model.memory.threads]
        candidates = {
            (a.number, b.number): frozenset(
                (i, j)
                for i, first in enumerate(by_thread[a.number])
                for j, second in enumerate(by_thread[b.number])
                if _may_race(first, second)
            )
            for a, b in combinations(model.memory.threads, 2)
        }
        self._candidates = {pair: found for pair, found in candidates.items() if found}

    @property
    def has_candidates(self) -> bool:
        """Whether any state can show a race."""
        return bool(self._candidates)

    def find(self, state: State) -> Iterator[tuple[Failure, Turn, Turn]]:
        """The races of a state: what about, and the two steps."""
        for (a, b), pairs in self._candidates.items():
            if (state[a], state[b]) in pairs:
                yield from self._compare(state, a, b)

    def _compare(self, state: State, a: int, b: int) -> Iterator[tuple[Failure, Turn, Turn]]:
        # An interrupt can stop a step that would be enabled by itself.
        if not self._model.outcomes(state, a) or not self._model.outcomes(state, b):
            return
        seen: set[int] = set()
        for first in self._model.watch(state, a):
            for second in self._model.watch(state, b):
                if first.result is None or second.result is None:
                    continue
                for key in _find_conflicts(first.touched, second.touched):
                    if key not in seen:
                        seen.add(key)
                        failure = self._describe(key, a, b)
                        yield failure, (a, first.choices), (b, second.choices)

    def _describe(self, key: int, a: int, b: int) -> Failure:
        memory = self._model.memory
        slot = memory.slots[key]
        fields = [part for part in slot.path if isinstance(part, str)]
        struct = _find_innermost_struct(memory.lookup, slot.object, slot.path)
        label = f"{struct}.{fields[-1]}" if fields else slot.object
        names = tuple(dict.fromkeys(n for n in (slot.object, struct, label) if n))
        shown = slot.name.removesuffix(" (length)")
        detail = f"{memory.threads[a].name} and {memory.threads[b].name} access it at once"
        return Failure(RACE, shown, names, frozenset(names), detail)


def _may_race(first: StepAccesses, second: StepAccesses) -> bool:
    if first.is_atomic and second.is_atomic:
        return False
    return any(
        x.declaration == y.declaration and (x.is_write or y.is_write) and (x.is_plain or y.is_plain)
        for x in first.accesses
        for y in second.accesses
    )


def _find_conflicts(first: tuple[Touch, ...], second: tuple[Touch, ...]) -> Iterator[int]:
    for x in first:
        if not x.kind.is_access:
            continue
        for y in second:
            if (
                x.key == y.key
                and y.kind.is_access
                and (x.is_write or y.is_write)
                and (x.kind is Kind.PLAIN or y.kind is Kind.PLAIN)
            ):
                yield x.key


def _list_step_accesses(lookup: Lookup, template: Template) -> tuple[StepAccesses, ...]:
    return tuple(
        StepAccesses(frozenset(_list_accesses(lookup, template.body, block)), block.atomic)
        for block in template.body.blocks
        if block.rest
    )


def _list_accesses(lookup: Lookup, body: Body, location: Block) -> Iterator[Access]:
    for block in list_step_blocks(body, location):
        for node in nodes_of(block):
            if isinstance(node, Load | Store | QueueOp) and node.kind.is_access:
                is_write = isinstance(node, Store) or (
                    isinstance(node, QueueOp) and node.verb != "read"
                )
                yield _make_access(lookup, node.place, is_write, node.kind)
            for expr in walk_node(node):
                if isinstance(expr, Look) and expr.kind.is_access:
                    yield _make_access(lookup, expr.place, False, expr.kind)


def _make_access(lookup: Lookup, place: Place, is_write: bool, kind: Kind) -> Access:
    return Access(find_declaration(lookup, place), is_write, kind is Kind.PLAIN)


def find_declaration(lookup: Lookup, place: Place) -> str:
    """What declares a scalar or queue: the last field on the way to it ("File.f_pos"), else the
    object.
    """
    found: ValueType = lookup.root_type(place.root)
    declaration = getattr(place.root, "object", "")
    for part in place.path:
        if isinstance(found, Embedded) and isinstance(part, str):
            declaration = f"{found.struct}.{part}"
        found = lookup.inner_type(found, part)
    return declaration


def _find_innermost_struct(lookup: Lookup, name: str, path: tuple[str | int, ...]) -> str:
    found: ValueType = lookup.object(name).type
    struct = ""
    for part in path:
        if isinstance(found, Embedded):
            struct = found.struct
            if not isinstance(part, str):
                break
            found = lookup.inner_type(found, part)
        elif isinstance(found, QueueOf):
            break
        else:
            found = getattr(found, "element", found)
    return struct
