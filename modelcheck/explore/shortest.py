"""Program, and what can be seen in it → the least way there: by preemptions, or by steps.

A *preemption* is a move of another thread than the last one while the last one has a move too
(Musuvathi and Qadeer, "Iterative context bounding", PLDI 2007, section 2); a switch away from a
thread that waits or has ended costs nothing.  So what a way costs depends on who moved last, and
Dijkstra's algorithm goes over pairs of a state and that thread, in buckets of equal cost (Dial,
CACM 1969): there are few costs and many pairs.

Of the ways of least cost the one is told that takes threads in the order of their declaration: it
depends on the program alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.explore.goals import Goal, Goals, Target
from modelcheck.explore.graph import Expansion, Graph, GraphError
from modelcheck.explore.race import Turn
from modelcheck.explore.result import Move, Path
from modelcheck.explore.walk import make_move, walk

Node = int  # a state's number and who moved last
_Places = dict[Target, list[tuple[Node, Goal]]]

_MOST = 1 << 64  # more steps than any way has


@dataclass(frozen=True, slots=True)
class Length:
    """How long a way is.  `switches` counts the times that a thread begins to run, the first one
    too and whether it costs a preemption or not.
    """

    preemptions: int
    steps: int
    switches: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What a preemption, a step and a switch cost: each more than any number of the next."""

    preemption: int
    step: int
    switch: int = 1

    def weigh(self, length: Length) -> int:
        """The cost of a way."""
        return (
            self.preemption * length.preemptions
            + self.step * length.steps
            + self.switch * length.switches
        )


WEIGHTS = {
    "switches": Weights(preemption=_MOST**2, step=_MOST),
    "steps": Weights(preemption=_MOST, step=_MOST**2),
}
"""What is to be least first; then the other, then the number of blocks that the eye sees."""


@dataclass(frozen=True, slots=True)
class Way:
    """A least way: what it shows, in which state (the one before a failing step), what it costs."""

    goal: Goal
    path: Path
    state: State
    cost: int


def measure(model: Model, path: Path) -> Length:
    """How long a stored path is with all it had, counted by running it.  Raises ReplayError."""
    path = path.whole
    preemptions = switches = 0
    last = -1
    before: State = ()
    for visit in walk(model, path):
        if visit.move is not None and visit.move.thread != last:
            switches += 1
            preemptions += last >= 0 and bool(model.outcomes(before, last))
        if visit.move is not None:
            last = visit.move.thread
        before = visit.state
    return Length(preemptions, len(path.moves), switches)


def find_ways(graph: Graph, goals: Goals, weights: Weights) -> Iterator[Way]:
    """The least ways to what is wanted, the least first; each is taken out of `goals.wanted`.

    What is still wanted at the end is nowhere in the graph.  Raises GraphError where the graph
    gives no further state: the ways given before are least ones all the same.

    Soundness: a way is given when everything of less cost was looked at, so it may be called the
    shortest (tests/unit/explore/test_shortest.py compares with every run of small programs).
    """
    return _Search(graph, goals, weights).run()


