"""A program → its text, declarations first, then one graph per template and property."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from modelcheck.ir.nodes import (
    Block,
    Body,
    Field,
    Object,
    Program,
    Property,
    StepInfo,
    Struct,
    Template,
)
from modelcheck.ir.text.show import Shower, show_local, show_name, show_span


def print_program(program: Program) -> str:
    """The text of a program; `parse_program` makes the same program of it."""
    shower = Shower()
    declarations = [
        *(line for struct in program.structs for line in _struct(shower, struct)),
        *(line for obj in program.objects for line in _object(shower, obj)),
        *(line for template in program.templates for line in _template(shower, template)),
        "",
        "initial",
        *_body(shower, program.initial),
        *(line for prop in program.properties for line in _property(shower, prop)),
    ]
    enums = [
        f"enum {show_name(enum.name)}({', '.join(map(show_name, enum.members))})"
        for enum in shower.enums.values()
    ]
    return "\n".join((*_head(program), *enums, *declarations)) + "\n"


def _head(program: Program) -> Iterator[str]:
    yield f"program {json.dumps(program.name)}"
    if program.path:
        yield f"path {json.dumps(program.path)}"
    if program.doc:
        yield f"doc {json.dumps(program.doc)}"
    for setting in program.settings:
        default = json.dumps(setting.default)
        yield f"setting {json.dumps(setting.name)} = {json.dumps(setting.value)} default {default}"
    for allow in program.allows:
        yield (
            f"allow {json.dumps(allow.check)} on {json.dumps(allow.on)}"
            f" because {json.dumps(allow.because)}"
        )
    for routine in program.routines:
        yield f"routine {json.dumps(routine)}"


def _words(*words: tuple[bool, str]) -> str:
    """The words whose condition holds, each after a space."""
    return "".join(f" {word}" for holds, word in words if holds)


def _names(names: Iterable[str]) -> str:
    return f"({', '.join(show_name(name) for name in names)})"


def _struct(shower: Shower, struct: Struct) -> Iterator[str]:
    yield ""
    marked = _words((struct.marked, "marked"), (struct.library, "library"))
    yield f"struct {show_name(struct.name)}{marked}{show_span(struct.span)}"
    for field in struct.fields:
        yield f"  field {_field(shower, field)}"


def _field(shower: Shower, field: Field) -> str:
    start = f" = {field.start}" if field.start else ""
    words = _words((field.ghost, "ghost"), (field.durable, "durable"))
    return f"{show_name(field.name)}: {shower.type(field.type)}{start}{words}"


def _object(shower: Shower, obj: Object) -> Iterator[str]:
    yield ""
    words = _words(
        (obj.count is not None, f"count {obj.count}"),
        (bool(obj.template), f"template {show_name(obj.template)}"),
        (obj.reuse, "reuse"),
        (bool(obj.stable), f"stable {_names(obj.stable)}"),
        (obj.ghost, "ghost"),
        (obj.durable, "durable"),
        (not obj.mortal, "immortal"),
    )
    name = f"object {show_name(obj.name)}: {obj.kind} {shower.type(obj.type)}"
    yield f"{name}{words}{show_span(obj.span)}"
    for element, path, value in obj.start:
        yield f"  start {element} at {shower.path(path)} = {shower.expr(value)}"


def _template(shower: Shower, template: Template) -> Iterator[str]:
    yield ""
    parameters = ", ".join(show_local(name) for name in template.parameters)
    words = _words(
        (True, f"count {template.count}"),
        (template.spawned, "spawned"),
        (bool(template.parameters), f"parameters ({parameters})"),
        (template.context != "task", f"context {template.context}"),
        (bool(template.interrupts), f"interrupts {show_name(template.interrupts)}"),
    )
    yield f"template {show_name(template.name)}{words}{show_span(template.span)}"
    yield from _body(shower, template.body)


def _property(shower: Shower, prop: Property) -> Iterator[str]:
    yield ""
    doc = f" doc {json.dumps(prop.doc)}" if prop.doc else ""
    yield f"property {show_name(prop.name)}: {prop.kind}{doc}{show_span(prop.span)}"
    if prop.body is not None:
        yield from _body(shower, prop.body)


def _body(shower: Shower, body: Body) -> Iterator[str]:
    yield f"  entry {show_name(body.entry)}"
    for local in body.locals:
        shown = f" shown {json.dumps(local.shown)}" if local.shown else ""
        yield f"  local {show_local(local.name)}: {shower.type(local.type)}{shown}"
    for block in body.blocks:
        yield from _block(shower, block)


def _block(shower: Shower, block: Block) -> Iterator[str]:
    live = ", ".join(show_local(name) for name in block.live)
    words = _words(
        (block.rest, "rest"),
        (block.inner, "inner"),
        (block.atomic, "atomic"),
        (bool(block.rmw), f"rmw {json.dumps(block.rmw)}"),
        (bool(block.live), f"live ({live})"),
    )
    yield f"  block {show_name(block.label)}{words}"
    if block.step is not None:
        yield from _step(block.step)
    for instr in block.instrs:
        yield f"    {shower.instr(instr)}{show_span(instr.span)}"
    yield f"    {shower.end(block.end)}{show_span(block.end.span)}"


def _step(step: StepInfo) -> Iterator[str]:
    words = _words(
        (bool(step.text), json.dumps(step.text)),
        (bool(step.routine), f"in {json.dumps(step.routine)}"),
        (bool(step.label), f"label {json.dumps(step.label)}"),
        (bool(step.because), f"because {json.dumps(step.because)}"),
    )
    yield f"    step{words}{show_span(step.span)}"
    for call in step.calls:
        yield f"    via{show_span(call)}"
