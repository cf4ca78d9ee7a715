"""States → what makes them so many: what they are made of, and how much each part multiplies them.

The factor of a part is how many times fewer states there would be if nobody could tell its values
apart.  A part that is a function of the others has the factor 1, however many values it takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.explore.look import Look
from modelcheck.explore.looked import Factor, Location, Profile
from modelcheck.ir.memory import UNINITIALISED, Memory, Slot

_WORD = (1 << 64) - 1


def make_profile(look: Look) -> Profile:
    """What makes the states that were looked at so many.

    States without a part are told apart by sums of 64-bit numbers, so of very many a few may be
    taken for equal: the figures of a profile are no verdicts.
    """
    memory, states = look.model.memory, look.states
    groups = _group_slots(memory)
    columns: list[tuple[int, ...]] = [()] * len(memory.slots)
    if states:
        columns = list(zip(*states, strict=True))
    marks = {name: _mark(slots, columns) for name, slots in groups.items()}
    totals = [sum(row) & _WORD for row in zip(*marks.values(), strict=True)]
    factors = []
    for name, slots in groups.items():
        values = set[int]().union(*(columns[slot.number] for slot in slots)) - {UNINITIALISED}
        without = {(total - mark) & _WORD for total, mark in zip(totals, marks[name], strict=True)}
        if len(values) > 1:
            factors.append(Factor(name, len(values), len(slots), len(without)))
    factors.sort(key=lambda f: (f.without, f.name))
    levels: dict[int, int] = {}
    for depth in look.depths:
        levels[depth] = levels.get(depth, 0) + 1
    return Profile(
        len(states),
        look.is_whole,
        tuple(levels[depth] for depth in sorted(levels)),
        _count_standing(memory, columns),
        tuple(factors),
    )


def _group_slots(memory: Memory) -> dict[str, list[Slot]]:
    """The slots of a state by what they are in the words of the spec: elements of one object, and
    threads of one template, together.
    """
    groups: dict[str, list[Slot]] = {}
    for slot in memory.slots:
        groups.setdefault(_name_group(memory, slot), []).append(slot)
    return groups


def _name_group(memory: Memory, slot: Slot) -> str:
    if slot.role == "pc":
        return f"where {memory.threads[slot.number].template} stands"
    if slot.role == "local" and slot.thread is not None:
        template = memory.threads[slot.thread].template
        body = memory.lookup.template(template).body
        shown = [v.shown for v in body.locals if v.shown and v.name in slot.locals]
        names = ", ".join(dict.fromkeys(shown)) or "a value under way"
        return f"{template}: {names}"
    if slot.role == "status":
        return f"life of {slot.object}"
    if slot.object:
        return ".".join((slot.object, *(part for part in slot.path if isinstance(part, str))))
    return slot.role


def _mark(slots: Sequence[Slot], columns: Sequence[Sequence[int]]) -> list[int]:
    """For each state a number that stands for what it has in some slots."""
    marks: list[int] = []
    for slot in slots:
        known = {value: _mix(slot.number, value) for value in set(columns[slot.number])}
        own = [known[value] for value in columns[slot.number]]
        marks = [a + b for a, b in zip(marks, own, strict=True)] if marks else own
    return marks


def _mix(slot: int, value: int) -> int:
    """A number that looks like chance, the same in every run (splitmix64)."""
    word = (slot * 0x9E3779B97F4A7C15 + (value + 2) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ word >> 30) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ word >> 27) * 0x94D049BB133111EB) & _WORD
    return word ^ word >> 31


def _count_standing(memory: Memory, columns: Sequence[Sequence[int]]) -> dict[Location, int]:
    """For each location, the states in which some thread stands there; of threads of one template,
    each state once.
    """
    found: dict[Location, int] = {}
    for template in memory.program.templates:
        numbers = [thread.number for thread in memory.threads_of(template.name)]
        labels = memory.locations(template.name)
        for row in zip(*(columns[number] for number in numbers), strict=True):
            for pc in set(row):
                if pc < len(labels):
                    at = (template.name, labels[pc])
                    found[at] = found.get(at, 0) + 1
    return found
