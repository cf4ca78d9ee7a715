"""Rebuilding bodies where something changed, and walking their graphs until nothing changes.

What comes out equal to what went in is the very same object, so that whoever remembers what is in
it (`notes`, `verify`) knows it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from operator import is_

from modelcheck.ir.nodes import Block, Body, Instr, Program, Template, Terminator


def same_items(new: Sequence[object], old: Sequence[object]) -> bool:
    """Whether two sequences hold the very same objects."""
    return len(new) == len(old) and all(map(is_, new, old))


def with_code(block: Block, instrs: Sequence[Instr], end: Terminator) -> Block:
    """A block with other code."""
    if end is block.end and same_items(instrs, block.instrs):
        return block
    return Block(  # as `replace`, several times as fast; test_bodies.py knows every field
        block.label,
        tuple(instrs),
        end,
        block.step,
        block.atomic,
        block.rmw,
        block.inner,
        block.rest,
        block.live,
    )


def with_blocks(body: Body, blocks: Sequence[Block]) -> Body:
    """A body with other blocks."""
    return body if same_items(blocks, body.blocks) else replace(body, blocks=tuple(blocks))


def map_templates(program: Program, on_template: Callable[[Template], Template]) -> Program:
    """A program with its templates rebuilt."""
    templates = tuple(map(on_template, program.templates))
    return (
        program
        if same_items(templates, program.templates)
        else replace(program, templates=templates)
    )


def map_bodies(
    program: Program, in_thread: Callable[[Template], Body], elsewhere: Callable[[Body], Body]
) -> Program:
    """A program with every body rebuilt: those of threads, then the initial code and properties."""

    def on_template(template: Template) -> Template:
        body = in_thread(template)
        return template if body is template.body else replace(template, body=body)

    program = map_templates(program, on_template)
    initial = elsewhere(program.initial)
    if initial is not program.initial:
        program = replace(program, initial=initial)
    properties = []
    for prop in program.properties:
        body = prop.body if prop.body is None else elsewhere(prop.body)
        properties.append(prop if body is prop.body else replace(prop, body=body))
    if same_items(properties, program.properties):
        return program
    return replace(program, properties=tuple(properties))


class Worklist:
    """The blocks to be looked at again: all at first, each once at a time, in the order given."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._numbers = {block.label: number for number, block in enumerate(blocks)}
        self._work = list(range(len(blocks)))
        self._waiting = set(self._work)

    def __iter__(self) -> Iterator[Block]:
        """Always the first of those that are to be looked at, until there is none."""
        while self._work:
            number = heappop(self._work)
            self._waiting.discard(number)
            yield self._blocks[number]

    def add(self, labels: Iterable[str]) -> None:
        """Look at some blocks again (or for the first time); other graphs' labels do not count."""
        for label in labels:
            number = self._numbers.get(label)
            if number is not None and number not in self._waiting:
                self._waiting.add(number)
                heappush(self._work, number)
