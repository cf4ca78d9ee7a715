"""Liveness: which locals are part of the state while a thread stands at a location.

Backward data flow over the whole graph.  A local that only feeds locals nobody needs is dead too
(Giegerich, Möncke and Wilhelm 1981, "Invariance of approximate semantics": strong liveness), so a
counter that nothing reads makes no states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from modelcheck.ir.nodes import Assign, Block, Body, Check, End, Instr, Program, Template
from modelcheck.ir.passes.bodies import Worklist, map_templates, with_blocks, with_code
from modelcheck.ir.passes.notes import Note, Notes
from modelcheck.ir.passes.simplify import FALSE
from modelcheck.ir.traverse import successors


def live_before(note: Note, live: set[str]) -> None:
    """Turn the locals needed after an instruction or terminator into those needed before it.

    Soundness: forgetting a use would merge states that go on differently.  Every use counts (in
    checks, ghost code and subjects too) except in an assignment of a local nobody needs.
    """
    if note.assigned is not None:
        if isinstance(note.node, Assign) and is_useless(note, live):
            return
        live.discard(note.assigned)
    live.update(note.used)


def is_useless(note: Note, live: AbstractSet[str]) -> bool:
    """Whether an assignment does nothing: nobody needs its local and it touches no memory."""
    return note.assigned not in live and not note.looks


def find_live(body: Body, notes: Notes) -> Mapping[str, frozenset[str]]:
    """For each reachable block, the locals needed on entry."""
    blocks = notes.reachable(body)
    before: dict[str, list[str]] = {block.label: [] for block in blocks}
    for block in blocks:
        for label in successors(block.end):
            before.setdefault(label, []).append(block.label)
    live: dict[str, frozenset[str]] = {block.label: frozenset() for block in blocks}
    work = Worklist(tuple(reversed(blocks)))
    for block in work:
        needed = live_after(block, live)
        for note in reversed(notes.in_block(block)):
            live_before(note, needed)
        if needed != live[block.label]:
            live[block.label] = frozenset(needed)
            work.add(before[block.label])
    return live


def find_unset(program: Program) -> Iterator[str]:
    """The locals that some code may read before it has set them, which no spec has a word for."""
    notes = Notes()
    for template in program.templates:
        live = find_live(_cut(template.body), notes)[template.body.entry]
        yield from (f"{template.name}: {name}" for name in sorted(live - {*template.parameters}))
    bodies = (program.initial, *(judged.body for judged in program.properties))
    for body in filter(None, bodies):
        yield from sorted(find_live(_cut(body), notes)[body.entry])


def _cut(body: Body) -> Body:
    """The body without ways on from a check that always fails."""
    blocks = []
    for block in body.blocks:
        fails = any(isinstance(i, Check) and i.condition == FALSE for i in block.instrs)
        blocks.append(replace(block, end=End(span=block.end.span)) if fails else block)
    return with_blocks(body, blocks)


def live_after(block: Block, live: Mapping[str, frozenset[str]]) -> set[str]:
    """The locals needed by the blocks after a block, not counting its terminator."""
    return set().union(*[live.get(label, frozenset()) for label in successors(block.end)])


def drop_useless(body: Body, notes: Notes | None = None) -> Body:
    """The body without assignments that do nothing."""
    notes = notes or Notes()
    live = find_live(body, notes)
    blocks = []
    for block in body.blocks:
        if block.label not in live or not any(isinstance(i, Assign) for i in block.instrs):
            blocks.append(block)
            continue
        needed = live_after(block, live)
        *code, end = notes.in_block(block)
        live_before(end, needed)
        kept: list[Instr] = []
        for instr, note in zip(reversed(block.instrs), reversed(code), strict=True):
            if not (isinstance(instr, Assign) and is_useless(note, needed)):
                kept.append(instr)
            live_before(note, needed)
        kept.reverse()
        blocks.append(with_code(block, kept, block.end))
    return with_blocks(body, blocks)


def liveness(program: Program, notes: Notes | None = None) -> Program:
    """Fill `Block.live` of every location; of other blocks it is empty."""
    notes = notes or Notes()

    def on_template(template: Template) -> Template:
        body = _mark_live(template.body, notes)
        return template if body is template.body else replace(template, body=body)

    return map_templates(program, on_template)


def _mark_live(body: Body, notes: Notes) -> Body:
    live = find_live(body, notes)
    blocks = []
    for block in body.blocks:
        names = tuple(sorted(live.get(block.label, ()))) if block.rest else ()
        blocks.append(block if names == block.live else replace(block, live=names))
    return with_blocks(body, blocks)
