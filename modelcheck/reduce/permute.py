"""How an exchange acts on a state: integer tables, the same for every backend.

A *point* is one number of one class: the threads and elements that move together.  A state's slots
belong to points or to none; corresponding slots of two points of a class stand at one place of
their lists.  Some slots hold names of points: a table per type says which value names which point,
and what the value is when the point has another place.  A name's *code* is its value as if the
point were the first of its class: what it says apart from whom it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from modelcheck.ir.memory import Memory, PlaceInfo, Slot
from modelcheck.ir.slots import Path
from modelcheck.ir.types import PtrType, ScalarType, SetType, ThreadIdType
from modelcheck.reduce.symmetry import SymmetricClass, Symmetry


@dataclass(frozen=True, slots=True)
class Names:
    """Which values of a type name a point: by value the point, or -1; and the value for each place
    in the point's class (empty for other values).
    """

    points: tuple[int, ...]
    images: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class NameSlot:
    """How a slot holds names: one value, or a set whose bit i stands for the value i + `first`.

    `live` is of a local that holds an index: the program counters of its thread where it lives (an
    index that is dead is 0, which names nobody); None where 0 is no name anyway.
    """

    names: int  # the number of its `Names`
    is_set: bool = False
    first: int = 0
    live: frozenset[int] | None = None
    pc: int = -1  # the slot of that program counter
    pc_count: int = 0  # how many values it has


@dataclass(frozen=True, slots=True)
class Point:
    """One number of a class: its place there, its slots, and the elements that they are of."""

    class_: int
    place: int
    slots: tuple[int, ...]
    elements: tuple[tuple[str, int], ...]  # some have no slots


@dataclass(frozen=True, slots=True)
class Tables:
    """The action of a program's symmetry on its states.

    `classes` are the first points of each class and how many there are; `names` the tables that
    `slots` refers to, by slot number; `fixed` the slots that belong to no point and hold names;
    `assumed` the checks that must never fail for all this to hold.
    """

    points: tuple[Point, ...]
    classes: tuple[tuple[int, int], ...]
    names: tuple[Names, ...]
    slots: dict[int, NameSlot]
    fixed: tuple[int, ...]
    assumed: frozenset[str] = frozenset()


def make_tables(memory: Memory, symmetry: Symmetry) -> Tables:
    """The tables of a program.

    Soundness: a slot that holds a name and is not in `slots` would keep it while its bearer moves:
    states that differ would be one.  Every slot whose type can name a point is listed;
    tests/reduce/test_symmetry_orbits.py counts orbits by brute force.
    """
    return _Maker(memory, symmetry).make()


class _Maker:
    """Makes the tables of one program."""

    def __init__(self, memory: Memory, symmetry: Symmetry) -> None:
        self._memory = memory
        self._symmetry = symmetry
        self._names: dict[object, int] = {}
        self._tables: list[Names] = []
        self._numbers: dict[str, dict[tuple[str, int, Path], int]] = {}  # of places, by struct
        self._classes: list[tuple[int, int]] = []
        self._copies: dict[tuple[str, int], tuple[int, int]] = {}  # template, copy → class, place
        self._elements: dict[tuple[str, int], tuple[int, int]] = {}  # object, element → the same
        first = 0
        for c, known in enumerate(symmetry.classes):
            self._classes.append((first, len(known.numbers)))
            first += len(known.numbers)
            for name, own in known.list_copies():
                self._copies |= {(name, number): (c, place) for place, number in enumerate(own)}
            for name, own in known.list_elements():
                self._elements |= {(name, number): (c, place) for place, number in enumerate(own)}

    def make(self) -> Tables:
        """Make them."""
        points: list[Point] = []
        owned: set[int] = set()
        for number, known in enumerate(self._symmetry.classes):
            for place in range(len(known.numbers)):
                elements = tuple(self._list_elements(known, place))
                own = tuple(self._list_slots(known, place))
                points.append(Point(number, place, own, elements))
                owned.update(own)
        slots = {s.number: found for s in self._memory.slots if (found := self._find_names(s))}
        fixed = tuple(number for number in slots if number not in owned)
        names = tuple(self._tables)
        assumed = self._symmetry.assumed
        return Tables(tuple(points), tuple(self._classes), names, slots, fixed, assumed)

    def _list_slots(self, known: SymmetricClass, at: int) -> Iterator[int]:
        """The slots of a point: of its threads, and of its elements."""
        memory = self._memory
        for name, own in known.list_copies():
            thread = memory.threads_of(name)[own[at]]
            yield thread.pc
            count = memory.local_slot_count(name)
            yield from range(thread.locals_base, thread.locals_base + count)
            for base in (memory.irqs_base, memory.softirqs_base):
                if base is not None:
                    yield base + thread.number
        for object_, element in self._list_elements(known, at):
            status = memory.status_slot(object_, element)
            if status is not None:
                yield status
            yield from memory.element_slots(object_, element)

    def _list_elements(self, known: SymmetricClass, at: int) -> Iterator[tuple[str, int]]:
        """The elements of a point: its threads' own, and those of its number."""
        memory = self._memory
        for name, own in known.list_copies():
            thread = memory.threads_of(name)[own[at]]
            for obj in memory.program.objects:
                if obj.kind == "per_thread":
                    yield obj.name, thread.number
                elif obj.kind == "local" and obj.template == name:
                    yield obj.name, own[at]
        for name, own in known.list_elements():
            yield name, own[at]

    # -----------------------------------------------------------------------------------------
    # Names

    def _find_names(self, slot: Slot) -> NameSlot | None:
        """How a slot holds names of points; None if it holds none."""
        if slot.role not in ("local", "field", "queue-element") or slot.type is None:
            return None
        match slot.type:
            case ThreadIdType() | PtrType():
                table = self._make_names(slot.type, slot.type)
                return None if table is None else NameSlot(table)
            case SetType((ThreadIdType() | PtrType()) as element):
                table = self._make_names(element, element)
                return None if table is None else NameSlot(table, is_set=True, first=1)
            case _:
                return self._find_index(slot)

    def _find_index(self, slot: Slot) -> NameSlot | None:
        if slot.role != "local" or slot.thread is None:
            return None
        thread = self._memory.threads[slot.thread]
        for local in slot.locals:
            classes = self._symmetry.indices.get((thread.template, local))
            if classes is None:
                continue
            table = self._make_index(classes)
            if isinstance(slot.type, SetType):
                return NameSlot(table, is_set=True)
            blocks = self._memory.lookup.template(thread.template).body.blocks
            live = frozenset(
                self._memory.location_number(thread.template, block.label)
                for block in blocks
                if block.rest and not set(slot.locals).isdisjoint(block.live)
            )
            count = self._memory.ended(thread.template) + 1
            return NameSlot(table, live=live, pc=thread.pc, pc_count=count)
        return None

    def _make_names(self, key: object, type_: ScalarType) -> int | None:
        """The number of the table of a ThreadId or pointer type; None if none of it is permuted."""
        if key not in self._names:
            _, last = self._memory.domain(type_)
            rows = [self._find_images(type_, value) for value in range(last + 1)]
            self._add(key, rows)
        number = self._names[key]
        return None if all(p < 0 for p in self._tables[number].points) else number

    def _make_index(self, classes: tuple[tuple[int, int], ...]) -> int:
        """The number of the table of an index; by class what its values are more than the numbers
        there.
        """
        key = ("index", classes)
        if key not in self._names:
            numbers = {c: self._symmetry.classes[c].numbers for c, _ in classes}
            values = {c: tuple(n + more for n in numbers[c]) for c, more in classes}
            count = 1 + max(value for known in values.values() for value in known)
            rows: list[tuple[int, tuple[int, ...]]] = [(-1, ())] * count
            for c, known in values.items():
                for place, value in enumerate(known):
                    rows[value] = (self._classes[c][0] + place, known)
            self._add(key, rows)
        return self._names[key]

    def _add(self, key: object, rows: list[tuple[int, tuple[int, ...]]]) -> None:
        self._names[key] = len(self._tables)
        self._tables.append(Names(tuple(p for p, _ in rows), tuple(i for _, i in rows)))

    def _find_images(self, type_: ScalarType, value: int) -> tuple[int, tuple[int, ...]]:
        """The point that a value names, and its images; (-1, ()) if it names none."""
        memory = self._memory
        if value == 0:
            return -1, ()
        if isinstance(type_, ThreadIdType):
            thread = memory.threads[value - 1]
            at = self._copies.get((thread.template, thread.index))
            if at is None:
                return -1, ()
            copies = memory.threads_of(thread.template)
            own = dict(self._symmetry.classes[at[0]].list_copies())[thread.template]
            images = [copies[n].number + 1 for n in own]
        else:
            struct = type_.struct if isinstance(type_, PtrType) else ""
            place = memory.places(struct)[value - 1]
            at = self._find_bearer(place)
            if at is None:
                return -1, ()
            images = [self._find_place(place, n) for n in self._list_own(place, at[0])]
        return self._classes[at[0]][0] + at[1], tuple(images)

    def _find_bearer(self, place: PlaceInfo) -> tuple[int, int] | None:
        """The class that a place moves with, and where in it; None if it stays."""
        obj = self._memory.lookup.object(place.object)
        match obj.kind:
            case "shared" | "pool":
                return self._elements.get((place.object, place.element))
            case "per_thread":
                thread = self._memory.threads[place.element]
                return self._copies.get((thread.template, thread.index))
            case "local":
                return self._copies.get((obj.template, place.element))
            case _:
                assert_never(obj.kind)

    def _list_own(self, place: PlaceInfo, class_: int) -> tuple[int, ...]:
        """The own numbers, in a class, of what a place moves with."""
        known = self._symmetry.classes[class_]
        obj = self._memory.lookup.object(place.object)
        if obj.kind == "per_thread":
            template = self._memory.threads[place.element].template
        else:
            template = obj.template
        if obj.kind in ("per_thread", "local"):
            return dict(known.list_copies())[template]
        return dict(known.list_elements())[place.object]

    def _find_place(self, place: PlaceInfo, number: int) -> int:
        """The pointer to the same part of another element, or of another copy's."""
        memory = self._memory
        element = number
        if memory.lookup.object(place.object).kind == "per_thread":
            template = memory.threads[place.element].template
            element = memory.threads_of(template)[number].number
        key = (place.object, element, place.path)
        if place.struct not in self._numbers:
            self._numbers[place.struct] = {
                (p.object, p.element, p.path): p.number + 1 for p in memory.places(place.struct)
            }
        return self._numbers[place.struct][key]
