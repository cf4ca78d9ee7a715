"""Regions: what one step runs, as blocks, and what is known of it before anything is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelcheck.ir.nodes import (
    Assert,
    Block,
    Body,
    Check,
    Crash,
    Discard,
    End,
    Enter,
    Free,
    Instr,
    Leave,
    New,
    QueueOp,
    SetInterrupts,
    Spawn,
    Store,
    Template,
)
from modelcheck.ir.traverse import successors


@dataclass(frozen=True, slots=True)
class Region:
    """What one step runs: the blocks from a location (or an entry) up to the next locations."""

    body: Body
    entry: Block
    blocks: tuple[Block, ...]
    has_cycle: bool

    @property
    def exits(self) -> tuple[str, ...]:
        """The locations where it may end."""
        rests = {block.label for block in self.body.blocks if block.rest}
        found = (to for block in self.blocks for to in successors(block.end) if to in rests)
        return tuple(dict.fromkeys(found))

    @property
    def may_end(self) -> bool:
        """Whether the thread may have finished after it."""
        return any(isinstance(block.end, End) for block in self.blocks)

    def instructions(self) -> Iterator[Instr]:
        """All of them."""
        for block in self.blocks:
            yield from block.instrs


def find_region(body: Body, entry: Block) -> Region:
    """The region that begins at a block."""
    by_label = {block.label: block for block in body.blocks}
    order: list[str] = []
    done: set[str] = set()
    on_path: set[str] = set()
    has_cycle = False
    stack: list[tuple[str, bool]] = [(entry.label, False)]
    while stack:
        label, is_left = stack.pop()
        if is_left:
            on_path.discard(label)
            done.add(label)
            continue
        if label in done or label in on_path:
            continue
        order.append(label)
        on_path.add(label)
        stack.append((label, True))
        for to in reversed(successors(by_label[label].end)):
            if by_label[to].rest:
                continue
            if to in on_path:
                has_cycle = True
            elif to not in done:
                stack.append((to, False))
    return Region(body, entry, tuple(by_label[label] for label in order), has_cycle)


def find_start(body: Body) -> Region:
    """What a thread does before its first location; nothing where it begins at one."""
    entry = next(block for block in body.blocks if block.label == body.entry)
    return Region(body, entry, (), has_cycle=False) if entry.rest else find_region(body, entry)


def find_first(template: Template) -> frozenset[str]:
    """The locations at which a thread may stand before its first step."""
    start = find_start(template.body)
    return frozenset(start.exits) if start.blocks else frozenset((start.entry.label,))


def fails_late(region: Region) -> bool:
    """Whether the step can fail after it has stored something."""
    blocks = {block.label: block for block in region.blocks}

    def writes(instr: Instr) -> bool:
        match instr:
            case Store() | New() | Free() | Discard() | Enter() | Leave():
                return True
            case Spawn() | Crash() | SetInterrupts():
                return True
            case QueueOp():
                return instr.verb != "read"
            case _:
                return False

    def fails(instr: Instr) -> bool:
        return isinstance(instr, Check | Assert | Spawn)

    dirty: set[str] = set()
    waiting: list[str] = []
    for block in region.blocks:
        seen = False
        for instr in block.instrs:
            if fails(instr) and (seen or isinstance(instr, Spawn)):
                return True
            seen = seen or writes(instr)
        if seen:
            waiting += [to for to in successors(block.end) if to in blocks]
    while waiting:
        label = waiting.pop()
        if label in dirty:
            continue
        dirty.add(label)
        if region.has_cycle or any(fails(i) for i in blocks[label].instrs):
            return True
        waiting += [to for to in successors(blocks[label].end) if to in blocks]
    return False
