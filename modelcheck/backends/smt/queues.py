"""What operations on queues do to the slots: the length, then the elements.

Elements behind the length are 0 before and after.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.backends.smt.cells import Cells, Target
from modelcheck.backends.smt.terms import Terms, Value
from modelcheck.ir.memory import UNINITIALISED


class QueueWriter:
    """Changes the queue of one capacity that one of some targets is."""

    def __init__(
        self, terms: Terms, cells: Cells, targets: Sequence[Target], capacity: int
    ) -> None:
        self._terms = terms
        self._cells = cells
        self._targets = targets
        self._capacity = capacity

    def append(self, value: Value) -> None:
        """Put a value behind the last element."""
        for target in self._targets:
            length = self._length(target)
            for i, slot in enumerate(self._elements(target)):
                self._put(target, slot, value, self._terms.equal(length, i))
            self._put(target, target.slot, self._terms.add(length, 1))

    def appendleft(self, value: Value) -> None:
        """Put a value before the first element."""
        for target in self._targets:
            length, slots = self._length(target), self._elements(target)
            held = [value, *(self._cells[slot] for slot in slots)]
            for slot, moved in zip(slots, held, strict=False):
                self._put(target, slot, moved)
            self._put(target, target.slot, self._terms.add(length, 1))

    def popleft(self) -> Value:
        """Take the first element out."""
        return self._terms.select([(t.condition, self._take(t, [])) for t in self._targets])

    def pop(self) -> Value:
        """Take the last element out."""
        taken = []
        for target in self._targets:
            length = self._length(target)
            lasts = [self._terms.equal(length, i + 1) for i in range(self._capacity)]
            taken.append((target.condition, self._take(target, lasts)))
        return self._terms.select(taken)

    def remove(self, value: Value) -> None:
        """Take the first element that equals a value out, if there is one."""
        terms = self._terms
        for target in self._targets:
            length = self._length(target)
            matches: list[Value] = []
            for i, slot in enumerate(self._elements(target)):
                is_there = terms.apply("<", (i, length))
                same = terms.equal(self._terms.like(self._cells[slot], value), value)
                earlier = [terms.negate(match) for match in matches]
                matches.append(terms.all_of((is_there, same, *earlier)))
            found = terms.any_of(matches)
            if found is not False:
                self._take(target, matches, found)

    def clear(self) -> None:
        """Make it empty (a fresh one too, whose length is uninitialised)."""
        for target in self._targets:
            for slot in (target.slot, *self._elements(target)):
                self._put(target, slot, 0)

    def _take(self, target: Target, at: Sequence[Value], only: Value = True) -> Value:
        """Take out the element at the position for which `at` holds (empty: the first)."""
        terms = self._terms
        length, slots = self._length(target), self._elements(target)
        held = [*(self._cells[slot] for slot in slots), 0]
        at = at or [i == 0 for i in range(len(slots))]
        for i, slot in enumerate(slots):
            moves = terms.any_of(at[: i + 1])
            self._put(target, slot, self._terms.like(held[i + 1], held[i]), moves)
        shorter = terms.apply("-", (length, 1))
        self._put(target, target.slot, shorter, only)
        # Where it is empty, a Check before has failed.
        found = [
            (there, value) for there, value in zip(at, held, strict=False) if there is not False
        ]
        return terms.select(found) if found else held[0]

    def _length(self, target: Target) -> Value:
        length = self._cells[target.slot]
        # Where it is not initialised, a Check before has failed.
        return 0 if self._terms.same(length, UNINITIALISED) else self._terms.as_number(length)

    def _elements(self, target: Target) -> range:
        return range(target.slot + 1, target.slot + 1 + self._capacity)

    def _put(self, target: Target, slot: int, value: Value, condition: Value = True) -> None:
        both = self._terms.all_of((target.condition, condition))
        self._cells.write([Target(both, slot)], value)
