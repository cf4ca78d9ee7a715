"""Leaks: at quiescence, live pool objects that nothing leads to any more.

A mark phase over one state, as a garbage collector (or kmemleak) does it: from shared objects,
from `per_thread` and `local` objects and live locals of threads at an idle wait, through
pointers, queues and sets that are no ghosts; a pointer to an embedded struct keeps its object.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.ir.memory import ALIVE, Memory, Slot
from modelcheck.ir.types import PtrType, SetType

Element = tuple[str, int]  # an object and which of its elements

LEAK = "leak"


class LeakCheck:
    """The tables of one program's memory that the mark phase needs.

    `elements` are those of pools, in order of declaration, each with its status slot; `inside` has
    the slots in them that may name others, and `roots` all other slots that may.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        pools = [o for o in memory.program.objects if o.kind == "pool"]
        self.elements: dict[Element, int] = {}
        for pool in pools:
            for element in range(memory.lookup.instances(pool)):
                status = memory.status_slot(pool.name, element)
                if status is not None:
                    self.elements[pool.name, element] = status
        self.inside: dict[Element, list[Slot]] = {}
        self.roots: list[Slot] = []
        for slot in memory.slots if pools else ():
            if slot.ghost or not isinstance(slot.type, PtrType | SetType):
                continue
            if slot.role == "queue-length":
                continue
            if slot.role != "local" and memory.lookup.object(slot.object).kind == "pool":
                self.inside.setdefault((slot.object, slot.element), []).append(slot)
            else:
                self.roots.append(slot)

    def name_element(self, number: int) -> str:
        """The element of a pool that has this number among all, in order of declaration."""
        name, element = list(self.elements)[number]
        return self._memory.element_name(self._memory.lookup.object(name), element)

    def find(self, state: State) -> Iterator[Failure]:
        """The leaked objects of a quiescent state, in order of declaration.

        What an ended thread had is 0 and leads nowhere, so every slot that holds a pointer counts.
        """
        live = [e for e, status in self.elements.items() if state[status] == ALIVE]
        if not live:
            return
        reached: set[Element] = set()
        waiting = list(self.roots)
        while waiting:
            slot = waiting.pop()
            for element in self._follow(slot, state[slot.number]):
                if element in self.elements and element not in reached:
                    reached.add(element)
                    if state[self.elements[element]] == ALIVE:
                        waiting += self.inside.get(element, ())
        for name, number in live:
            if (name, number) not in reached:
                yield self._describe(name, number)

    def _follow(self, slot: Slot, value: int) -> Iterator[Element]:
        """The elements that a slot's value names."""
        match slot.type:
            case PtrType(struct):
                places = self._memory.places(struct)
                if 1 <= value <= len(places):
                    yield places[value - 1].object, places[value - 1].element
            case SetType(PtrType(struct)):
                places = self._memory.places(struct)
                for i, place in enumerate(places):
                    if value > 0 and value >> i & 1:
                        yield place.object, place.element
            case _:
                return

    def _describe(self, name: str, element: int) -> Failure:
        obj = self._memory.lookup.object(name)
        struct = getattr(obj.type, "struct", "")
        names = tuple(dict.fromkeys(n for n in (name, struct) if n))
        shown = self._memory.element_name(obj, element)
        detail = f"{shown} is alive at the end, and nothing leads to it"
        return Failure(LEAK, shown, names, frozenset(names), detail)
