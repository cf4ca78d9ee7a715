"""The violations of a run: for each property and object the one that comes first.

First is: the least depth, then the least state (then thread and choices).  So what is kept does
not depend on the order in which a search meets violations, as long as it meets all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from modelcheck.backends.python.outcomes import Failure, Order, State
from modelcheck.explore.properties import Judged, Silence
from modelcheck.explore.result import Move, Path, Violation


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was seen: a state by its number (-1: before the first state), then what
    comes after it (for a failing step the last move, for a race the two possible ones).
    """

    number: int
    last: str = "state"
    moves: tuple[Move, ...] = ()
    initial: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The first violation so far of one property of one object."""

    failure: Failure
    depth: int
    state: State
    tie: tuple[int, ...]
    origin: Origin

    @property
    def rank(self) -> tuple[int, State, tuple[int, ...]]:
        """What decides which of two comes first."""
        return (self.depth, self.state, self.tie)


class Findings:
    """Collects what is violated, among what is judged and not silenced."""

    def __init__(self, judged: tuple[Judged, ...], silence: Silence) -> None:
        self._positions = {j.name: i for i, j in enumerate(judged)}
        self._silence = silence
        self._found: dict[tuple[str, str], Found] = {}
        self.least_depth: int | None = None
        self.orders: dict[Order, Found] = {}

    def is_judged(self, name: str) -> bool:
        """Whether this run judges a property of that name."""
        return name in self._positions

    def add(
        self, failure: Failure, depth: int, state: State, tie: tuple[int, ...], origin: Origin
    ) -> None:
        """Note a violation, unless its property is not judged or it is silenced."""
        name = failure.property
        if name not in self._positions or self._silence.covers(name, failure.declared):
            return
        key = (name, failure.object)
        known = self._found.get(key)
        if known is not None and known.depth < depth:
            return
        found = Found(failure, depth, state, tie, origin)
        if known is None or found.rank < known.rank:
            self._found[key] = found
            if self.least_depth is None or depth < self.least_depth:
                self.least_depth = depth

    def add_order(
        self, order: Order, depth: int, state: State, tie: tuple[int, ...], origin: Origin
    ) -> bool:
        """Note a recorded order with its witness; whether it is the first time."""
        if order.property not in self._positions or self._silence.covers(
            order.property, (order.first, order.second)
        ):
            return False
        known = self.orders.get(order)
        if known is None or (depth, state, tie) < known.rank:
            self.orders[order] = Found(Failure(order.property), depth, state, tie, origin)
        return known is None

    def list_violated(self) -> frozenset[str]:
        """The names of the violated properties, without orders."""
        return frozenset(name for name, _ in self._found)

    def make_violations(
        self,
        make_path: Callable[[Origin], Path],
        minimal: str,
        describe: Mapping[str, Callable[[State], str]],
    ) -> tuple[Violation, ...]:
        """All violations, by property, then depth, then object; `describe` gives the details that
        are too dear to work out for every candidate.
        """
        made = []
        for (name, shown), found in self._found.items():
            failure = found.failure
            detail = describe[name](found.state) if name in describe else failure.detail
            path = make_path(found.origin)
            made.append(
                Violation(name, shown, failure.names, detail, found.depth, (path,), minimal)
            )
        return self.sort(tuple(made))

    def sort(self, violations: tuple[Violation, ...]) -> tuple[Violation, ...]:
        """By property, then depth, then object."""
        return tuple(
            sorted(violations, key=lambda v: (self._positions[v.property], v.depth, v.object))
        )
