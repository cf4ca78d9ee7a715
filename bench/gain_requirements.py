"""What the reductions have to give, and what they gave in this run.

Only what was counted is judged; what gave up is never taken for less than it told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import exp, log

from combinations import ALL, Stored
from gain import GainRow
from pace import Pace
from requirements import Requirement

KREFS, KREFS_THREADS, KREFS_STATES = "krefs", 7, 20_000
KERNEL_THREADS, KERNEL_TIMES, KERNEL_AIM = 4, 10, 100
GROWTH, GROWTH_THREADS = 2, 6
COST = 3


def judge_gains(rows: Sequence[GainRow], paces: Sequence[Pace]) -> tuple[Requirement, ...]:
    """Everything that these rows can tell of."""
    return (
        *_judge_krefs(rows),
        *_judge_kernel(rows),
        *_judge_growth(rows),
        *_judge_cost(paces),
    )


def _judge_krefs(rows: Sequence[GainRow]) -> Iterator[Requirement]:
    for row in rows:
        if (row.name, row.threads) != (KREFS, KREFS_THREADS) or ALL not in row.stored:
            continue
        stored = row.stored[ALL]
        spin = row.by_hand.reduced if row.by_hand is not None else None
        beside = f" (SPIN, by hand, its own reduction: {_show(spin)})" if spin else ""
        yield Requirement(
            "stored states with all reductions",
            f"{KREFS} {KREFS_THREADS}",
            f"{_show(stored)}{beside}",
            f"at most {KREFS_STATES:,}",
            stored.is_whole and stored.states <= KREFS_STATES,
        )


def _judge_kernel(rows: Sequence[GainRow]) -> Iterator[Requirement]:
    """The geometric mean is a lower bound where SPIN gave up; where we did there is none."""
    wanted = [r for r in rows if r.area == "kernel" and r.threads == KERNEL_THREADS and r.exported]
    gains = {row.name: row.find_gain(row.exported) for row in wanted}
    known = [one for one in gains.values() if one is not None and one.bound != "<"]
    if not known:
        return
    mean = exp(sum(log(one.times) for one in known) / len(known))
    bound = "more than " if any(one.bound == ">" for one in known) else ""
    missing = [name for name, one in gains.items() if one is None or one.bound == "<"]
    without = f"; without {', '.join(missing)}, where we gave up" if missing else ""
    yield Requirement(
        f"times as many states are stored by SPIN with its own reduction, {KERNEL_THREADS} threads,"
        " geometric mean",
        f"{len(known)} kernel specs",
        f"{bound}{mean:.2f}{without}",
        f"at least {KERNEL_TIMES} (the aim: {KERNEL_AIM})",
        not missing and mean >= KERNEL_TIMES,
    )


def _judge_growth(rows: Sequence[GainRow]) -> Iterator[Requirement]:
    """How states grow with the number of threads, where equal ones are taken for one: by symmetry
    alone, of which the counts are orbits and can be no fewer, and with all reductions.
    """
    for name in ("symmetry", ALL):
        stored = {r.threads: r.stored[name] for r in rows if r.name == KREFS}
        whole = {n: one.states for n, one in sorted(stored.items()) if one.is_whole}
        growths = {n: whole[n] / whole[n - 1] for n in whole if n - 1 in whole}
        if len(growths) < 2:
            continue
        with_ = f"with {name.replace(',', ', ')}"
        yield Requirement(
            f"states(n) / states(n - 1) {with_} falls with n",
            f"{KREFS}, n = {min(growths)} … {max(growths)}",
            ", ".join(f"{growth:.2f}" for growth in growths.values()),
            "each below the one before",
            len(whole) == len(stored) and all(b < a for a, b in pairwise(growths.values())),
        )
        if GROWTH_THREADS in growths:
            n = GROWTH_THREADS
            yield Requirement(
                f"states({n}) / states({n - 1}) {with_}",
                KREFS,
                f"{growths[n]:.2f} ({whole[n]:,} / {whole[n - 1]:,})",
                f"at most {GROWTH}",
                growths[n] <= GROWTH,
            )


def _judge_cost(paces: Sequence[Pace]) -> Iterator[Requirement]:
    for pace in paces:
        yield Requirement(
            "time for each stored state, all reductions over none, native, one worker",
            pace.name,
            f"{pace.times:.2f} times ({pace.reduced_states:,} states in {pace.reduced_seconds:.3f}"
            f" s, {pace.states:,} in {pace.seconds:.3f} s)",
            f"at most {COST} times",
            pace.times <= COST,
        )


def _show(stored: Stored) -> str:
    return f"{stored.states:,}" if stored.is_whole else f"more than {stored.states:,}"
