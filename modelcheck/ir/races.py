"""Which steps could ever race, from the declarations that their accesses name.

A field of a struct is `Struct.field`, anything else the object; only states with two threads at a
pair of locations found here need to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from modelcheck.ir.lookup import Lookup
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Kind, Load, Place, QueueOp, Store, Template
from modelcheck.ir.regions import Region, find_step_regions
from modelcheck.ir.traverse import Look, nodes_of, walk_node
from modelcheck.ir.types import Embedded, ValueType

Candidates = Mapping[tuple[int, int], frozenset[tuple[int, int]]]
"""By pair of threads (the lower number first), the pairs of their locations that may race."""


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


def find_candidates(memory: Memory) -> Candidates:
    """The pairs of locations that may race; pairs of threads without any are left out.

    Soundness: two accesses of one place name the same declaration, for the last field on the way to
    a scalar is part of its identity; so a pair that is no candidate cannot race
    (tests/unit/explore/test_race.py: positives through pointers, arrays, queues, embedded structs).
    """
    steps = {t.name: _list_step_accesses(memory.lookup, t) for t in memory.program.templates}
    by_templates: dict[tuple[str, str], frozenset[tuple[int, int]]] = {}
    found: dict[tuple[int, int], frozenset[tuple[int, int]]] = {}
    for a, b in combinations(memory.threads, 2):
        templates = (a.template, b.template)
        if templates not in by_templates:
            by_templates[templates] = _compare_all(steps[a.template], steps[b.template])
        if by_templates[templates]:
            found[a.number, b.number] = by_templates[templates]
    return found


def _compare_all(
    first: tuple[StepAccesses, ...], second: tuple[StepAccesses, ...]
) -> frozenset[tuple[int, int]]:
    """The pairs of numbers whose steps may race; steps that access the same are compared once."""
    numbers: dict[StepAccesses, list[int]] = {}
    for j, step in enumerate(second):
        numbers.setdefault(step, []).append(j)
    rivals = {
        step: [j for other, found in numbers.items() if _may_race(step, other) for j in found]
        for step in set(first)
    }
    return frozenset((i, j) for i, step in enumerate(first) for j in rivals[step])


def _may_race(first: StepAccesses, second: StepAccesses) -> bool:
    if first.is_atomic and second.is_atomic:
        return False
    return any(
        x.declaration == y.declaration and (x.is_write or y.is_write) and (x.is_plain or y.is_plain)
        for x in first.accesses
        for y in second.accesses
    )


def _list_step_accesses(lookup: Lookup, template: Template) -> tuple[StepAccesses, ...]:
    return tuple(
        StepAccesses(frozenset(_list_accesses(lookup, region)), region.entry.atomic)
        for region in find_step_regions(template.body)
    )


def _list_accesses(lookup: Lookup, region: Region) -> Iterator[Access]:
    for block in region.blocks:
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
