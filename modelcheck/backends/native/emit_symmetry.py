"""The action of a program's symmetry on its states, as tables for `runtime/symmetry.c`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.backends.native.unit import Part, Unit
from modelcheck.backends.native.words import write_bool, write_word
from modelcheck.ir.layout import WORD_BITS, Layout, Packed
from modelcheck.reduce.permute import Names, NameSlot, Tables

_SET_MEMBERS = 63  # at most


def write_exchanges(unit: Unit, layout: Layout, tables: Tables) -> str:
    """Add the tables; the address of what names them.

    Soundness: the python backend reads the same `Tables`; tests/reduce compare the states and
    transitions of both, on every spec and on random programs.
    """
    names = [_write_names(unit, known) for known in tables.names]
    points, classes, edges = [], [], 0
    keys = [_find_key(layout, tables, first, count) for first, count in tables.classes]
    for point in tables.points:
        slots = unit.add_table("m_point_slots", "uint32_t", list(map(str, point.slots)))
        at = keys[point.class_].places[point.place] if keys[point.class_].widths else ()
        places = unit.add_table("m_places", "mc_bits", [f"{{{w}, {s}}}" for w, s in at])
        points.append(f"{{{point.class_}, {point.place}, {slots}, {places}}}")
    for (first, count), key in zip(tables.classes, keys, strict=True):
        slots_of_first = tables.points[first].slots
        held = [(k, tables.slots[s]) for k, s in enumerate(slots_of_first) if s in tables.slots]
        holders = [
            _write_holder(unit, names, at=k, mark=k, how=how, own=slots_of_first) for k, how in held
        ]
        table = unit.add_table("m_holders", "mc_holder", holders)
        widths = unit.add_table("m_widths", "uint8_t", list(map(str, key.widths)))
        sizes = f"{first}, {count}, {len(slots_of_first)}"
        classes.append(f"{{{sizes}, {table}, {len(holders)}, {widths}, {len(key.widths)}}}")
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


@dataclass(frozen=True, slots=True)
class _Key:
    """How all bits of a point are read as one number: runs of bits, of these widths, and by place
    in the class where they lie (word and shift).  No runs where points differ in more than where,
    or have more bits than a word.
    """

    widths: tuple[int, ...]
    places: tuple[tuple[tuple[int, int], ...], ...]


def _find_key(layout: Layout, tables: Tables, first: int, count: int) -> _Key:
    """The key of a class of points: slots that lie side by side in all of them are one run."""
    points = [[layout.packed[s] for s in p.slots] for p in tables.points[first : first + count]]
    alike = zip(*points, strict=True)
    if not all(len({_describe_form(one) for one in row}) == 1 for row in alike):
        return _Key((), ())
    order = sorted(
        (k for k, one in enumerate(points[0]) if one.bits),
        key=lambda k: (points[0][k].word, points[0][k].shift),
    )
    runs: list[list[int]] = []
    for k in order:
        if runs and all(_are_neighbours(own[runs[-1][-1]], own[k]) for own in points):
            runs[-1].append(k)
        else:
            runs.append([k])
    widths = tuple(sum(points[0][k].bits for k in run) for run in runs)
    if sum(widths) > WORD_BITS:
        return _Key((), ())
    return _Key(
        widths, tuple(tuple((own[r[0]].word, own[r[0]].shift) for r in runs) for own in points)
    )


def _describe_form(one: Packed) -> tuple[int, int, int, bool]:
    return one.bits, one.slot.lo, one.slot.hi, one.slot.may_be_uninitialised


def _are_neighbours(one: Packed, other: Packed) -> bool:
    return one.word == other.word and one.shift + one.bits == other.shift


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
