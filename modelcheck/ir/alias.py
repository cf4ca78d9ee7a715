"""What a place may denote, as far as the program's text says.

A *cell* is the unit of "nothing stores it": a field of a struct wherever that struct lies, or a
declared scalar.  A *pattern* is one thing a place may denote: an object, the element, then fields
and element numbers, with ANY where the number is not known.  Both say more than can happen and
never less: a pointer to a struct is taken to point to any place of that struct.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from enum import Enum
from typing import assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import (
    Apply,
    Const,
    Current,
    Expr,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    ThreadOf,
)
from modelcheck.ir.types import ArrayOf, Embedded, QueueOf, ValueType
from modelcheck.records import record


class Index(Enum):
    """An element number that is not a constant."""

    ANY = "any"
    OWN = "own"  # the element of the thread that runs the code: two threads never mean the same


@record(frozen=True, slots=True)
class Cell:
    """Field `name` of `struct`, or the declared scalar `name` where `struct` is empty."""

    struct: str
    name: str


@record(frozen=True, slots=True)
class Pattern:
    """Part of an object: `element` of `object`, then `path`; a queue is one part as a whole."""

    object: str
    element: int | Index
    path: tuple[str | int | Index, ...] = ()

    def may_meet(self, other: Pattern) -> bool:
        """Whether the two may have memory in common, as two different threads mean them."""
        if self.object != other.object or not _may_equal(self.element, other.element):
            return False
        return all(map(_may_equal, self.path, other.path))


def _may_equal(a: str | int | Index, b: str | int | Index) -> bool:
    if a is Index.OWN and b is Index.OWN:
        return False
    return isinstance(a, Index) or isinstance(b, Index) or a == b


class Aliases:
    """Answers for one program; pointers point only into objects in `named`, where it is given."""

    def __init__(self, program: Program, named: Container[str] | None = None) -> None:
        self.lookup = Lookup(program)
        self.named = named
        self.numbered: Callable[[str, int], Pattern] | None = None  # what a pointer's value means
        self._with: dict[str, tuple[Object, ...]] = {}
        self._first_thread: dict[str, int] = {}
        number = 0
        for template in program.templates:
            self._first_thread[template.name] = number
            number += template.count
        self._lying: dict[str, list[Pattern]] = {s.name: [] for s in program.structs}
        for obj in program.objects:
            if named is not None and obj.name not in named:
                continue
            self._find_structs(Pattern(obj.name, _any_element(obj)), obj.type)

    def _find_structs(self, at: Pattern, of: ValueType) -> None:
        match of:
            case Embedded(name):
                self._lying[name].append(at)
                for field in self.lookup.struct(name).fields:
                    inside = Pattern(at.object, at.element, (*at.path, field.name))
                    self._find_structs(inside, field.type)
            case ArrayOf(element):
                self._find_structs(
                    Pattern(at.object, at.element, (*at.path, Index.ANY)),
                    element,
                )
            case _:
                return

    def places_of(self, struct: str) -> tuple[Pattern, ...]:
        """Where a struct lies: every object of that type, every field embedding it."""
        return tuple(self._lying.get(struct, ()))

    def objects_with(self, struct: str) -> tuple[Object, ...]:
        """The objects that have a place of a struct, in order of declaration."""
        found = self._with.get(struct)
        if found is None:
            names = dict.fromkeys(pattern.object for pattern in self.places_of(struct))
            found = self._with[struct] = tuple(self.lookup.object(name) for name in names)
        return found

    def objects_at(self, place: Place) -> tuple[Object, ...]:
        """The objects a place may lie in."""
        match place.root:
            case ObjectRoot(name):
                return (self.lookup.object(name),)
            case PointerRoot(_, struct):
                return self.objects_with(struct)
            case _:
                assert_never(place.root)

    def cell(self, place: Place) -> Cell:
        """The cell of a scalar, an array of them or a queue."""
        of: ValueType = self.lookup.root_type(place.root)
        found = Cell("", place.root.object) if isinstance(place.root, ObjectRoot) else None
        for part in place.path:
            if isinstance(of, Embedded) and isinstance(part, str):
                found = Cell(of.struct, part)
            of = self.lookup.inner_type(of, part)
        if isinstance(of, Embedded) or found is None:
            raise InternalError(f"{place!r} is a struct, not a field")
        return found

    def holders(self, cell: Cell) -> tuple[Object, ...]:
        """The objects a cell lies in."""
        if cell.struct:
            return self.objects_with(cell.struct)
        return (self.lookup.object(cell.name),)

    def patterns(self, place: Place) -> tuple[Pattern, ...]:
        """Everything a place may denote."""
        of: ValueType = self.lookup.root_type(place.root)
        path: list[str | int | Index] = []
        for part in place.path:
            if isinstance(of, QueueOf):
                break
            of = self.lookup.inner_type(of, part)
            path.append(part if isinstance(part, str) else _constant(part))
        match place.root:
            case ObjectRoot(name, index):
                element = self._element(self.lookup.object(name), index)
                return (Pattern(name, element, tuple(path)),)
            case PointerRoot(pointer, struct):
                found = self.places_of(struct)
                if isinstance(pointer, Const) and pointer.value and self.numbered is not None:
                    found = (self.numbered(struct, pointer.value),)
                return tuple(Pattern(at.object, at.element, (*at.path, *path)) for at in found)
            case _:
                assert_never(place.root)

    def _element(self, obj: Object, index: Expr | None) -> int | Index:
        if index is None:
            return Index.OWN if obj.kind == "local" else _any_element(obj)
        if obj.kind == "per_thread" and isinstance(index, Apply) and index.op == "-":
            match index.args:
                case (Current(), Const(1)):
                    return Index.OWN
                case (ThreadOf(template, Const(copy)), Const(1)):
                    return self._first_thread[template] + copy
                case _:
                    return Index.ANY
        return _constant(index)


def _any_element(obj: Object) -> int | Index:
    """The element number that stands for all elements of an object."""
    single = obj.count is None and obj.kind in ("shared", "pool")
    return 0 if single else Index.ANY


def _constant(index: Expr) -> int | Index:
    return index.value if isinstance(index, Const) else Index.ANY


def is_own(obj: Object, index: Expr | None) -> bool:
    """Whether an index means the running thread's own element of a `per_thread` object, or its
    own copy of a `local` one.
    """
    if obj.kind == "local":
        return index is None
    match index:
        case Apply("-", (Current(), Const(1))):
            return obj.kind == "per_thread"
        case _:
            return False
