"""A way to a violation → one without the steps and switches that it does not need.

For violations to which no least way could be proven (`trim`).  Moves are left out or put elsewhere,
and the program has the last word: a change is kept only if the way runs again to the same property
of the same object, and is shorter.  Nothing is proven by that, so the way is not called anything.
Of ways about which something is proven only the ends of threads are left out, and noted
(`drop_unrelated`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Outcome, State
from modelcheck.explore.goals import Goal, Goals, Target
from modelcheck.explore.graph import Graph
from modelcheck.explore.race import Turn
from modelcheck.explore.result import Move, Path
from modelcheck.explore.shortest import WEIGHTS, Way, measure
from modelcheck.explore.walk import make_move

_UNLIMITED = 1 << 62
MOST_STEPS = 200_000  # run for one violation: no time decides how far this goes


def trim(model: Model, target: Target, path: Path) -> Way | None:
    """A way to a target that has no more steps than `path` and costs less; None if none was found.

    Tries, as long as anything helps, to leave out whole threads, what a thread does last, what it
    does at a stretch, single moves; then to put two stretches of one thread together.  Ends after
    MOST_STEPS at the latest.
    """
    return _Trimming(model, target).run(path)


def make_graph(model: Model) -> Graph:
    """A graph to look at single states, however many."""
    graph = Graph(model)
    graph.allow(_UNLIMITED)
    return graph


def see_state(graph: Graph, target: Target, state: State) -> Goal | None:
    """What a state shows of a target by itself; nothing of what is stuck."""
    number = graph.find_number(state)
    return next(Goals(graph, [target]).list_in_state(number, graph.expand(number)), None)


def drop_unrelated(model: Model, way: Way) -> Way:
    """The way without what its threads do at their ends, as far as the rest shows the same.

    A way of fewest preemptions lets a thread run on to where it waits or ends, which may have
    nothing to do with what is shown.  The moves are dropped from the path, which says which.
    """
    path = way.path
    if path.unrelated or path.last == "edge":
        return way
    trimming = _Trimming(model, way.goal.target)
    kept = tuple(range(len(path.moves)))
    best = way
    while (found := trimming.shorten_a_thread(path, kept)) is not None:
        kept, best = found
    places = [place for place in range(len(path.moves)) if place not in kept]
    before = [sum(other < place for other in kept) for place in places]
    dropped = tuple((n, path.moves[place]) for n, place in zip(before, places, strict=True))
    return replace(best, path=replace(best.path, dropped=dropped), cost=way.cost)


class _Trimming:
    """The changes to one path, and what is left of it."""

    def __init__(self, model: Model, target: Target) -> None:
        self._model = model
        self._target = target
        self._graph = make_graph(model)
        self._left = MOST_STEPS

    def run(self, path: Path) -> Way | None:
        best: Way | None = None
        shown = path
        while (better := self._find_better(shown)) is not None:
            best, shown = better, better.path
        return best

    def _find_better(self, path: Path) -> Way | None:
        cost = WEIGHTS["steps"].weigh(measure(self._model, path))
        turns = [(move.thread, move.choices) for move in path.moves]
        for changed in _list_changes(turns):
            if self._left <= 0:
                return None
            way = self.take(path.initial, changed)
            if way is not None and way.cost < cost:
                return way
        return None

    def shorten_a_thread(
        self, path: Path, kept: tuple[int, ...]
    ) -> tuple[tuple[int, ...], Way] | None:
        """Of some moves of a path those without the last ones of a thread, as many as can be left
        out, and the way that they are; None where no thread can do without any.
        """
        for thread in sorted({path.moves[place].thread for place in kept}):
            own = [place for place in kept if path.moves[place].thread == thread]
            for count in range(len(own), 0, -1):
                left = tuple(place for place in kept if place not in own[-count:])
                turns = [(path.moves[place].thread, path.moves[place].choices) for place in left]
                way = self.take(path.initial, turns)
                if way is not None:
                    return left, way
        return None

    def take(self, initial: tuple[int, ...], turns: Sequence[Turn]) -> Way | None:
        """The way that some turns are, if the program can take them and they show the target."""
        state = self._begin(initial)
        moves: list[Move] = []
        for number, turn in enumerate(turns, 1):
            if state is None:
                return None
            outcome = self._step(state, turn)
            if outcome is None:
                return None
            moves.append(make_move(self._model.memory, state, *turn))
            if number == len(turns) and (goal := self._see_step(outcome, turn)) is not None:
                return self._make_way(goal, initial, moves, state)
            state = None if isinstance(outcome.result, Failure) else outcome.result
        goal = None if state is None else see_state(self._graph, self._target, state)
        if state is None or goal is None:
            return None
        return self._make_way(goal, initial, moves, state)

    def _begin(self, initial: tuple[int, ...]) -> State | None:
        for outcome in self._graph.starts:
            if outcome.choices == initial and not isinstance(outcome.result, Failure):
                return outcome.result
        return None

    def _step(self, state: State, turn: Turn) -> Outcome | None:
        self._left -= 1
        thread, choices = turn
        outcomes = self._model.outcomes(state, thread)
        return next((outcome for outcome in outcomes if outcome.choices == choices), None)

    def _see_step(self, outcome: Outcome, turn: Turn) -> Goal | None:
        if self._target in outcome.orders:
            return Goal(self._target, "edge", None, (turn,))
        failure = outcome.result
        if isinstance(failure, Failure) and (failure.property, failure.object) == self._target:
            return Goal(self._target, "step", failure, (turn,))
        return None

    def _make_way(
        self, goal: Goal, initial: tuple[int, ...], moves: list[Move], state: State
    ) -> Way:
        race: tuple[Move, ...] = ()
        if goal.last == "race":
            race = tuple(make_move(self._model.memory, state, *turn) for turn in goal.turns)
        path = Path(initial, tuple(moves), goal.last, race)
        return Way(goal, path, state, WEIGHTS["steps"].weigh(measure(self._model, path)))


def _list_changes(turns: list[Turn]) -> Iterator[list[Turn]]:
    """What may be left of some turns, the most daring changes first."""
    threads = sorted({thread for thread, _ in turns}, reverse=True)
    for thread in threads:
        yield [turn for turn in turns if turn[0] != thread]
    for thread in threads:
        own = [place for place, turn in enumerate(turns) if turn[0] == thread]
        for count in range(len(own) - 1, 0, -1):
            left_out = set(own[-count:])
            yield [turn for place, turn in enumerate(turns) if place not in left_out]
    stretches = list(_list_stretches(turns))
    for begin, end in stretches:
        yield turns[:begin] + turns[end:]
    for place in range(len(turns)):
        yield turns[:place] + turns[place + 1 :]
    for number, (begin, end) in enumerate(stretches):
        earlier = [s for s in stretches[:number] if turns[s[0]][0] == turns[begin][0]]
        if earlier:
            first, after = earlier[-1]
            yield turns[:after] + turns[begin:end] + turns[after:begin] + turns[end:]
            yield turns[:first] + turns[after:begin] + turns[first:after] + turns[begin:]


def _list_stretches(turns: Sequence[Turn]) -> Iterator[tuple[int, int]]:
    """The longest runs of turns of one thread: where each begins and where it has ended."""
    begin = 0
    for place in range(1, len(turns) + 1):
        if place == len(turns) or turns[place][0] != turns[begin][0]:
            yield begin, place
            begin = place
