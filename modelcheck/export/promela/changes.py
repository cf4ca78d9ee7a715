"""What single instructions do to memory, as slots and the values they take (docs/ir.md)."""

from __future__ import annotations

from modelcheck.ir.memory import ALIVE, DISCARDED, FREED, NEVER_USED, Memory, Thread
from modelcheck.ir.nodes import Object

Changes = list[tuple[int, int]]


def change_at_birth(memory: Memory, obj: Object, element: int) -> Changes:
    """An object begins to live: alive, with its start values."""
    values = memory.start_values(obj.name, element)
    changes = list(zip(memory.element_slots(obj.name, element), values, strict=True))
    status = memory.status_slot(obj.name, element)
    return changes if status is None else [(status, ALIVE), *changes]


def change_at_leave(memory: Memory, obj: Object, element: int) -> Changes:
    """A `local` or `per_thread` object is no more: a thread's ghosts are all that is left."""
    changes = [
        (slot, 0)
        for slot in memory.element_slots(obj.name, element)
        if obj.kind == "local" or not memory.slots[slot].ghost
    ]
    status = memory.status_slot(obj.name, element)
    return changes if status is None else [(status, NEVER_USED), *changes]


def change_at_end(memory: Memory, thread: Thread) -> Changes:
    """A thread ends: counter, locals, its own objects, interrupts back on."""
    changes = [(thread.pc, memory.ended(thread.template))]
    first = thread.locals_base
    changes += [(first + i, 0) for i in range(memory.local_slot_count(thread.template))]
    for obj in memory.program.objects:
        if obj.kind == "per_thread":
            changes += change_at_leave(memory, obj, thread.number)
        elif obj.kind == "local" and obj.template == thread.template:
            changes += change_at_leave(memory, obj, thread.index)
    for base in (memory.irqs_base, memory.softirqs_base):
        if base is not None:
            changes.append((base + thread.number, 1))
    return changes


def change_at_spawn(memory: Memory, thread: Thread) -> Changes:
    """A thread begins: it has not ended, its `per_thread` objects are new."""
    changes = [(thread.pc, 0)]
    for obj in memory.program.objects:
        if obj.kind == "per_thread":
            changes += change_at_birth(memory, obj, thread.number)
    return changes


def change_at_crash(memory: Memory, thread: Thread) -> Changes:
    """Every other thread ends; shared memory is as at the start, except what outlives a crash."""
    changes: Changes = []
    for other in memory.threads:
        if other.number != thread.number:
            changes += change_at_end(memory, other)
    for obj in memory.program.objects:
        if obj.kind in ("shared", "pool"):
            for element in range(memory.lookup.instances(obj)):
                slots = list(memory.element_slots(obj.name, element))
                status = memory.status_slot(obj.name, element)
                slots += [] if status is None else [status]
                changes += [
                    (slot, memory.start[slot])
                    for slot in slots
                    if not (memory.slots[slot].durable or memory.slots[slot].ghost)
                ]
        elif obj.kind == "per_thread":
            for other in memory.threads:
                changes += [
                    (slot, value)
                    for slot, value in change_at_birth(memory, obj, other.number)
                    if memory.slots[slot].ghost
                    or (other.number == thread.number and not memory.slots[slot].durable)
                ]
    return changes


def change_at_new(memory: Memory, pool: Object, element: int) -> Changes:
    """A pool slot is allocated."""
    values = memory.new_values(pool.name)
    slots = memory.element_slots(pool.name, element)
    changes = [(s, v) for s, v in zip(slots, values, strict=True) if v is not None]
    return [(memory.status_slot(pool.name, element) or 0, ALIVE), *changes]


def change_at_free(memory: Memory, obj: Object, element: int) -> Changes:
    """An object dies; a slot that may come back at once is as if never used."""
    is_back = obj.kind == "pool" and obj.reuse and not obj.stable
    values = memory.free_values(obj.name)
    slots = memory.element_slots(obj.name, element)
    changes = [(s, v) for s, v in zip(slots, values, strict=True) if v is not None]
    status = memory.status_slot(obj.name, element) or 0
    return [(status, NEVER_USED if is_back else FREED), *changes]


def change_at_discard(memory: Memory, obj: Object, element: int) -> Changes:
    """A type-stable slot goes for good."""
    slots = memory.element_slots(obj.name, element)
    changes = [(slot, 0) for slot in slots if not memory.slots[slot].ghost]
    return [(memory.status_slot(obj.name, element) or 0, DISCARDED), *changes]


def list_freeable(memory: Memory, struct: str) -> list[tuple[int, Object, int]]:
    """What a pointer to the whole of something can name: pointer, object, element."""
    return [
        (place.number + 1, memory.lookup.object(place.object), place.element)
        for place in memory.places(struct)
        if place.is_whole and place.status is not None
    ]
