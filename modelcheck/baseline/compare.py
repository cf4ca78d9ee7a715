"""A gate against what was known before.

Verdicts, counts and scope lines are facts about a program, so another one is a failure: of the
change that made it, or of modelcheck.  Where two numbers do not count the same thing (a run that
gave up, other reductions) that is said instead.  TLA+ Examples keeps counts for the same reason
(manifest.json, `.github/scripts/check_small_models.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from modelcheck.baseline.known import Baseline, Known, split_scope
from modelcheck.explore.result import Result
from modelcheck.gate import Judgement, Outcome, describe_violation

NEW = "not in the baseline"
UNDECIDED = "the baseline has no verdict"
NOT_COUNTED = "counts not compared: "
# What of a scope line depends on how far a run came and how it was reduced.
_OF_THE_RUN = ("not exhausted", "reduced by", "no reductions", "not tested")


def compare_spec(
    baseline: Baseline, name: str, path: str, judgements: Sequence[Judgement]
) -> tuple[Judgement, ...]:
    """The judgements of a spec's variants, those CHANGED that differ from what is known.

    Soundness: nothing becomes better by it: a variant keeps its outcome, its reasons and its
    result, or is CHANGED, which is a failure, and UNEXPECTED stays what it is.
    tests/gate/test_baseline.py compares every outcome with every kind of record.
    """
    spec = baseline.find(name, path)
    known = spec.variants if spec is not None else {}
    return tuple(_compare(known.get(j.variant.name), j) for j in judgements)


def _compare(known: Known | None, judgement: Judgement) -> Judgement:
    if known is None:
        return replace(judgement, notes=(NEW,))
    changes = tuple(list_changes(known, judgement))
    outcome = judgement.outcome
    if changes and outcome is not Outcome.UNEXPECTED:
        outcome = Outcome.CHANGED
    notes = tuple(_list_notes(known, judgement.result))
    return replace(judgement, outcome=outcome, changes=changes, notes=notes)


def list_changes(known: Known, judgement: Judgement) -> Iterator[str]:
    """What is not as it was, a line each: verdicts, then what they cover, then counts.

    Soundness: what is violated on one side is told unless the other side gave up before, and
    numbers of two exhausted runs with the same reductions are always compared.
    """
    result = judgement.result
    if result is None:
        if judgement.outcome is Outcome.NOT_CHECKABLE and known.verdict:
            yield f"was {known.verdict}, is not checked now"
        return
    if not known.verdict:
        return
    yield from _compare_verdicts(known, result)
    yield from _compare_scopes(known, result)
    if not _why_uncounted(known, result):
        yield from _compare_counts(known, result)


def _compare_verdicts(known: Known, result: Result) -> Iterator[str]:
    now = {describe_violation(v): v.depth for v in result.violations}
    fresh = [name for name in now if name not in known.violated] if known.exhausted else []
    lost = [name for name in known.violated if name not in now] if result.exhausted else []
    verdict = result.verdict.value
    if known.verdict != verdict and known.exhausted and (result.exhausted or fresh):
        yield f"was {known.verdict}, is {verdict}"
    yield from (f"{name} is violated and was not" for name in fresh)
    yield from (f"{name} was violated and is not" for name in lost)


def _compare_scopes(known: Known, result: Result) -> Iterator[str]:
    """Checks that are silenced, sizes: without these the same verdict says something else."""
    now = split_scope("; ".join(result.scope))
    both = known.exhausted and result.exhausted and result.reduced_by in known.counts
    of_the_run = _OF_THE_RUN[:-1] if both else _OF_THE_RUN
    lost = [p for p in known.scope if p not in now and not p.startswith(of_the_run)]
    fresh = [p for p in now if p not in known.scope and not p.startswith(of_the_run)]
    if lost or fresh:
        sides = [f"had {'; '.join(lost)}"] * bool(lost) + [f"has {'; '.join(fresh)}"] * bool(fresh)
        yield f"its scope line {', '.join(sides)}"


def _compare_counts(known: Known, result: Result) -> Iterator[str]:
    before, now = known.counts[result.reduced_by], result.counts
    rows = [
        ("states", before.states, now.states),
        ("transitions", before.transitions, now.transitions),
        ("depth", before.depth, now.depth),
    ]
    if now.depth is None or before.depth is None:  # not breadth-first
        rows.pop()
    depths = {describe_violation(v): v.depth for v in result.violations}
    rows += [
        (f"steps to {name}", depth, depths[name])
        for name, depth in known.violated.items()
        if name in depths
    ]
    for what, old, new in rows:
        if old != new:
            yield f"{what}: {old:,} in the baseline, {new:,} now"


def _list_notes(known: Known, result: Result | None) -> Iterator[str]:
    if result is None:
        return
    if not known.verdict:
        yield UNDECIDED
    elif why := _why_uncounted(known, result):
        yield NOT_COUNTED + why


def _why_uncounted(known: Known, result: Result) -> str:
    """Why the numbers do not count the same; empty where they do."""
    if not result.exhausted:
        return f"stopped by {result.stopped_by or 'a limit'}"
    if not known.exhausted:
        return "the run of the baseline gave up"
    if result.reduced_by not in known.counts:
        there = ", ".join(f"`{name}`" for name in known.counts) or "none at all"
        return f"the reductions are `{result.reduced_by}`, the baseline has {there}"
    return ""
