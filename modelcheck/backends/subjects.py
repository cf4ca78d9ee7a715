"""What a failing check, an access and a recorded order are about: parts of places, found once.

Every backend evaluates the same parts; the sentences made of them are the python backend's.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.diagnostics import InternalError
from modelcheck.ir.classes import find_class
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Const, Expr, ObjectRoot, Place, PointerRoot
from modelcheck.ir.types import ArrayOf, Embedded, QueueOf, ValueType


@dataclass(frozen=True, slots=True)
class Subject:
    """A check's subject, cut to the innermost struct around it, and the field below that."""

    place: Place
    struct: str  # empty where the object is no struct
    below: str


def find_subject(memory: Memory, place: Place) -> Subject:
    """The innermost struct around a place (or the object itself, where it is no struct)."""
    lookup = memory.lookup
    found: ValueType = lookup.root_type(place.root)
    kept, struct = 0, found.struct if isinstance(found, Embedded) else ""
    for i, part in enumerate(place.path):
        found = lookup.inner_type(found, part)
        if isinstance(found, Embedded):
            kept, struct = i + 1, found.struct
    below = place.path[kept] if kept < len(place.path) else ""
    cut = Place(place.root, place.path[:kept])
    return Subject(cut, struct, below if isinstance(below, str) else "")


def is_outside(memory: Memory, place: Place) -> bool:
    """Whether a constant index in a place is one of no element (a folded `out-of-bounds`)."""
    root = place.root
    if isinstance(root, ObjectRoot) and isinstance(root.index, Const):
        count = memory.lookup.instances(memory.lookup.object(root.object))
        if not 0 <= root.index.value < count:
            return True
    found: ValueType = memory.lookup.root_type(root)
    for part in place.path:
        if (
            isinstance(found, ArrayOf)
            and isinstance(part, Const)
            and not 0 <= part.value < found.count
        ):
            return True
        found = memory.lookup.inner_type(found, part)
    return False


@dataclass(frozen=True, slots=True)
class LabelByPointer:
    """A label that depends on where a pointer leads: by the pointer's value (0 for None)."""

    pointer: Expr
    by_value: tuple[str, ...]


def find_label(memory: Memory, place: Place) -> str | LabelByPointer:
    """The class that a recorded order is about."""
    label = find_class(memory.lookup, place)
    if label or not isinstance(place.root, PointerRoot):
        return label
    places = memory.places(place.root.struct)
    return LabelByPointer(place.root.pointer, ("", *(p.order_class for p in places)))


def find_queue(memory: Memory, place: Place) -> Place | None:
    """The queue of which a place is an element."""
    if not place.path or isinstance(place.path[-1], str):
        return None
    outer = Place(place.root, place.path[:-1])
    return outer if isinstance(memory.lookup.place_type(outer), QueueOf) else None


def find_embedded_struct(memory: Memory, outer: str, path: tuple[str | Expr, ...]) -> str:
    """The struct at a path inside another one."""
    inner: ValueType = Embedded(outer)
    for part in path:
        inner = memory.lookup.inner_type(inner, part)
    if not isinstance(inner, Embedded):
        raise InternalError(f"`{outer}` has no struct at {path!r}")
    return inner.struct
