"""A way to a state at rest → the same moves, those that only bring it to rest at the end.

A `final`, a leak and a deadlock are judged where no thread can move, so a way there has moves that
play no part: of threads that have nothing to do with it, of others after the last thing that
counts.  Moves are put behind all others if the others alone are a run of the program after which
all that is judged is as it is at the end, and nobody who goes on may write any of that in the code
that is left to him: not even the value that is there (a lost update is lost by such a write), nor
where he does not come to it (what is judged may be wrong because he does not).

What a spec leaves out stands in no code: the wakeup that nobody makes.  So moves that write what
the others touched stay with them, too, unless the last of those wrote what a `final` judges: then
it is wrong by what was done, and nothing after that is part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Self, SupportsIndex, overload

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.explore.deadlock import find_slot_declaration, list_remaining
from modelcheck.explore.leak import LEAK, LeakCheck
from modelcheck.explore.result import Path
from modelcheck.explore.shortest import Way, measure
from modelcheck.explore.trim import MOST_STEPS, make_graph, see_state
from modelcheck.explore.walk import ReplayError, walk
from modelcheck.ir.nodes import (
    Crash,
    Discard,
    Free,
    Instr,
    New,
    QueueOp,
    Spawn,
    Store,
)
from modelcheck.ir.races import find_declaration


def put_unrelated_last(model: Model, way: Way) -> Way:
    """The way with as many moves as possible behind those that count; its path says how many.

    It shows the same of the same object, with as many preemptions, steps and switches; where
    nothing can be put last it is the same way.
    """
    path, failure = way.path, way.goal.failure
    if path.last != "state" or failure is None or not path.moves:
        return way
    judged = _find_judged(model, failure, way.state)
    return way if judged is None else _Sorting(model, way, failure.property, judged).sort()


class _Sorting:
    """The moves of one way, told apart."""

    def __init__(self, model: Model, way: Way, name: str, judged: frozenset[int]) -> None:
        self._model = model
        self._way = way
        self._judged = judged
        slots = [model.memory.slots[slot] for slot in judged]
        self._declarations = {find_slot_declaration(model.memory, s) for s in slots if s.object}
        self._owners = {slot.thread for slot in slots if slot.role == "local"}
        kinds = {p.name: p.kind for p in model.program.properties}
        self._is_final = kinds.get(name) == "final"
        self._is_about_lives = any(slot.role == "status" for slot in slots)
        self._graph = make_graph(model)
        self._length = measure(model, way.path)
        self._left = MOST_STEPS

    def sort(self) -> Way:
        """Threads that play no part first, then what the others do last."""
        kept = list(range(len(self._way.path.moves)))
        best = self._way
        for fewer in self._list_fewer(kept):
            if self._left <= 0:
                break
            left = [place for place in kept if place not in fewer]
            if len(left) < len(kept) and (way := self._try(left)) is not None:
                kept, best = left, way
        return best

    def _list_fewer(self, places: Sequence[int]) -> Iterator[frozenset[int]]:
        """What may be put last: all moves of a thread, then its last ones, many before few."""
        moves = self._way.path.moves
        threads = sorted({move.thread for move in moves})
        own = {t: [place for place in places if moves[place].thread == t] for t in threads}
        for thread in threads:
            yield frozenset(own[thread])
        for thread in threads:
            for count in range(len(own[thread]) - 1, 0, -1):
                yield frozenset(own[thread][-count:])

    def _try(self, kept: Sequence[int]) -> Way | None:
        """The way that begins with some moves, if they are as good as all."""
        path = self._way.path
        self._left -= len(path.moves)
        first = Path(path.initial, tuple(path.moves[place] for place in kept))
        middle = _find_end(self._model, first)
        if middle is None or not self._is_as_judged(middle):
            return None
        rest = [move for place, move in enumerate(path.moves) if place not in set(kept)]
        if first.moves:  # whoever moved last goes on: else that would be a preemption
            rest.sort(key=lambda move: move.thread != first.moves[-1].thread)
        if any(self._may_write(middle, thread) for thread in {move.thread for move in rest}):
            return None
        sorted_ = replace(path, moves=(*first.moves, *rest), unrelated=len(rest))
        end = _find_end(self._model, sorted_)
        if end is None:
            return None
        if not self._is_done(first) and self._interferes(sorted_):
            return None
        goal = see_state(self._graph, self._way.goal.target, end)
        if goal is None or measure(self._model, sorted_) != self._length:
            return None
        return Way(goal, sorted_, end, self._way.cost)

    def _is_done(self, path: Path) -> bool:
        """Whether the last move of a path writes what a `final` judges."""
        if not self._is_final or not path.moves:
            return False
        *_, (_, written) = self._list_touched(path)
        return bool(written & self._judged)

    def _interferes(self, path: Path) -> bool:
        """Whether the moves that are put last write what the others touched."""
        moves = list(self._list_touched(path))
        shown = len(moves) - path.unrelated
        touched = set[int]().union(*(touched for touched, _ in moves[:shown]))
        return any(written & touched for _, written in moves[shown:])

    def _list_touched(self, path: Path) -> Iterator[tuple[set[int], set[int]]]:
        """The slots that each move of a path touches, and those of them that it writes."""
        states = [visit.state for visit in walk(self._model, path)]
        for state, move in zip(states, path.moves, strict=False):
            ways = self._model.watch(state, move.thread)
            found = [t for way in ways if way.choices == move.choices for t in way.touched]
            yield (
                {slot for touch in found for slot in (touch.slot, touch.key)},
                {slot for t in found if t.is_write for slot in (t.slot, t.key)},
            )

    def _may_write(self, state: State, thread: int) -> bool:
        """Whether the code that a thread still has may write something that is judged."""
        if thread in self._owners:
            return True
        location = self._model.location(state, thread)
        if not location:  # it is spawned later
            return True
        memory = self._model.memory
        template = memory.lookup.template(memory.threads[thread].template)
        blocks = list_remaining(template.body, location)
        return any(self._writes(instr) for block in blocks for instr in block.instrs)

    def _writes(self, instr: Instr) -> bool:
        match instr:
            case Store(place=place) | QueueOp(place=place):
                return find_declaration(self._model.memory.lookup, place) in self._declarations
            case Crash() | Spawn():
                return True
            case New() | Free() | Discard():
                return self._is_about_lives
            case _:
                return False

    def _is_as_judged(self, state: State) -> bool:
        """Whether a state has all that is judged as the way's end has it."""
        return all(state[slot] == self._way.state[slot] for slot in self._judged)


