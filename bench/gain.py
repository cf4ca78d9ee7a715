"""What reductions give: stored states, ours and SPIN's, for two to six equal threads.

A search that gives up tells a lower bound, and so does it for more threads, where it is not tried
again.  Counts are facts: they depend on no clock and no number of cores, so specs are measured side
by side.  What is wrong with them ends the program: verdicts that depend on reductions, and an error
that SPIN finds where we verified.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cases import Area, Case
from combinations import ALL, Counted, Stored, count_combinations
from processes import CommandError
from spin_stored import Limits, SpinStored, Text, count_spin, take_exported, take_hand


@dataclass(frozen=True, slots=True)
class GainLimits:
    """Of each search: ours by states, SPIN's by memory, both by time."""

    states: int = 2_000_000
    megabytes: int = 400
    seconds: float = 60.0

    def times(self, patience: int) -> GainLimits:
        """So many times as much of everything."""
        return GainLimits(
            self.states * patience, self.megabytes * patience, self.seconds * patience
        )


@dataclass(frozen=True, slots=True)
class Gain:
    """How many times as many states SPIN's reduction stores as all of ours.

    `bound` is `>` where SPIN gave up, so it is more than that; `<` where we did.
    """

    times: float
    bound: str = ""


@dataclass(frozen=True, slots=True)
class GainRow:
    """One spec with so many equal threads.  `stored` is ours by combination of reductions."""

    name: str
    area: Area
    threads: int
    stored: dict[str, Stored]
    exported: SpinStored | None
    by_hand: SpinStored | None
    violated: tuple[str, ...] = ()

    def find_gain(self, spin: SpinStored | None) -> Gain | None:
        """None where SPIN does not know the program, and where both gave up."""
        ours = self.stored.get(ALL)
        if spin is None or ours is None or not (ours.is_whole or spin.reduced.is_whole):
            return None
        bound = "<" if not ours.is_whole else "" if spin.reduced.is_whole else ">"
        return Gain(spin.reduced.states / max(ours.states, 1), bound)


def measure_gains(
    cases: Sequence[Case],
    limits: GainLimits,
    *,
    jobs: int,
    has_spin: bool,
    complain: Callable[[str], None],
    announce: Callable[[str], None] = lambda _: None,
) -> list[GainRow]:
    """The rows of all cases, in their order; `announce` is told of each when it is there.

    Where SPIN cannot say or build a program, `complain` is told.  Raises `CommandError` where we
    fail, and where what is counted contradicts itself.
    """

    def measure(case: Case) -> list[GainRow]:
        ladder = _Ladder(case, limits.times(case.patience), complain, has_spin=has_spin)
        rows = []
        for threads in case.threads:
            rows.append(ladder.climb(threads))
            announce(f"{case.name} {threads}")
        return rows

    with ThreadPoolExecutor(jobs) as pool:
        return [row for rows in pool.map(measure, cases) for row in rows]


class _Ladder:
    """One spec with more and more threads."""

    def __init__(
        self, case: Case, limits: GainLimits, complain: Callable[[str], None], *, has_spin: bool
    ) -> None:
        self._case = case
        self._limits = limits
        self._complain = complain
        self._has_spin = has_spin
        self._stored: dict[str, Stored] = {}  # with the fewer threads before, as all of these
        self._exported: SpinStored | None = None
        self._by_hand: SpinStored | None = None

    def climb(self, threads: int) -> GainRow:
        """Count with so many."""
        case, limits = self._case, self._limits
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            counted = count_combinations(
                case.spec,
                {case.parameter: threads},
                folder,
                most_states=limits.states,
                seconds=limits.seconds,
                without=[one for one, stored in self._stored.items() if not stored.is_whole],
            )
            self._stored = {**self._stored, **counted.stored}
            if self._has_spin:
                self._ask_spin(counted, threads, folder)
        return GainRow(
            case.name,
            case.area,
            threads,
            self._stored,
            self._exported,
            self._by_hand,
            counted.violated,
        )

    def _ask_spin(self, counted: Counted, threads: int, folder: Path) -> None:
        where = f"{self._case.name} {threads}"
        limits = Limits(self._limits.megabytes, self._limits.seconds)

        def count(make: Callable[[], Text], before: SpinStored | None) -> SpinStored | None:
            try:
                found = count_spin(make(), folder, limits, before)
            except CommandError as error:
                self._complain(f"{where}: {error}")
                return None
            if counted.is_verified and found.errors:
                raise CommandError(f"{where} is verified, and SPIN finds {found.errors} errors")
            return found

        if counted.why_not:
            self._complain(f"{where}: Promela cannot say it: {counted.why_not}")
            self._exported = None
        else:
            self._exported = count(lambda: take_exported(counted.promela), self._exported)
        hand = self._case.hand
        if hand is not None:
            self._by_hand = count(lambda: take_hand(hand, threads), self._by_hand)
