"""Types to sizes and offsets: how a value is laid out, whatever is being counted.

The one idea: slots and places of a struct T are counted by the same walk.  What differs is the
*header*, how many units a value has of its own before those of its parts: for slots a scalar has
one and a queue one (its length), for places a T has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from modelcheck.ir.address import Term, add_index
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import Const, Expr, Field, Object
from modelcheck.ir.types import U32, ArrayOf, Embedded, QueueOf, ScalarType, ValueType

Header = Callable[[ValueType], int]
LeafRole = Literal["field", "queue-length", "queue-element"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One slot of an object's element, with what the fields around it say.

    `start` is its value in a fresh `shared` object; `stable`: it outlives a free.
    """

    path: tuple[str | int, ...]
    role: LeafRole
    type: ScalarType
    capacity: int = 0
    start: int = 0
    ghost: bool = False
    durable: bool = False
    stable: bool = False


def slot_header(type_: ValueType) -> int:
    """Slots of its own: a scalar, or the length of a queue."""
    return 0 if isinstance(type_, Embedded | ArrayOf) else 1


@cache
def place_header(struct: str) -> Header:
    """Places of its own: one for the struct itself.  For one name always the same function."""
    return lambda type_: int(isinstance(type_, Embedded) and type_.struct == struct)


def size_of(lookup: Lookup, type_: ValueType, header: Header) -> int:
    """How many units a value takes."""
    match type_:
        case Embedded(name):
            known = lookup.sizes.get((header, name))
            if known is None:
                fields = lookup.struct(name).fields
                known = header(type_) + sum(size_of(lookup, f.type, header) for f in fields)
                lookup.sizes[header, name] = known
            return known
        case ArrayOf(element, count) | QueueOf(element, count):
            return header(type_) + count * size_of(lookup, element, header)
        case _:
            return header(type_)


def offset_of(
    lookup: Lookup, outer: ValueType, path: Sequence[str | int | Expr], header: Header
) -> tuple[int, list[Term]]:
    """Where a part begins inside a value: a constant, and a term for each index that is not."""
    offset, terms, type_ = 0, list[Term](), outer
    for part in path:
        offset += header(type_)
        inner = lookup.inner_type(type_, part)
        if isinstance(type_, Embedded):
            for field in lookup.struct(type_.struct).fields:
                if field.name == part:
                    break
                offset += size_of(lookup, field.type, header)
        elif isinstance(type_, ArrayOf | QueueOf) and not isinstance(part, str):
            count = type_.count if isinstance(type_, ArrayOf) else type_.capacity
            index = Const(part, U32) if isinstance(part, int) else part
            offset = add_index(offset, terms, index, size_of(lookup, inner, header), count)
        type_ = inner
    return offset, terms


def leaves_of(lookup: Lookup, obj: Object) -> tuple[Leaf, ...]:
    """The slots of one element of an object, in order, without its status."""
    whole = Field(obj.name, obj.type, ghost=obj.ghost, durable=obj.durable)
    stable = frozenset(name.rpartition(".")[2] for name in obj.stable)
    return tuple(_leaves(lookup, whole, obj.type, (), stable))


def _leaves(
    lookup: Lookup,
    field: Field,
    type_: ValueType,
    path: tuple[str | int, ...],
    stable: frozenset[str],
) -> Iterator[Leaf]:
    """The slots of a value that is `field`, or an element of it."""
    match type_:
        case Embedded(name):
            for inner in lookup.struct(name).fields:
                # What holds for a field holds for all inside it.
                marked = Field(
                    inner.name,
                    inner.type,
                    inner.start,
                    ghost=inner.ghost or field.ghost,
                    durable=inner.durable or field.durable,
                )
                yield from _leaves(lookup, marked, inner.type, (*path, inner.name), stable)
        case ArrayOf(element, count):
            for i in range(count):
                yield from _leaves(lookup, field, element, (*path, i), stable)
        case QueueOf(element, capacity):
            length = Leaf(
                path,
                "queue-length",
                element,
                capacity,
                ghost=field.ghost,
                durable=field.durable,
                stable=_keeps(path, stable),
            )
            yield length
            for i in range(capacity):
                yield replace(length, path=(*path, i), role="queue-element")
        case _:
            yield Leaf(
                path,
                "field",
                type_,
                0,
                field.start,
                field.ghost,
                field.durable,
                _keeps(path, stable),
            )


def _keeps(path: tuple[str | int, ...], stable: frozenset[str]) -> bool:
    return bool(path) and path[0] in stable
