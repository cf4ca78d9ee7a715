"""States that are not stored: where one transition is taken, a search goes on behind it (Behrmann,
Larsen and Pelánek, "To store or not to store", CAV 2003).

A state is *passed through* if in the graph that the other reductions leave it has exactly one
transition, which does not fail, and which raises the sum of all program counters.  That is a
function of the state alone.  Such states in a row are a *chain*; it ends at a state that is stored,
which is any other one.  Initial states are stored too, whatever they are.

Nothing else is different from the search without: who passes through a state judges it as if it
were stored, and all that can be known of it but its name is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from modelcheck.backends.python.outcomes import (
    CutOutcomes,
    Failure,
    Order,
    State,
    Step,
    StepResult,
)
from modelcheck.diagnostics import InternalError
from modelcheck.reduce.stubborn import StubbornSets


@dataclass(frozen=True, slots=True)
class WayOn:
    """The only transition of a state: whose, by which choices, what it records, where it leads."""

    thread: int
    choices: tuple[int, ...]
    orders: tuple[Order, ...]
    reached: State


class Fuse:
    """Which states of one program are passed through, and how.

    `canonical` is that of symmetry (None without), `stubborn` the sets of partial-order reduction;
    with them the states that are asked about are those which these reductions leave.

    Soundness: from a state that is passed through its only transition is taken, and a chain ends:
    each transition in it raises the sum of the program counters, which an exchange of equal threads
    leaves alone, so there are at most as many as the greatest sum.  `test_fuse.py` compares all
    that is judged with a search that stores everything, and attacks circles; the damages let
    chains go past a choice, a failure and round a circle.
    """

    def __init__(
        self,
        tables: Sequence[Sequence[Step | None]],
        stubborn: StubbornSets | None,
        canonical: Callable[[State], State] | None,
    ) -> None:
        self._tables = tables
        self._stubborn = stubborn
        self._canonical = canonical
        self._longest = sum(len(table) - 1 for table in tables)  # of all chains

    def find_way_on(self, state: State) -> WayOn | None:
        """The transition by which a state is passed through; None for one that is stored."""
        only = self._find_only_step(state)
        if only is None:
            return None
        thread, result = only
        choices: tuple[int, ...] = ()
        orders: tuple[Order, ...] = ()
        reached: StepResult = result
        if isinstance(result, list):
            if len(result) > 1 or isinstance(result, CutOutcomes):
                return None
            choices, orders, reached = result[0].choices, result[0].orders, result[0].result
        if not isinstance(reached, tuple):  # it fails
            return None
        threads = len(self._tables)
        if sum(reached[:threads]) <= sum(state[:threads]):
            return None
        if self._canonical is not None:
            reached = self._canonical(reached)
        return WayOn(thread, choices, orders, reached)

    def follow(self, state: State) -> Iterator[tuple[State, WayOn]]:
        """The chain that begins with a state, and the way on from each; none where it is stored."""
        for _ in range(self._longest + 1):
            way = self.find_way_on(state)
            if way is None:
                return
            yield state, way
            state = way.reached
        raise InternalError("a chain of states that are passed through does not end")

    def _find_only_step(self, state: State) -> tuple[int, StepResult] | None:
        """The thread that alone steps in a state, and what its step comes to."""
        if self._stubborn is None:
            return self._find_only_enabled(state)
        steps = [table[pc] for table, pc in zip(self._tables, state, strict=False)]
        results = [None if step is None else step(state) for step in steps]
        chosen = self._stubborn.choose(state, results)
        if chosen.bit_count() != 1:
            return None
        thread = chosen.bit_length() - 1
        result = results[thread]
        return None if result is None else (thread, result)

    def _find_only_enabled(self, state: State) -> tuple[int, StepResult] | None:
        only: tuple[int, StepResult] | None = None
        for thread, table in enumerate(self._tables):
            step = table[state[thread]]
            if step is None:
                continue
            result = step(state)
            if isinstance(result, int):
                continue
            if only is not None or isinstance(result, Failure):
                return None
            only = thread, result
        return only