class _Search:
    """One search: the cost of every pair that was met, and the pairs before it on least ways."""

    def __init__(self, graph: Graph, goals: Goals, weights: Weights) -> None:
        self._graph = graph
        self._goals = goals
        self._stay = weights.step
        self._switch = weights.step + weights.switch
        self._preempt = weights.step + weights.switch + weights.preemption
        self._threads = len(graph.model.tables) + 1  # 0 is nobody
        self._starts: dict[Node, tuple[int, ...]] = {}  # in order of the choices
        self._cost: dict[Node, int] = {}
        self._before: dict[Node, list[tuple[Node, Turn]]] = {}
        self._buckets: dict[int, list[Node]] = {}
        self._steps: dict[int, _Places] = {}  # goals that a step shows, by the cost after it
        self._waiting: list[int] = []  # the costs of both, a heap
        self._judged: set[int] = set()
        self._shown: dict[int, tuple[int, list[Goal]]] = {}  # by state, with its least cost

    def run(self) -> Iterator[Way]:
        """Bucket after bucket, until nothing more is wanted."""
        yield from self._begin()
        while self._waiting and self._goals.wanted:
            cost = heappop(self._waiting)
            here = self._steps.pop(cost, {})
            ended: GraphError | None = None
            try:
                self._visit(cost, here)
            except GraphError as error:
                ended = error
            for target in [target for target in self._goals.wanted if target in here]:
                yield self._tell(cost, here[target])
                del self._goals.wanted[target]
            if ended is not None:
                raise ended

    def _begin(self) -> Iterator[Way]:
        for goal, choices in list(self._goals.list_at_start()):
            if goal.target in self._goals.wanted:
                yield Way(goal, Path(choices, (), goal.last), (), 0)
                del self._goals.wanted[goal.target]
        for outcome in self._graph.starts:
            if not isinstance(outcome.result, Failure):
                node = self._graph.find_number(outcome.result) * self._threads
                if node not in self._starts:
                    self._starts[node] = outcome.choices
                    self._before[node] = []
                    self._put(node, 0)

    def _visit(self, cost: int, here: _Places) -> None:
        """Look at all pairs of one cost, and note what they show in `here`.

        Where one shows the last of what is wanted, the others are as good: they are looked at too.
        """
        wanted = self._goals.wanted.keys()
        if wanted <= here.keys():  # steps show it all
            return
        for node in self._buckets.pop(cost, ()):
            if self._cost[node] != cost:  # it was reached for less
                continue
            number, last = divmod(node, self._threads)
            expansion = self._graph.expand(number)
            for goal in self._see(number, cost, expansion):
                here.setdefault(goal.target, []).append((node, goal))
            if not wanted <= here.keys():
                self._move_on(node, last - 1, cost, expansion)

    def _see(self, number: int, cost: int, expansion: Expansion) -> Sequence[Goal]:
        """What a state shows, if it is not reached for less."""
        if number not in self._judged:
            self._judged.add(number)
            goals = list(self._goals.list_in_state(number, expansion))
            if goals:
                self._shown[number] = cost, goals
        least, shown = self._shown.get(number, (cost, []))
        return shown if least == cost else ()

    def _move_on(self, node: Node, last: int, cost: int, expansion: Expansion) -> None:
        """Reach what comes next."""
        is_enabled = last >= 0 and bool(expansion.enabled >> last & 1)
        away = cost + (self._preempt if is_enabled else self._switch)
        stay = cost + self._stay
        for turn, target in expansion.edges:
            after = stay if turn[0] == last else away
            following = target * self._threads + turn[0] + 1
            known = self._cost.get(following)
            if known is None or after < known:
                self._before[following] = [(node, turn)]
                self._put(following, after)
            elif after == known:
                self._before[following].append((node, turn))
        for goal in self._goals.list_in_steps(expansion):
            after = stay if goal.turns[0][0] == last else away
            places = self._steps.get(after)
            if places is None:
                places = self._steps[after] = {}
                heappush(self._waiting, after)
            places.setdefault(goal.target, []).append((node, goal))

    def _put(self, node: Node, cost: int) -> None:
        self._cost[node] = cost
        bucket = self._buckets.get(cost)
        if bucket is None:
            bucket = self._buckets[cost] = []
            heappush(self._waiting, cost)
        bucket.append(node)

    # -----------------------------------------------------------------------------------------
    # The way that is told

    def _tell(self, cost: int, places: list[tuple[Node, Goal]]) -> Way:
        """Of all least ways to one target the one whose threads and choices come first."""
        following = self._find_following(node for node, _ in places)
        ends: dict[Node, list[Goal]] = {}
        for node, goal in places:
            ends.setdefault(node, []).append(goal)
        node = next(n for n in self._starts if n in following)
        choices = self._starts[node]
        moves: list[Move] = []
        while True:
            state = self._graph.states[node // self._threads]
            goals = ends.get(node, [])
            shown = next((goal for goal in goals if goal.last in ("state", "race")), None)
            if shown is not None:
                race = self._make_moves(state, shown.turns)
                return Way(shown, Path(choices, tuple(moves), shown.last, race), state, cost)
            turns = [goal.turns[0] for goal in goals]
            turn, after = min(following[node], default=((len(self._graph.model.tables), ()), -1))
            if turns and min(turns) <= turn:
                shown = goals[turns.index(min(turns))]
                moves += self._make_moves(state, shown.turns)
                return Way(shown, Path(choices, tuple(moves), shown.last), state, cost)
            moves += self._make_moves(state, (turn,))
            node = after

    def _find_following(self, ends: Iterable[Node]) -> dict[Node, list[tuple[Turn, Node]]]:
        """Of every pair on a least way to `ends`, how such ways go on."""
        waiting = list(dict.fromkeys(ends))
        following: dict[Node, list[tuple[Turn, Node]]] = {node: [] for node in waiting}
        while waiting:
            node = waiting.pop()
            for before, turn in self._before[node]:
                if before not in following:
                    following[before] = []
                    waiting.append(before)
                following[before].append((turn, node))
        return following

    def _make_moves(self, state: State, turns: Iterable[Turn]) -> tuple[Move, ...]:
        memory = self._graph.model.memory
        return tuple(make_move(memory, state, *turn) for turn in turns)
