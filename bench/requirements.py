"""What the native backend has to reach, and what it reached in this run.

Only what was measured is listed.  Nothing here fails a run: times are this machine's, on this day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from measure import Row
from ours import NATIVE, WARM
from spin import EXPORTED, SPIN
from stages import Journey

# (name, from so many states, up to so many)
MAGNITUDES = (("10^6", 500_000, 5_000_000), ("10^7", 5_000_000, 50_000_000))
HUGE = 50_000_000  # about 10^8 begins here

TIMES_SPIN = 5
TIMES_SPIN_INCREMENTS = 10
SHARE_AT_10_8 = 0.5
GAIN_OF_TWO = 1.7
EXTRA_BYTES = 20
SECONDS = {"cold": 1.0, "warm": 0.5}
INCREMENTS = ("increments", "4x4", 3_892_125)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of them: the figures are texts, with their units."""

    text: str
    where: str
    measured: str
    demanded: str
    is_met: bool


def judge_requirements(
    rows: Sequence[Row], journeys: Mapping[str, Journey]
) -> tuple[Requirement, ...]:
    """Everything that these rows and journeys can tell of."""
    table = _Table(rows)
    return (
        *_judge_rates(table),
        *_judge_verdicts(table),
        *_judge_growth(table),
        *_judge_workers(table),
        *_judge_increments(table),
        *_judge_memory(table),
        *_judge_journeys(journeys),
    )


class _Table:
    """The rows by model, size and tool."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = {(row.model, row.size, row.tool): row for row in rows}
        self.ours = [row for row in rows if row.tool == NATIVE]
        self.all = rows

    def find(self, beside: Row, tool: str) -> Row | None:
        """The row of a tool at the same size."""
        return self._rows.get((beside.model, beside.size, tool))

    def find_rate(self, ours: Row) -> int | None:
        """Our states/s with one worker: with a warm cache if we have it, for then the compiler's
        time, which differs from run to run, is in neither of the two that are compared.
        """
        warm = self.find(ours, WARM)
        rate = warm.states_per_second if warm is not None else None
        return rate or ours.states_per_second


def _judge_rates(table: _Table) -> Iterator[Requirement]:
    for ours in table.ours:
        rate = table.find_rate(ours)
        if ours.model != "krefs" or ours.states < MAGNITUDES[0][1] or rate is None:
            continue
        for name in (EXPORTED, SPIN):
            spin = table.find(ours, name)
            if spin is not None and spin.states_per_second is not None:
                yield _require_times(
                    f"states/s, one worker, over {name}",
                    _name(ours),
                    rate / spin.states_per_second,
                    TIMES_SPIN,
                    f" ({rate:,} over {spin.states_per_second:,})",
                )


def _judge_verdicts(table: _Table) -> Iterator[Requirement]:
    for ours in table.ours:
        if ours.model != "krefs" or ours.states < MAGNITUDES[1][1]:
            continue
        for name in (EXPORTED, SPIN):
            spin = table.find(ours, name)
            if spin is not None and spin.times_ours is not None:
                yield _require_times(
                    f"sooner at the verdict, all compiling included, than {name}",
                    _name(ours),
                    spin.times_ours,
                    TIMES_SPIN,
                    f" ({ours.seconds:,} s, {spin.seconds:,} s)",
                )


def _judge_growth(table: _Table) -> Iterator[Requirement]:
    _, least, most = MAGNITUDES[0]
    small = {row.model: row for row in table.ours if least <= row.states < most}
    for ours in table.ours:
        before = small.get(ours.model)
        rate = table.find_rate(ours)
        rate_before = table.find_rate(before) if before is not None else None
        if ours.states >= HUGE and before is not None and rate and rate_before:
            share = rate / rate_before
            yield Requirement(
                "states/s, one worker, as a share of those at 10^6",
                f"{_name(ours)}, {_name(before)}",
                f"{share:.2f} ({rate:,}, {rate_before:,})",
                f"at least {SHARE_AT_10_8:g}",
                share >= SHARE_AT_10_8,
            )


def _judge_workers(table: _Table) -> Iterator[Requirement]:
    for ours in table.ours:
        two = table.find(ours, f"{NATIVE}, 2 workers")
        if ours.states < MAGNITUDES[1][1] or two is None or two.states_per_second is None:
            continue
        yield _require_times(
            "the search, two workers over one",
            _name(ours),
            ours.search_seconds / two.search_seconds,
            GAIN_OF_TWO,
            f" ({ours.search_seconds:.2f} s, {two.search_seconds:.2f} s)",
        )


def _judge_increments(table: _Table) -> Iterator[Requirement]:
    model, size, states = INCREMENTS
    for ours in table.ours:
        if (ours.model, ours.size) != (model, size):
            continue
        yield Requirement(
            "exactly so many states",
            _name(ours),
            f"{ours.states:,}",
            f"{states:,}",
            ours.states == states,
        )
        # One worker, and as the command is run: a worker for each core.
        searches = {"one worker": (table.find(ours, WARM) or ours).search_seconds}
        two = table.find(ours, f"{NATIVE}, 2 workers")
        if two is not None:
            searches["two workers"] = two.search_seconds
        for name in (EXPORTED, SPIN):
            spin = table.find(ours, name)
            if spin is None or spin.times_ours is None:
                continue
            yield _require_times(
                f"sooner at the verdict, all compiling included, than {name}",
                _name(ours),
                spin.times_ours,
                TIMES_SPIN_INCREMENTS,
                f" ({ours.seconds:,} s, {spin.seconds:,} s)",
            )
            for workers, searched in searches.items():
                if searched > 0:
                    yield _require_times(
                        f"the search alone, {workers}, sooner than {name}",
                        _name(ours),
                        spin.search_seconds / searched,
                        TIMES_SPIN_INCREMENTS,
                        f" ({searched:.2f} s, {spin.search_seconds:.2f} s)",
                    )


def _judge_memory(table: _Table) -> Iterator[Requirement]:
    """The whole peak, whatever it was for, over the states; with any number of workers."""
    for row in table.all:
        if row.state_bytes is None or row.states < HUGE or not row.peak_bytes:
            continue
        each = row.peak_bytes / row.states
        most = row.state_bytes + EXTRA_BYTES
        yield Requirement(
            f"peak resident bytes for each stored state, {_describe_workers(row)}",
            _name(row),
            f"{each:.1f} ({row.peak_bytes / 2**30:.1f} GiB)",
            f"at most {most} ({row.state_bytes} packed + {EXTRA_BYTES})",
            each <= most,
        )


def _judge_journeys(journeys: Mapping[str, Journey]) -> Iterator[Requirement]:
    for title, journey in journeys.items():
        most = SECONDS[journey.cache]
        yield Requirement(
            "end to end, native",
            title,
            f"{journey.native_seconds:.2f} s",
            f"under {most:g} s",
            journey.native_seconds < most,
        )


def _require_times(text: str, where: str, times: float, least: float, figures: str) -> Requirement:
    return Requirement(
        text, where, f"{times:.2f} times{figures}", f"at least {least:g} times", times >= least
    )


def _describe_workers(row: Row) -> str:
    return "one worker" if row.workers == 1 else f"{row.workers} workers"


def _name(row: Row) -> str:
    return f"{row.model} {row.size}"
