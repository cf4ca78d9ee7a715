"""Peel: the start of an interrupt handler is a place of its own.

A handler starts only while its target allows interrupts, and from then on its target stands still
until it ends (docs/ir.md).  Whether it has started must show in where it stands, so a handler that
can come back to its first location gets a copy of that location to start from.
"""

from __future__ import annotations

from dataclasses import replace

from modelcheck.ir.nodes import Block, Body, Program, Template
from modelcheck.ir.passes.bodies import map_templates
from modelcheck.ir.passes.notes import Notes
from modelcheck.ir.rebuild import map_targets
from modelcheck.ir.traverse import successors


def peel(program: Program, notes: Notes | None = None) -> Program:  # noqa: ARG001 - a pass
    """Give every interrupt handler a start that nothing leads back to."""
    return map_templates(program, lambda t: _peel_template(t) if t.interrupts else t)


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
