"""Violations that are known → where in the state graph they can be seen again.

Of a violation its property and its object are kept, of a cycle of orders its edges; whatever shows
the same property violated of the same object is as good as what was found first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from modelcheck.backends.python.outcomes import Failure, Order
from modelcheck.explore.graph import Expansion, Graph
from modelcheck.explore.leak import LEAK, LeakCheck
from modelcheck.explore.properties import Silence
from modelcheck.explore.race import RACE, RaceCheck, Turn

Seen = tuple[str, str]  # a property, and of what it fails
Target = Seen | Order

STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a target can be seen: `last` as in `result.Path`, then by which moves.

    `turns` is the move that fails or records the order, or the two of a race; `failure` says what
    is wrong (None for an order).
    """

    target: Target
    last: str
    failure: Failure | None = None
    turns: tuple[Turn, ...] = ()


class Goals:
    """What is looked for in a graph; what was found is taken out of `wanted`.

    Soundness: a violation is called the shortest because nothing was seen before it, so a place
    where a target shows and that is not named here would make a long trace the shortest
    (tests/unit/explore/test_shortest.py compares with a search that knows nothing of this).
    """

    def __init__(self, graph: Graph, targets: Iterable[Target]) -> None:
        self._graph = graph
        model = graph.model
        self.wanted = dict.fromkeys(targets)  # a set that keeps its order
        self._silence = Silence(model.program)
        self._kinds = {p.name: p.kind for p in model.program.properties if p.body is not None}
        self._stuck: frozenset[int] | None = None

    @cached_property
    def _leak(self) -> LeakCheck:
        return LeakCheck(self._graph.model.memory)

    @cached_property
    def _race(self) -> RaceCheck:
        return RaceCheck(self._graph.model)

    def find_stuck(self) -> None:
        """Find the stuck states, if they are wanted.  Raises GraphError."""
        if (STUCK, "") in self.wanted:
            self._stuck = self._graph.find_stuck()

    def list_at_start(self) -> Iterator[tuple[Goal, tuple[int, ...]]]:
        """What fails or is recorded before the first state, with the choices that lead there."""
        for outcome in self._graph.starts:
            for order in outcome.orders:
                if order in self.wanted:
                    yield Goal(order, "edge"), outcome.choices
            if isinstance(outcome.result, Failure):
                for target in self._admit(outcome.result):
                    yield Goal(target, "step", outcome.result), outcome.choices

    def list_in_steps(self, expansion: Expansion) -> Iterator[Goal]:
        """What the moves of a state show: each goal has the one that does."""
        for turn, failure in expansion.failures:
            for target in self._admit(failure):
                yield Goal(target, "step", failure, (turn,))
        for turn, order in expansion.orders:
            if order in self.wanted:
                yield Goal(order, "edge", None, (turn,))

    def list_in_state(self, number: int, expansion: Expansion) -> Iterator[Goal]:
        """What a state itself shows, by its properties, its rest or what can come next."""
        for failure in self._judge(number, expansion):
            for target in self._admit(failure):
                yield Goal(target, "state", failure)
        if expansion.enabled and self._wants(RACE):
            for failure, *turns in self._race.find(self._graph.states[number]):
                for target in self._admit(failure):
                    yield Goal(target, "race", failure, tuple(turns))

    def _judge(self, number: int, expansion: Expansion) -> Iterator[Failure]:
        is_at_rest = not expansion.enabled and expansion.is_resting
        for name, _ in [target for target in self.wanted if not isinstance(target, Order)]:
            kind = self._kinds.get(name)
            if kind in ("invariant", "reachable") or (kind == "final" and is_at_rest):
                answer = self._graph.model.judges[name](self._graph.states[number])
                if isinstance(answer, Failure):
                    yield answer
                elif answer is not True and kind != "reachable":
                    yield Failure(name)
        if not expansion.enabled and not is_at_rest:
            yield Failure("deadlock")
        if is_at_rest and self._wants(LEAK):
            yield from self._leak.find(self._graph.states[number])
        if self._stuck is not None and number in self._stuck:
            yield Failure(STUCK)

    def _wants(self, name: str) -> bool:
        return any(not isinstance(target, Order) and target[0] == name for target in self.wanted)

    def _admit(self, failure: Failure) -> Iterator[Seen]:
        """The target that a failure is, if it is one."""
        target = (failure.property, failure.object)
        if target in self.wanted and not self._silence.covers(*_name(failure)):
            yield target


def _name(failure: Failure) -> tuple[str, frozenset[str]]:
    return failure.property, failure.declared
