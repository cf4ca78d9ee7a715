"""Classes: what a recorded order is about, as lockdep's keys are.

The class of a place is the innermost field of a struct of the spec on the way to it, else the
object: a lock inside a struct of the library (the lock of a wait queue head) belongs to the class
of that struct's place.
"""

from __future__ import annotations

from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import ObjectRoot, Place
from modelcheck.ir.types import Embedded, ValueType


def find_class(lookup: Lookup, place: Place) -> str:
    """The class of a place; empty where the pointer it begins with decides it."""
    start = place.root.object if isinstance(place.root, ObjectRoot) else ""
    return find_class_on(lookup, lookup.root_type(place.root), place.path, start)


def find_class_on(lookup: Lookup, of: ValueType, path: tuple[object, ...], start: str) -> str:
    """The class of what lies at a path in a value of a type, which itself has the class `start`."""
    found = start
    for part in path:
        if (
            isinstance(of, Embedded)
            and isinstance(part, str)
            and not lookup.struct(of.struct).library
        ):
            found = f"{of.struct}.{part}"
        of = lookup.inner_type(of, part)  # type: ignore[arg-type]  # a field's name or an index
    return found
