"""A look at a program's states → which code ran: lines, ways of branches, waits, conditions of
properties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelcheck.backends.python.cover import Cover, Part, Point
from modelcheck.diagnostics import NOWHERE, Span
from modelcheck.explore.look import Look
from modelcheck.explore.looked import HalfBranch, Line, Location, Ran, Vacuous, Wait
from modelcheck.ir import nodes as ir
from modelcheck.ir.memory import Memory
from modelcheck.ir.regions import list_step_blocks
from modelcheck.ir.traverse import list_node_exprs


def find_ran(look: Look) -> Ran:
    """What ran in the states that were looked at."""
    cover, memory = look.model.cover, look.model.memory
    program = memory.program
    return Ran(
        states=len(look.states),
        is_whole=look.is_whole,
        taken=_sum_by_location(memory, look.taken),
        lines=_count_lines(cover, _list_bodies(program)),
        halves=tuple(_list_halves(cover, program)),
        vacuous=tuple(_list_vacuous(cover, program)),
        waits=tuple(_list_waits(memory, look.waited)),
        calm=tuple(_list_calm(memory, look.waited)),
    )


def _sum_by_location(memory: Memory, counts: Sequence[Sequence[int]]) -> dict[Location, int]:
    """Counts by thread and location as counts by location, the threads of a template together."""
    found: dict[Location, int] = {}
    for thread, by_location in zip(memory.threads, counts, strict=True):
        for label, count in zip(memory.locations(thread.template), by_location, strict=False):
            at = (thread.template, label)
            found[at] = found.get(at, 0) + count
    return found


def _list_bodies(program: ir.Program) -> list[tuple[str, ir.Body]]:
    """Every body by the name that its points have."""
    templates = [(t.name, t.body) for t in program.templates]
    properties = [(p.name, p.body) for p in program.properties if p.body is not None]
    return [("", program.initial), *templates, *properties]


def _count_lines(cover: Cover, bodies: Iterable[tuple[str, ir.Body]]) -> dict[Line, int]:
    """How often each line with code ran: the runs of the blocks, copies of a routine each, that
    hold the leftmost code of the line; for a line may be cut into several blocks.
    """
    found: dict[Line, dict[tuple[int, str, str], int]] = {}
    for owner, body in bodies:
        for block in body.blocks:
            count = cover.count(Point(owner, "block", block.label))
            for node in (*block.instrs, block.end):
                # Where a step goes on is no code: its span is that of what stands around it.
                if node.span.line and not isinstance(node, ir.End | ir.Jump):
                    line = (node.span.path, node.span.line)
                    found.setdefault(line, {})[node.span.col, owner, block.label] = count
    lines: dict[Line, int] = {}
    for line, runs in found.items():
        first = min(runs)[0]
        leftmost = sum(count for (column, _, _), count in runs.items() if column == first)
        lines[line] = max(leftmost, *runs.values())
    return lines


def _list_halves(cover: Cover, program: ir.Program) -> Iterator[HalfBranch]:
    """The conditions that threads asked and that only ever went one way, the copies of a routine
    together.
    """
    counts: dict[Span, dict[Part, int]] = {}
    for owner, body in (("", program.initial), *((t.name, t.body) for t in program.templates)):
        for block in body.blocks:
            if isinstance(block.end, ir.Branch) and block.end.span != NOWHERE:
                both = counts.setdefault(block.end.span, {"true": 0, "false": 0})
                for part in both:
                    both[part] += cover.count(Point(owner, part, block.label))
    for span, both in counts.items():
        if any(both.values()) and not all(both.values()):
            yield HalfBranch(span, never=not both["true"])


# ---------------------------------------------------------------------------------------------
# Claims that were never put to the test


def _list_vacuous(cover: Cover, program: ir.Program) -> Iterator[Vacuous]:
    """The conditions of properties that never held, so that what depends on them was not asked."""
    for declared in program.properties:
        if declared.body is not None and declared.kind in ("invariant", "final"):
            yield from _list_unasked(cover, declared.name, declared.body)
    own = {p.name for p in program.properties if p.kind == "assert"}
    for template in program.templates:
        for block in template.body.blocks:
            if cover.count(Point(template.name, "block", block.label)):
                for instr in block.instrs:
                    if isinstance(instr, ir.Assert) and instr.property in own:
                        for expr in _list_claims(cover, template.name, instr.condition):
                            yield Vacuous(instr.property, False, NOWHERE, expr)


def _list_unasked(cover: Cover, name: str, body: ir.Body) -> Iterator[Vacuous]:
    by_label = {block.label: block for block in body.blocks}
    for block in body.blocks:
        if not cover.count(Point(name, "block", block.label)):
            continue
        if isinstance(block.end, ir.Return) and isinstance(block.end.value, ir.Const):
            if len(body.blocks) == 1:  # no way leads to another answer
                yield Vacuous(name, False, NOWHERE, block.end.value)
        elif isinstance(block.end, ir.Return):
            for expr in _list_claims(cover, name, block.end.value):
                yield Vacuous(name, False, NOWHERE, expr)
        if isinstance(block.end, ir.Branch):
            ways: tuple[tuple[Part, str], ...] = (
                ("true", block.end.then),
                ("false", block.end.other),
            )
            for part, label in ways:
                is_taken = cover.count(Point(name, part, block.label))
                if not is_taken and _looks_at_memory(by_label[label]):
                    yield Vacuous(name, part == "true", block.end.span)


def _list_claims(cover: Cover, owner: str, expr: ir.Expr) -> Iterator[ir.Expr]:
    """The left sides that were always true, of each `or` that has to be true."""
    match expr:
        case ir.Apply("and", args):
            for arg in args:
                yield from _list_claims(cover, owner, arg)
        case ir.Apply("or", (left, right)):
            if cover.count(Point(owner, "right", expr=expr)):
                yield from _list_claims(cover, owner, right)
            else:
                yield left


def _looks_at_memory(block: ir.Block) -> bool:
    """Whether a block asks something, other than to put down a constant."""
    nodes = (*block.instrs, block.end)
    return any(
        isinstance(expr, ir.Read | ir.Alive | ir.QueueContains | ir.QueueLength | ir.IsFinished)
        for node in nodes
        for expr in list_node_exprs(node)
    )


# ---------------------------------------------------------------------------------------------
# Waiting


def _list_waits(memory: Memory, waited: Sequence[Sequence[int]]) -> Iterator[Wait]:
    """Every location whose step may have to wait, with the number of times that it had to."""
    counts = _sum_by_location(memory, waited)
    for template in memory.program.templates:
        for block in template.body.blocks:
            if block.rest and _can_wait(template.body, block):
                at = (template.name, block.label)
                yield Wait(at, counts.get(at, 0))


def _can_wait(body: ir.Body, location: ir.Block) -> bool:
    blocks = list_step_blocks(body, location)
    return any(isinstance(instr, ir.Wait) for block in blocks for instr in block.instrs)


def _list_calm(memory: Memory, waited: Sequence[Sequence[int]]) -> Iterator[str]:
    """The threads that could have to wait and never had to."""
    for thread, by_location in zip(memory.threads, waited, strict=True):
        body = memory.lookup.template(thread.template).body
        could = any(_can_wait(body, block) for block in body.blocks if block.rest)
        if could and not any(by_location):
            yield thread.name
