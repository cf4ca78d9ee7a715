"""What the places, objects and threads of a program are called, and what their values are.

Only what has a name in the spec is told: no slots, no numbers, no temporaries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from modelcheck.backends.python.outcomes import State
from modelcheck.ir.memory import ALIVE, UNINITIALISED, Memory, Slot
from modelcheck.ir.types import Embedded, SetType, ThreadIdType, ValueType
from modelcheck.trace.source import is_library

OWNERS = ("owner", "holder")  # the fields that make a struct a lock, unless they are ghosts
READERS = "readers"  # the field with those who share it
HOLDERS = (*OWNERS, READERS, "holders")  # the fields that say who has something
LEAST_TOGETHER = 3  # like threads that follow each other are named as one
_COPY = re.compile(r"(.+)\[(\d+)\]")
TOLD = ("field", "queue-length", "irqs", "softirqs")


class Names:
    """The words for the memory of one program."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.places = tuple(slot for slot in memory.slots if slot.role in TOLD)
        self.locks = tuple(
            slot
            for slot in self.places
            if slot.path
            and slot.path[-1] in OWNERS
            and isinstance(slot.type, ThreadIdType)
            and not slot.ghost
        )
        shared = [s for s in self.places if isinstance(s.type, SetType)]
        self.sections = tuple(
            slot for slot in shared if slot.path[-1:] == (READERS,) or self._is_map(slot)
        )
        self.elements = tuple(slot for slot in memory.slots if slot.role == "status")

    def _is_map(self, slot: Slot) -> bool:
        """Whether a place is all there is of a `lockdep_map` of the spec's own: no lock is around
        it.
        """
        if slot.path[-1:] != ("holders",):
            return False
        if is_library(self.memory.lookup.object(slot.object).span.path):
            return False
        around = (slot.object, slot.element, slot.path[:-1])
        fields = {s.path[-1:] for s in self.places if (s.object, s.element, s.path[:-1]) == around}
        return not fields & {("owner",), (READERS,)}

    # ------------------------------------------------------------------------ threads

    def runs(self, state: State, thread: int) -> bool:
        """Whether a thread has been started and has not ended."""
        template = self.memory.threads[thread].template
        return state[thread] != self.memory.ended(template)

    def list_running(self, state: State) -> tuple[int, ...]:
        """The threads that run in a state; all, where the start itself fails."""
        threads = self.memory.threads
        return tuple(t.number for t in threads if not state or self.runs(state, t.number))

    # ------------------------------------------------------------------------ locks

    def list_held(self, state: State) -> Iterator[tuple[str, int]]:
        """The locks with an owner, each with the thread."""
        for slot in self.locks:
            if state and state[slot.number] > 0:
                yield name_lock(slot), state[slot.number] - 1

    def list_reading(self, state: State) -> Iterator[tuple[str, int]]:
        """What threads share, each with the thread: a lock for reading, a domain of RCU, a map."""
        for slot in self.sections:
            for thread in self.memory.threads:
                if state and has(slot, state, thread.number):
                    yield name_section(slot), thread.number

    def find_holders(self, state: State, key: int) -> Iterator[tuple[str, int]]:
        """The lock around a place, innermost first, with those that have it."""
        slot = self.memory.slots[key]
        if slot.path[-1:] == (READERS,) and isinstance(slot.type, SetType):
            lock = name_section(slot)
            for thread in self.memory.threads:
                if has(slot, state, thread.number):
                    yield lock, thread.number
        around = [
            lock
            for lock in self.locks
            if (lock.object, lock.element) == (slot.object, slot.element)
            and slot.path[: len(lock.path) - 1] == lock.path[:-1]
            and state[lock.number] > 0
        ]
        for owner in sorted(around, key=lambda s: -len(s.path))[:1]:
            yield name_lock(owner), state[owner.number] - 1

    def list_of_class(self, order_class: str) -> Iterator[tuple[str, tuple[Slot, ...]]]:
        """The instances of a class of locks, each with the fields that say who has it."""
        for struct in self.memory.program.structs:
            for place in self.memory.places(struct.name):
                if place.order_class != order_class:
                    continue
                slots = tuple(
                    slot
                    for slot in self.places
                    if (slot.object, slot.element, slot.path[:-1])
                    == (place.object, place.element, place.path)
                    and slot.path[-1] in HOLDERS
                    and isinstance(slot.type, ThreadIdType | SetType)
                )
                if slots:
                    yield place.shown, slots

    # ------------------------------------------------------------------------ places

    def is_told(self, key: int) -> bool:
        """Whether a slot is memory of the spec."""
        return self.memory.slots[key].role in TOLD

    def is_bookkeeping(self, slot: Slot) -> bool:
        """Whether a place is a ghost that the library keeps for its own checks."""
        if not slot.ghost or not slot.path or not slot.object:
            return False
        of: ValueType = self.memory.lookup.object(slot.object).type
        struct = ""
        for part in slot.path:
            struct = of.struct if isinstance(of, Embedded) else struct
            of = self.memory.lookup.inner_type(of, part)
        return bool(struct) and is_library(self.memory.lookup.struct(struct).span.path)

    def name_element(self, slot: Slot) -> str:
        """The object whose status a slot is."""
        return self.memory.element_name(self.memory.lookup.object(slot.object), slot.element)

    def list_living(self, state: State) -> tuple[str, ...]:
        """The mortal objects that live."""
        return tuple(
            self.name_element(s) for s in self.elements if state and state[s.number] == ALIVE
        )

    def show(self, slot: Slot, state: State) -> str:
        """The value of a place; of a queue, its elements."""
        if slot.role != "queue-length":
            return self.memory.describe(slot.number, state[slot.number])
        length = state[slot.number]
        if length == UNINITIALISED:
            return "uninitialised"
        numbers = range(slot.number + 1, slot.number + 1 + length)
        return f"[{', '.join(self.memory.describe(n, state[n]) for n in numbers)}]"


def has(slot: Slot, state: State, thread: int) -> bool:
    """Whether a place that names threads names this one."""
    value = state[slot.number]
    if isinstance(slot.type, SetType):
        return value > 0 and bool(value >> thread & 1)
    return value == thread + 1


def name_place(slot: Slot) -> str:
    """The name of a place."""
    return slot.name.removesuffix(" (length)")


def name_lock(slot: Slot) -> str:
    """The name of the lock whose owner a slot is."""
    return name_place(slot).rpartition(".")[0]


def name_section(slot: Slot) -> str:
    """The name of the lock or domain whose readers a slot is."""
    return name_place(slot).rpartition(".")[0]


def join_names(names: Iterable[str]) -> str:
    """Names in one text, ` and ` before the last; threads of a kind that follow each other are
    named together: `close[0-14] and open`.
    """
    told = _name_together(tuple(names))
    return " and ".join(filter(None, (", ".join(told[:-1]), *told[-1:])))


def _name_together(names: tuple[str, ...]) -> list[str]:
    told: list[str] = []
    copies = [_COPY.fullmatch(name) for name in names]

    def run_of(position: int) -> object:
        """The same for copies of one kind whose numbers go up by 1."""
        copy = copies[position]
        return position if copy is None else (copy[1], int(copy[2]) - position)

    for _, group in groupby(range(len(names)), run_of):
        run = list(group)
        first, last = copies[run[0]], copies[run[-1]]
        if len(run) < LEAST_TOGETHER or first is None or last is None:
            told += (names[position] for position in run)
        else:
            told.append(f"{first[1]}[{first[2]}-{last[2]}]")
    return told
