"""Program → its state graph, state by state, as far as somebody looks.

The graph is the program's own: no reduction leaves anything out, and no two states are taken for
one.  What a state leads to is worked out once and kept, so whoever walks here may come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import (
    BLOCKED,
    CutOutcomes,
    Failure,
    Order,
    Outcome,
    State,
    list_outcomes,
)
from modelcheck.explore.race import Turn
from modelcheck.explore.stuck import Edges

EXPANSIONS_BETWEEN_LOOKS = 1024  # at the interrupt flag


class GraphError(Exception):
    """No further state is looked at; the text says why."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What can come next in a state, in increasing order of threads and choices.

    `edges` are the moves with the numbers of the states they lead to, `failures` those that fail,
    `orders` those that record an order (they stand in one of the others too).  `enabled` has the
    bit of every thread with a move; `is_resting` says that no thread waits which is not idle.
    """

    edges: tuple[tuple[Turn, int], ...]
    failures: tuple[tuple[Turn, Failure], ...]
    orders: tuple[tuple[Turn, Order], ...]
    enabled: int
    is_resting: bool


class Graph:
    """The states of a program that were found so far, by number, and what follows them.

    No state is stored before `allow` says how many may be; `interrupted` is asked now and then.
    Both end a walk with GraphError.  `is_cut` tells that some step has more choices than were
    followed.
    """

    def __init__(self, model: Model, interrupted: Callable[[], bool] | None = None) -> None:
        self.model = model
        self._budget = self._limit = 0
        self.states: list[State] = []
        self._index: dict[State, int] = {}
        self._expansions: dict[int, Expansion] = {}
        self._interrupted = interrupted
        outcomes = model.start()
        self.is_cut = isinstance(outcomes, CutOutcomes)
        self.starts: tuple[Outcome, ...] = tuple(outcomes)

    def allow(self, budget: int) -> None:
        """Let so many states be stored beside those that are."""
        self._budget = budget
        self._limit = len(self.states) + budget

    def find_number(self, state: State) -> int:
        """The number of a state; a new one is stored.  Raises GraphError."""
        number = self._index.get(state)
        if number is None:
            if len(self.states) >= self._limit:
                raise GraphError(
                    f"there are more than {self._budget:,} states to look at (--shortest-budget)"
                )
            number = self._index[state] = len(self.states)
            self.states.append(state)
        return number

    def expand(self, number: int) -> Expansion:
        """What can come next in a state.  Raises GraphError."""
        known = self._expansions.get(number)
        if known is None:
            if self._interrupted is not None and not len(self._expansions) % (
                EXPANSIONS_BETWEEN_LOOKS
            ):
                self._look_at_interrupt(self._interrupted)
            known = self._expansions[number] = self._take_all(self.states[number])
        return known

    def find_stuck(self) -> frozenset[int]:
        """The numbers of all stuck states, for which every state is visited.

        Raises GraphError, also where not all that follows a state is known.
        """
        for outcome in self.starts:
            if not isinstance(outcome.result, Failure):
                self.find_number(outcome.result)
        edges = Edges()
        for number, _ in enumerate(self.states):  # grows while it is walked
            expansion = self.expand(number)
            edges.targets.extend(target for _, target in expansion.edges)
            edges.close(number, bool(expansion.failures) or not expansion.enabled)
        if self.is_cut:
            raise GraphError("some step has more choices than are followed")
        return frozenset(edges.find_stuck(len(self.states)))

    def _look_at_interrupt(self, interrupted: Callable[[], bool]) -> None:
        if interrupted():
            raise GraphError("it was interrupted")

    def _take_all(self, state: State) -> Expansion:
        edges: list[tuple[Turn, int]] = []
        failures: list[tuple[Turn, Failure]] = []
        orders: list[tuple[Turn, Order]] = []
        enabled, is_resting = 0, True
        for turn, outcome in self._list_moves(state):
            if outcome is None:
                is_resting = False
                continue
            enabled |= 1 << turn[0]
            orders += [(turn, order) for order in outcome.orders]
            if isinstance(outcome.result, Failure):
                failures.append((turn, outcome.result))
            else:
                edges.append((turn, self.find_number(outcome.result)))
        return Expansion(tuple(edges), tuple(failures), tuple(orders), enabled, is_resting)

    def _list_moves(self, state: State) -> Iterator[tuple[Turn, Outcome | None]]:
        """The moves of a state; None for a thread that waits and is not idle."""
        for thread, table in enumerate(self.model.tables):
            step = table[state[thread]]
            if step is None:  # the thread has ended
                continue
            result = step(state)
            if isinstance(result, int):
                if result == BLOCKED:
                    yield (thread, ()), None
                continue
            outcomes = list_outcomes(result)
            self.is_cut = self.is_cut or isinstance(outcomes, CutOutcomes)
            for outcome in outcomes:
                yield (thread, outcome.choices), outcome
