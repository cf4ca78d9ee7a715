"""The action of a program's symmetry on its states, as tables for `runtime/symmetry.c`."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.backends.native.unit import Part, Unit
from modelcheck.backends.native.words import write_bool, write_word
from modelcheck.ir.layout import WORD_BITS
from modelcheck.reduce.permute import Names, NameSlot, Tables

_SET_MEMBERS = 63  # at most


def write_exchanges(unit: Unit, tables: Tables) -> str:
    """Add the tables; the address of what names them.

    Soundness: the python backend reads the same `Tables`; tests/reduce compare the states and
    transitions of both, on every spec and on random programs.
    """
    names = [_write_names(unit, known) for known in tables.names]
    points, classes, edges = [], [], 0
    for point in tables.points:
        slots = unit.add_table("m_point_slots", "uint32_t", list(map(str, point.slots)))
        points.append(f"{{{point.class_}, {point.place}, {slots}}}")
    for first, count in tables.classes:
        slots_of_first = tables.points[first].slots
        held = [(k, tables.slots[s]) for k, s in enumerate(slots_of_first) if s in tables.slots]
        holders = [
            _write_holder(unit, names, at=k, mark=k, how=how, own=slots_of_first) for k, how in held
        ]
        table = unit.add_table("m_holders", "mc_holder", holders)
        classes.append(f"{{{first}, {count}, {len(slots_of_first)}, {table}, {len(holders)}}}")
        edges += count * sum(_SET_MEMBERS if how.is_set else 1 for _, how in held)
    fixed = [
        _write_holder(unit, names, at=slot, mark=k, how=tables.slots[slot], own=None)
        for k, slot in enumerate(tables.fixed)
    ]
    edges += sum(_SET_MEMBERS if tables.slots[slot].is_set else 1 for slot in tables.fixed)
    parts = [
        "mc_make_canonical",
        unit.add_table("m_points", "mc_point", points),
        str(len(points)),
        unit.add_table("m_classes", "mc_class", classes),
        str(len(classes)),
        unit.add_table("m_fixed", "mc_holder", fixed),
        str(len(fixed)),
        str(edges),
    ]
    text = f"static const mc_symmetry m_symmetry = {{{', '.join(parts)}}};"
    unit.add(Part.DATA, "m_symmetry", text)
    return "&m_symmetry"


def _write_names(unit: Unit, names: Names) -> str:
    width = max(map(len, names.images), default=0)
    images = [str(value) for row in names.images for value in (*row, *([0] * (width - len(row))))]
    points = unit.add_table("m_named_points", "int32_t", list(map(str, names.points)))
    values = unit.add_table("m_images", "int64_t", images)
    table = f"{{{points}, {values}, {len(names.points)}, {width}}}"
    return unit.add_table("m_names", "mc_names", [table])


def _write_holder(
    unit: Unit,
    names: Sequence[str],
    *,
    at: int,
    mark: int,
    how: NameSlot,
    own: tuple[int, ...] | None,
) -> str:
    live, pc = "NULL", 0
    if how.live is not None:
        words = [0] * (how.pc_count // WORD_BITS + 1)
        for number in how.live:
            words[number // WORD_BITS] |= 1 << number % WORD_BITS
        live = unit.add_table("m_live", "uint64_t", list(map(write_word, words)))
        pc = how.pc if own is None else own.index(how.pc)
    is_set = write_bool(how.is_set)
    return f"{{{at}, {mark}, {names[how.names]}, {is_set}, {how.first}, {pc}, {live}}}"
