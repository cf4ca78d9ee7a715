"""Join: local work goes with the step before it, so only real steps begin at a location.

The front end marks as `step` every block where a step may begin.  Here those that turned out to
touch nothing lose their place in the state (DESIGN 3.1: all this is the meaning, not a reduction),
and local blocks that only follow one another become one.
"""

from __future__ import annotations

from dataclasses import replace

from modelcheck.ir.nodes import (
    Alive,
    Assert,
    Assign,
    Block,
    Body,
    Branch,
    Check,
    Expr,
    HasFreeSlot,
    HasFreeThread,
    Instr,
    IsFinished,
    IsInitialised,
    Jump,
    Kind,
    Program,
    QueueContains,
    QueueLength,
    Read,
    Terminator,
    Wait,
)
from modelcheck.ir.passes.bodies import map_bodies, with_blocks, with_code
from modelcheck.ir.passes.freeze import Frozen, acts, find_frozen, touches_memory
from modelcheck.ir.passes.notes import Notes
from modelcheck.ir.traverse import Regions, drop_unreachable, nodes_of, predecessors, walk


def join(program: Program, notes: Notes | None = None) -> Program:
    """Decide `Block.rest` everywhere, then merge straight local blocks."""
    notes = notes or Notes()
    joiner = _Joiner(find_frozen(program, notes), notes)
    return map_bodies(
        program, lambda template: merge_blocks(joiner.mark(template.body)), merge_blocks
    )


class _Joiner:
    """Decides what is a location."""

    def __init__(self, frozen: Frozen, notes: Notes) -> None:
        self.frozen = frozen
        self.notes = notes

    def mark(self, body: Body) -> Body:
        """The body with its locations marked."""
        regions = Regions(body.blocks)
        blocks = []
        for block in body.blocks:
            rest = is_location(regions, block, self.frozen, self.notes)
            blocks.append(block if rest == block.rest else replace(block, rest=rest))
        return with_blocks(body, blocks)


def is_location(regions: Regions, block: Block, frozen: Frozen, notes: Notes) -> bool:
    """Whether a thread may stand at a block.

    It may if the block begins a step (`step`) and the step does something others can tell: an
    access, a wait, an allocation, …; or it asserts, checks or chooses on memory that can change.

    Soundness: a block wrongly called local runs together with the step before it, and what other
    threads could do in between is never tried.  Attacked by `test_join.py`, a test per kind.
    """
    if block.step is None or block.inner:
        return False
    region = regions.inner(block.label)
    if touches_memory(region, notes) or acts(region):
        return True
    for node in (node for part in region for node in nodes_of(part)):
        if _looks_at_memory(node, frozen):
            return True
        # What follows is local work, an observer say, which may look at memory and is no step.
        if not block.atomic and isinstance(node, Assert | Wait):
            return False
    return False


def _looks_at_memory(node: Instr | Terminator, frozen: Frozen) -> bool:
    """Whether an assert, a check, a choice or a branch on the way depends on memory that other
    threads can change.  (A choice has no condition itself: what it takes is assigned before.)
    """
    match node:
        case Assert(condition) | Check(condition) | Wait(condition):
            return any(_can_change(expr, frozen) for expr in walk(condition))
        case Branch(condition):
            return any(_can_change(expr, frozen) for expr in walk(condition))
        case Assign(_, value):
            return any(_can_change(expr, frozen) for expr in walk(value))
        case _:
            return False


def _can_change(expr: Expr, frozen: Frozen) -> bool:
    match expr:
        case Read(place, kind):
            return kind is not Kind.GHOST and not frozen.holds(place)
        case QueueLength(place) | QueueContains(place):
            return not is_ghost(frozen, expr) and not frozen.holds(place)
        case Alive() | IsInitialised() | IsFinished() | HasFreeThread() | HasFreeSlot():
            return True
        case _:
            return False


def is_ghost(frozen: Frozen, expr: QueueLength | QueueContains) -> bool:
    """Whether a queue is a ghost's: looking at it is no access."""
    cell = frozen.aliases.cell(expr.place)
    if any(obj.ghost for obj in frozen.aliases.objects_at(expr.place)):
        return True
    struct = frozen.aliases.lookup.structs.get(cell.struct)
    return struct is not None and any(f.ghost and f.name == cell.name for f in struct.fields)


# ---------------------------------------------------------------------------------------------
# Merging


def merge_blocks(body: Body) -> Body:
    """Append each local block to the one block that leads to it, where that leads nowhere else.

    A block that begins a step is never appended (its `step` would be lost), nor one on the other
    side of an `atomic` (a race may be between accesses outside it only).
    """
    body = drop_unreachable(body)
    before = predecessors(body.blocks)
    blocks = {block.label: block for block in body.blocks}
    merged: set[str] = set()
    for label in [block.label for block in body.blocks]:
        if label in merged:
            continue
        head = blocks[label]
        instrs, end = list(head.instrs), head.end
        while isinstance(end, Jump):
            follower = blocks[end.target]
            if (
                follower.label in (label, body.entry)
                or follower.step is not None
                or follower.rest
                or follower.atomic != head.atomic
                or len(before.get(follower.label, ())) != 1
            ):
                break
            merged.add(follower.label)
            instrs += follower.instrs
            end = follower.end
        blocks[label] = with_code(head, instrs, end)
    return with_blocks(body, [blocks[b.label] for b in body.blocks if b.label not in merged])
