"""Prune: what nothing can reach or use goes, so that it is neither stored nor shown.

No state or transition comes or goes with it: blocks nothing leads to, locals nothing names, threads
that do nothing at all, memory that no code names.  `Program.routines` stays as it is, for Fn
values are numbers in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modelcheck.ir.lookup import Lookup
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
from modelcheck.ir.passes.bodies import (
    map_bodies,
    map_templates,
    same_items,
    with_blocks,
    with_code,
)
from modelcheck.ir.passes.mentions import (
    Mentions,
    fields_on,
    find_mentions,
    makes_from_numbers,
    running_templates,
)
from modelcheck.ir.passes.notes import Notes
from modelcheck.ir.traverse import drop_unreachable, reachable_blocks, successors
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


def prune(program: Program, notes: Notes | None = None) -> Program:
    """Drop what no step, check or property can notice."""
    notes = notes or Notes()
    program = _prune_bodies(program, notes)
    program = _prune_templates(program, notes)
    program = _prune_memory(program, notes)
    return _prune_bodies(program, notes)


def _prune_bodies(program: Program, notes: Notes) -> Program:
    return map_bodies(
        program,
        lambda template: _prune_body(template.body, notes, template.parameters),
        lambda body: _prune_body(body, notes),
    )


def _prune_body(body: Body, notes: Notes, parameters: tuple[str, ...] = ()) -> Body:
    """Without unreachable blocks and without locals that nothing names."""
    body = drop_unreachable(body)
    named = {*parameters, *(name for block in body.blocks for name in block.live)}
    for block in body.blocks:
        for note in notes.in_block(block):
            named |= note.used
            if note.assigned is not None:
                named.add(note.assigned)
    kept = tuple(local for local in body.locals if local.name in named)
    return body if same_items(kept, body.locals) else replace(body, locals=kept)


# ---------------------------------------------------------------------------------------------
# Threads


def _prune_templates(program: Program, notes: Notes) -> Program:
    """Without the templates no thread of which can do anything, and the code of those that never
    run but are named.

    Threads are numbered in order, so none goes where the program makes thread ids from numbers.

    Soundness: a template goes only if no code names it and its threads never run or do nothing
    but assign their own locals and end.  Attacked by `test_prune.py`.
    """
    running = {t.name for t in running_templates(program, notes)}
    program = map_templates(
        program, lambda t: t if t.name in running else replace(t, body=_without_code(t))
    )
    if makes_from_numbers(program, ThreadIdType, notes):
        return program
    kept = {t.name for t in program.templates if t.name in running and not _is_idle(t.body)}
    kept |= find_mentions(program, notes).templates
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


def _prune_memory(program: Program, notes: Notes) -> Program:
    """Without the objects, fields and structs that no code names.

    A field nothing names was never stored, so all it can hold is its start value: None, or a
    pointer to an object that was never allocated from a pool; `leak` needs neither.
    """
    mentions = find_mentions(program, notes)
    lookup = Lookup(program)
    objects = tuple(
        _prune_starts(obj, mentions, lookup)
        for obj in program.objects
        if obj.name in mentions.objects
    )
    structs = tuple(_prune_fields(s, mentions) for s in program.structs)
    kept = {obj.name for obj in objects}
    program = replace(program, objects=objects, structs=structs)
    program = _drop_lives(program, kept)
    used = _used_structs(program, mentions)
    return replace(program, structs=tuple(s for s in program.structs if s.name in used))


def _prune_starts(obj: Object, mentions: Mentions, lookup: Lookup) -> Object:
    kept = tuple(
        entry
        for entry in obj.start
        if mentions.fields.issuperset(fields_on(lookup, obj.type, entry[1]))
    )
    return obj if same_items(kept, obj.start) else replace(obj, start=kept)


def _prune_fields(struct: Struct, mentions: Mentions) -> Struct:
    kept = tuple(f for f in struct.fields if (struct.name, f.name) in mentions.fields)
    return struct if same_items(kept, struct.fields) else replace(struct, fields=kept)


def _drop_lives(program: Program, kept: set[str]) -> Program:
    """Without the Enter and Leave of objects that went."""

    def in_body(body: Body) -> Body:
        return with_blocks(body, [in_block(block) for block in body.blocks])

    def in_block(block: Block) -> Block:
        instrs = [
            i for i in block.instrs if not (isinstance(i, Enter | Leave) and i.object not in kept)
        ]
        return with_code(block, instrs, block.end)

    return map_bodies(program, lambda template: in_body(template.body), in_body)


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
