"""Regions: the blocks that one step runs, and what is known of them before any state is.

The one idea: a step is its location's block and the *local* blocks behind it, up to the next
locations; a start (and the body of a property) is the same thing from the body's entry on.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.diagnostics import InternalError
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import (
    Block,
    Body,
    Check,
    Choose,
    End,
    Instr,
    New,
    Precedes,
    Spawn,
    Template,
)
from modelcheck.ir.traverse import assigned_local, successors

MAX_BLOCKS = 10_000  # in one step; one more is `diverges`


@dataclass(frozen=True, slots=True)
class Region:
    """What one function runs: the blocks, in order of discovery, from `entry` on."""

    entry: Block
    blocks: tuple[Block, ...]
    has_cycle: bool
    joins: frozenset[str]  # labels of the blocks with several ways in

    @property
    def needs_count(self) -> bool:
        """Whether more than the allowed number of blocks can run."""
        return self.has_cycle or len(self.blocks) > MAX_BLOCKS

    @property
    def assigned(self) -> frozenset[str]:
        """The locals that something in it sets."""
        found = (assigned_local(instr) for block in self.blocks for instr in block.instrs)
        return frozenset(local for local in found if local is not None)


def list_locations(body: Body) -> tuple[Block, ...]:
    """The blocks where a thread may stand, in the order of their numbers."""
    return tuple(block for block in body.blocks if block.rest)


def find_entry(body: Body) -> Block:
    """The block where a body begins."""
    return next(block for block in body.blocks if block.label == body.entry)


def find_step_regions(body: Body) -> tuple[Region, ...]:
    """What the step at each location runs, in the order of their numbers."""
    by_label = {block.label: block for block in body.blocks}
    return tuple(find_region_in(by_label, location) for location in list_locations(body))


def find_region(body: Body, entry: Block) -> Region:
    """The blocks from an entry up to the next locations."""
    return find_region_in({block.label: block for block in body.blocks}, entry)


def find_region_in(by_label: dict[str, Block], entry: Block) -> Region:
    """The same, of a body whose blocks are known by their labels."""
    ways_in = {entry.label: 1}
    blocks = {entry.label: entry}
    waiting = [entry]
    while waiting:
        block = waiting.pop()
        for label in list_local_successors(by_label, block):
            ways_in[label] = ways_in.get(label, 0) + 1
            if label not in blocks:
                blocks[label] = by_label[label]
                waiting.append(by_label[label])
    joins = frozenset(label for label, count in ways_in.items() if count > 1)
    has_cycle = bool(joins) and _has_cycle(by_label, entry)  # it comes back to one of them
    return Region(entry, tuple(blocks.values()), has_cycle, joins)


def list_step_blocks(body: Body, location: Block) -> tuple[Block, ...]:
    """The blocks that the step at a location may run: its own, then local ones."""
    return find_region(body, location).blocks


def list_start_blocks(body: Body) -> tuple[Block, ...]:
    """The blocks that run before the first location."""
    entry = find_entry(body)
    return () if entry.rest else find_region(body, entry).blocks


def list_local_successors(by_label: dict[str, Block], block: Block) -> tuple[str, ...]:
    """Where control may go on within the step: the successors that are no locations."""
    return tuple(label for label in successors(block.end) if not by_label[label].rest)


def list_exits(body: Body, region: Region) -> frozenset[str]:
    """The locations at which a step may end."""
    rests = {block.label for block in list_locations(body)}
    return frozenset(to for block in region.blocks for to in successors(block.end) if to in rests)


def find_begin(template: Template) -> tuple[frozenset[str], bool]:
    """The locations where a thread may stand before its first step, and whether it may have ended
    by then.
    """
    entry = find_entry(template.body)
    if entry.rest:
        return frozenset((entry.label,)), False
    region = find_region(template.body, entry)
    ends = any(isinstance(block.end, End) for block in region.blocks)
    return list_exits(template.body, region), ends


def find_first_locations(template: Template) -> frozenset[str]:
    """The locations where an interrupt handler stands before it has started.

    Soundness: a handler that came back there would seem not to have started, and its
    target would go on; so a template that can is refused.
    """
    first, _ = find_begin(template)
    for region in find_step_regions(template.body):
        if back := first & list_exits(template.body, region):
            raise InternalError(f"`{template.name}` comes back to its start, {sorted(back)}")
    return first


def has_choices(lookup: Lookup, region: Region) -> bool:
    """Whether a region has several ways through it, or records orders."""
    return any(_asks(lookup, instr) for block in region.blocks for instr in block.instrs)


def _asks(lookup: Lookup, instr: Instr) -> bool:
    match instr:
        case Choose() | Spawn() | Precedes():
            return True
        case New(_, pool):
            return lookup.object(pool).reuse
        case _:
            return False


def can_fail(body: Body) -> bool:
    """Whether a property's body can fail instead of answering."""
    region = find_region(body, find_entry(body))
    checks = (isinstance(i, Check) for block in region.blocks for i in block.instrs)
    return region.needs_count or any(checks)


def _has_cycle(by_label: dict[str, Block], entry: Block) -> bool:
    """Whether local control can come back to a block of the region (iterative depth-first)."""
    done: set[str] = set()
    path: dict[str, list[str]] = {entry.label: list(list_local_successors(by_label, entry))}
    while path:
        label, following = next(reversed(path.items()))
        if not following:
            done.add(label)
            del path[label]
            continue
        to = following.pop()
        if to in path:
            return True
        if to not in done:
            path[to] = list(list_local_successors(by_label, by_label[to]))
    return False
