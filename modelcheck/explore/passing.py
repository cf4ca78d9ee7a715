"""What a search does on its way through states that are not stored (`reduce.fuse`).

They are judged as those that are stored, each time that the search comes through: what is found is
kept by its least witness, so once more changes nothing.  Their transitions are counted each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelcheck.backends.python.model import Judge, Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.diagnostics import InternalError
from modelcheck.explore.findings import Behind, Findings, Origin
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.result import Move
from modelcheck.explore.walk import make_move
from modelcheck.reduce import Fuse, WayOn


@dataclass(frozen=True, slots=True)
class Source:
    """The stored state that a chain leaves, and the turn by which it does; `is_ranked` where the
    least of several sources is told.
    """

    number: int
    state: State
    depth: int
    thread: int
    choices: tuple[int, ...]
    is_ranked: bool


class Passing:
    """Goes through the states of one search that are passed through.

    `index` are the numbers of the states that are stored, the initial ones first; `judges` the
    invariants and `reachable` what is asked of each state; `taken` counts by thread and location.
    With `keeps` the states are kept (`visited`), for whoever asks which values there were.

    Soundness: what is not judged here is judged nowhere.  `test_fuse.py` has a violation of each
    kind that only a state passed through shows.
    """

    def __init__(
        self,
        model: Model,
        fuse: Fuse,
        findings: Findings,
        index: Mapping[State, int],
        taken: list[list[int]],
        *,
        invariants: list[tuple[str, Judge]],
        reachable: list[tuple[str, Judge]],
        race: RaceCheck | None,
        keeps: bool,
    ) -> None:
        self._model = model
        self._fuse = fuse
        self._findings = findings
        self._index = index
        self._taken = taken
        self._invariants = invariants
        self.reachable = reachable  # the search drops what no deeper state can tell more of
        self._race = race
        self._keeps = keeps
        self.initial = 0  # how many states are stored because the search begins there
        self.transitions = 0
        self.visited: dict[State, None] = {}

    def go_on(self, reached: State, source: Source) -> State:
        """From a state that is come to: through all that are passed through, to one that is stored.

        What is stored already needs no question, but for an initial state: that may be anything.
        """
        for state, way in self._fuse.follow(reached):
            self._judge(state, way, source)
            reached = way.reached
            if self._index.get(reached, -1) >= self.initial:
                break
        return reached

    def list_moves(self, state: State, end: State) -> Iterator[Move]:
        """The moves of a chain from a state up to another one in it, or behind it."""
        if state == end:
            return
        for passed, way in self._fuse.follow(state):
            yield make_move(self._model.memory, passed, way.thread, way.choices)
            if way.reached == end:
                return
        raise InternalError("no chain leads to a state that was passed through")

    # -----------------------------------------------------------------------------------------
    # One state

    def _judge(self, state: State, way: WayOn, source: Source) -> None:
        self._taken[way.thread][state[way.thread]] += 1
        self.transitions += 1
        if self._keeps:
            self.visited[state] = None
        for name, holds in self._invariants:
            answer = holds(state)
            if answer is not True:
                failure = answer if isinstance(answer, Failure) else Failure(name)
                self._add(failure, state, source)
        for name, holds in self.reachable:
            answer = holds(state)
            if isinstance(answer, Failure):
                self._add(answer, state, source)
            elif answer:
                origin = self._make_origin(state, source)
                self._findings.add_seen(name, source.depth + 1, state, origin)
        if way.orders:
            self._add_orders(state, way, source)
        if self._race is not None:
            self._judge_races(self._race, state, source)

    def _add(self, failure: Failure, state: State, source: Source) -> None:
        origin = self._make_origin(state, source)
        self._findings.add(failure, source.depth + 1, state, (), origin)

    def _add_orders(self, state: State, way: WayOn, source: Source) -> None:
        move = make_move(self._model.memory, state, way.thread, way.choices)
        origin = self._make_origin(state, source, "edge", (move,))
        for order in way.orders:
            tie = (way.thread, *way.choices)
            self._findings.add_order(order, source.depth + 2, state, tie, origin)

    def _judge_races(self, race: RaceCheck, state: State, source: Source) -> None:
        for failure, first, second in race.find(state):
            moves = tuple(make_move(self._model.memory, state, *turn) for turn in (first, second))
            origin = self._make_origin(state, source, "race", moves)
            tie = (first[0], *first[1], second[0], *second[1])
            self._findings.add(failure, source.depth + 1, state, tie, origin)

    def _make_origin(
        self, state: State, source: Source, last: str = "state", moves: tuple[Move, ...] = ()
    ) -> Origin:
        rank = (*source.state, source.thread, *source.choices) if source.is_ranked else ()
        behind = Behind(source.thread, source.choices, state, rank)
        return Origin(source.number, last, moves, behind=behind)
