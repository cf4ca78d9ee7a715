"""Footprints → which locations' steps depend on, may enable, or are seen by a property; as sets.

Two steps are those of *different* threads here; what a thread's own steps mean to each other the
stubborn sets need not know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from modelcheck.ir.dependence import Footprint, Footprints, MemoryPart, Part
from modelcheck.ir.nodes import Property
from modelcheck.reduce.locations import Locations, list_members, make_set


class Dependence:
    """The footprints of all steps of a program, made into sets of locations."""

    def __init__(self, footprints: Footprints, locations: Locations) -> None:
        self._footprints = footprints
        self._all = make_set(n for n, step in enumerate(locations.steps) if step is not None)
        self._readers: dict[Part, int] = defaultdict(int)
        self._writers: dict[Part, int] = defaultdict(int)
        self._near: dict[object, list[Part]] = defaultdict(list)  # what can meet at all
        self._everything = 0
        self._steps: list[Footprint | None] = [None] * len(locations.steps)
        for number, alike in locations.alike.items():
            if (step := locations.steps[number]) is not None:
                thread, known = locations.threads[number], locations.known[number]
                found = footprints.of_step(step[0], step[1].entry.label, thread, known)
                for one in list_members(alike):
                    self._steps[one] = found
                self._add(alike, found)
        for part in {**self._readers, **self._writers}:
            self._near[_neighbourhood(part)].append(part)
        self._writers_of: dict[Part, int] = {}
        self._users_of: dict[Part, int] = {}

    def _add(self, steps: int, footprint: Footprint) -> None:
        for part in footprint.reads:
            self._readers[part] |= steps
        for part in footprint.writes:
            self._writers[part] |= steps
        if footprint.everything:
            self._everything |= steps

    def dependent(self, number: int) -> int:
        """The steps that the step at a location may notice, or that may notice it.

        Soundness: this is `ir.dependence.may_depend` for all pairs at once; `test_tables.py`
        compares the two, `test_dependence_commutes.py` tries independent steps in both orders.
        """
        footprint = self._steps[number]
        if footprint is None:
            return 0
        if footprint.everything:
            return self._all
        found = self._everything
        for part in footprint.writes:
            found |= self._find_users(part)
        for part in footprint.reads:
            found |= self._find_writers(part)
        return found

    def enabling(self, number: int) -> int:
        """The steps that may let the step at a location run: those that write what it reads."""
        footprint = self._steps[number]
        return 0 if footprint is None else self._find_enabling(footprint)

    def visible(self, shown: Property) -> int:
        """The steps that may change what a property says of a state."""
        if shown.body is None:
            return 0
        return self._find_enabling(self._footprints.of_property(shown.body))

    def _find_enabling(self, footprint: Footprint) -> int:
        if footprint.everything:
            return self._all
        found = self._everything
        for part in footprint.reads:
            found |= self._find_writers(part)
        return found

    def _find_writers(self, part: Part) -> int:
        found = self._writers_of.get(part)
        if found is None:
            found = self._writers_of[part] = _join(self._writers[q] for q in self._list_met(part))
        return found

    def _find_users(self, part: Part) -> int:
        found = self._users_of.get(part)
        if found is None:
            readers = _join(self._readers[q] for q in self._list_met(part))
            found = self._users_of[part] = readers | self._find_writers(part)
        return found

    def _list_met(self, part: Part) -> list[Part]:
        return [q for q in self._near[_neighbourhood(part)] if part.may_meet(q)]

    def explain(self, number: int, other: int) -> list[tuple[Part, Part]]:
        """What of two steps meets, one of each pair written."""
        a, b = self._steps[number], self._steps[other]
        if a is None or b is None:
            return []
        pairs = [(p, q) for p in a.writes for q in (*b.reads, *b.writes)]
        pairs += [(p, q) for p in a.reads for q in b.writes]
        return [(p, q) for p, q in pairs if p.may_meet(q)]


def _neighbourhood(part: Part) -> object:
    """Parts of different neighbourhoods never meet."""
    if isinstance(part, MemoryPart):
        return part.pattern.object
    return (part.template, part.aspect)


def _join(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found
