"""What a run never did, and the values it saw: read off at the end, not paid for on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from modelcheck.backends.python.outcomes import State
from modelcheck.explore.properties import Judged
from modelcheck.explore.result import FieldRange
from modelcheck.ir.memory import ALIVE, UNINITIALISED, Memory, Slot
from modelcheck.ir.nodes import Assert, Block, Body, Program, Spawn
from modelcheck.ir.regions import list_start_blocks, list_step_blocks

Location = tuple[str, str]  # (template, label)

_CHUNK = 4096  # states that are looked at together, column by column


def list_locations(program: Program) -> Iterator[tuple[Location, Body, Block]]:
    """Every location of every template."""
    for template in program.templates:
        for block in template.body.blocks:
            if block.rest:
                yield (template.name, block.label), template.body, block


def find_untaken(program: Program, taken: Mapping[Location, int]) -> tuple[Location, ...]:
    """The locations from which no thread of the template ever stepped."""
    return tuple(location for location, _, _ in list_locations(program) if location not in taken)


def find_unevaluated(
    program: Program,
    judged: Sequence[Judged],
    taken: Mapping[Location, int],
    states: int,
    quiescent: int,
) -> tuple[str, ...]:
    """The spec's properties that no state and no step of the run ever asked."""
    ran = [
        instr
        for location, body, block in list_locations(program)
        if location in taken
        for inner in list_step_blocks(body, block)
        for instr in inner.instrs
    ]
    spawned = {instr.template for instr in ran if isinstance(instr, Spawn)}
    # What stands before the first location has run for every thread that started.
    started = [t.body for t in program.templates if not t.spawned or t.name in spawned]
    ran += [
        instr
        for body in (program.initial, *started)
        for block in list_start_blocks(body)
        for instr in block.instrs
    ]
    asserted = {instr.property for instr in ran if isinstance(instr, Assert)}
    asked = {
        "invariant": states > 0,
        "reachable": states > 0,
        "final": quiescent > 0,
    }
    return tuple(
        j.name for j in judged if j.kind != "built in" and not asked.get(j.kind, j.name in asserted)
    )


def find_ranges(memory: Memory, states: Sequence[State]) -> tuple[FieldRange, ...]:
    """The values that each shared scalar and each local of the spec took, against its bounds.

    Elements of one object, and threads of one template, count together; a field counts only while
    its object lives, a local only where it is live.
    """
    extremes: dict[str, tuple[int, int, int, int]] = {}
    remaining = iter(states)
    while chunk := list(islice(remaining, _CHUNK)):
        columns = list(zip(*chunk, strict=True))
        for slot in memory.slots:
            if slot.role == "field":
                _note(extremes, _name_field(slot), slot, _list_alive(memory, columns, slot))
            elif slot.role == "local":
                _note_locals(memory, extremes, columns, slot)
    return tuple(FieldRange(name, *extremes[name]) for name in sorted(extremes))


def _name_field(slot: Slot) -> str:
    parts = [part for part in slot.path if isinstance(part, str)]
    return ".".join((slot.object, *parts))


def _list_alive(memory: Memory, columns: Sequence[Sequence[int]], slot: Slot) -> frozenset[int]:
    values = columns[slot.number]
    status = memory.status_slot(slot.object, slot.element)
    if status is not None:
        pairs = set(zip(columns[status], values, strict=True))
        return frozenset(value for status_value, value in pairs if status_value == ALIVE)
    return frozenset(values)


def _note_locals(
    memory: Memory,
    extremes: dict[str, tuple[int, int, int, int]],
    columns: Sequence[Sequence[int]],
    slot: Slot,
) -> None:
    if slot.thread is None:
        return
    thread = memory.threads[slot.thread]
    template = memory.lookup.template(thread.template)
    live = [block.live for block in template.body.blocks if block.rest]
    pairs = set(zip(columns[thread.pc], columns[slot.number], strict=True))
    for local in template.body.locals:
        if local.shown and local.name in slot.locals:
            values = {value for pc, value in pairs if pc < len(live) and local.name in live[pc]}
            _note(extremes, f"{template.name}.{local.shown}", slot, values)


def _note(
    extremes: dict[str, tuple[int, int, int, int]],
    name: str,
    slot: Slot,
    values: set[int] | frozenset[int],
) -> None:
    seen = values - {UNINITIALISED}
    if seen:
        least, greatest, _, _ = extremes.get(name, (min(seen), max(seen), 0, 0))
        extremes[name] = (min(least, *seen), max(greatest, *seen), slot.lo, slot.hi)
