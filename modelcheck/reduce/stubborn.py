"""Strong stubborn sets, state by state (Valmari, "Stubborn sets for reduced state space
generation", APN 1990; "The state explosion problem", 1998).

A set of steps is stubborn in a state if

1. of each enabled step in it, all steps that depend on it are in it;
2. of each disabled step in it, a set of steps is in it of which one has to come first;
3. one of its steps is enabled, if any step is.

All steps of a thread but the one where it stands are disabled, and that one has to come before
them.  So such a set is one of threads: with a thread it has the step where the thread stands, and
what that one needs of others.  The tables say from where another thread can still come to that.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.backends.python.outcomes import Failure, State, StepResult
from modelcheck.reduce.tables import StubbornTables


class StubbornSets:
    """The stubborn sets of one program.

    Soundness: a thread left out that should be in loses behaviours.  `test_stubborn.py` lets the
    others of random programs run alone and then tries the chosen ones, before and after; every
    verdict is compared with the one without; the C interpreter has to choose the same.
    """

    def __init__(self, tables: StubbornTables) -> None:
        self._tables = tables

    def choose(self, state: State, results: Sequence[StepResult | None]) -> int:
        """The set of threads whose steps are taken, where `results` says what each thread's step
        comes to (None: it has ended).

        The fewest enabled threads win, then the seed with the lowest number.  Where a step of the
        chosen set fails or takes a sticky edge, the set is no good; without another one, all are.
        """
        standing = [base + pc for base, pc in zip(self._tables.base, state, strict=False)]
        enabled = 0
        for thread, result in enumerate(results):
            if result is not None and not isinstance(result, int):
                enabled |= 1 << thread
        best, fewest = enabled, enabled.bit_count()
        for seed in range(len(results)):
            if fewest > 1 and enabled >> seed & 1:
                found = self.close(seed, standing, enabled) & enabled
                if found.bit_count() < fewest and self._may_wait(found, state, standing, results):
                    best, fewest = found, found.bit_count()
        return best

    def close(self, seed: int, standing: Sequence[int], enabled: int) -> int:
        """The threads of the smallest stubborn set with a thread in it."""
        dependent, enabling = self._tables.dependent, self._tables.enabling
        found, work = 1 << seed, [seed]
        while work:
            thread = work.pop()
            row = (dependent if enabled >> thread & 1 else enabling)[standing[thread]]
            for other, location in enumerate(standing):
                if row >> location & 1 and not found >> other & 1:
                    found |= 1 << other
                    work.append(other)
        return found

    def _may_wait(
        self,
        threads: int,
        state: State,
        standing: Sequence[int],
        results: Sequence[StepResult | None],
    ) -> bool:
        """Whether all other steps may be put off beyond those of some threads."""
        for thread, location in enumerate(standing):
            if threads >> thread & 1:
                sticky = self._tables.sticky[location]
                first = location - state[thread]
                for reached in _list_reached(results[thread]):
                    if isinstance(reached, Failure) or sticky >> (first + reached[thread]) & 1:
                        return False
        return True


def _list_reached(result: StepResult | None) -> Sequence[State | Failure]:
    if isinstance(result, tuple):
        return (result,)
    if isinstance(result, list):
        return [outcome.result for outcome in result]
    return (result,) if isinstance(result, Failure) else ()
