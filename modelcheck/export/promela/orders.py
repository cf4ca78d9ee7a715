"""`Precedes` as statements: which declaration comes before which, kept outside the states."""

from __future__ import annotations

from collections.abc import Callable, Collection

from modelcheck.export.promela.expressions import Env
from modelcheck.export.promela.steps import StepWriter
from modelcheck.export.promela.words import Value
from modelcheck.ir.classes import find_class
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Expr, Place, PointerRoot, Precedes


def write_order(writer: StepWriter, precedes: Precedes, env: Env) -> None:
    """Record that one declaration comes before another; a cycle violates the property."""
    property_ = precedes.property
    if writer.is_trial or not writer.records_orders or writer.is_silent(property_):
        return
    dialect = writer.speaker.dialect
    prefix = "" if dialect.is_wide or dialect.is_c else "now."  # scratch variables of SPIN's
    ends = [writer.scratch("v_first"), writer.scratch("v_second")]
    for name, place in zip(ends, (precedes.first, precedes.second), strict=True):
        writer.assign(name, _say_class(writer, property_, place, env))
    number = list(writer.names.orders).index(property_)
    differ = f"if ({prefix}v_first != {prefix}v_second) " if precedes.nested else ""
    writer.lines.code(f"{differ}precede({number}, {prefix}v_first, {prefix}v_second)")
    fails = writer.lines.failure(writer.names.property(property_))
    writer.lines.choose(writer.lines.asks(f"is_cyclic[{number}]"), fails)


def _say_class(writer: StepWriter, property_: str, place: Place, env: Env) -> Value:
    """The number of the class an order is about."""
    memory = writer.speaker.memory
    writer.names.orders.setdefault(property_, {})
    found = find_class(memory.lookup, place)
    if found or not isinstance(place.root, PointerRoot):
        return _number(writer, property_, found)
    known = memory.places(place.root.struct)
    table = (0, *(_number(writer, property_, p.order_class) for p in known))
    return writer.speaker.look_up(table, writer.speaker.say(place.root.pointer, env))


def evaluate_class(memory: Memory, place: Place, evaluate: Callable[[Expr], int]) -> str:
    """The class itself, for the values that `evaluate` gives."""
    found = find_class(memory.lookup, place)
    if found or not isinstance(place.root, PointerRoot):
        return found
    return memory.places(place.root.struct)[evaluate(place.root.pointer) - 1].order_class


def close_transitively(pairs: Collection[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """What comes before what, directly or through others."""
    closed = set(pairs)
    while more := {(a, d) for a, b in closed for c, d in closed if b == c} - closed:
        closed |= more
    return frozenset(closed)


def _number(writer: StepWriter, property_: str, declaration: str) -> int:
    silenced = writer.silence.is_silenced(property_, declaration)
    return -1 if silenced else writer.names.order(property_, declaration)
