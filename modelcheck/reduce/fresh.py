"""Slots that were never used: `New` takes the lowest, and nobody can tell that from another.

A state is *even* if the exchange of any two slots of a pool that were never used, with the threads
that are numbered with them (`each=`), leaves it as it is.  In an even state it does not matter
which of them `New` takes: the states behind are exchanged for each other.  All states are even:

* the start is: its code names no slot, and those threads only do what comes to the same in any
  order (`_find_start`);
* a step of a thread that the exchange leaves alone leads from an even state to an even one.  The
  program is symmetric, so the exchange maps the step to one of the same thread from the same state
  with the same choices, and there is only one.  Choices are no names: a family with a local that
  is one of its numbers is refused;
* a thread of a slot that was never used takes no step (`Flow.waits`): it stands at its first
  location and waits to be named in a set where no such slot can be named.

So it may be named otherwise: in loops over all slots, in a ghost set of all of them.  The argument
rests on the text being the same under the exchange, which `compare` asks for all slots of the pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from modelcheck.diagnostics import Span
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Assert,
    Assign,
    Block,
    Body,
    Check,
    Const,
    ContainerOf,
    Crash,
    Current,
    Expr,
    Instr,
    Jump,
    Local,
    Me,
    Object,
    ObjectRoot,
    Place,
    QueueOp,
    Read,
    Spawn,
    Store,
    Template,
    Terminator,
    ThreadOf,
)
from modelcheck.ir.traverse import every_place, list_node_exprs, nodes_of, walk
from modelcheck.reduce.flow import Flow, names_place

Reason = tuple[str, Span]
_OF_NO_STATE = (Const, Me, Current, AddressOf, Apply, ContainerOf, ThreadOf)


def find_unevenness(memory: Memory, pool: Object, tied: Mapping[str, int]) -> Reason | None:
    """Why the slots of a pool that were never used may not be alike; None if they are.

    `tied` are the templates that are numbered with them: copy c goes with slot c minus that number.

    Soundness: the argument above, line by line (tests/reduce/test_symmetry_fresh.py: a program for
    each of its conditions).
    """
    program = memory.program
    for body in (program.initial, *(template.body for template in program.templates)):
        for node in _list_nodes(body):
            if isinstance(node, Crash):
                return "slots that were named before `crash` are taken again in order", node.span
    for node in _list_nodes(program.initial):
        if _names_slot(memory, node, pool.name):
            return "a slot is named at the start that `new` may take", node.span
        if tied and _names_thread(memory, node):
            return "a thread may be named at the start, and slots are numbered with it", node.span
    for slot in memory.slots:
        if slot.type is None or not (value := memory.start[slot.number]):
            continue
        if names_place(memory, Const(value, slot.type), pool.name):
            return "a slot is named at the start that `new` may take", pool.span
    flow = Flow(memory, pool.name, tied) if tied else None
    for template in program.templates:
        if flow is None or template.name not in tied:
            continue
        if template.interrupts or any(t.interrupts == template.name for t in program.templates):
            return "threads that are numbered with slots interrupt or are interrupted", pool.span
        first = _find_start(template)
        if first is None:
            return "threads that are numbered with slots do more at the start", template.span
        if not flow.waits(template, first):
            return "a thread may run before there is the slot that it belongs to", first.end.span
    return None


def _list_nodes(body: Body) -> Iterator[Instr | Terminator]:
    for block in body.blocks:
        yield from nodes_of(block)


def _names_slot(memory: Memory, node: Instr | Terminator, pool: str) -> bool:
    """Whether a node names or changes a slot other than by what `New` gave it."""
    if isinstance(node, Store | QueueOp):
        root = node.place.root
        if isinstance(root, ObjectRoot) and root.object == pool:
            return True
    for expr in list_node_exprs(node):
        if isinstance(expr, AddressOf):
            root = expr.place.root
            if isinstance(root, ObjectRoot) and root.object == pool:
                return True
        if isinstance(expr, Const) and expr.value and names_place(memory, expr, pool):
            return True
    return False


def _names_thread(memory: Memory, node: Instr | Terminator) -> bool:
    """Whether the code of the start may name a thread or what is its own."""
    if isinstance(node, Spawn):
        return True
    if any(isinstance(expr, ThreadOf | Current) for expr in list_node_exprs(node)):
        return True
    roots = (place.root for place in every_place(node))
    return any(
        memory.lookup.object(root.object).kind in ("per_thread", "local")
        for root in roots
        if isinstance(root, ObjectRoot)
    )


def _find_start(template: Template) -> Block | None:
    """The first location of a template whose threads only add themselves to sets before it, or set
    locals without a look at memory; None where they do more.
    """
    blocks = {block.label: block for block in template.body.blocks}
    block = blocks[template.body.entry]
    passed: set[str] = set()
    known: set[str] = set()
    while not block.rest:
        if block.label in passed or not isinstance(block.end, Jump):
            return None
        passed.add(block.label)
        for instr in block.instrs:
            match instr:
                case Check() | Assert():
                    continue
                case Assign(local, value) if _is_of_no_state(value, known):
                    known.add(local)
                case Store(place, Apply("bit-set", (Read(same), added))) if (
                    same == place and _is_fixed(place) and _is_of_no_state(added, known)
                ):
                    continue
                case _:
                    return None
        block = blocks[block.end.target]
    return block


def _is_of_no_state(expr: Expr, known: AbstractSet[str]) -> bool:
    """Whether the value of an expression is the same in every state, as those of `known` locals."""
    return all(
        part.name in known if isinstance(part, Local) else isinstance(part, _OF_NO_STATE)
        for part in walk(expr)
    )


def _is_fixed(place: Place) -> bool:
    """Whether a place is one and the same in every state and for every thread."""
    root = place.root
    if not isinstance(root, ObjectRoot) or not (
        root.index is None or isinstance(root.index, Const)
    ):
        return False
    return all(isinstance(part, str) for part in place.path)
