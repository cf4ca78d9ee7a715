"""k-induction: what held in the last k states of any run holds in the next one.

Sheeran, Singh and Stålmarck (FMCAD 2000), with states on a run that differ.  All properties that
are still possible are assumed together; what fails the step is given up, and the others have to do
without it, until those that are left carry each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.backends.smt.terms import Value
from modelcheck.prove.bounded import Seen, read_seen
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Goal
from modelcheck.prove.solver import Clock, Solver


@dataclass(frozen=True, slots=True)
class Stand:
    """What the step of an induction over `k` states showed: `proved` carry each other; of each of
    the others a run through good states to a bad one, if one was looked at.
    """

    k: int
    proved: tuple[Goal, ...]
    failed: tuple[Seen, ...]


class Induction:
    """The step of k-induction, for growing k.

    Soundness: a goal is proved only if none of its bad states follows k states that are good for
    all goals *that are proved with it*; and `k` steps from the start must have been searched
    (`prove` sees to that).  The twins of tests/prove have no proof.
    """

    def __init__(self, frames: Frames, clock: Clock) -> None:
        self._frames = frames
        self._terms = frames.terms
        self._clock = clock
        self._bads: dict[str, Value] = {}

    def attempt(self, goals: Sequence[Goal], k: int) -> Stand:
        """The step from `k` good states, all different, to the next one.

        Raises OutOfTimeError.
        """
        frames, terms = self._frames, self._terms
        chosen = frames.at(frames.system.chosen(), k)
        left = list(goals)
        failed: list[Seen] = []
        while left:
            solver = Solver(terms, self._clock)
            for i in range(k + 1):
                solver.add(frames.at(frames.shapes, i))
                if i < k:
                    solver.add(*(terms.negate(self._bad(goal, i)) for goal in left))
                    solver.add(frames.step(i))
                solver.add(*(frames.differ(j, i) for j in range(i)))
            lost = []
            for goal in left:
                model = solver.find(chosen, self._bad(goal, k))
                if model is not None:
                    lost.append(goal)
                    failed.append(read_seen(frames, goal, model, k))
            if not lost:
                break
            left = [goal for goal in left if goal not in lost]
        return Stand(k, tuple(left), tuple(failed))

    def _bad(self, goal: Goal, i: int) -> Value:
        """Whether the state at a station is bad, by any choices."""
        terms = self._terms
        if goal.name not in self._bads:
            found = terms.any_of(bad.condition for bad in goal.bads)
            self._bads[goal.name] = found
        return self._frames.at(self._bads[goal.name], i)
