"""Strong stubborn sets, state by state (Valmari, "Stubborn sets for reduced state space
generation", APN 1990; "The state explosion problem", 1998).

A set of steps is stubborn in a state if

1. of each enabled step in it, all steps that depend on it are in it;
2. of each disabled step in it, a set of steps is in it of which one has to come first;
3. one of its steps is enabled, if any step is.

All steps of a thread but the one where it stands are disabled, and that one has to come before
them.  So such a set is one of threads: with a thread it has the step where the thread stands, and
what that one needs of others.  The tables say from where another thread can still come to that.

Where a *gate* (`gates`) is closed between another thread and all steps of it that are needed, there
is a choice: either that thread, or those that may open the gate.  So who has a lock needs nobody
who first has to wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelcheck.backends.python.outcomes import Failure, State, StepResult
from modelcheck.reduce.gates import Gate, Test, Tests
from modelcheck.reduce.locations import list_members
from modelcheck.reduce.tables import MOST_DEMANDS, StubbornTables, Watched


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
        enabled = 0
        for thread, result in enumerate(results):
            if result is not None and not isinstance(result, int):
                enabled |= 1 << thread
        best, fewest = enabled, enabled.bit_count()
        if fewest < 2:
            return best
        barred = self._find_barred(state, results)
        view = _View(self._tables, state, enabled)
        for seed in list_members(enabled & ~barred):
            found = view.close(seed, barred, fewest) & enabled
            if found:
                best, fewest = found, found.bit_count()
                if fewest == 1:
                    break
        return best

    def _find_barred(self, state: State, results: Sequence[StepResult | None]) -> int:
        """The threads with whose step no other one may be put off."""
        barred = 0
        tables = self._tables
        for thread, result in enumerate(results):
            sticky = tables.sticky[tables.stands(state, thread)]
            for reached in _list_reached(result):
                if isinstance(reached, Failure) or sticky >> tables.stands(reached, thread) & 1:
                    barred |= 1 << thread
        return barred


class _View:
    """One state: where threads stand, which gates are closed for them, who may open those."""

    def __init__(self, tables: StubbornTables, state: State, enabled: int) -> None:
        self._tables = tables
        self._state = state
        self._enabled = enabled
        self._standing = [tables.stands(state, t) for t in range(len(tables.lookups))]
        self._closed = [self._find_closed(gate) for gate in tables.gates]
        self._openers: dict[int, int] = {}

    def close(self, seed: int, barred: int, fewest: int) -> int:
        """The threads of a small stubborn set with a thread in it; none where that has one of the
        barred ones, or no fewer enabled ones than `fewest`.

        What the set needs is a row of *demands*: of each one of several sets of threads has to be
        in it.  Those with a choice wait until nothing else is left; then the first that is not met
        yet takes the set with the fewest new threads, of several the first.
        """
        found, work = 1 << seed, [seed]
        waiting: list[list[int]] = []
        while True:
            while work:
                thread = work.pop()
                if found & barred or (found & self._enabled).bit_count() >= fewest:
                    return 0
                for demand in self._list_demands(thread, found):
                    if len(demand) > 1:
                        waiting.append(demand)
                        if len(waiting) > MOST_DEMANDS:
                            return 0
                    elif new := demand[0] & ~found:
                        found |= new
                        work += list_members(new)
            waiting = [d for d in waiting if all(choice & ~found for choice in d)]
            if not waiting:
                return found
            new = min((choice & ~found for choice in waiting[0]), key=int.bit_count)
            found |= new
            work += list_members(new)

    def _list_demands(self, thread: int, found: int) -> Iterator[list[int]]:
        """What a thread in the set needs that is not among the threads found before."""
        tables, location = self._tables, self._standing[thread]
        if self._enabled >> thread & 1:
            row = tables.dependent[location]
            origins = tables.dependent_origins[location]
        else:
            row = tables.enabling[location]
            origins = tables.enabling_origins[location]
            gates = self._list_closed(thread)
            if choices := [self._find_openers(g) for g in gates if self._keeps(g, location)]:
                yield choices
                return
        yield from self._list_users(row, origins, found)
        if self._enabled >> thread & 1:
            for number in list_members(tables.seen[location]):
                yield from self._list_watchers(tables.watched[number], found)

    def _list_watchers(self, watched: Watched, found: int) -> Iterator[list[int]]:
        """What has to happen, one or the other, before a property gets another answer."""
        for case in watched.cases:
            gates = [g for g in list_members(case) if self._closed[g]]
            if not gates:
                break
            yield list(map(self._find_openers, gates))
        else:
            if watched.cases:
                return
        yield from self._list_users(watched.steps, watched.origins, found)

    def _list_users(self, row: int, origins: int, found: int) -> Iterator[list[int]]:
        """For each other thread that can come to one of some steps: that it is in the set, or who
        opens a gate that keeps it from all of them.
        """
        around = self._tables.around
        for other, stands in enumerate(self._standing):
            if origins >> stands & 1 and not found >> other & 1:
                gates = [g for g in self._list_closed(other) if not around[g][stands] & row]
                yield [*map(self._find_openers, gates), 1 << other]

    def _keeps(self, gate: int, location: int) -> bool:
        return bool(self._tables.gates[gate].locations >> location & 1)

    def _list_closed(self, thread: int) -> list[int]:
        count = len(self._tables.around)
        return [g for g, closed in enumerate(self._closed[:count]) if closed >> thread & 1]

    def _find_closed(self, gate: Gate) -> int:
        """The threads for which a gate is closed."""
        found = 0
        for thread in list_members(gate.threads):
            if self._hold(gate.tests, thread):
                found |= 1 << thread
        return found

    def _find_openers(self, gate: int) -> int:
        """The threads that can come to a step that may open a gate, with nobody before them."""
        found = self._openers.get(gate)
        if found is None:
            found = 0
            tables, closed = self._tables, self._closed[gate]
            for thread, stands in enumerate(self._standing):
                is_kept = gate < len(tables.around) and closed >> thread & 1
                rows = tables.around[gate] if is_kept else tables.reach
                for opener in tables.gates[gate].openers:
                    if rows[stands] & opener.locations and self._hold(opener.tests, thread):
                        found |= 1 << thread
                        break
            self._openers[gate] = found
        return found

    def _hold(self, tests: Tests, thread: int) -> bool:
        return all(self._holds(test, thread) for test in tests)

    def _holds(self, test: Test, thread: int) -> bool:
        value = self._state[test.slot]
        if test.is_bit:
            return bool(value >> (thread if test.own else test.lo) & 1) == test.wanted
        if test.own:
            return (value == thread + 1) == test.wanted
        return (test.lo <= value <= test.hi) == test.wanted


def _list_reached(result: StepResult | None) -> Sequence[State | Failure]:
    if isinstance(result, tuple):
        return (result,)
    if isinstance(result, list):
        return [outcome.result for outcome in result]
    return (result,) if isinstance(result, Failure) else ()
