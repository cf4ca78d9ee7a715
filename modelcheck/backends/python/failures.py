"""Failing checks: what a report says of what, worked out when a step fails.

A check's subject is a place; what is named is the innermost struct that holds it, through the
pointer's value where that is not null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from modelcheck.backends.python.expressions import Writer
from modelcheck.backends.python.outcomes import Failure
from modelcheck.ir.address import Address
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Const, ObjectRoot, Place, PointerRoot
from modelcheck.ir.types import ArrayOf, Embedded, ValueType

Fail = Callable[[int], Failure]


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


def write_failure(writer: Writer, property_: str, detail: str, place: Place | None) -> str:
    """Python text whose value is the Failure of a check on `place`."""
    if place is None:
        return writer.namespace.add("FAILURE", Failure(property_, detail=detail))
    subject = find_subject(writer.memory, place)
    fail = _make_fail(writer.memory, property_, detail, subject)
    return f"{writer.namespace.add('fail', fail)}({_write_number(writer, subject)})"


def _write_number(writer: Writer, subject: Subject) -> str:
    """The pointer to the subject (of an object that is no struct: its element plus 1); 0 where
    the null pointer or an index outside leads nowhere.
    """
    root = subject.place.root
    if _is_outside(writer.memory, subject.place):
        return "0"
    if not subject.struct:
        index = root.index if isinstance(root, ObjectRoot) else None
        return "1" if index is None else f"{writer.write(index)} + 1"
    address = writer.memory.pointer_number(subject.place)
    number = writer.write_address(address)
    guards = [*_write_guards(writer, address)]
    pointers = [root.pointer] if isinstance(root, PointerRoot) and subject.place.path else []
    guards += [writer.write(pointer) for pointer in pointers]
    return f"({number} if {' and '.join(guards)} else 0)" if guards else number


def _is_outside(memory: Memory, place: Place) -> bool:
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


def _write_guards(writer: Writer, address: Address) -> list[str]:
    return [f"0 <= {writer.write(t.index)} < {t.count}" for t in address.terms]


def _make_fail(memory: Memory, property_: str, detail: str, subject: Subject) -> Fail:
    @cache
    def fail(number: int) -> Failure:
        if not subject.struct:
            return _name_scalar_object(memory, property_, detail, subject, number - 1)
        places = memory.places(subject.struct)
        field = {f"{subject.struct}.{subject.below}"} if subject.below else set[str]()
        if not 1 <= number <= len(places):
            root = subject.place.root
            shown = root.object if isinstance(root, ObjectRoot) else ""
            names = tuple(name for name in (shown, subject.struct) if name)
            return Failure(property_, shown, names, frozenset({*names, *field}), detail)
        place = places[number - 1]
        declared = frozenset({*place.names, place.label, *field})
        return Failure(property_, place.shown, place.names, declared, detail)

    return fail


def _name_scalar_object(
    memory: Memory, property_: str, detail: str, subject: Subject, element: int
) -> Failure:
    root = subject.place.root
    name = root.object if isinstance(root, ObjectRoot) else ""
    obj = memory.lookup.object(name)
    is_inside = 0 <= element < memory.lookup.instances(obj)
    shown = memory.element_name(obj, element) if is_inside else name
    return Failure(property_, shown, (name,), frozenset({name}), detail)
