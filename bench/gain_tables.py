"""The gains of reductions as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from cases import CASES, NO_EQUAL_THREADS
from combinations import ALL, COMBINATIONS, NONE, Stored
from gain import Gain, GainLimits, GainRow
from requirements import Requirement
from spin_stored import SpinStored
from tables import list_facts, write_requirements, write_table

HEADS = (
    *("spec", "threads", "full", "por", "symmetry", "fuse", "por, symmetry", "all", "full / all"),
    *("SPIN full", "SPIN reduced", "its ends", "SPIN reduced / all"),
)

NOTES = """\
Stored states. *threads*: so many equal ones; all other parameters are the spec's defaults. *full*,
*por*, *symmetry*, *fuse*, *all*: ours, as `check --reduce` has them. *SPIN full*: without its
reduction (`spin -a`, `gcc -DSAFETY -DCOLLAPSE -DNOREDUCE`). *SPIN reduced*: with it. Both search
processes that stop at a false guard where ours have ended. *its ends*: so many states more SPIN
stores, reduced, if they end and die instead: no state of ours is like them, and they are in no
ratio. SPIN judges neither `stuck` nor data races.

`>`: more than that, for a search of ours gave up after {states:,} states or {seconds:g} s, one of
SPIN's after {megabytes:,} MB or {seconds:g} s (krefs: {patience} times as much); with more threads
it is not tried again."""

EXPORTED_NOTE = "SPIN searches what `modelcheck export --to promela --form processes` writes."

BY_HAND_NOTE = """\
SPIN searches a model that was written by hand, as one would without us: its steps need not be ours
(those of krefs, phils and filter are)."""


def write_gains(
    machine: Mapping[str, str | int],
    versions: Mapping[str, str],
    rows: Sequence[GainRow],
    limits: GainLimits,
    *,
    left_out: Sequence[str],
    requirements: Sequence[Requirement],
    defaults: Mapping[str, Mapping[str, Stored]],
) -> str:
    """One Markdown document of all that was counted."""
    parts = ["# What reductions give", list_facts(machine, versions)]
    if requirements:
        parts += ["## Requirements", write_requirements(requirements)]
    parts += ["## Equal threads, beside SPIN", EXPORTED_NOTE]
    parts.append(_write_rows([(row, row.exported) for row in rows]))
    by_hand = [(row, row.by_hand) for row in rows if row.by_hand is not None]
    if by_hand:
        parts += ["## Beside models written by hand", BY_HAND_NOTE, _write_rows(by_hand)]
    notes = {**asdict(limits), "patience": max(case.patience for case in CASES)}
    parts.append(NOTES.format(**notes))
    alone = "; ".join(f"{name} ({why})" for name, why in NO_EQUAL_THREADS.items())
    parts.append(f"No rows: {alone}.")
    if left_out:
        parts.append("Left out:\n\n" + "\n".join(f"* {line}" for line in left_out))
    if defaults:
        parts += ["## All specs at their default sizes", _write_defaults(defaults)]
    return "\n\n".join(parts) + "\n"


def _write_rows(rows: Sequence[tuple[GainRow, SpinStored | None]]) -> str:
    lines: list[tuple[str | float | None, ...]] = [
        (
            row.name,
            row.threads,
            *(show_stored(row.stored.get(name)) for name in COMBINATIONS),
            show_share(row.stored.get(NONE), row.stored.get(ALL)),
            show_stored(spin.full if spin else None),
            show_stored(spin.reduced if spin else None),
            spin.ends if spin else None,
            show_gain(row.find_gain(spin)),
        )
        for row, spin in rows
    ]
    return write_table(HEADS, lines, words=1)


def _write_defaults(defaults: Mapping[str, Mapping[str, Stored]]) -> str:
    lines: list[tuple[str | float | None, ...]] = [
        (
            name,
            *(show_stored(stored.get(one)) for one in COMBINATIONS),
            show_share(stored.get(NONE), stored.get(ALL)),
        )
        for name, stored in defaults.items()
    ]
    return write_table(["spec", *HEADS[2:9]], lines, words=1)


def show_stored(stored: Stored | None) -> str | None:
    """`1,234`, or `> 1,234` where the search gave up."""
    if stored is None:
        return None
    return f"{stored.states:,}" if stored.is_whole else f"> {stored.states:,}"


def show_share(full: Stored | None, reduced: Stored | None) -> str | None:
    """How many times fewer states are stored; None where neither search came to an end."""
    if full is None or reduced is None or not (full.is_whole or reduced.is_whole):
        return None
    bound = "<" if not reduced.is_whole else "" if full.is_whole else ">"
    return show_gain(Gain(full.states / max(reduced.states, 1), bound))


def show_gain(gain: Gain | None) -> str | None:
    """`12.3`, or with a sign where one of the two gave up."""
    if gain is None:
        return None
    return f"{gain.bound} {gain.times:,.2f}".strip()
