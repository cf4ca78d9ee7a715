"""Symmetry in a search: states stand for all that are exchanged for them, and paths told of them.

A search under symmetry keeps canonical states, and what it finds is said of those.  A user is told
of the program: each stored path is run again from a real initial state, at each step by the
first move that leads to a state of the next orbit.  So threads keep their names, and what is shown
at the end is looked at there, in the state that was really reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Outcome, State
from modelcheck.diagnostics import InternalError
from modelcheck.explore.findings import Found
from modelcheck.explore.leak import LEAK, LeakCheck
from modelcheck.explore.options import Options
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.result import Move, Path
from modelcheck.explore.walk import make_move, take
from modelcheck.ir.memory import Memory
from modelcheck.ir.slots import Path as SlotPath
from modelcheck.reduce.canonical import Canonical
from modelcheck.reduce.permute import Tables, make_tables
from modelcheck.reduce.symmetry import find_symmetry


@dataclass(frozen=True, slots=True)
class Told:
    """What is shown of a violation: the way there, what fails, and in which state."""

    path: Path
    failure: Failure
    state: State


def list_tables(memory: Memory, options: Options) -> Tables | None:
    """The action of a program's symmetry; None where nothing is exchanged, or not asked for."""
    if "symmetry" not in options.reduce:
        return None
    symmetry = find_symmetry(memory.program, memory, assumes=options.symmetry_assumes)
    return make_tables(memory, symmetry) if symmetry.classes else None


class Orbits:
    """The canonical states of a program, and the names of what is exchanged."""

    def __init__(self, memory: Memory, tables: Tables) -> None:
        self._memory = memory
        self.canonical = Canonical(tables)
        self._names = _list_names(memory, tables)

    def represent(self, name: str) -> str:
        """One name for all objects that are exchanged for each other.

        Soundness: two objects that are not exchanged must keep two names, or a violation of one
        would hide that of the other (tests/reduce/test_symmetry_traces.py).
        """
        return self._names.get(name, name)

    def retell(self, model: Model, found: Found, path: Path) -> Told:
        """What was found in a canonical state, as it happens in the program."""
        return _Telling(self, model, found).tell(path)


class _Telling:
    """Runs one path again."""

    def __init__(self, orbits: Orbits, model: Model, found: Found) -> None:
        self._orbits = orbits
        self._canonical = orbits.canonical
        self._model = model
        self._found = found

    def tell(self, path: Path) -> Told:
        if self._found.origin.number < 0:
            return Told(path, self._found.failure, ())
        wanted = self._run_canonical(path)
        initial, state = self._begin(next(wanted))
        moves: list[Move] = []
        for following in wanted:
            move, outcome = self._find(state, partial(self._leads_to, wanted=following))
            moves.append(move)
            state = _state_of(outcome)
        return self._end(path.last, initial, moves, state)

    def _run_canonical(self, path: Path) -> Iterator[State]:
        """The canonical states of a stored path."""
        starts = {o.choices: o for o in self._model.start()}
        state = self._canonical(_state_of(starts[path.initial]))
        yield state
        # What fails or records an order is looked for where the state was reached.
        moves = path.moves if path.last in ("state", "race") else path.moves[:-1]
        for move in moves:
            state = self._canonical(_state_of(take(self._model, state, move)))
            yield state

    def _begin(self, wanted: State) -> tuple[tuple[int, ...], State]:
        for outcome in self._model.start():
            if self._leads_to(outcome, wanted):
                return outcome.choices, _state_of(outcome)
        raise InternalError("no initial state is of the orbit where a path begins")

    def _leads_to(self, outcome: Outcome, wanted: State) -> bool:
        reached = outcome.result
        return not isinstance(reached, Failure) and self._canonical(reached) == wanted

    def _find(self, state: State, is_wanted: Callable[[Outcome], bool]) -> tuple[Move, Outcome]:
        """The first move of a state that does what is wanted."""
        for thread in self._model.memory.threads:
            for outcome in self._model.outcomes(state, thread.number):
                if is_wanted(outcome):
                    memory = self._model.memory
                    return make_move(memory, state, thread.number, outcome.choices), outcome
        raise InternalError("no step of a state does what one of its orbit does")

    def _end(self, last: str, initial: tuple[int, ...], moves: list[Move], state: State) -> Told:
        failure = self._found.failure
        memory = self._model.memory
        match last:
            case "step":
                move, outcome = self._find(state, lambda o: self._is_same(o.result))
                seen = outcome.result if isinstance(outcome.result, Failure) else failure
                return Told(Path(initial, (*moves, move), last), seen, state)
            case "edge":
                wanted = (failure.property, *failure.names)
                move, _ = self._find(
                    state,
                    lambda o: any((r.property, r.first, r.second) == wanted for r in o.orders),
                )
                return Told(Path(initial, (*moves, move), last), failure, state)
            case "race":
                for seen, *turns in RaceCheck(self._model).find(state):
                    if self._is_same(seen):
                        both = tuple(make_move(memory, state, *turn) for turn in turns)
                        return Told(Path(initial, tuple(moves), last, both), seen, state)
                raise InternalError("a race of one state is none in another of its orbit")
            case _:
                return Told(Path(initial, tuple(moves), last), self._judge(state), state)

    def _judge(self, state: State) -> Failure:
        """What is wrong with a state, in its own words."""
        failure = self._found.failure
        if failure.property == LEAK:
            for seen in LeakCheck(self._model.memory).find(state):
                if self._is_same(seen):
                    return seen
            raise InternalError("a leak of one state is none in another of its orbit")
        judge = self._model.judges.get(failure.property)
        answer = judge(state) if judge is not None else None
        return answer if isinstance(answer, Failure) else failure

    def _is_same(self, seen: State | Failure) -> bool:
        """Whether something fails as what was found does, of an object of the same orbit."""
        failure, orbits = self._found.failure, self._orbits
        return (
            isinstance(seen, Failure)
            and seen.property == failure.property
            and orbits.represent(seen.object) == orbits.represent(failure.object)
        )


def _state_of(outcome: Outcome) -> State:
    if isinstance(outcome.result, Failure):
        raise InternalError("a path goes on after a failure")
    return outcome.result


def _list_names(memory: Memory, tables: Tables) -> dict[str, str]:
    """By name of what moves with a point, the name of the same of the first of its class."""
    inside: dict[tuple[str, int], dict[SlotPath, str]] = {}
    for struct in memory.program.structs:
        for place in memory.places(struct.name):
            inside.setdefault((place.object, place.element), {})[place.path] = place.shown
    for slot in memory.slots:
        if slot.object and slot.role != "status":
            shown = slot.name.removesuffix(" (length)")
            inside.setdefault((slot.object, slot.element), {})[slot.path] = shown
    found: dict[str, str] = {}
    for point in tables.points:
        first = tables.points[tables.classes[point.class_][0]]
        for one, other in zip(point.elements, first.elements, strict=True):
            names = [memory.element_name(memory.lookup.object(o), e) for o, e in (one, other)]
            found[names[0]] = names[1]
            for path, shown in inside.get(one, {}).items():
                found[shown] = inside[other][path]
    return found
