"""Bounded search: is there a run of so many steps to a bad state?  (Biere et al., TACAS 1999.)

One more step at a time, so what is found first is shortest.  Where no run is as long as that, all
states were looked at, and what was not found is nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.backends.smt.terms import Value
from modelcheck.backends.smt.ways import Fault
from modelcheck.diagnostics import InternalError
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Bad, Goal
from modelcheck.prove.solver import Clock, Solver


@dataclass(frozen=True, slots=True)
class Seen:
    """A goal that is reached: the states on the way there, the threads that move between them, and
    in which way the last one is bad.
    """

    goal: Goal
    bad: Bad
    states: tuple[tuple[int, ...], ...]
    threads: tuple[int, ...]

    @property
    def depth(self) -> int:
        """The steps to where it is seen."""
        return len(self.threads) + self.bad.is_step


class BoundedSearch:
    """Searches for bad states, the nearest first.

    `depth` is the number of steps up to which everything was looked at (-1: nothing yet), and
    `is_over` whether no run has more.
    """

    def __init__(self, frames: Frames, clock: Clock) -> None:
        self._frames = frames
        self._terms = frames.terms
        self._clock = clock
        self._solver = Solver(frames.terms, clock)
        self._solver.add(frames.start())
        self.depth = -1
        self.is_over = False

    def can_start_with(self, when: Value) -> bool:
        """Whether some choices of the start make a condition on them hold."""
        frames = self._frames
        solver = Solver(self._terms, self._clock)
        return solver.find(frames.at(frames.system.chosen(), 0), frames.at(when, 0)) is not None

    def list_failing_starts(self, at_start: Iterable[tuple[Fault, Value]]) -> list[str]:
        """The properties that the start can fail with, before there is a state, each once."""
        failing = (fault.property for fault, when in at_start if self.can_start_with(when))
        return list(dict.fromkeys(failing))

    def has_start(self) -> bool:
        """Whether there is a state at all.  Of none, everything is true, and nothing is known."""
        return self._solver.find() is not None

    def advance(self, goals: Sequence[Goal]) -> list[Seen]:
        """Look at the states one step further away: which goals are reached there.

        Raises OutOfTimeError; then nothing is known of that depth.
        """
        frames, solver, k = self._frames, self._solver, self.depth + 1
        if self.is_over:
            return []
        if k and solver.find(frames.step(k - 1)) is None:
            self.is_over = True
            return []
        if k:
            solver.add(frames.step(k - 1))
        found = []
        left = [goal for goal in goals if goal.bads]
        while left:
            bads = [(goal, self._condition(goal)) for goal in left]
            terms = self._terms
            model = solver.find(frames.at(terms.any_of(bad for _, bad in bads), k))
            if model is None:
                break
            for goal, condition in bads:
                there = terms.term(frames.at(condition, k))
                if terms.z3.is_true(model.eval(there, model_completion=True)):
                    found.append(read_seen(frames, goal, model, k))
                    left.remove(goal)
        self.depth = k
        return found

    def _condition(self, goal: Goal) -> Value:
        terms = self._terms
        bad = terms.any_of(bad.condition for bad in goal.bads)
        return terms.all_of((self._frames.system.chosen(), bad))


def read_seen(frames: Frames, goal: Goal, model: Any, k: int) -> Seen:
    """What a model shows: a run of `k` steps to a bad state of a goal."""
    terms = frames.terms
    states = tuple(frames.read(model, i) for i in range(k + 1))
    threads = tuple(frames.read_who(model, i) for i in range(k))
    for bad in goal.bads:
        there = terms.term(frames.at(bad.condition, k))
        if terms.z3.is_true(model.eval(there, model_completion=True)):
            return Seen(goal, bad, states, threads)
    raise InternalError("a model satisfies a condition and none of its parts")
