"""Where a program takes the *lowest* of something: slots of a pool, ended threads.

`New` without `reuse` takes the lowest slot that was never used, `Spawn` the lowest ended thread.
That is an order, but nobody can tell as long as those that may be taken are alike: nothing in the
state names them, and their content is the same.  Then taking one or another leads to states that
are exchanged for each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from modelcheck.diagnostics import Span
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Body,
    Const,
    Current,
    Expr,
    Instr,
    IsFinished,
    ObjectRoot,
    Place,
    Program,
    Spawn,
    Template,
    Terminator,
    ThreadOf,
)
from modelcheck.ir.traverse import every_place, nodes_of, used_locals, walk_node
from modelcheck.ir.types import PtrType, SetType, ThreadIdType
from modelcheck.reduce.flow import names_place
from modelcheck.reduce.fresh import find_unevenness
from modelcheck.reduce.renaming import Family
from modelcheck.reduce.sorts import Key

Reason = tuple[str, Span]


def find_order_of_slots(memory: Memory, family: Family, keys: list[Key]) -> Reason | None:
    """Why those of a family that may be taken next are not alike; None if they are.

    Soundness: a name of a slot that was never used, or of an ended thread, tells which one is taken
    (tests/reduce/test_symmetry_traps.py: a kept ThreadId of a spawned thread, a named slot).
    """
    program = memory.program
    for name in family.objects:
        obj = memory.lookup.object(name)
        if obj.kind == "pool" and not obj.reuse:
            numbers = family.range_of("object", name)
            others = (family.range_of("object", o) for o in family.objects if o != name)
            if any(set(numbers) & set(other) for other in others) or any(
                key[0] not in ("me", "object") for key in keys
            ):
                return "`new` takes its slots in order, and others are numbered with them", obj.span
            ranges = {t: family.range_of("template", t) for t in family.templates}
            tied = {t: numbers.start - r.start for t, r in ranges.items() if set(r) & set(numbers)}
            if why := find_unevenness(memory, obj, tied):
                return why
    spawned = {node.template for _, node in _list_nodes(program) if isinstance(node, Spawn)}
    for template in program.templates:
        if template.name not in family.templates:
            continue
        if template.spawned or template.name in spawned:
            if any(key[:2] != ("local", template.name) for key in keys if key[0] != "me"):
                return "`spawn` takes the lowest, and others are numbered with them", template.span
            if len(family.templates) > 1:
                return "`spawn` takes the lowest, and others are numbered with them", template.span
            if why := _find_name_of_thread(memory, template):
                return why
    return None


def takes_the_lowest(memory: Memory, family: Family, numbers: AbstractSet[int]) -> bool:
    """Whether `new` or `spawn` takes the lowest of slots or threads of which only some have one of
    these numbers.

    Soundness: all that are taken in order are alike or none: of slots 0, 1 and 2 of which 1 is told
    apart, the lowest that is left is 1 after an exchange of 0 for 2.
    """
    program = memory.program
    spawned = {node.template for _, node in _list_nodes(program) if isinstance(node, Spawn)}
    spawned |= {template.name for template in program.templates if template.spawned}
    pools = {obj.name for obj in program.objects if obj.kind == "pool" and not obj.reuse}
    taken = [family.range_of("template", name) for name in spawned]
    taken += [family.range_of("object", name) for name in pools]
    return any(not numbers.isdisjoint(r) and not numbers >= set(r) for r in taken)


def _list_nodes(program: Program) -> Iterator[tuple[str, Instr | Terminator]]:
    bodies: list[tuple[str, Body]] = [("", program.initial)]
    bodies += [(t.name, t.body) for t in program.templates]
    for name, body in bodies:
        for block in body.blocks:
            for node in nodes_of(block):
                yield name, node


def _find_name_of_thread(memory: Memory, template: Template) -> Reason | None:
    """Where the id of a spawned thread, or a pointer to what is its own, may be kept."""
    for obj in memory.program.objects:
        if obj.kind == "per_thread" and any(leaf.ghost for leaf in memory.leaves[obj.name]):
            return "a ghost outlives the thread that `spawn` takes again", obj.span
    for name, node in _list_nodes(memory.program):
        if isinstance(node, Spawn) and node.template == template.name:
            body = next(b for n, b in _list_named_bodies(memory.program) if n == name)
            if any(node.local in used_locals(other) for b in body.blocks for other in nodes_of(b)):
                return "the id of a spawned thread is kept", node.span
        if _keeps_name(memory, node, name, template):
            return "a spawned thread is named", node.span
    return None


def _keeps_name(memory: Memory, node: Instr | Terminator, where: str, template: Template) -> bool:
    """Whether a node names a thread of a template in a way that may be kept.

    Its own `per_thread` objects and whether a thread has ended may be asked by name: then the name
    is gone with the question.
    """
    objects = memory.lookup.objects
    used, passing = 0, 0

    def is_name(expr: Expr) -> bool:
        if isinstance(expr, ThreadOf):
            return expr.template == template.name
        return isinstance(expr, Current) and where == template.name

    for expr in walk_node(node):
        match expr:
            case AddressOf(Place(ObjectRoot(name))):
                if objects[name].kind == "per_thread" or objects[name].template == template.name:
                    return True
            case Const(value, ThreadIdType() | SetType(ThreadIdType())) if value:
                return True
            case Const(value, PtrType() | SetType(PtrType())) if value:
                owned = (o.name for o in objects.values() if o.kind in ("per_thread", "local"))
                if any(names_place(memory, expr, name) for name in owned):
                    return True
            case IsFinished(asked):
                passing += is_name(asked)
            case _:
                used += is_name(expr)
    for place in every_place(node):
        match place.root:
            case ObjectRoot(name, Apply("-", (asked, Const(1)))):
                passing += objects[name].kind == "per_thread" and is_name(asked)
            case _:
                pass
    return used > passing


def _list_named_bodies(program: Program) -> Iterator[tuple[str, Body]]:
    yield "", program.initial
    for template in program.templates:
        yield template.name, template.body
