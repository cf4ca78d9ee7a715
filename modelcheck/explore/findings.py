"""The violations of a run: for each property and object the one that comes first.

First is: the least depth, then the least state (then thread and choices).  So what is kept does
not depend on the order in which a search meets violations, as long as it meets all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modelcheck.backends.python.outcomes import Failure, Order, State
from modelcheck.explore.orders import Cycle, find_cycles
from modelcheck.explore.properties import Judged, Silence
from modelcheck.explore.result import Move


@dataclass(frozen=True, slots=True)
class Behind:
    """A state that is passed through: by which turn of the stored one before it it was come to, and
    what it is.  `rank` says which of several ways to it is told, the first where they are equal.
    """

    thread: int
    choices: tuple[int, ...]
    state: State
    rank: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was seen: a state by the number that its backend gave it (-1: the start,
    before the first state of the search), or one that is passed through `behind` it, then what
    comes after (for a failing step the last move, for a race the two possible ones).
    """

    number: int
    last: str = "state"
    moves: tuple[Move, ...] = ()
    initial: tuple[int, ...] = ()
    behind: Behind | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The first violation so far of one property of one object."""

    failure: Failure
    depth: int
    state: State
    tie: tuple[int, ...]
    origin: Origin

    @property
    def rank(self) -> tuple[int, State, tuple[int, ...], tuple[int, ...]]:
        """What decides which of two comes first."""
        behind = self.origin.behind
        return (self.depth, self.state, self.tie, () if behind is None else behind.rank)


@dataclass(frozen=True, slots=True)
class FoundCycle:
    """A cycle of recorded orders, and where each of its edges was seen first."""

    cycle: Cycle
    edges: tuple[Found, ...]

    @property
    def depth(self) -> int:
        """How deep a search has to go to see all of it."""
        return max(edge.depth for edge in self.edges)


class Findings:
    """Collects what is violated, among what is judged and not silenced, and what is satisfied."""

    def __init__(self, judged: tuple[Judged, ...], silence: Silence) -> None:
        self._positions = {j.name: i for i, j in enumerate(judged)}
        self._silence = silence
        self._found: dict[tuple[str, str], Found] = {}
        self._least_depth: int | None = None
        self._orders: dict[Order, Found] = {}
        self._seen: dict[str, Found] = {}
        # Under symmetry, one name for all objects that are exchanged for each other.
        self.represent: Callable[[str], str] = lambda name: name
        self.assumed: frozenset[str] = frozenset()  # checks on whose never failing symmetry rests
        self.is_refuted = False  # whether one of them failed all the same

    def add(
        self, failure: Failure, depth: int, state: State, tie: tuple[int, ...], origin: Origin
    ) -> None:
        """Note a violation, unless its property is not judged or it is silenced.

        Soundness: a check that symmetry assumes never to fail refutes it whether or not anybody
        asked for it (tests/reduce/test_symmetry_rounds.py).
        """
        name = failure.property
        if name in self.assumed:
            self.is_refuted = True
        if name not in self._positions or self._silence.covers(name, failure.declared):
            return
        key = (name, self.represent(failure.object))
        known = self._found.get(key)
        if known is not None and known.depth < depth:
            return
        found = Found(failure, depth, state, tie, origin)
        if known is None or found.rank < known.rank:
            self._found[key] = found
            if self._least_depth is None or depth < self._least_depth:
                self._least_depth = depth

    def add_order(
        self, order: Order, depth: int, state: State, tie: tuple[int, ...], origin: Origin
    ) -> None:
        """Note a recorded order with its witness."""
        if order.property not in self._positions or self._silence.covers(
            order.property, (order.first, order.second)
        ):
            return
        known = self._orders.get(order)
        if known is not None and known.depth < depth:
            return
        failure = Failure(order.property, names=(order.first, order.second))
        found = Found(failure, depth, state, tie, origin)
        if known is None or found.rank < known.rank:
            self._orders[order] = found

    def add_seen(self, name: str, depth: int, state: State, origin: Origin) -> None:
        """Note a state that satisfies a `reachable`."""
        known = self._seen.get(name)
        found = Found(Failure(name), depth, state, (), origin)
        if known is None or found.rank < known.rank:
            self._seen[name] = found

    @property
    def seen(self) -> dict[str, Found]:
        """The first state that satisfies each `reachable` of which there is one."""
        return self._seen

    @property
    def violated(self) -> dict[tuple[str, str], Found]:
        """The first violation by property and object, without orders."""
        return self._found

    def list_violated(self) -> frozenset[str]:
        """The names of the violated properties, without orders."""
        return frozenset(name for name, _ in self._found)

    def list_cycles(self) -> tuple[FoundCycle, ...]:
        """What the recorded orders amount to."""
        return tuple(
            FoundCycle(cycle, tuple(self._orders[edge] for edge in cycle.edges))
            for cycle in find_cycles(frozenset(self._orders))
        )

    def find_least_depth(self) -> int | None:
        """The depth of the first violation, cycles of orders among them."""
        depths = [found.depth for found in self.list_cycles()]
        if self._least_depth is not None:
            depths.append(self._least_depth)
        return min(depths, default=None)

    def position(self, name: str) -> int:
        """Where a judged property stands in the order of headlines."""
        return self._positions[name]