def _find_end(model: Model, path: Path) -> State | None:
    """The state where a path ends; None where the program cannot take it to its end."""
    try:
        visits = list(walk(model, path))
    except ReplayError:
        return None
    last = visits[-1]
    return None if isinstance(last.outcome.result, Failure) else last.state


def _find_judged(model: Model, failure: Failure, state: State) -> frozenset[int] | None:
    """The slots on which a violation of a state at rest depends; None where that is unknown."""
    watched = _Watched(state)
    kinds = {p.name: p.kind for p in model.program.properties}
    if kinds.get(failure.property) == "final":
        model.judges[failure.property](watched)
    elif failure.property == LEAK:
        list(LeakCheck(model.memory).find(watched))
    elif failure.property != "deadlock":
        return None
    # Who stands there might have gone on, and put right what is judged.
    for thread, table in enumerate(model.tables):
        if table[state[thread]] is not None:
            touched = [touch for way in model.watch(state, thread) for touch in way.touched]
            watched.seen |= {thread, *(touch.slot for touch in touched)}
            watched.seen |= {touch.key for touch in touched}
    return frozenset(watched.seen) or None


class _Watched(tuple[int, ...]):  # noqa: SLOT001 (a tuple has none to add to)
    """A state that notes which of its slots are looked at."""

    seen: set[int]

    def __new__(cls, state: State) -> Self:
        made = super().__new__(cls, state)
        made.seen = set()
        return made

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> tuple[int, ...]: ...

    def __getitem__(self, key: SupportsIndex | slice) -> int | tuple[int, ...]:
        numbers = range(len(self))[key]
        self.seen |= {numbers} if isinstance(numbers, int) else set(numbers)
        return super().__getitem__(key)
