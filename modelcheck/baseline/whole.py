"""A whole gate against a baseline: how much of it was compared, and what stood on one side only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelcheck.baseline.compare import NEW, NOT_COUNTED, UNDECIDED
from modelcheck.baseline.known import Baseline
from modelcheck.gate import Exit, Judgement


@dataclass(frozen=True, slots=True)
class Comparison:
    """A whole gate against a baseline.

    `compared` is the number of variants with a verdict on both sides; the rest are variants as
    the gate's lines name them: changed, not in the baseline, in no spec any more, and those
    whose counts could not be compared, by reason.
    """

    folder: str
    compared: int
    changed: tuple[str, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    uncounted: Mapping[str, tuple[str, ...]]


def compare_gate(
    baseline: Baseline, gated: Iterable[tuple[str, str, Sequence[Judgement]]]
) -> Comparison:
    """What became of a whole gate, given name, path and judgements of each spec.

    A recorded spec is gone if its file is, or declares another one; else it was not asked for.
    """
    judged = {(name, path): judgements for name, path, judgements in gated}
    everything = [j for judgements in judged.values() for j in judgements]
    found = {s: (name, path) for name, path in judged if (s := baseline.find(name, path))}
    files = {Path(path).resolve() for _, path in judged}
    gone: list[str] = []
    for spec in baseline.specs:
        at = found.get(spec)
        there: set[str | None] = set()
        if at is not None:
            there = {j.variant.name for j in judged[at]}
        elif (file := baseline.find_file(spec)) is not None and file not in files:
            continue  # not asked for
        gone += [
            f"{spec.name} {name or '(default)'}" for name in spec.variants if name not in there
        ]
    uncounted: dict[str, tuple[str, ...]] = {}
    for judgement in everything:
        for note in judgement.notes:
            if note.startswith(NOT_COUNTED):
                why = note.removeprefix(NOT_COUNTED)
                uncounted[why] = (*uncounted.get(why, ()), judgement.name)
    return Comparison(
        baseline.folder,
        sum(j.result is not None and not {NEW, UNDECIDED} & {*j.notes} for j in everything),
        tuple(j.name for j in everything if j.changes),
        tuple(j.name for j in everything if NEW in j.notes),
        tuple(gone),
        uncounted,
    )


def choose_compared_exit(code: Exit, comparison: Comparison) -> Exit:
    """The exit code of a gate with a baseline, given the one without.

    Soundness: a baseline that has nothing on any variant that ran (the wrong folder) leaves a
    gate undecided, not green.
    """
    if code is Exit.OK and not comparison.compared:
        return Exit.UNDECIDED
    return code
