"""Peel: the start of an interrupt handler is a place of its own.

A handler starts only while its target allows interrupts, and from then on its target stands still
until it ends (docs/ir.md).  Whether it has started must show in where it stands, so a handler that
can come back to its first location gets a copy of that location to start from.

An interrupt comes whatever its handler does first: one that begins by waiting (for a lock, say)
gets a location before that, with a step that does nothing but start.  Where the wait is `idle`,
what it waits for is what makes the interrupt come, and the handler starts with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelcheck.ir.nodes import Block, Body, Jump, Program, StepInfo, Template, Wait
from modelcheck.ir.passes.bodies import map_templates
from modelcheck.ir.passes.notes import Notes
from modelcheck.ir.rebuild import map_targets
from modelcheck.ir.traverse import successors


def peel(program: Program, notes: Notes | None = None) -> Program:  # noqa: ARG001 - a pass
    """Give every interrupt handler a start that nothing leads back to, and that does not wait.

    Soundness: a handler that cannot start while it would wait lets its target go on, and the
    deadlock of a CPU with itself is missed.  Attacked by `test_peel.py`.
    """
    return map_templates(program, lambda t: _add_arrivals(_peel_template(t)) if t.interrupts else t)


def _peel_template(template: Template) -> Template:
    body = template.body
    blocks = {block.label: block for block in body.blocks}
    start = _list_start(blocks, body.entry)
    again = {
        target
        for block in body.blocks
        for target in successors(block.end)
        if block.label not in start or block.rest
    }
    if not again & set(start):
        return template
    names = {label: f"{label}_start" for label in start}
    copies = tuple(_copy(blocks[label], names) for label in start)
    return replace(template, body=Body(names[body.entry], copies + body.blocks, body.locals))


def _list_start(blocks: dict[str, Block], entry: str) -> list[str]:
    """The blocks from the entry up to and including the first locations, in order."""
    found: list[str] = []
    todo = [entry]
    while todo:
        label = todo.pop()
        if label in found:
            continue
        found.append(label)
        if not blocks[label].rest:
            todo += reversed(successors(blocks[label].end))
    return found


def _copy(block: Block, names: dict[str, str]) -> Block:
    """A block of the start: its local work leads to the copies, its step to the rest."""
    end = block.end
    if not block.rest:
        end = map_targets(end, lambda label: names.get(label, label))
    return replace(block, label=names[block.label], end=end)


def _add_arrivals(template: Template) -> Template:
    """Put a location before each first one that may make the handler wait."""
    body = template.body
    blocks = {block.label: block for block in body.blocks}
    start = _list_start(blocks, body.entry)
    waiting = [label for label in start if blocks[label].rest and _may_wait(blocks, label)]
    if not waiting:
        return template
    names = {label: f"{label}_arrives" for label in waiting}
    arrivals = tuple(_make_arrival(names[label], label, template) for label in waiting)
    redirected = tuple(
        replace(block, end=map_targets(block.end, lambda label: names.get(label, label)))
        if block.label in start and not block.rest
        else block
        for block in body.blocks
    )
    entry = names.get(body.entry, body.entry)
    return replace(template, body=Body(entry, arrivals + redirected, body.locals))


def _may_wait(blocks: Mapping[str, Block], first: str) -> bool:
    """Whether the step from a location may be disabled, other than by an idle wait."""
    seen: set[str] = set()
    todo = [first]
    while todo:
        label = todo.pop()
        if label in seen or (blocks[label].rest and label != first):
            continue
        seen.add(label)
        if any(isinstance(i, Wait) and not i.idle for i in blocks[label].instrs):
            return True
        todo += successors(blocks[label].end)
    return False


def _make_arrival(label: str, target: str, template: Template) -> Block:
    step = StepInfo(span=template.span, routine=template.name, text="the interrupt comes")
    return Block(label, (), Jump(target, span=template.span), step=step, rest=True)
