"""Failing checks: what a report says of what, worked out when a step fails.

A check's subject is a place; what is named is the innermost struct that holds it, through the
pointer's value where that is not null.
"""

from __future__ import annotations

from collections.abc import Callable

from modelcheck.backends.python.expressions import Writer
from modelcheck.backends.python.outcomes import Failure
from modelcheck.backends.subjects import Subject, find_subject, is_outside
from modelcheck.ir.address import Address
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import ObjectRoot, Place, PointerRoot

Fail = Callable[[int], Failure]


def write_failure(writer: Writer, property_: str, detail: str, place: Place | None) -> str:
    """Python text whose value is the Failure of a check on `place`."""
    if place is None:
        return writer.namespace.add("FAILURE", Failure(property_, detail=detail))
    subject = find_subject(writer.memory, place)
    fail = make_fail(writer.memory, property_, detail, subject)
    return f"{writer.namespace.add('fail', fail)}({_write_number(writer, subject)})"


def _write_number(writer: Writer, subject: Subject) -> str:
    """The pointer to the subject (of an object that is no struct: its element plus 1); 0 where
    the null pointer or an index outside leads nowhere.
    """
    root = subject.place.root
    if is_outside(writer.memory, subject.place):
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


def _write_guards(writer: Writer, address: Address) -> list[str]:
    return [f"0 <= {writer.write(t.index)} < {t.count}" for t in address.terms]


def make_fail(memory: Memory, property_: str, detail: str, subject: Subject) -> Fail:
    """What tells the Failure of a check by the number that `write_failure` works out."""
    known: dict[int, Failure] = {}

    def fail(number: int) -> Failure:
        failure = known.get(number)
        if failure is None:
            failure = known[number] = describe(number)
        return failure

    def describe(number: int) -> Failure:
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
