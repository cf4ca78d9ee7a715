"""The memory of a program: every slot of a state and every place a pointer can point to, numbered.

This is `docs/ir.md`, "Memory", as code, and the only place that knows the numbering: all backends,
reductions and reports ask here, so they cannot disagree.  Slots are the program counters, then the
threads' locals, then `irqs` and `softirqs`, then the objects in order of declaration.  Places are
numbered per struct; a pointer value is a place's number plus 1.  Nothing here runs a program.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.ir.address import Address, Life, Term, add_index
from modelcheck.ir.colour import colour_locals
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import (
    AddressOf,
    Const,
    Expr,
    Me,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    SetInterrupts,
)
from modelcheck.ir.shape import (
    Header,
    Leaf,
    leaves_of,
    offset_of,
    place_header,
    size_of,
    slot_header,
)
from modelcheck.ir.slots import (
    ALIVE,
    DISCARDED,
    FREED,
    NEVER_USED,
    STATUS_NAMES,
    UNINITIALISED,
    Path,
    PlaceInfo,
    Role,
    Slot,
    Thread,
    show_path,
)
from modelcheck.ir.types import (
    BoolType,
    Embedded,
    EnumType,
    FnType,
    PtrType,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    ValueType,
    WordType,
)


class Memory:
    """The numbering of one program's memory.

    `threads` and `slots` by number; `start` is the start vector: before `Program.initial` and the
    threads' local work, with 0 as the program counter of those that are not `spawned`.
    `irqs_base` and `softirqs_base`: the flag of thread t is that slot plus t; None where unused.
    Takes a program that `verify` accepts.

    Soundness: two things that share a slot by mistake would hide values from every backend at
    once; `tests/unit/ir/test_memory.py` checks that different places never overlap.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.lookup = Lookup(program)
        self._locations = {
            t.name: tuple(block.label for block in t.body.blocks if block.rest)
            for t in program.templates
        }
        self._location_numbers = {
            template: {label: number for number, label in enumerate(labels)}
            for template, labels in self._locations.items()
        }
        self._colours = colour_locals(program)
        self.threads = tuple(self._list_threads())
        used = _used_flags(program)
        count = len(self.threads)
        next_slot = count + sum(len(self._colours[t.template].groups) for t in self.threads)
        self.irqs_base = next_slot if "irqs" in used else None
        next_slot += count if "irqs" in used else 0
        self.softirqs_base = next_slot if "softirqs" in used else None
        next_slot += count if "softirqs" in used else 0
        self._leaves = {obj.name: leaves_of(self.lookup, obj) for obj in program.objects}
        sizes = (self.stride(obj) * self.lookup.instances(obj) for obj in program.objects)
        bases = accumulate(sizes, initial=next_slot)
        self._bases = {obj.name: base for obj, base in zip(program.objects, bases, strict=False)}
        self._places = {s.name: tuple(self._list_places(s.name)) for s in program.structs}
        self.slots = tuple(self._list_slots())
        self.start = self._start_vector()

    # ------------------------------------------------------------------------ threads

    def _list_threads(self) -> Iterator[Thread]:
        number = 0
        locals_base = self.lookup.thread_count
        for template in self.program.templates:
            for index in range(template.count):
                name = f"{template.name}[{index}]" if template.count > 1 else template.name
                yield Thread(number, template.name, index, name, number, locals_base)
                number += 1
                locals_base += len(self._colours[template.name].groups)

    def threads_of(self, template: str) -> tuple[Thread, ...]:
        """The copies of a template, in order."""
        return tuple(thread for thread in self.threads if thread.template == template)

    def locations(self, template: str) -> tuple[str, ...]:
        """The labels of the blocks where a thread may stand, by location number."""
        return self._locations[template]

    def location_number(self, template: str, label: str) -> int:
        """The program counter of a thread that stands at a location."""
        return self._location_numbers[template][label]

    def ended(self, template: str) -> int:
        """The program counter of a thread that has finished or was never spawned."""
        return len(self._locations[template])

    def local_slot(self, template: str, local: str) -> int | None:
        """A local's slot, counted from `locals_base`; None where it is part of no state."""
        return self._colours[template].offsets.get(local)

    def local_slot_count(self, template: str) -> int:
        """How many slots a thread has for its locals."""
        return len(self._colours[template].groups)

    # ------------------------------------------------------------------------ objects

    def has_status(self, obj: Object) -> bool:
        """Whether its elements have a status slot: pools, and what else may be freed."""
        if obj.kind == "pool":
            return True
        return obj.kind != "per_thread" and obj.mortal and isinstance(obj.type, Embedded)

    def stride(self, obj: Object) -> int:
        """How many slots one element takes, its status included."""
        return self.has_status(obj) + len(self._leaves[obj.name])

    def status_slot(self, object_: str, element: int = 0) -> int | None:
        """The status slot of an element; None where it has none."""
        obj = self.lookup.object(object_)
        return self._bases[object_] + element * self.stride(obj) if self.has_status(obj) else None

    def element_slots(self, object_: str, element: int = 0) -> range:
        """The slots of an element's fields, without its status."""
        obj = self.lookup.object(object_)
        first = self._bases[object_] + element * self.stride(obj) + self.has_status(obj)
        return range(first, first + len(self._leaves[object_]))

    def start_values(self, object_: str, element: int = 0) -> tuple[int, ...]:
        """What the fields of an element hold when it begins to live, in a pool: as if `shared`."""
        obj = self.lookup.object(object_)
        given = {
            tuple(_constant_part(part) for part in path): self._constant(value)
            for number, path, value in obj.start
            # One declaration stands for every thread's instance.
            if number == element or obj.kind in ("per_thread", "local")
        }
        return tuple(given.get(leaf.path, leaf.start) for leaf in self._leaves[object_])

    def new_values(self, pool: str) -> tuple[int | None, ...]:
        """What the fields of a slot hold right after `New`; None: what they held before."""
        return tuple(_new_value(leaf) for leaf in self._leaves[pool])

    def free_values(self, object_: str) -> tuple[int | None, ...]:
        """What the fields of an element hold right after `Free`; None: what they held before."""
        return tuple(None if leaf.stable else 0 for leaf in self._leaves[object_])

    def object_pointer(self, object_: str, element: int = 0) -> int:
        """The pointer value of a whole element whose type is a struct."""
        place = Place(ObjectRoot(object_, Const(element, RangeType(0, element))))
        return self.pointer_number(place).offset

    def element_name(self, obj: Object, element: int) -> str:
        """An element in the spec's words: `files[0]`, `cpu[close[1]]`, `close[1].w`."""
        match obj.kind:
            case "shared" | "pool":
                return obj.name if obj.count is None else f"{obj.name}[{element}]"
            case "per_thread":
                return f"{obj.name}[{self.threads[element].name}]"
            case "local":
                return f"{self.threads_of(obj.template)[element].name}.{obj.name}"
            case _:
                assert_never(obj.kind)

    def element_thread(self, obj: Object, element: int) -> int | None:
        """The number of the thread to which an element belongs alone."""
        match obj.kind:
            case "shared" | "pool":
                return None
            case "per_thread":
                return element
            case "local":
                return self.threads_of(obj.template)[element].number
            case _:
                assert_never(obj.kind)

    # ------------------------------------------------------------------------ places

    def places(self, struct: str) -> tuple[PlaceInfo, ...]:
        """The places of a struct, by number."""
        return self._places[struct]

    def _list_places(self, struct: str) -> Iterator[PlaceInfo]:
        number = 0
        for obj in self.program.objects:
            inside = [p for p, s in self.lookup.embedded_paths(obj.type) if s == struct]
            for element in range(self.lookup.instances(obj)):
                slots = self.element_slots(obj.name, element)
                for path in inside:
                    offset, _ = offset_of(self.lookup, obj.type, path, slot_header)
                    structs, label = self._surroundings(obj, path)
                    yield PlaceInfo(
                        number=number,
                        struct=struct,
                        object=obj.name,
                        element=element,
                        path=path,
                        slot=slots.start + offset,
                        status=self.status_slot(obj.name, element),
                        thread=element if obj.kind == "per_thread" and obj.mortal else None,
                        shown=self.element_name(obj, element) + show_path(path),
                        names=tuple(dict.fromkeys((obj.name, *reversed(structs)))),
                        label=label,
                        is_whole=not path and obj.kind in ("shared", "pool"),
                        is_stable=bool(obj.stable),
                    )
                    number += 1

    def _surroundings(self, obj: Object, path: Path) -> tuple[list[str], str]:
        """The structs on the way to a place, outermost first, and the place's declaration."""
        structs, label = [], obj.name
        type_: ValueType = obj.type
        for part in path:
            if isinstance(type_, Embedded):
                structs.append(type_.struct)
                label = f"{type_.struct}.{part}"
            type_ = self.lookup.inner_type(type_, part)
        if isinstance(type_, Embedded):
            structs.append(type_.struct)
        return structs, label

    def type_of(self, place: Place) -> ValueType:
        """The type of what is stored at a place."""
        return self.lookup.place_type(place)

    def element_count(self, object_: str) -> int:
        """How many elements an object has in memory."""
        return self.lookup.instances(self.lookup.object(object_))

    # ------------------------------------------------------------------------ addresses

    def resolve(self, place: Place) -> Address:
        """The slot of a scalar, or the first slot of anything else (of a queue: its length).

        Where a pointer or index is such that a Check before it fails, the number means nothing,
        but the table has an entry for None.
        """
        return self._address(place, slot_header, [p.slot for p in self._root_places(place)])

    def pointer_number(self, place: Place) -> Address:
        """The PtrType value that points to a place whose type is a struct."""
        header = place_header(self.lookup.struct_at(place))
        root = place.root
        if isinstance(root, PointerRoot) and not place.path:
            count = len(self._places[root.struct]) + 1
            return Address(0, (Term(root.pointer, 1, count),))
        firsts = [self._first_number(p, header) for p in self._root_places(place)]
        return self._address(place, header, firsts)

    def _root_places(self, place: Place) -> tuple[PlaceInfo, ...]:
        return self._places[place.root.struct] if isinstance(place.root, PointerRoot) else ()

    def _first_number(self, place: PlaceInfo, header: Header) -> int:
        """The pointer value of the first of what `header` counts inside a place."""
        obj = self.lookup.object(place.object)
        inside, _ = offset_of(self.lookup, obj.type, place.path, header)
        per_element = size_of(self.lookup, obj.type, header)
        return self._first(obj, header) + place.element * per_element + inside

    def _first(self, obj: Object, header: Header) -> int:
        """Where an object begins: a slot, or the pointer value of its first place."""
        if header is slot_header:
            return self.element_slots(obj.name).start
        total = 1
        for other in self.program.objects:
            if other.name == obj.name:
                break
            total += self.lookup.instances(other) * size_of(self.lookup, other.type, header)
        return total

    def _address(self, place: Place, header: Header, starts: list[int]) -> Address:
        offset, terms = offset_of(
            self.lookup, self.lookup.root_type(place.root), place.path, header
        )
        match place.root:
            case ObjectRoot(name):
                obj = self.lookup.object(name)
                is_slots = header is slot_header
                stride = self.stride(obj) if is_slots else size_of(self.lookup, obj.type, header)
                return self._by_element(
                    place.root, stride, self._first(obj, header) + offset, terms
                )
            case PointerRoot(Const(value), _):
                return Address(offset + (starts[value - 1] if value else 0), tuple(terms))
            case PointerRoot(pointer, _):
                return Address(offset, tuple(terms), pointer, (0, *starts))
            case _:
                assert_never(place.root)

    def _by_element(self, root: ObjectRoot, stride: int, offset: int, inner: list[Term]) -> Address:
        """The address of a part of an element, `offset` being that of element 0."""
        obj = self.lookup.object(root.object)
        terms: list[Term] = []
        index = Me() if root.index is None and obj.kind == "local" else root.index
        if index is not None:
            offset = add_index(offset, terms, index, stride, self.lookup.instances(obj))
        elif obj.count is not None or obj.kind == "per_thread":
            raise InternalError(f"`{obj.name}` has several elements, and none is named")
        return Address(offset, (*terms, *inner))

    def status_of(self, place: Place) -> Life:
        """How to see whether the object around a place lives."""
        root = place.root
        if isinstance(root, PointerRoot):
            known = self._places[root.struct]
            return Life(
                _table(root.pointer, [p.status for p in known]),
                _table(root.pointer, [p.thread for p in known]),
                _table(root.pointer, [int(p.is_stable) for p in known]) or Address(0),
            )
        obj = self.lookup.object(root.object)
        status = self.status_slot(obj.name)
        by_thread = obj.kind == "per_thread" and obj.mortal
        return Life(
            None if status is None else self._by_element(root, self.stride(obj), status, []),
            self._by_element(root, 1, 0, []) if by_thread else None,
            Address(int(bool(obj.stable))),
        )

    def starts_object(self, struct: str) -> tuple[int, ...]:
        """By pointer value (0 for None): 1 where it points to the whole of something freeable."""
        return (0, *(int(place.is_whole) for place in self._places[struct]))

    def container_table(
        self, struct: str, outer: str, path: tuple[str | Expr, ...]
    ) -> tuple[int, ...]:
        """By pointer to `struct`: the pointer to the `outer` of which it is the `path`, or 0."""
        part = tuple(_constant_part(p) for p in path)
        around = {(o.object, o.element, o.path + part): o.number + 1 for o in self._places[outer]}
        return (
            0,
            *(around.get((p.object, p.element, p.path), 0) for p in self._places[struct]),
        )

    # ------------------------------------------------------------------------ values

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
            for offset, group in enumerate(self._colours[t.template].groups):
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
            self.element_slots(obj.name, element), self._leaves[obj.name], strict=True
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
                obj.kind == "pool" and _new_value(leaf) == UNINITIALISED,
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
                elif obj.kind == "pool":
                    values = zip(self._leaves[obj.name], self.start_values(obj.name), strict=True)
                    vector[slots.start : slots.stop] = [v if f.stable else 0 for f, v in values]
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


def _used_flags(program: Program) -> frozenset[str]:
    """Which of `irqs` and `softirqs` anything sets; a flag that nothing sets is always on."""
    bodies = (t.body for t in program.templates)
    return frozenset(
        instr.which
        for body in (*bodies, program.initial)
        for block in body.blocks
        for instr in block.instrs
        if isinstance(instr, SetInterrupts)
    )


def _constant_part(part: str | Expr) -> str | int:
    if isinstance(part, str):
        return part
    if isinstance(part, Const):
        return part.value
    raise InternalError(f"an index is no constant: {part!r}")


def _new_value(leaf: Leaf) -> int | None:
    if leaf.stable:
        return None
    if leaf.ghost:
        return leaf.start
    return 0 if leaf.role == "queue-element" else UNINITIALISED


def _table(pointer: Expr, values: list[int | None]) -> Address | None:
    """The address that looks a value up by pointer, -1 standing for None; None if all are."""
    if not any(value is not None for value in values):
        return None
    return Address(0, (), pointer, (0, *(-1 if value is None else value for value in values)))


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
