"""Liveness: which locals are part of the state while a thread stands at a location.

Backward data flow over the whole graph.  A local that only feeds locals nobody needs is dead too
(Giegerich, Möncke and Wilhelm 1981, "Invariance of approximate semantics": strong liveness), so a
counter that nothing reads makes no states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelcheck.ir.nodes import (
    Assign,
    Block,
    Body,
    Branch,
    End,
    Instr,
    Jump,
    Program,
    Return,
    Terminator,
)
from modelcheck.ir.traverse import (
    assigned_local,
    has_access,
    reachable_blocks,
    successors,
    used_locals,
)


def live_before(node: Instr | Terminator, live: frozenset[str]) -> frozenset[str]:
    """The locals needed before an instruction or terminator, given those needed after it.

    Soundness: forgetting a use would merge states that go on differently.  Every use counts (in
    checks, ghost code and subjects too) except in an assignment of a local nobody needs.
    """
    if isinstance(node, Assign):
        if is_useless(node, live):
            return live
        return (live - {node.local}) | used_locals(node)
    return (live - _assigned(node)) | used_locals(node)


def is_useless(instr: Assign, live: frozenset[str]) -> bool:
    """Whether an assignment does nothing: nobody needs its local and it touches no memory."""
    return instr.local not in live and not has_access((instr.value,))


def _assigned(node: Instr | Terminator) -> frozenset[str]:
    if isinstance(node, Jump | Branch | End | Return):
        return frozenset()
    local = assigned_local(node)
    return frozenset() if local is None else frozenset((local,))


def find_live(body: Body) -> Mapping[str, frozenset[str]]:
    """For each reachable block, the locals needed on entry."""
    blocks = reachable_blocks(body)
    live: dict[str, frozenset[str]] = {block.label: frozenset() for block in blocks}
    changed = True
    while changed:
        changed = False
        for block in reversed(blocks):
            before = _live_at_entry(block, live_after(block, live))
            if before != live[block.label]:
                live[block.label] = before
                changed = True
    return live


def live_after(block: Block, live: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The locals needed by the blocks after a block, not counting its terminator."""
    return frozenset().union(*(live.get(label, frozenset()) for label in successors(block.end)))


def _live_at_entry(block: Block, live: frozenset[str]) -> frozenset[str]:
    live = live_before(block.end, live)
    for instr in reversed(block.instrs):
        live = live_before(instr, live)
    return live


def drop_useless(body: Body) -> Body:
    """The body without assignments that do nothing."""
    live = find_live(body)
    blocks = []
    for block in body.blocks:
        if block.label not in live:
            blocks.append(block)
            continue
        needed = live_before(block.end, live_after(block, live))
        kept: list[Instr] = []
        for instr in reversed(block.instrs):
            if not (isinstance(instr, Assign) and is_useless(instr, needed)):
                kept.append(instr)
            needed = live_before(instr, needed)
        blocks.append(replace(block, instrs=tuple(reversed(kept))))
    return replace(body, blocks=tuple(blocks))


def liveness(program: Program) -> Program:
    """Fill `Block.live` of every location; of other blocks it is empty."""
    return replace(
        program,
        templates=tuple(
            replace(template, body=_mark_live(template.body)) for template in program.templates
        ),
    )


def _mark_live(body: Body) -> Body:
    live = find_live(body)
    return replace(
        body,
        blocks=tuple(
            replace(
                block,
                live=tuple(sorted(live.get(block.label, ()))) if block.rest else (),
            )
            for block in body.blocks
        ),
    )
