"""What a run never did, and the values it saw: read off at the end, not paid for on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from modelcheck.backends.python.outcomes import State
from modelcheck.explore.properties import Judged
from modelcheck.explore.result import FieldRange
from modelcheck.ir.memory import ALIVE, UNINITIALISED, Memory, Slot
from modelcheck.ir.nodes import Assert, Block, Body, Program, Spawn
from modelcheck.ir.regions import list_start_blocks, list_step_blocks
from modelcheck.ir.types import SetType

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


@dataclass(frozen=True, slots=True)
class RangeQuestion:
    """Which values a slot took in the states in which slot `where` (-1: none) has a value; they
    belong to the scalar of that name.
    """

    name: str
    slot: Slot
    where: int = -1
    value: int = 0


def list_range_questions(memory: Memory) -> tuple[RangeQuestion, ...]:
    """What to ask for the values of all shared scalars and locals of the spec.

    Elements of one object, and threads of one template, count together; a field counts only while
    its object lives, a local only where it is live.
    """
    found: list[RangeQuestion] = []
    for slot in memory.slots:
        if isinstance(slot.type, SetType):
            continue  # its bits are no number, and which come together depends on reductions
        if slot.role == "field":
            status = memory.status_slot(slot.object, slot.element)
            where = () if status is None else (status, ALIVE)
            found.append(RangeQuestion(_name_field(slot), slot, *where))
        elif slot.role == "local":
            found += _ask_locals(memory, slot)
    return tuple(found)


def _name_field(slot: Slot) -> str:
    parts = [part for part in slot.path if isinstance(part, str)]
    return ".".join((slot.object, *parts))


def _ask_locals(memory: Memory, slot: Slot) -> Iterator[RangeQuestion]:
    if slot.thread is None:
        return
    thread = memory.threads[slot.thread]
    template = memory.lookup.template(thread.template)
    live = [block.live for block in template.body.blocks if block.rest]
    for local in template.body.locals:
        if local.shown and local.name in slot.locals:
            for pc, names in enumerate(live):
                if local.name in names:
                    yield RangeQuestion(f"{template.name}.{local.shown}", slot, thread.pc, pc)


def find_ranges(memory: Memory, states: Sequence[State]) -> tuple[FieldRange, ...]:
    """The values that each shared scalar and each local of the spec took, against its bounds."""
    questions: dict[tuple[Slot, int], list[RangeQuestion]] = {}
    for question in list_range_questions(memory):
        questions.setdefault((question.slot, question.where), []).append(question)
    found: list[tuple[RangeQuestion, tuple[int, int]]] = []
    remaining = iter(states)
    while chunk := list(islice(remaining, _CHUNK)):
        columns = list(zip(*chunk, strict=True))
        for (slot, where), asked in questions.items():
            values = columns[slot.number]
            pairs = set(zip(columns[where], values, strict=True) if where >= 0 else zip(values))
            for question in asked:
                seen = {p[-1] for p in pairs if where < 0 or p[0] == question.value}
                seen.discard(UNINITIALISED)
                if seen:
                    found.append((question, (min(seen), max(seen))))
    return make_ranges(found)


def make_ranges(
    found: Iterable[tuple[RangeQuestion, tuple[int, ...]]],
) -> tuple[FieldRange, ...]:
    """The ranges, from the least and greatest value of each question that has any, in any number
    of parts.
    """
    ranges: dict[str, FieldRange] = {}
    for question, seen in found:
        name, slot = question.name, question.slot
        known = ranges.get(name)
        both = seen if known is None else (*seen, known.least, known.greatest)
        ranges[name] = FieldRange(name, min(both), max(both), slot.lo, slot.hi)
    return tuple(ranges[name] for name in sorted(ranges))
