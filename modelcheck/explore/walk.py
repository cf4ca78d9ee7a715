"""Replay: a stored path, run again step by step; and the state graph as edges.

A path names threads, locations and choices, no states, so whatever it shows is derived here; one
that does not fit the program raises `ReplayError` and shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import CutOutcomes, Failure, Outcome, State
from modelcheck.explore.result import Move, Path
from modelcheck.ir.memory import Memory


class ReplayError(Exception):
    """A stored path that the program cannot take: it belongs to another text of the spec."""


class CutError(Exception):
    """Some step has more choices than are followed, so not all of a graph is known."""

    def __init__(self) -> None:
        super().__init__("a step has more ways through its choices than are followed")


def make_move(memory: Memory, state: State, thread: int, choices: tuple[int, ...]) -> Move:
    """The move of a thread from where it stands in a state."""
    labels = memory.locations(memory.threads[thread].template)
    return Move(thread, labels[state[thread]], choices)


@dataclass(frozen=True, slots=True)
class Visit:
    """One station of a path: the move that led here (None at the start) and its outcome, and the
    state that holds now (for a failing step: still the one before it).
    """

    state: State
    move: Move | None
    outcome: Outcome


def walk(model: Model, path: Path) -> Iterator[Visit]:
    """Run a path: its initial state first, then one visit per move.

    The two moves of a race are possible in the last state; they are checked, not taken.
    Raises ReplayError where the path does not fit.
    """
    first = _find(model.start(), path.initial, "the start")
    if isinstance(first.result, Failure):
        yield Visit((), None, first)
        if path.moves:
            raise ReplayError("the path goes on after a failing start")
        return
    state = first.result
    yield Visit(state, None, first)
    for i, move in enumerate(path.moves):
        outcome = take(model, state, move)
        if isinstance(outcome.result, Failure):
            yield Visit(state, move, outcome)
            if i + 1 < len(path.moves):
                raise ReplayError("the path goes on after a failing step")
            return
        state = outcome.result
        yield Visit(state, move, outcome)
    for move in path.race:
        take(model, state, move)


def take(model: Model, state: State, move: Move) -> Outcome:
    """The outcome of one move in a state.  Raises ReplayError where it is not possible."""
    if not 0 <= move.thread < len(model.memory.threads):
        raise ReplayError(f"there is no thread {move.thread}")
    name = model.memory.threads[move.thread].name
    here = model.location(state, move.thread)
    if here != move.location:
        raise ReplayError(f"{name} stands at `{here or 'its end'}`, not at `{move.location}`")
    return _find(model.outcomes(state, move.thread), move.choices, f"{name} at `{here}`")


def _find(outcomes: list[Outcome], choices: tuple[int, ...], where: str) -> Outcome:
    for outcome in outcomes:
        if outcome.choices == choices:
            return outcome
    raise ReplayError(f"{where} has no transition with the choices {list(choices)}")


@dataclass(frozen=True, slots=True)
class Edge:
    """One transition: the number of the state it leaves, the move, and where it leads."""

    source: int
    move: Move
    target: int | Failure


def list_edges(model: Model, max_states: int) -> Iterator[State | Edge]:
    """The state graph breadth-first: every state when it is found (numbered from 0 in that
    order), every transition after its two states; ends early at `max_states` states.

    Raises `CutError` where not all that a state leads to is known.

    Soundness: who reads a graph takes what is not in it for impossible, so none is told that is
    known not to be whole; tests/unit/trace/test_aut.py cuts one.
    """
    index: dict[State, int] = {}
    waiting: list[State] = []
    for outcome in _list_all(model.start()):
        state = outcome.result
        if not isinstance(state, Failure) and state not in index:
            index[state] = len(index)
            waiting.append(state)
            yield state
    for number, state in enumerate(waiting):  # grows while it is walked
        for thread in range(len(model.memory.threads)):
            for outcome in _list_all(model.outcomes(state, thread)):
                move = Move(thread, model.location(state, thread), outcome.choices)
                reached = outcome.result
                if isinstance(reached, Failure):
                    yield Edge(number, move, reached)
                    continue
                if reached not in index:
                    if len(index) >= max_states:
                        return
                    index[reached] = len(index)
                    waiting.append(reached)
                    yield reached
                yield Edge(number, move, index[reached])


def _list_all(outcomes: list[Outcome]) -> list[Outcome]:
    if isinstance(outcomes, CutOutcomes):
        raise CutError
    return outcomes
