"""A program that shows a disagreement → a smaller one that shows it too, saved as text.

Delta debugging (Zeller and Hildebrandt 2002), coarse to fine: whole templates, copies, properties,
objects, then blocks and instructions.  What is not legal any more is thrown away, so no cut needs
to be clever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from modelcheck.diagnostics import InternalError
from modelcheck.ir.nodes import Block, Body, Branch, End, Jump, Program, Return
from modelcheck.ir.text import print_program
from modelcheck.ir.traverse import drop_unreachable
from modelcheck.ir.verify import verify
from random_programs.agree import compare

MOST_TRIES = 1_500


def find_differences(program: Program) -> list[str]:
    return compare(program).differences


def shrink(
    program: Program,
    differences: list[str],
    find: Callable[[Program], list[str]] = find_differences,
) -> tuple[Program, list[str]]:
    """The smallest program found that has a disagreement of the same sort (`find` lists them)."""
    sort = differences[0].partition(":")[0]
    tries = 0

    def fails(candidate: Program) -> list[str]:
        try:
            verify(candidate)
        except (InternalError, KeyError, StopIteration, AssertionError):
            return []
        try:
            found = find(candidate)
        except (AssertionError, KeyError, IndexError):
            return []  # it is not what the front end could make: a check is missing
        return found if any(d.partition(":")[0] == sort for d in found) else []

    changed = True
    while changed and tries < MOST_TRIES:
        changed = False
        for candidate in smaller(program):
            tries += 1
            if tries >= MOST_TRIES:
                break
            if candidate != program and (found := fails(candidate)):
                program, differences, changed = candidate, found, True
                break
    return program, differences


def smaller(program: Program) -> Iterator[Program]:
    """Programs with one thing less, the largest things first."""
    for name in ("properties", "templates", "objects", "structs", "allows"):
        items = getattr(program, name)
        for i in range(len(items)):
            yield replace(program, **{name: items[:i] + items[i + 1 :]})
    for i, template in enumerate(program.templates):
        named = f"$thread({template.name}," in print_program(program)
        if template.count > 1 and not named:  # a copy that is named must be there
            yield with_template(program, i, replace(template, count=template.count - 1))
    for i, template in enumerate(program.templates):
        for body in smaller_bodies(template.body):
            yield with_template(program, i, replace(template, body=body))
    for body in smaller_bodies(program.initial):
        yield replace(program, initial=body)
    for i, prop in enumerate(program.properties):
        if prop.body is not None:
            for body in smaller_bodies(prop.body):
                props = list(program.properties)
                props[i] = replace(prop, body=body)
                yield replace(program, properties=tuple(props))
    for i, struct in enumerate(program.structs):
        for k in range(len(struct.fields)):
            structs = list(program.structs)
            structs[i] = replace(struct, fields=struct.fields[:k] + struct.fields[k + 1 :])
            yield replace(program, structs=tuple(structs))


def with_template(program: Program, i: int, template) -> Program:
    templates = list(program.templates)
    templates[i] = template
    return replace(program, templates=tuple(templates))


def smaller_bodies(body: Body) -> Iterator[Body]:
    """Bodies that end early, take one way only, skip a block or an instruction."""

    def with_block(i: int, block: Block) -> Body:
        blocks = (*body.blocks[:i], block, *body.blocks[i + 1 :])
        return drop_unreachable(replace(body, blocks=blocks))

    for i, block in enumerate(body.blocks):
        if not isinstance(block.end, End | Return):
            yield with_block(i, replace(block, end=End()))
        if isinstance(block.end, Branch):
            yield with_block(i, replace(block, end=Jump(block.end.then)))
            yield with_block(i, replace(block, end=Jump(block.end.other)))
    for i, block in enumerate(body.blocks):
        if isinstance(block.end, Jump) and block.label != body.entry:
            target = block.end.target
            yield drop_unreachable(
                replace(
                    body,
                    blocks=tuple(
                        replace(b, end=aim(b.end, block.label, target)) for b in body.blocks
                    ),
                )
            )
        for k in range(len(block.instrs)):
            instrs = block.instrs[:k] + block.instrs[k + 1 :]
            yield with_block(i, replace(block, instrs=instrs))
    for i in range(len(body.locals)):
        yield replace(body, locals=body.locals[:i] + body.locals[i + 1 :])


def aim(end, old: str, new: str):
    def other(label: str) -> str:
        return new if label == old else label

    match end:
        case Jump(target):
            return replace(end, target=other(target))
        case Branch(_, then, els):
            return replace(end, then=other(then), other=other(els))
    return end


def save(program: Program, why: list[str], folder: Path) -> Path:
    """Write a program as a regression file: a line that says what was wrong, then its text."""
    text = print_program(replace(program, path="", doc=""))
    name = hashlib.sha256(text.encode()).hexdigest()[:8]
    path = folder / f"random-{name}.ir"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"# {'; '.join(why)}\n{text}", encoding="utf-8")
    return path
