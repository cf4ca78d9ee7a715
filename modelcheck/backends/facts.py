"""What generated code needs to know of one program's memory: facts per thread, pools, deaths.

All of it is slots and the values they take, worked out once, the same for every backend;
`docs/ir.md`, "Memory", is the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.diagnostics import InternalError
from modelcheck.ir.memory import ALIVE, DISCARDED, FREED, NEVER_USED, Memory, Thread
from modelcheck.ir.nodes import Object, Template
from modelcheck.ir.regions import find_begin, find_first_locations

Values = tuple[tuple[int, int], ...]  # slots to set


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What differs between the threads of a template, as the generated code names it."""

    pc: int
    index: int
    current: int
    locals_base: int
    irqs: int
    softirqs: int
    death: Values
    crash: Values
    enter: Mapping[str, Values]
    leave: Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """A pool as `New` sees it: per element the status slot, the pointer, and the slots to set
    besides the status.
    """

    statuses: tuple[int, ...]
    pointers: tuple[int, ...]
    fresh: tuple[Values, ...]
    free_values: frozenset[int]  # the statuses from which an element can be taken
    reuse: bool


class Facts:
    """Works out the facts of one program."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._objects = memory.program.objects

    def of_thread(self, thread: Thread) -> ThreadFacts:
        """What the generated code calls by name in one thread's functions."""
        memory = self._memory
        own = [o for o in self._objects if o.kind == "local"]
        mine = [o for o in own if o.template == thread.template]
        return ThreadFacts(
            pc=thread.pc,
            index=thread.index,
            current=thread.number + 1,
            locals_base=thread.locals_base,
            irqs=(memory.irqs_base or 0) + thread.number,
            softirqs=(memory.softirqs_base or 0) + thread.number,
            death=self._list_death(thread),
            crash=self._list_crash(thread),
            enter={o.name: self.list_birth(o, thread.index) for o in mine},
            leave={o.name: self._list_zeros(o, thread.index) for o in mine},
        )

    def _list_zeros(self, obj: Object, element: int) -> Values:
        """An element back to nothing: never used, every field 0; ghosts of a thread outlive it."""
        memory = self._memory
        status = memory.status_slot(obj.name, element)
        fields = tuple(
            (slot, 0)
            for slot in memory.element_slots(obj.name, element)
            if obj.kind == "local" or not memory.slots[slot].ghost
        )
        return fields if status is None else ((status, NEVER_USED), *fields)

    def list_birth(self, obj: Object, element: int) -> Values:
        """An element at its start values, alive."""
        status = self._memory.status_slot(obj.name, element)
        values = self._memory.start_values(obj.name, element)
        fields = tuple(zip(self._memory.element_slots(obj.name, element), values, strict=True))
        return fields if status is None else ((status, ALIVE), *fields)

    def _list_death(self, thread: Thread) -> Values:
        """What the end of a thread does to memory, its program counter and locals apart: its
        `per_thread` and `local` objects die, its interrupt flags go back to on.
        """
        found: list[tuple[int, int]] = []
        for obj in self._objects:
            if obj.kind == "per_thread":
                found += self._list_zeros(obj, thread.number)
            elif obj.kind == "local" and obj.template == thread.template:
                found += self._list_zeros(obj, thread.index)
        for base in (self._memory.irqs_base, self._memory.softirqs_base):
            if base is not None:
                found.append((base + thread.number, 1))
        return tuple(found)

    def _list_crash(self, thread: Thread) -> Values:
        """What a crash that `thread` calls does to memory."""
        memory = self._memory
        found: list[tuple[int, int]] = []
        for other in memory.threads:
            if other.number != thread.number:
                found.append((other.pc, memory.ended(other.template)))
                count = memory.local_slot_count(other.template)
                found += [(other.locals_base + i, 0) for i in range(count)]
                found += self._list_death(other)
        for slot in memory.slots:
            if not slot.object:
                continue
            kind = memory.lookup.object(slot.object).kind
            is_kept = slot.durable or (slot.ghost and kind != "per_thread")
            if kind in ("shared", "pool") and not is_kept:
                found.append((slot.number, memory.start[slot.number]))
        for obj in self._objects:
            if obj.kind != "per_thread":
                continue
            for other in memory.threads:
                mine = other.number == thread.number
                found += [
                    (slot, value)
                    for slot, value in self.list_birth(obj, other.number)
                    if (mine and not memory.slots[slot].durable) or memory.slots[slot].ghost
                ]
        return tuple(found)

    def list_rebirth(self, thread: Thread) -> Values:
        """What `Spawn` of a thread sets: its `per_thread` objects begin anew."""
        mine = [o for o in self._objects if o.kind == "per_thread"]
        return tuple(pair for obj in mine for pair in self.list_birth(obj, thread.number))

    def list_pools(self) -> dict[str, PoolFacts]:
        """The pools by name."""
        return {o.name: self._find_pool(o) for o in self._objects if o.kind == "pool"}

    def list_deaths(self, struct: str) -> dict[int, Values]:
        """By pointer to the whole of an object: what `Free` of it sets."""
        return {
            p.number + 1: self._list_free(self._memory.lookup.object(p.object), p.element)
            for p in self._memory.places(struct)
            if p.is_whole and p.status is not None
        }

    def list_discards(self, struct: str) -> dict[int, Values]:
        """By pointer to the whole of an object that can be discarded: what `Discard` of it sets."""
        return {
            p.number + 1: (
                (p.status, DISCARDED),
                *(
                    (slot, 0)
                    for slot in self._memory.element_slots(p.object, p.element)
                    if not self._memory.slots[slot].ghost
                ),
            )
            for p in self._memory.places(struct)
            if p.is_whole and p.status is not None and self._memory.slots[p.status].hi == DISCARDED
        }

    def _find_pool(self, obj: Object) -> PoolFacts:
        memory = self._memory
        elements = range(memory.lookup.instances(obj))
        statuses = tuple(memory.status_slot(obj.name, element) or 0 for element in elements)
        fresh = tuple(
            tuple(
                (slot, value)
                for slot, value in zip(
                    memory.element_slots(obj.name, element),
                    memory.new_values(obj.name),
                    strict=True,
                )
                if value is not None
            )
            for element in elements
        )
        pointers = tuple(memory.object_pointer(obj.name, element) for element in elements)
        free_values = frozenset((NEVER_USED, FREED) if obj.reuse else (NEVER_USED,))
        return PoolFacts(statuses, pointers, fresh, free_values, obj.reuse)

    def _list_free(self, obj: Object, element: int) -> Values:
        status = self._memory.status_slot(obj.name, element) or 0
        comes_back = obj.kind == "pool" and obj.reuse and not obj.stable
        fields = zip(
            self._memory.element_slots(obj.name, element),
            self._memory.free_values(obj.name),
            strict=True,
        )
        zeros = tuple((slot, value) for slot, value in fields if value is not None)
        return ((status, NEVER_USED if comes_back else FREED), *zeros)


