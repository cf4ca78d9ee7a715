"""Stuck states: those from which the program can never come to rest, or to a fault, again.

The search stores for each expanded state where its transitions lead; at the end one backward sweep
from the states that are quiescent, in deadlock, or have a failing step marks all that can still
get there.  What is left is stuck: a spin nobody ends, a deadly embrace beside a running timer.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator


class Edges:
    """The state graph, as far as `stuck` needs it: successors per state, and the goals.

    Soundness: the sweep is right only for a search that expanded every state and stored every
    edge; `find_stuck` is asked in no other case (tests/unit/explore/test_stuck.py).
    """

    def __init__(self) -> None:
        self.targets = array("I")  # the search appends here, transition by transition
        self._sources = array("I")
        self._ends = array("I")
        self._goals: list[int] = []

    def close(self, state: int, is_goal: bool) -> None:
        """All transitions of `state` stand in `targets` now."""
        self._sources.append(state)
        self._ends.append(len(self.targets))
        if is_goal:
            self._goals.append(state)

    def find_stuck(self, states: int) -> Iterator[int]:
        """The stuck states among the numbers below `states`, ascending."""
        first, sources = self._reverse(states)
        reaches = bytearray(states)
        waiting = list(self._goals)
        for goal in waiting:
            reaches[goal] = 1
        while waiting:
            state = waiting.pop()
            for source in sources[first[state] : first[state + 1]]:
                if not reaches[source]:
                    reaches[source] = 1
                    waiting.append(source)
        return (state for state in range(states) if not reaches[state])

    def _reverse(self, states: int) -> tuple[array[int], array[int]]:
        """The edges by target (counting sort): sources of state s at first[s] … first[s+1]-1."""
        first = array("I", bytes(array("I").itemsize * (states + 2)))
        for target in self.targets:
            first[target + 2] += 1
        for state in range(2, states + 2):
            first[state] += first[state - 1]
        sources = array("I", bytes(array("I").itemsize * len(self.targets)))
        begin = 0
        for source, end in zip(self._sources, self._ends, strict=True):
            for target in self.targets[begin:end]:
                sources[first[target + 1]] = source
                first[target + 1] += 1
            begin = end
        return first, sources
