"""What a step may do to memory, as far as the program's text says.

The search for data races starts from here: a pair of accesses that this module says cannot meet is
never looked at again.  Places are as the instruction writes them, their locals those of that
moment.  Threads starting, ending and being interrupted are no accesses to a place: what reductions
need beside the accesses is in `dependence`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from modelcheck.ir.alias import Aliases, Pattern
from modelcheck.ir.nodes import (
    Alive,
    Apply,
    Block,
    Body,
    Discard,
    End,
    Enter,
    Expr,
    Free,
    HasFreeSlot,
    Instr,
    IsInitialised,
    Kind,
    Leave,
    Load,
    New,
    ObjectRoot,
    Place,
    PointerRoot,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    Store,
    Terminator,
)
from modelcheck.ir.traverse import (
    Regions,
    nodes_of,
    parts_of,
    parts_of_place,
    places_of,
    successors,
    values_of,
)

Aspect = Literal["value", "life", "all"]


@dataclass(frozen=True, slots=True)
class Access:
    """One thing a step may do to memory.

    `aspect` is what of the place: its value, whether the object around it lives, or all of that
    object, life and content (`New`, `Free`, …).  `kind` is SILENT or GHOST where it is no access in
    the sense of DESIGN 3.1.  `conditional`: some way through the step goes without it.
    """

    place: Place
    write: bool
    kind: Kind
    conditional: bool
    aspect: Aspect = "value"


def step_region(body: Body, label: str) -> tuple[Block, ...]:
    """The blocks of the step that begins at a location: it, then local blocks up to the next
    locations, in source order.  Needs `Block.rest` (the pass `join`).
    """
    return Regions(body.blocks).step(label)


def accesses(region: Sequence[Block], start: str) -> tuple[Access, ...]:
    """Everything the step that begins at `start` may do to memory, in source order.

    Soundness: an access left out hides races and makes dependent steps look independent.  Every
    expression of every instruction is walked, those inside places too; the subject of a check is
    only named in a report.  Attacked by `test_footprint.py`, one test per kind of access.
    """
    found: list[Access] = []
    for block in region:
        conditional = not _is_on_every_way(region, start, block.label)
        for node in nodes_of(block):
            found.extend(node_accesses(node, conditional))
    return tuple(found)


def _is_on_every_way(region: Sequence[Block], start: str, label: str) -> bool:
    """Whether no way through a region goes around a block."""
    if label == start:
        return True
    blocks = {block.label: block for block in region}
    seen = {start, label}
    work = [start]
    while work:
        end = blocks[work.pop()].end
        if isinstance(end, End):
            return False
        for target in successors(end):
            if target not in blocks or target == start:
                return False
            if target not in seen:
                seen.add(target)
                work.append(target)
    return True


def node_accesses(node: Instr | Terminator, conditional: bool) -> Iterator[Access]:
    """What an instruction or terminator may do to memory, its expressions first."""
    for value in values_of(node):
        yield from expr_accesses(value, conditional)
    match node:
        case Load(_, place, kind) | Store(place, _, kind) | QueueOp(_, place, kind):
            for inner in places_of(node):
                for part in parts_of_place(inner):
                    yield from expr_accesses(part, conditional)
            write = not isinstance(node, Load) and not _only_reads(node)
            yield Access(place, write, kind, conditional)
        case New(_, pool):
            place = Place(ObjectRoot(pool))
            yield Access(place, True, Kind.SILENT, conditional, "all")
        case Free(pointer, struct) | Discard(pointer, struct):
            place = Place(PointerRoot(pointer, struct))
            yield Access(place, True, Kind.SILENT, conditional, "all")
        case Enter(name) | Leave(name):
            place = Place(ObjectRoot(name))
            yield Access(place, True, Kind.SILENT, conditional, "all")
        case _:
            return


def _only_reads(node: Load | Store | QueueOp) -> bool:
    return isinstance(node, QueueOp) and node.verb == "read"


def expr_accesses(expr: Expr, conditional: bool) -> Iterator[Access]:
    """What an expression looks at, its parts after it."""
    match expr:
        case Apply("and" | "or", (first, *rest)) | Apply("ite", (first, *rest)):
            yield from expr_accesses(first, conditional)
            for part in rest:
                yield from expr_accesses(part, True)
            return
        case Read(place, kind) | QueueLength(place, kind) | QueueContains(place, kind=kind):
            yield Access(place, False, kind, conditional)
        case IsInitialised(place):
            yield Access(place, False, Kind.SILENT, conditional)
        case Alive(place):
            yield Access(place, False, Kind.SILENT, conditional, "life")
        case HasFreeSlot(pool):
            yield Access(Place(ObjectRoot(pool)), False, Kind.SILENT, conditional, "life")
        case _:
            pass
    for part in parts_of(expr):
        yield from expr_accesses(part, conditional)


# ---------------------------------------------------------------------------------------------
# Meeting


def may_overlap(aliases: Aliases, a: Place, b: Place) -> bool:
    """Whether two places may have memory in common, as two *different* threads evaluate them.

    A queue counts as a whole; a struct or array contains its parts.

    Soundness: indices that are not constants meet everything, pointers every place of their
    struct.  Two threads' own copies of a `local` or `per_thread` object never meet.
    """
    return any(p.may_meet(q) for p in aliases.patterns(a) for q in aliases.patterns(b))


def may_conflict(aliases: Aliases, a: Access, b: Access) -> bool:
    """Whether the order of two accesses by different threads may matter: they may overlap, and
    one of them writes.
    """
    if not (a.write or b.write):
        return False
    return any(
        parts_meet(p, a.aspect, q, b.aspect)
        for p in aliases.patterns(a.place)
        for q in aliases.patterns(b.place)
    )


def parts_meet(p: Pattern, a: Aspect, q: Pattern, b: Aspect) -> bool:
    """Whether two aspects of what two places may denote have something in common."""
    if a == "value" and b == "value":
        return p.may_meet(q)
    if {a, b} == {"value", "life"}:
        return False
    # Lives are those of whole elements.
    return Pattern(p.object, p.element).may_meet(Pattern(q.object, q.element))
