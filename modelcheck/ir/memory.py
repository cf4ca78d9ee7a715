"""The memory of a program: every slot of a state and every place a pointer can point to, numbered.

This is `docs/ir.md`, "Memory", as code, and the only place that knows the numbering: all backends,
reductions and reports ask here, so they cannot disagree.  Slots are the program counters, then the
threads' locals, then `irqs` and `softirqs`, then the objects in order of declaration.  Places are
numbered per struct; a pointer value is a place's number plus 1.  Nothing here runs a program.

`Memory` is made in layers, each of which uses only those below: `memory_threads`,
`memory_objects`, `memory_places`, and here the values and the list of all slots.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.ir.address import Address, Life, Term
from modelcheck.ir.memory_objects import new_value
from modelcheck.ir.memory_places import Places, constant_part
from modelcheck.ir.nodes import (
    AddressOf,
    Const,
    Expr,
    Object,
    Program,
)
from modelcheck.ir.slots import (
    ALIVE,
    DISCARDED,
    FREED,
    NEVER_USED,
    STATUS_NAMES,
    UNINITIALISED,
    PlaceInfo,
    Role,
    Slot,
    Thread,
    show_path,
)
from modelcheck.ir.types import (
    BoolType,
    EnumType,
    FnType,
    PtrType,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    WordType,
)


class Memory(Places):
    """The numbering of one program's memory.

    `threads` and `slots` by number; `start` is the start vector: before `Program.initial` and the
    threads' local work, with 0 as the program counter of those that are not `spawned`.
    `irqs_base` and `softirqs_base`: the flag of thread t is that slot plus t; None where unused.
    The other methods are in the layers below.  Takes a program that `verify` accepts.

    Soundness: two things that share a slot by mistake would hide values from every backend at
    once; `tests/unit/ir/test_memory.py` checks that different places never overlap.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.slots = tuple(self._list_slots())
        self.start = self._start_vector()

    def start_values(self, object_: str, element: int = 0) -> tuple[int, ...]:
        """What the fields of an element hold when it begins to live, in a pool: as if `shared`."""
        obj = self.lookup.object(object_)
        given = {
            tuple(constant_part(part) for part in path): self._constant(value)
            for number, path, value in obj.start
            # One declaration stands for every thread's instance.
            if number == element or obj.kind in ("per_thread", "local")
        }
        return tuple(given.get(leaf.path, leaf.start) for leaf in self.leaves[object_])

    def domain(self, type_: ScalarType) -> tuple[int, int]:
        """The least and the greatest value of a type in this program."""
        match type_:
            case BoolType():
                return 0, 1
            case WordType(bits):
                return 0, (1 << bits) - 1
            case RangeType(lo, hi):
                return lo, hi
            case EnumType(_, members):
                return 0, len(members) - 1
            case ThreadIdType():
                return 0, len(self.threads)
            case PtrType(struct):
                return 0, len(self._places[struct])
            case FnType():
                return 0, len(self.program.routines)
            case SetType(element):
                first, last = self.domain(element)
                return 0, (1 << last - max(first, self.first_in_set(element)) + 1) - 1
            case _:
                assert_never(type_)

    def first_in_set(self, element: ScalarType) -> int:
        """The value for which bit 0 of a set stands."""
        is_reference = isinstance(element, ThreadIdType | PtrType)
        return 1 if is_reference else self.domain(element)[0]

    def show(self, type_: ScalarType, value: int) -> str:
        """A value in the spec's words: `None`, `files[1]`, `READ`, `True`, `{a, b}`."""
        if value == UNINITIALISED:
            return "uninitialised"
        lo, hi = self.domain(type_)
        if not lo <= value <= hi:
            return str(value)
        match type_:
            case BoolType():
                return str(bool(value))
            case WordType() | RangeType():
                return str(value)
            case EnumType(_, members):
                return members[value]
            case ThreadIdType():
                return self.threads[value - 1].name if value else "None"
            case PtrType(struct):
                return self._places[struct][value - 1].shown if value else "None"
            case FnType():
                return self.program.routines[value - 1] if value else "None"
            case SetType(element):
                first = self.first_in_set(element)
                bits = (i for i in range(value.bit_length()) if value >> i & 1)
                return f"{{{', '.join(self.show(element, first + i) for i in bits)}}}"
            case _:
                assert_never(type_)

    def describe(self, slot: int, value: int) -> str:
        """What a slot's value means, in the spec's words."""
        known = self.slots[slot]
        match known.role:
            case "pc":
                labels = self._locations[self.threads[slot].template]
                return labels[value] if value < len(labels) else "ended"
            case "status":
                return STATUS_NAMES[value]
            case "irqs" | "softirqs":
                return "on" if value else "off"
            case "queue-length":
                return "uninitialised" if value == UNINITIALISED else str(value)
            case "local" | "field" | "queue-element":
                if known.type is None:
                    raise InternalError(f"slot `{known.name}` has no type")
                return self.show(known.type, value)
            case _:
                assert_never(known.role)

    # ------------------------------------------------------------------------ slots

    def _list_slots(self) -> Iterator[Slot]:
        for t in self.threads:
            yield Slot(t.pc, f"{t.name}.pc", "pc", 0, self.ended(t.template), thread=t.number)
        for t in self.threads:
            for offset, group in enumerate(self.colours[t.template].groups):
                lo, hi = self.domain(group[0].type)
                shown = "|".join(dict.fromkeys(local.shown or local.name for local in group))
                yield Slot(
                    t.locals_base + offset,
                    f"{t.name}.{shown}",
                    "local",
                    min(lo, 0),
                    max(hi, 0),
                    type=group[0].type,
                    thread=t.number,
                    locals=tuple(local.name for local in group),
                )
        flags: tuple[tuple[Role, int | None], ...] = (
            ("irqs", self.irqs_base),
            ("softirqs", self.softirqs_base),
        )
        for flag, base in flags:
            for t in self.threads if base is not None else ():
                yield Slot((base or 0) + t.number, f"{t.name}.{flag}", flag, 0, 1, thread=t.number)
        for obj in self.program.objects:
            for element in range(self.lookup.instances(obj)):
                yield from self._element_slots(obj, element)

    def _element_slots(self, obj: Object, element: int) -> Iterator[Slot]:
        name = self.element_name(obj, element)
        thread = self.element_thread(obj, element)
        status = self.status_slot(obj.name, element)
        if status is not None:
            lo = ALIVE if obj.kind == "shared" else NEVER_USED
            hi = DISCARDED if obj.stable else FREED
            yield Slot(
                status,
                f"{name} (status)",
                "status",
                lo,
                hi,
                thread=thread,
                object=obj.name,
                element=element,
                ghost=obj.ghost,
                durable=obj.durable,
            )
        for slot, leaf in zip(
            self.element_slots(obj.name, element), self.leaves[obj.name], strict=True
        ):
            is_length = leaf.role == "queue-length"
            lo, hi = (0, leaf.capacity) if is_length else self.domain(leaf.type)
            # What is dead is 0, also where 0 is no value of the type.
            if self.has_status(obj) or thread is not None or leaf.role == "queue-element":
                lo, hi = min(lo, 0), max(hi, 0)
            yield Slot(
                slot,
                f"{name}{show_path(leaf.path)}" + (" (length)" if is_length else ""),
                leaf.role,
                lo,
                hi,
                leaf.type,
                obj.kind == "pool" and new_value(leaf) == UNINITIALISED,
                thread,
                obj.name,
                element,
                leaf.path,
                ghost=leaf.ghost,
                durable=leaf.durable,
            )

    def _start_vector(self) -> tuple[int, ...]:
        vector = [0] * len(self.slots)
        for thread in self.threads:
            if self.lookup.template(thread.template).spawned:
                vector[thread.pc] = self.ended(thread.template)
        for slot in self.slots:
            if slot.role in ("irqs", "softirqs"):
                vector[slot.number] = 1
        for obj in self.program.objects:
            for element in range(self.lookup.instances(obj)):
                slots = self.element_slots(obj.name, element)
                status = self.status_slot(obj.name, element)
                if self._lives_at_start(obj, element):
                    vector[slots.start : slots.stop] = self.start_values(obj.name, element)
                    if status is not None:
                        vector[status] = ALIVE
                elif obj.kind != "local":
                    values = zip(self.leaves[obj.name], self.start_values(obj.name), strict=True)
                    vector[slots.start : slots.stop] = [
                        v if f.stable or f.ghost else 0 for f, v in values
                    ]
        return tuple(vector)

    def _lives_at_start(self, obj: Object, element: int) -> bool:
        if obj.kind == "per_thread":
            return not self.lookup.template(self.threads[element].template).spawned
        return obj.kind == "shared"

    def _constant(self, value: Expr) -> int:
        """The number that a start value stands for."""
        if isinstance(value, Const):
            return value.value
        number = self.pointer_number(value.place).constant if isinstance(value, AddressOf) else None
        if number is None:
            raise InternalError(f"a start value is no constant: {value!r}")
        return number


__all__ = [
    "ALIVE",
    "DISCARDED",
    "FREED",
    "NEVER_USED",
    "STATUS_NAMES",
    "UNINITIALISED",
    "Address",
    "Life",
    "Memory",
    "PlaceInfo",
    "Slot",
    "Term",
    "Thread",
]
