"""What a gate did not check: whole specs and variants, and properties of those that it did.

A gate that is green says nothing of these, so every form of its answer lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from modelcheck.baseline.compare import NOT_COUNTED
from modelcheck.baseline.whole import Comparison
from modelcheck.explore.result import Verdict
from modelcheck.gate import Judgement, Outcome

GapKind = Literal[
    "cannot be read",
    "skipped",
    "inconclusive",
    "not checkable yet",
    "not decided",
    "not tested",
    "silenced",
]
SILENCED = "silenced: "  # how the part of a scope line begins that names a check

# Of these nothing was checked, or not enough for an answer; the others are gaps in an answer.
WHOLE: tuple[GapKind, ...] = ("cannot be read", "skipped", "inconclusive", "not checkable yet")
PARTS: tuple[GapKind, ...] = ("not decided", "not tested", "silenced")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not checked, and `of` what, as the gate's lines name it."""

    kind: GapKind
    what: str
    of: tuple[str, ...]


def list_gaps(judgements: Iterable[Judgement], unread: Iterable[str] = ()) -> tuple[Gap, ...]:
    """Every gap once, with all variants that have it; `unread` are the specs with errors.

    Soundness: whatever is not *as expected* or contradicts an expectation is in it, and of every
    result each property without a verdict and each check that is silenced.
    tests/gate/test_gaps.py has one of each kind.
    """
    found: dict[tuple[GapKind, str], list[str]] = {}
    for path in unread:
        found.setdefault(("cannot be read", ""), []).append(path)
    for judgement in judgements:
        name = judgement.name
        for gap in dict.fromkeys(_list_of(judgement)):
            found.setdefault(gap, []).append(name)
    kinds = (*WHOLE, *PARTS)
    gaps = (Gap(kind, what, tuple(of)) for (kind, what), of in found.items())
    return tuple(sorted(gaps, key=lambda gap: kinds.index(gap.kind)))


def _list_of(judgement: Judgement) -> Iterator[tuple[GapKind, str]]:
    why = "; ".join(judgement.reasons)
    result = judgement.result
    if result is None:
        is_skipped = judgement.outcome is Outcome.SKIPPED
        yield "skipped" if is_skipped else "not checkable yet", why
        return
    if judgement.outcome is Outcome.INCONCLUSIVE:
        yield "inconclusive", why
    elif not result.exhausted:
        yield "inconclusive", f"stopped by {result.stopped_by or 'a limit'}"
    else:
        for one in result.properties:
            what = f"{one.name} ({one.reason})" if one.reason else one.name
            if one.verdict is Verdict.INCONCLUSIVE:
                yield "not decided", what
            elif one.verdict is Verdict.NOT_TESTED:
                yield "not tested", what
    for part in result.scope:
        if part.startswith(SILENCED):
            yield "silenced", part.removeprefix(SILENCED)


def describe_gaps(gaps: Sequence[Gap], most: int) -> Iterator[str]:
    """Lines for people; of more than `most` variants with the same gap the rest is counted."""
    for heading, kinds in (("not checked:", WHOLE), ("checked, but not for everything:", PARTS)):
        told = [gap for gap in gaps if gap.kind in kinds]
        if told:
            yield heading
        for gap in told:
            what = f"{gap.kind}, {gap.what}" if gap.what else gap.kind
            yield f"  {what}: {list_some(gap.of, most)}"


def describe_comparison(comparison: Comparison, most: int) -> Iterator[str]:
    """Lines for people: how many were compared, and what stood on one side only.

    Of more than `most` variants the rest is counted.
    """
    first, *rest = tell_comparison(comparison, most)
    yield f"baseline {comparison.folder}: {first}"
    yield from (f"  {line}" for line in rest)


def tell_comparison(comparison: Comparison, most: int) -> Iterator[str]:
    """The same without the name of the baseline, a line for each kind."""
    count, changed = comparison.compared, len(comparison.changed)
    variants = "1 variant" if count == 1 else f"{count} variants"
    told = f"{changed} changed" if changed else "none changed" if count else "NOTHING COMPARED"
    yield f"{variants} compared, {told}"
    rows = {"not in it": comparison.new, "in no spec any more": comparison.gone}
    rows |= {NOT_COUNTED + why: names for why, names in comparison.uncounted.items()}
    for what, names in rows.items():
        if names:
            yield f"{what}: {list_some(names, most)}"


def list_some(names: Sequence[str], most: int) -> str:
    """`a, b, c and 4 more`."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
