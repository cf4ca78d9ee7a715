"""What two runs of one program decide must be the same."""

from __future__ import annotations

import pytest

from modelcheck.explore.agreement import find_disagreement
from modelcheck.explore.result import Counts, PropertyResult, Result, Verdict

VERIFIED, VIOLATED = Verdict.VERIFIED, Verdict.VIOLATED
INCONCLUSIVE, NOT_TESTED = Verdict.INCONCLUSIVE, Verdict.NOT_TESTED


def make_result(*verdicts, exhausted=True, reductions=()):
    properties = tuple(
        PropertyResult(name, "invariant", verdict)
        for name, verdict in zip("ab", verdicts, strict=False)
    )
    counts = Counts(1, 1, 1)
    return Result("p", None, properties, counts, exhausted, reductions=reductions)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((VERIFIED, VIOLATED), (VERIFIED, VIOLATED)),
        ((VERIFIED, INCONCLUSIVE), (INCONCLUSIVE, VIOLATED)),
        ((NOT_TESTED, VERIFIED), (NOT_TESTED, VERIFIED)),
    ],
)
def test_what_is_decided_in_one_way_agrees(first, second):
    assert find_disagreement([make_result(*first), make_result(*second)]) == ""


@pytest.mark.parametrize(
    ("first", "second"),
    [(VERIFIED, VIOLATED), (VIOLATED, VERIFIED), (NOT_TESTED, VERIFIED), (NOT_TESTED, VIOLATED)],
)
def test_what_is_decided_in_two_ways_does_not(first, second):
    results = [make_result(VERIFIED, one) for one in (first, INCONCLUSIVE, second)]
    assert find_disagreement(results).startswith(f"b is {first.value} reduced by none, ")


def test_a_violation_before_the_limit_contradicts_a_verified():
    found = make_result(VERIFIED, VIOLATED, exhausted=False)
    other = make_result(VERIFIED, VERIFIED, reductions=("por", "symmetry"))
    assert (
        find_disagreement([found, other])
        == "b is violated reduced by none, verified reduced by por, symmetry"
    )


def test_what_only_one_of_them_judges_is_no_agreement():
    more = make_result(VERIFIED, VERIFIED)
    less = make_result(VERIFIED, reductions=("por",))
    assert find_disagreement([more, less]) == "b is not judged reduced by por"
