"""Prune: what nothing can reach or use goes, so that it is neither stored nor shown.

No state or transition comes or goes with it: blocks nothing leads to, locals nothing names, threads
that do nothing at all, memory that no code names.  `Program.routines` stays as it is, for Fn
values are numbers in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modelcheck.ir.alias import Aliases
from modelcheck.ir.nodes import (
    Assign,
    Block,
    Body,
    End,
    Enter,
    Leave,
    Object,
    Program,
    Struct,
    Template,
)
from modelcheck.ir.passes.mentions import (
    Mentions,
    fields_on,
    find_mentions,
    makes_from_numbers,
    running_templates,
)
from modelcheck.ir.traverse import (
    assigned_local,
    drop_unreachable,
    nodes_of,
    reachable_blocks,
    successors,
    used_locals,
)
from modelcheck.ir.types import (
    ArrayOf,
    Embedded,
    PtrType,
    QueueOf,
    ScalarType,
    SetType,
    ThreadIdType,
    ValueType,
)


def prune(program: Program) -> Program:
    """Drop what no step, check or property can notice."""
    program = _prune_bodies(program)
    program = _prune_templates(program)
    program = _prune_memory(program)
    return _prune_bodies(program)


def _prune_bodies(program: Program) -> Program:
    return replace(
        program,
        templates=tuple(
            replace(t, body=_prune_body(t.body, t.parameters)) for t in program.templates
        ),
        initial=_prune_body(program.initial),
        properties=tuple(
            prop if prop.body is None else replace(prop, body=_prune_body(prop.body))
            for prop in program.properties
        ),
    )


def _prune_body(body: Body, parameters: tuple[str, ...] = ()) -> Body:
    """Without unreachable blocks and without locals that nothing names."""
    body = drop_unreachable(body)
    named = set(parameters)
    for block in body.blocks:
        named.update(block.live)
        for node in nodes_of(block):
            named |= used_locals(node)
        named.update(filter(None, map(assigned_local, block.instrs)))
    return replace(body, locals=tuple(local for local in body.locals if local.name in named))


# ---------------------------------------------------------------------------------------------
# Threads


def _prune_templates(program: Program) -> Program:
    """Without the templates no thread of which can do anything, and the code of those that never
    run but are named.

    Threads are numbered in order, so none goes where the program makes thread ids from numbers.

    Soundness: a template goes only if no code names it and its threads never run or do nothing
    but assign their own locals and end.  Attacked by `test_prune.py`.
    """
    running = {t.name for t in running_templates(program)}
    program = replace(
        program,
        templates=tuple(
            t if t.name in running else replace(t, body=_without_code(t)) for t in program.templates
        ),
    )
    if makes_from_numbers(program, ThreadIdType):
        return program
    kept = {t.name for t in program.templates if t.name in running and not _is_idle(t.body)}
    kept |= find_mentions(program).templates
    size = -1
    while size != len(kept):
        size = len(kept)
        kept |= {t.interrupts for t in program.templates if t.name in kept and t.interrupts}
    templates = tuple(t for t in program.templates if t.name in kept)
    objects = tuple(obj for obj in program.objects if obj.kind != "local" or obj.template in kept)
    return replace(program, templates=templates, objects=objects)


def _without_code(template: Template) -> Body:
    """The body of a thread that never runs: memory that only its code names goes."""
    body = template.body
    return replace(body, blocks=(Block(body.entry, (), End()),))


def _is_idle(body: Body) -> bool:
    """Whether a thread only sets its own locals and ends, at once and for sure."""
    blocks = reachable_blocks(body)
    if any(block.rest for block in blocks):
        return False
    quiet = all(isinstance(i, Assign | Enter | Leave) for block in blocks for i in block.instrs)
    by_label = {block.label: block for block in blocks}
    return quiet and not _has_cycle({label: successors(b.end) for label, b in by_label.items()})


def _has_cycle(edges: dict[str, tuple[str, ...]]) -> bool:
    """Whether a graph has a cycle: what is left when blocks that lead nowhere are taken away."""
    left = {label: set(targets) & edges.keys() for label, targets in edges.items()}
    while ends := [label for label, targets in left.items() if not targets]:
        for label in ends:
            del left[label]
        for targets in left.values():
            targets.difference_update(ends)
    return bool(left)


# ---------------------------------------------------------------------------------------------
# Memory


def _prune_memory(program: Program) -> Program:
    """Without the objects, fields and structs that no code names.

    A field nothing names was never stored, so all it can hold is its start value: None, or a
    pointer to an object that was never allocated from a pool; `leak` needs neither.
    """
    mentions = find_mentions(program)
    aliases = Aliases(program)
    objects = tuple(
        _prune_starts(obj, mentions, aliases)
        for obj in program.objects
        if obj.name in mentions.objects
    )
    structs = tuple(
        replace(s, fields=tuple(f for f in s.fields if (s.name, f.name) in mentions.fields))
        for s in program.structs
    )
    kept = {obj.name for obj in objects}
    program = replace(program, objects=objects, structs=structs)
    program = _drop_lives(program, kept)
    used = _used_structs(program, mentions)
    return replace(program, structs=tuple(s for s in program.structs if s.name in used))


def _prune_starts(obj: Object, mentions: Mentions, aliases: Aliases) -> Object:
    return replace(
        obj,
        start=tuple(
            entry
            for entry in obj.start
            if mentions.fields.issuperset(fields_on(aliases, obj.type, entry[1]))
        ),
    )


def _drop_lives(program: Program, kept: set[str]) -> Program:
    """Without the Enter and Leave of objects that went."""

    def in_body(body: Body) -> Body:
        blocks = tuple(
            replace(
                block,
                instrs=tuple(
                    i
                    for i in block.instrs
                    if not (isinstance(i, Enter | Leave) and i.object not in kept)
                ),
            )
            for block in body.blocks
        )
        return replace(body, blocks=blocks)

    return replace(
        program,
        templates=tuple(replace(t, body=in_body(t.body)) for t in program.templates),
        initial=in_body(program.initial),
    )


def _used_structs(program: Program, mentions: Mentions) -> set[str]:
    """The structs that kept objects, fields, locals or instructions refer to."""
    by_name: dict[str, Struct] = {s.name: s for s in program.structs}
    found: set[str] = set()
    work = [*mentions.structs]
    for obj in program.objects:
        work.extend(_structs_in(obj.type))
    bodies = [program.initial, *(_bodies(program.templates))]
    bodies += [prop.body for prop in program.properties if prop.body is not None]
    for body in bodies:
        for local in body.locals:
            work.extend(_structs_in(local.type))
    while work:
        name = work.pop()
        if name not in found:
            found.add(name)
            for field in by_name[name].fields:
                work.extend(_structs_in(field.type))
    return found


def _bodies(templates: tuple[Template, ...]) -> Iterator[Body]:
    for template in templates:
        yield template.body


def _structs_in(of: ValueType | ScalarType) -> Iterator[str]:
    match of:
        case Embedded(name) | PtrType(name) | SetType(PtrType(name)):
            yield name
        case ArrayOf(element) | QueueOf(element):
            yield from _structs_in(element)
        case _:
            return
