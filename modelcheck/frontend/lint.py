"""Warnings about a program: an `atomic` that does at once what kernel code could not.

A warning is no error: the program means what it says.  But `atomic` is where a spec claims more
than the kernel gives, so one that does more than an instruction does has to say why it is true.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from modelcheck.diagnostics import NOWHERE, Related, Span, SpecWarning
from modelcheck.frontend.modules import Module
from modelcheck.frontend.parse import span_of
from modelcheck.ir.nodes import (
    Block,
    Body,
    Crash,
    Discard,
    Expr,
    Free,
    Instr,
    Load,
    New,
    Place,
    Program,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    SetInterrupts,
    Spawn,
    StepInfo,
    Store,
    Terminator,
)
from modelcheck.ir.traverse import (
    assigned_local,
    list_node_exprs,
    locals_in,
    nodes_of,
    parts_of_place,
    successors,
)

Cell = Place | tuple[str, int]  # what is accessed; or the instruction that is a step of its own
_NOTE = "one step is one access, or one load and one store of one place"
_HELP = 'say why it is one: `atomic(because="lock region, no lock-free reader")`'


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an `atomic` did on the way to here."""

    cell: Cell | None = None
    stored: bool = False


@dataclass(frozen=True, slots=True)
class _Excess:
    """The access by which an `atomic` is more than one instruction: what it does, where."""

    what: str
    span: Span
    detail: str


def find_warnings(program: Program, modules: Iterable[Module]) -> tuple[SpecWarning, ...]:
    """What to warn about in a program after all passes, sorted by place, once per source line.

    Only files of the spec are looked at: what a library does is the library's to justify.
    """
    known = {module.source.shown: module for module in modules}
    found: dict[tuple[str, int], SpecWarning] = {}
    for template in program.templates:
        for step, excess in _find_excesses(template.body, known):
            at = (step.span.path, step.span.line)
            if at not in found:
                found[at] = _make_warning(step, excess, known[step.span.path])
    return tuple(found[at] for at in sorted(found))


def _find_excesses(body: Body, known: Mapping[str, Module]) -> Iterator[tuple[StepInfo, _Excess]]:
    blocks = {block.label: block for block in body.blocks}
    library = frozenset(path for path, module in known.items() if module.library)
    for block in body.blocks:
        step = block.step
        if step is None or not block.atomic or block.inner or block.rmw or step.because:
            continue
        if step.span.path not in known or step.span.path in library:
            continue
        excess = _find_excess(blocks, block, library)
        if excess is not None:
            yield step, excess


def _find_excess(
    blocks: Mapping[str, Block], start: Block, library: frozenset[str]
) -> _Excess | None:
    """The first access too many on some way through the `atomic` that begins at a block."""
    work = [(start, _Seen())]
    visited = set(work)
    while work:
        block, seen = work.pop()
        for number, node in enumerate(nodes_of(block)):
            for cell, store in _list_accesses(node, (block.label, number)):
                if node.span.path in library:
                    return _Excess(
                        "holds a routine that is a step of its own", node.span, "its access"
                    )
                if seen.cell not in (None, cell):
                    detail = "this access is to another place"
                    return _Excess("joins accesses to several places", node.span, detail)
                if seen.stored and store:
                    return _Excess("joins several stores", node.span, "this store is one too many")
                seen = _Seen(cell, seen.stored or store)
            seen = _forget(seen, node, (block.label, number))
        for label in reversed(successors(block.end)):
            following = blocks[label]
            if following.atomic and following.inner and (following, seen) not in visited:
                visited.add((following, seen))
                work.append((following, seen))
    return None


def _forget(seen: _Seen, node: Instr | Terminator, at: tuple[str, int]) -> _Seen:
    """After a local changed, a place that was found through it is another one by the same name."""
    local = None if isinstance(node, Terminator) else assigned_local(node)
    if local is None or not isinstance(seen.cell, Place):
        return seen
    return _Seen(at, seen.stored) if local in locals_in(parts_of_place(seen.cell)) else seen


def _list_accesses(node: Instr | Terminator, at: tuple[str, int]) -> Iterator[tuple[Cell, bool]]:
    """What a node accesses, and whether it stores there: what it looks at first."""
    for expr in list_node_exprs(node):
        place = _find_look(expr)
        if place is not None:
            yield place, False
    match node:
        case Load(_, place, kind) if kind.is_access:
            yield place, False
        case Store(place, _, kind) if kind.is_access:
            yield place, True
        case QueueOp(verb, place, kind) if kind.is_access:
            yield place, verb != "read"
        case New() | Free() | Discard() | Spawn() | Crash() | SetInterrupts():
            yield at, True
        case _:
            pass


def _find_look(expr: Expr) -> Place | None:
    match expr:
        case Read(place, kind) | QueueLength(place, kind) if kind.is_access:
            return place
        case QueueContains(place, kind=kind) if kind.is_access:
            return place
        case _:
            return None


def _make_warning(step: StepInfo, excess: _Excess, module: Module) -> SpecWarning:
    known = excess.span != NOWHERE
    return SpecWarning(
        "MC501",
        f"this `atomic` {excess.what} and gives no reason",
        _find_head(step.span, module),
        note=_NOTE,
        help=_HELP,
        related=(Related(excess.span, excess.detail),) if known else (),
    )


def _find_head(span: Span, module: Module) -> Span:
    """The `atomic(…)` of the block that begins at a place."""
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.With) and span_of(node, span.path) == span:
            return module.span(node.items[0].context_expr)
    return span
