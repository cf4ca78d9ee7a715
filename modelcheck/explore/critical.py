"""A path to a violation → the orderings between its threads that make it fail.

The threads of the path and what each of them does are fixed: its *script*.  A *run* takes, as long
as any thread can, the next move of some thread's script; a thread that has come to another place
than its script says, or whose choices are others there, goes no further.  A set of orderings (a
step of one thread before a step of another) is *sufficient* if every run that respects it shows
the same property violated of the same object.  The conflicting pairs of the path are sufficient:
whoever respects them repeats it (Mazurkiewicz, "Trace theory", 1987, section 2).  From them pairs
are removed, those of locks and the nearest first, while the rest is sufficient; what is left is
sufficient, and without any one of its pairs there is a run that passes, which is kept.

The nearest, because "a before b" follows from an ordering of a later step than a and an earlier
one than b: of what comes to the same the weakest stays, `kfree` before the use of what was freed,
and not one critical section before the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Order
from modelcheck.diagnostics import InternalError
from modelcheck.explore.conflicts import Pair, is_about_locks, list_conflicts
from modelcheck.explore.goals import STUCK, Goals, Seen, Target
from modelcheck.explore.result import Move, Ordering, Path
from modelcheck.explore.trim import make_graph

MOST_PLACES = 4_000  # that the scripts are run from, for one violation
MOST_VISITS = 60_000  # of them, for all sets of pairs that are tried

_Place = tuple[tuple[int, ...], int]  # how far each script is, and the number of the state


def find_needs(model: Model, target: Target, path: Path) -> tuple[Ordering, ...] | None:
    """The orderings that a path to a target needs, those of the last steps first.

    None where nothing is known: the budget ended, or the target is not seen by running the path
    alone (an order of locks, states that are stuck).  Raises `walk.ReplayError` where the program
    cannot take the path.

    Soundness: a report says that these orderings are enough and that none can be left out, so no
    run may be missed (tests/unit/explore/test_critical.py compares with all orders of all steps,
    each run on its own).
    """
    if isinstance(target, Order) or path.last == "edge" or target == (STUCK, ""):
        return None
    if not path.moves:
        return None
    scripts = _Scripts(model, target, path)
    try:
        return _remove_pairs(scripts, list(_list_enough(model, scripts, path)))
    except _BudgetError:
        return None


def _list_enough(model: Model, scripts: _Scripts, path: Path) -> Iterator[Pair]:
    """The conflicting pairs of a path, in the order in which they are tried to be left out; where
    they are not sufficient, all pairs of two threads.

    Interrupts act between threads beside all memory, and a state in the middle of the path need
    not be on the way of who only repeats its conflicts.
    """
    conflicts = list(list_conflicts(model, path))
    if scripts.find_passing(conflict.pair for conflict in conflicts) is None:
        # What is known of locks follows from what is done under them: that says more.
        conflicts.sort(key=lambda c: (not is_about_locks(model, c), _measure_gap(c.pair), c.pair))
        yield from (conflict.pair for conflict in conflicts)
        return
    threads = [move.thread for move in path.moves]
    steps = range(len(threads))
    pairs = [(a, b) for b in steps for a in range(b) if threads[a] != threads[b]]
    yield from sorted(pairs, key=lambda pair: (_measure_gap(pair), pair))


def _measure_gap(pair: Pair) -> int:
    return pair[1] - pair[0]


def _remove_pairs(scripts: _Scripts, pairs: Sequence[Pair]) -> tuple[Ordering, ...]:
    """What is left of sufficient pairs, each with a run that passes without it."""
    kept = list(pairs)
    without: dict[Pair, Path] = {}
    for pair in pairs:
        rest = [other for other in kept if other != pair]
        passing = scripts.find_passing(rest)
        if passing is None:
            kept = rest
        else:
            without[pair] = passing
    kept.sort(key=lambda pair: (-pair[1], -pair[0]))
    return tuple(Ordering(a + 1, b + 1, without[a, b]) for a, b in kept)


class _BudgetError(Exception):
    """More would have to be looked at than is allowed."""


@dataclass(frozen=True, slots=True)
class _Next:
    """One move of a script and the place it leads to: None where it fails, and then whether that
    shows the target.
    """

    script: int
    place: _Place | None
    shows: bool = False


class _Scripts:
    """The moves of each thread of one path, and what running them leads to."""

    def __init__(self, model: Model, target: Seen, path: Path) -> None:
        self._model = model
        self._target = target
        self._path = path
        self._graph = make_graph(model)
        self._goals = Goals(self._graph, [target])
        threads = sorted({move.thread for move in path.moves})
        self._scripts = [[m for m in path.moves if m.thread == thread] for thread in threads]
        done = [0] * len(threads)
        self._of_step: list[tuple[int, int]] = []  # of each step of the path: script, number in it
        for move in path.moves:
            script = threads.index(move.thread)
            self._of_step.append((script, done[script]))
            done[script] += 1
        # What a built-in check says of a step no state can show.
        bodies = {p.name for p in model.program.properties if p.body is not None}
        self._judges_states = path.last != "step" or target[0] in bodies
        self._known: dict[_Place, tuple[_Next, ...] | None] = {}
        self._visits = MOST_VISITS

    def find_passing(self, pairs: Iterable[Pair]) -> Path | None:
        """A run that respects some pairs and never shows the target; None: there is none.

        Raises _BudgetError where that cannot be found out.
        """
        waits: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for first, second in pairs:
            waits.setdefault(self._of_step[second], []).append(self._of_step[first])

        def may_go(place: _Place, script: int) -> bool:
            asked = waits.get((script, place[0][script]), ())
            return all(place[0][other] > number for other, number in asked)

        place, last = self._begin(), -1
        seen = {place}
        taken: list[_Next] = []
        stack: list[Iterator[_Next]] = []
        while True:
            moves = self._list_next(place)
            if moves is not None and not moves:  # no script goes on
                return self._make_path(taken)
            # Who only waits for a pair is in no run that respects it: there is nothing to see.
            allowed = [move for move in moves or () if may_go(place, move.script)]
            stack.append(iter(sorted(allowed, key=lambda move: move.script != last)))
            while stack:
                move = next(stack[-1], None)
                if move is None:
                    stack.pop()
                    del taken[-1:]
                elif move.place is None and not move.shows:
                    return self._make_path([*taken, move])
                elif move.place is not None and move.place not in seen:
                    break
            else:
                return None
            seen.add(move.place)
            taken.append(move)
            place, last = move.place, move.script

    def _begin(self) -> _Place:
        outcome = next(o for o in self._graph.starts if o.choices == self._path.initial)
        if isinstance(outcome.result, Failure):
            raise InternalError("a path goes on after a start that fails")
        return (0,) * len(self._scripts), self._graph.find_number(outcome.result)

    def _list_next(self, place: _Place) -> tuple[_Next, ...] | None:
        """What each script can do next; None in a state that shows the target."""
        self._visits -= 1
        if self._visits < 0:
            raise _BudgetError
        if place not in self._known:
            if len(self._known) >= MOST_PLACES:
                raise _BudgetError
            is_shown = self._judges_states and self._shows(place[1])
            self._known[place] = None if is_shown else tuple(self._run_scripts(place))
        return self._known[place]

    def _shows(self, number: int) -> bool:
        return any(self._goals.list_in_state(number, self._graph.expand(number)))

    def _run_scripts(self, place: _Place) -> Iterator[_Next]:
        done, number = place
        state = self._graph.states[number]
        for script, moves in enumerate(self._scripts):
            if done[script] == len(moves):
                continue
            move = moves[done[script]]
            if self._model.location(state, move.thread) != move.location:
                continue
            for outcome in self._model.outcomes(state, move.thread):
                if outcome.choices != move.choices:
                    continue
                result = outcome.result
                if isinstance(result, Failure):
                    shows = (result.property, result.object) == self._target
                    yield _Next(script, None, shows)
                else:
                    further = (*done[:script], done[script] + 1, *done[script + 1 :])
                    yield _Next(script, (further, self._graph.find_number(result)))

    def _make_path(self, taken: Sequence[_Next]) -> Path:
        moves: list[Move] = []
        numbers = dict.fromkeys(range(len(self._scripts)), 0)
        for step in taken:
            moves.append(self._scripts[step.script][numbers[step.script]])
            numbers[step.script] += 1
        fails = bool(taken) and taken[-1].place is None
        return Path(self._path.initial, tuple(moves), "step" if fails else "state")
