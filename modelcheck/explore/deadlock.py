"""Deadlocks in words: which thread waits at which line, for what, and who holds it.

A wait says no more than that its condition is false.  What it looked at tells the rest: a struct
with a `ThreadId` field `owner` names the holder; another place is named with its value and the
threads whose remaining steps could still store to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.backends.python.model import Model, Watched
from modelcheck.backends.python.outcomes import State
from modelcheck.ir.memory import Memory, PlaceInfo, Slot
from modelcheck.ir.nodes import Block, Body, QueueOp, Store, Template
from modelcheck.ir.races import find_declaration
from modelcheck.ir.traverse import successors
from modelcheck.ir.types import ThreadIdType

OWNER = "owner"


def describe_deadlock(model: Model, state: State) -> str:
    """Who waits for what, thread by thread."""
    waits = (_describe_thread(model, state, thread.number) for thread in model.memory.threads)
    return "; ".join(wait for wait in waits if wait)


def describe_stuck(model: Model, state: State) -> str:
    """Where the threads stand from which the program cannot come to rest."""
    parts = []
    for thread in model.memory.threads:
        block = model.block(state, thread.number)
        if block is not None:
            line = f" at line {block.step.span.line}" if block.step is not None else ""
            parts.append(f"{thread.name}{line}")
    return f"no way leads to rest from here: {', '.join(parts)}"


def _describe_thread(model: Model, state: State, thread: int) -> str:
    if model.block(state, thread) is None:
        return ""
    name = model.memory.threads[thread].name
    ways = [way for way in model.watch(state, thread) if way.result is None]
    if not ways:  # by itself it could step
        template = model.memory.lookup.template(model.memory.threads[thread].template)
        if template.interrupts:
            return f"{name} waits for interrupts to be on"
        return f"{name} is held up by an interrupt"
    lines = sorted({way.waited.line for way in ways if way.waited is not None and way.waited.line})
    where = f" at line {', '.join(map(str, lines))}" if lines else ""
    reasons = dict.fromkeys(reason for way in ways for reason in _find_reasons(model, state, way))
    awaited = " and ".join(reasons) or "a condition on its own locals"
    return f"{name} waits{where} for {awaited}"


def _find_reasons(model: Model, state: State, way: Watched) -> Iterator[str]:
    """What a disabled way looked at, each place once."""
    memory = model.memory
    for key in dict.fromkeys(touch.key for touch in way.touched if not touch.is_write):
        slot = memory.slots[key]
        if slot.role == "pc":
            yield f"{memory.threads[slot.number].name} to end"
            continue
        if not slot.object:
            continue
        holder = _find_holder(memory, state, slot)
        if holder is not None:
            place, owner = holder
            yield f"{place} (held by {owner})"
            continue
        shown = slot.name.removesuffix(" (length)")
        yield (
            f"{shown}, which is {memory.describe(key, state[key])} "
            f"({_list_writers(model, state, slot)})"
        )


def _find_holder(memory: Memory, state: State, slot: Slot) -> tuple[str, str] | None:
    """The innermost struct around a slot that has an owner, and the owner."""
    for place in sorted(_list_surroundings(memory, slot), key=lambda p: -len(p.path)):
        for other in memory.slots:
            if (
                other.object == slot.object
                and other.element == slot.element
                and other.path == (*place.path, OWNER)
                and isinstance(other.type, ThreadIdType)
                and state[other.number] > 0
            ):
                return place.shown, memory.threads[state[other.number] - 1].name
    return None


def _list_surroundings(memory: Memory, slot: Slot) -> Iterator[PlaceInfo]:
    for struct in memory.program.structs:
        for place in memory.places(struct.name):
            is_same = (place.object, place.element) == (slot.object, slot.element)
            if is_same and slot.path[: len(place.path)] == place.path:
                yield place


def _list_writers(model: Model, state: State, slot: Slot) -> str:
    """Which threads could still store to a place, going by the fields their code names."""
    declaration = find_slot_declaration(model.memory, slot)
    writers = [
        thread.name
        for thread in model.memory.threads
        if (label := model.location(state, thread.number))
        and _may_store(model, model.memory.lookup.template(thread.template), label, declaration)
    ]
    return f"only {', '.join(writers)} could change it" if writers else "nobody can change it"


def find_slot_declaration(memory: Memory, slot: Slot) -> str:
    """How the declaration of a slot's place is called, as `ir.races` calls that of a store's."""
    found = slot.object
    for place in sorted(_list_surroundings(memory, slot), key=lambda p: len(p.path)):
        below = slot.path[len(place.path) :]
        if below and isinstance(below[0], str):
            found = f"{place.struct}.{below[0]}"
    return found


def _may_store(model: Model, template: Template, label: str, declaration: str) -> bool:
    lookup = model.memory.lookup
    return any(
        find_declaration(lookup, instr.place) == declaration
        for block in list_remaining(template.body, label)
        for instr in block.instrs
        if isinstance(instr, Store) or (isinstance(instr, QueueOp) and instr.verb != "read")
    )


def list_remaining(body: Body, label: str) -> Iterator[Block]:
    """The blocks that a thread can still run."""
    by_label = {block.label: block for block in body.blocks}
    found = {label}
    waiting = [label]
    while waiting:
        block = by_label[waiting.pop()]
        yield block
        for following in successors(block.end):
            if following not in found:
                found.add(following)
                waiting.append(following)
