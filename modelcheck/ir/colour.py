"""Locals to slots: locals that are never both part of the state share one.

Only locals of equal types share, so that a slot always means one thing to whoever renames or
prints it.  Greedy in order of declaration, so that the numbering is a function of the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.ir.nodes import LocalVar, Program, Template


@dataclass(frozen=True, slots=True)
class Colouring:
    """Per local its offset among the thread's local slots, and per offset the locals there."""

    offsets: Mapping[str, int]
    groups: tuple[tuple[LocalVar, ...], ...]


def colour_locals(program: Program) -> Mapping[str, Colouring]:
    """A colouring per template.

    After the pass `liveness`, locals that live at no location have no slot.  Before it (no block
    of the program has live locals) every local has its own.

    Soundness: two locals that live at one location must not share; `live` is trusted to be
    complete, which the tests of `liveness` attack.
    """
    known = any(block.live for t in program.templates for block in t.body.blocks)
    return {
        t.name: _colour(t) if known else _give_each_its_own(t.body.locals)
        for t in program.templates
    }


def _give_each_its_own(locals_: tuple[LocalVar, ...]) -> Colouring:
    return Colouring(
        {local.name: i for i, local in enumerate(locals_)}, tuple((local,) for local in locals_)
    )


def _colour(template: Template) -> Colouring:
    together = [frozenset(block.live) for block in template.body.blocks if block.rest]
    alive = frozenset[str]().union(*together)
    groups: list[list[LocalVar]] = []
    offsets: dict[str, int] = {}
    for local in template.body.locals:
        if local.name not in alive:
            continue
        rivals = frozenset[str]().union(*(live for live in together if local.name in live))
        fitting = (
            offset
            for offset, group in enumerate(groups)
            if group[0].type == local.type and rivals.isdisjoint(other.name for other in group)
        )
        offset = next(fitting, len(groups))
        if offset == len(groups):
            groups.append([])
        groups[offset].append(local)
        offsets[local.name] = offset
    return Colouring(offsets, tuple(tuple(group) for group in groups))
