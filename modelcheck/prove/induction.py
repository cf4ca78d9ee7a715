"""k-induction: what held in the last k states of any run holds in the next one.

Sheeran, Singh and Stålmarck (FMCAD 2000), with states on a run that differ.  All properties that
are still possible are assumed together; what fails the step is given up, and the others have to do
without it, until those that are left carry each other (as Houdini does, Flanagan and Leino 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelcheck.backends.smt.terms import Value
from modelcheck.prove.bounded import Seen, read_seen
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Goal
from modelcheck.prove.solver import Clock, Solver

SMALL = 4  # numbers that a counterexample is to have rather than others, from 0


@dataclass(frozen=True, slots=True)
class Stand:
    """What the step of an induction over `k` states showed: `proved` carry each other; of each of
    the others a run through good states to a bad one.
    """

    k: int
    proved: tuple[Goal, ...]
    failed: tuple[Seen, ...]


class Induction:
    """The step of k-induction, for growing k.

    Soundness: a goal is proved only if none of its bad states follows k states that are good for
    all goals *that are proved with it*; and all runs of fewer than k steps must have been searched
    for their bad states (`prove` sees to that).  The twins of tests/prove have no proof.
    """

    def __init__(self, frames: Frames, clock: Clock) -> None:
        self._frames = frames
        self._terms = frames.terms
        self._solver = Solver(frames.terms, clock)
        self._bads: dict[str, Value] = {}
        self._assumed: dict[str, Any] = {}  # by goal: the Bool that stands for its good states
        self._facts: list[Goal] = []
        self._stations = 0

    def attempt(self, goals: Sequence[Goal], k: int, clock: Clock) -> Stand:
        """The step from `k` good states, all different, to the next one.

        Raises OutOfTimeError.
        """
        frames, terms, solver = self._frames, self._terms, self._solver
        solver.clock = clock
        while self._stations < k:
            self._add_station()
        for goal in goals:
            if goal.key not in self._assumed:
                self._assume(goal, range(k))
        left = list(goals)
        failed: list[Seen] = []
        chosen = frames.at(frames.system.chosen(), k)
        while left:
            bads = {goal.key: self._bad(goal, k) for goal in left}
            assuming = [self._assumed[goal.key] for goal in left]
            model = solver.find(chosen, terms.any_of(bads.values()), assuming=assuming)
            if model is None:
                break
            for goal in list(left):
                is_bad = model.eval(terms.term(bads[goal.key]), model_completion=True)
                if terms.z3.is_true(is_bad):
                    left.remove(goal)
                    failed.append(read_seen(frames, goal, model, k))
        self._add_facts(left)
        return Stand(k, tuple(left), tuple(failed))

    def find_plain(self, stand: Stand, goal: Goal, clock: Clock) -> Seen | None:
        """A run to a bad state of a goal that failed, as the stand has one, from a state with as
        little in it as can be: slot by slot 0 where that does, else the next small number.
        None where what was demanded after the stand (facts, one more step) leaves no such run.

        Raises OutOfTimeError.
        """
        frames, terms, solver = self._frames, self._terms, self._solver
        solver.clock = clock
        assuming = [self._assumed[proved.key] for proved in stand.proved]
        wanted = [frames.at(frames.system.chosen(), stand.k), self._bad(goal, stand.k)]
        model = solver.find(*wanted, assuming=assuming)
        if model is None:
            return None
        for value in frames.state(0):
            for small in (False,) if terms.is_bool(value) else range(SMALL):
                plain = terms.equal(value, small)
                found = solver.find(*wanted, plain, assuming=assuming)
                if found is not None:
                    wanted.append(plain)
                    model = found
                    break
        return read_seen(frames, goal, model, stand.k)

    def _add_station(self) -> None:
        """One more state that is good, and a step from it to another one."""
        i = self._stations
        self._stations += 1
        frames, solver = self._frames, self._solver
        for name, assumed in self._assumed.items():
            solver.add(self._terms.any_of((self._terms.negate(assumed), self._good(name, i))))
        solver.add(frames.step(i), *(frames.differ(j, i + 1) for j in range(i + 1)))
        solver.add(*(self._good(fact.key, i + 1) for fact in self._facts))

    def _assume(self, goal: Goal, stations: Sequence[int]) -> None:
        terms = self._terms
        self._bads[goal.key] = terms.any_of(bad.condition for bad in goal.bads)
        assumed = terms.variable(f"good {goal.key}", is_bool=True)
        self._assumed[goal.key] = assumed
        for i in stations:
            self._solver.add(terms.any_of((terms.negate(assumed), self._good(goal.key, i))))

    def _add_facts(self, proved: Sequence[Goal]) -> None:
        """What is proved holds at every station."""
        self._facts += proved
        for i in range(self._stations + 1):
            self._solver.add(*(self._good(fact.key, i) for fact in proved))

    def _bad(self, goal: Goal, i: int) -> Value:
        return self._frames.at(self._bads[goal.key], i)

    def _good(self, name: str, i: int) -> Value:
        """Whether a state is good, by the choices that are made there."""
        return self._terms.negate(self._frames.at(self._bads[name], i))
