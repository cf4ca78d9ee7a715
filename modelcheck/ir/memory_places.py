"""The third layer of the memory: the places of every struct, and the address of any place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.ir.address import Address, Life, Term, add_index
from modelcheck.ir.classes import find_class_on
from modelcheck.ir.memory_objects import ObjectSlots
from modelcheck.ir.nodes import Const, Expr, Me, Object, ObjectRoot, Place, PointerRoot, Program
from modelcheck.ir.shape import Header, offset_of, place_header, size_of, slot_header
from modelcheck.ir.slots import Path, PlaceInfo, show_path
from modelcheck.ir.types import Embedded, RangeType, ValueType


class Places(ObjectSlots):
    """Numbers the places of a program's structs, object by object, in layout order."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._places = {s.name: tuple(self._list_places(s.name)) for s in program.structs}
        # By the struct that a pointer points to; the numbers also by the struct inside.
        self._slots = {name: [p.slot for p in places] for name, places in self._places.items()}
        self._numbers: dict[tuple[str, str], list[int]] = {}

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
                        order_class=find_class_on(self.lookup, obj.type, path, obj.name),
                        is_whole=not path and obj.kind in ("shared", "pool"),
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

    def resolve(self, place: Place) -> Address:
        """The slot of a scalar, or the first slot of anything else (of a queue: its length).

        Where a pointer or index is such that a Check before it fails, the number means nothing,
        but the table has an entry for None.
        """
        root = place.root
        starts = self._slots[root.struct] if isinstance(root, PointerRoot) else []
        return self._address(place, slot_header, starts)

    def pointer_number(self, place: Place) -> Address:
        """The PtrType value that points to a place whose type is a struct."""
        inner = self.lookup.struct_at(place)
        root = place.root
        if isinstance(root, PointerRoot) and not place.path:
            count = len(self._places[root.struct]) + 1
            return Address(0, (Term(root.pointer, 1, count),))
        starts = (
            self._list_first_numbers(root.struct, inner) if isinstance(root, PointerRoot) else []
        )
        return self._address(place, place_header(inner), starts)

    def _list_first_numbers(self, struct: str, inner: str) -> list[int]:
        """For each place of a struct, the pointer value of the first `inner` in it."""
        known = self._numbers.get((struct, inner))
        if known is None:
            header = place_header(inner)
            known = [self._first_number(place, header) for place in self._places[struct]]
            self._numbers[struct, inner] = known
        return known

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
        """How to see whether the object around a place lives.

        Soundness: `freed_counts` must be 0 wherever the place itself does not outlive `Free`;
        which field of the slot it lies in depends on where the pointer leads.
        """
        root = place.root
        if isinstance(root, PointerRoot):
            known = self._places[root.struct]
            freed_counts: list[int | None] = [
                int(_outlives_free(self.lookup.object(p.object), (*p.path, *place.path)))
                for p in known
            ]
            return Life(
                _table(root.pointer, [p.status for p in known]),
                _table(root.pointer, [p.thread for p in known]),
                _table(root.pointer, freed_counts) or Address(0),
            )
        obj = self.lookup.object(root.object)
        status = self.status_slot(obj.name)
        by_thread = obj.kind == "per_thread" and obj.mortal
        return Life(
            None if status is None else self._by_element(root, self.stride(obj), status, []),
            self._by_element(root, 1, 0, []) if by_thread else None,
            Address(int(_outlives_free(obj, place.path))),
        )

    def starts_object(self, struct: str) -> tuple[int, ...]:
        """By pointer value (0 for None): 1 where it points to the whole of something freeable."""
        return (0, *(int(place.is_whole) for place in self._places[struct]))

    def container_table(
        self, struct: str, outer: str, path: tuple[str | Expr, ...]
    ) -> tuple[int, ...]:
        """By pointer to `struct`: the pointer to the `outer` of which it is the `path`, or 0."""
        part = tuple(constant_part(p) for p in path)
        around = {(o.object, o.element, o.path + part): o.number + 1 for o in self._places[outer]}
        return (
            0,
            *(around.get((p.object, p.element, p.path), 0) for p in self._places[struct]),
        )

    def object_pointer(self, object_: str, element: int = 0) -> int:
        """The pointer value of a whole element whose type is a struct."""
        place = Place(ObjectRoot(object_, Const(element, RangeType(0, element))))
        return self.pointer_number(place).offset


def _outlives_free(obj: Object, path: tuple[str | int | Expr, ...]) -> bool:
    """Whether the part of a slot lies in a stable field; of the whole slot: whether any does."""
    if not path:
        return bool(obj.stable)
    return any(name.rpartition(".")[2] == path[0] for name in obj.stable)


def constant_part(part: str | Expr) -> str | int:
    """A field name, or an element number that must be constant."""
    if isinstance(part, str):
        return part
    if isinstance(part, Const):
        return part.value
    raise InternalError(f"an index is no constant: {part!r}")


def _table(pointer: Expr, values: list[int | None]) -> Address | None:
    """The address that looks a value up by pointer, -1 standing for None; None if all are."""
    if not any(value is not None for value in values):
        return None
    return Address(0, (), pointer, (0, *(-1 if value is None else value for value in values)))