# ---------------------------------------------------------------------------------------------
# Interrupts


def find_target(memory: Memory, thread: Thread) -> int | None:
    """The thread on whose CPU an interrupt handler runs."""
    name = memory.lookup.template(thread.template).interrupts
    if not name:
        return None
    targets = memory.threads_of(name)
    if len(targets) != 1 and thread.index >= len(targets):
        raise InternalError(f"`{thread.name}` interrupts no copy of `{name}`")
    return targets[0 if len(targets) == 1 else thread.index].number


def list_flags(memory: Memory, template: Template, target: int) -> tuple[int, ...]:
    """The slots that must all be on for a handler to start."""
    bases = [memory.irqs_base]
    if template.context == "softirq":
        bases.append(memory.softirqs_base)
    return tuple(base + target for base in bases if base is not None)


def find_begin_numbers(memory: Memory, template: Template) -> frozenset[int]:
    """The program counters that a thread may have at the start, `ended` among them if need be."""
    labels, ends = find_begin(template)
    found = {memory.location_number(template.name, label) for label in labels}
    return frozenset(found | ({memory.ended(template.name)} if ends else set()))


def find_first_numbers(memory: Memory, template: Template) -> frozenset[int]:
    """The program counters of a handler that has not started."""
    labels = find_first_locations(template)
    return frozenset(memory.location_number(template.name, label) for label in labels)
