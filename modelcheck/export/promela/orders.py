"""`Precedes` as statements: which declaration comes before which, kept outside the states."""

from __future__ import annotations

from modelcheck.export.promela.expressions import Env
from modelcheck.export.promela.steps import StepWriter
from modelcheck.export.promela.words import Value
from modelcheck.ir.nodes import Place, PointerRoot, Precedes
from modelcheck.ir.types import Embedded, ValueType


def write_order(writer: StepWriter, precedes: Precedes, env: Env) -> None:
    """Record that one declaration comes before another; a cycle violates the property."""
    property_ = precedes.property
    if writer.is_trial or not writer.records_orders or writer.is_silent(property_):
        return
    prefix = "" if writer.speaker.dialect.is_wide else "now."
    ends = [writer.scratch("v_first"), writer.scratch("v_second")]
    for name, place in zip(ends, (precedes.first, precedes.second), strict=True):
        writer.assign(name, _say_declaration(writer, property_, place, env))
    number = list(writer.names.orders).index(property_)
    writer.lines.say(f"c_code {{ precede({number}, {prefix}v_first, {prefix}v_second); }}")
    variable = writer.names.property(property_)
    cyclic = f"c_expr {{ is_cyclic[{number}] }}"
    writer.lines.line(f"if :: {cyclic} -> assert({variable})")
    writer.lines.line(":: else -> skip")
    writer.lines.line("fi;")


def _say_declaration(writer: StepWriter, property_: str, place: Place, env: Env) -> Value:
    """The number of the declaration an order is about: the innermost field, else the object."""
    memory = writer.speaker.memory
    writer.names.orders.setdefault(property_, {})
    label = ""
    inner: ValueType = memory.lookup.root_type(place.root)
    for part in place.path:
        if isinstance(part, str) and isinstance(inner, Embedded):
            label = f"{inner.struct}.{part}"
        inner = memory.lookup.inner_type(inner, part)
    if not label and isinstance(place.root, PointerRoot):
        known = memory.places(place.root.struct)
        table = (0, *(_number(writer, property_, p.label) for p in known))
        return writer.speaker.look_up(table, writer.speaker.say(place.root.pointer, env))
    if not label and not isinstance(place.root, PointerRoot):
        label = place.root.object
    return _number(writer, property_, label)


def _number(writer: StepWriter, property_: str, declaration: str) -> int:
    silenced = writer.silence.is_silenced(property_, declaration)
    return -1 if silenced else writer.names.order(property_, declaration)
