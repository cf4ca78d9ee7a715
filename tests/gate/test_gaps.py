"""What a gate did not check is listed, one of each kind, and nothing that it did."""

from __future__ import annotations

from modelcheck.explore.result import Counts, PropertyResult, Result, Verdict
from modelcheck.frontend.spec import Variant
from modelcheck.gate import Judgement, Outcome
from modelcheck.report.gaps import Gap, describe_gaps, list_gaps

SAFE = PropertyResult("safe", "invariant", Verdict.VERIFIED)
LEAK = PropertyResult("leak", "built in", Verdict.NOT_TESTED, reason="nothing comes to rest")
STUCK = PropertyResult("stuck", "built in", Verdict.INCONCLUSIVE)
SILENCED = "silenced: data-race on A.b (counted)"


def judged(name, outcome, *reasons, properties=(SAFE,), scope=(), stopped_by="", ran=True):
    result = Result("s", name, properties, Counts(3, 2, 1), not stopped_by, stopped_by, scope=scope)
    return Judgement("s", Variant(name), outcome, reasons, result if ran else None)


def test_what_was_checked_whole_is_no_gap():
    assert list_gaps([judged("v", Outcome.EXPECTED), judged("w", Outcome.UNEXPECTED)]) == ()


def test_every_kind_of_gap_is_listed_with_what_has_it():
    gaps = list_gaps(
        [
            judged("a", Outcome.EXPECTED, properties=(SAFE, LEAK, STUCK), scope=(SILENCED,)),
            judged(None, Outcome.EXPECTED, scope=("memory model sc", SILENCED)),
            judged("weak", Outcome.NOT_CHECKABLE, "needs weak-memory", ran=False),
            judged("late", Outcome.SKIPPED, "no time left", ran=False),
            judged("cut", Outcome.INCONCLUSIVE, "stopped by timeout", stopped_by="timeout"),
            judged("bad", Outcome.UNEXPECTED, "unexpected: leak", stopped_by="max-states"),
            judged("off", Outcome.CHANGED, "needs weak-memory", ran=False),
        ],
        ["broken.py"],
    )
    assert gaps == (
        Gap("cannot be read", "", ("broken.py",)),
        Gap("skipped", "no time left", ("s late",)),
        Gap("inconclusive", "stopped by timeout", ("s cut",)),
        Gap("inconclusive", "stopped by max-states", ("s bad",)),
        Gap("not checkable yet", "needs weak-memory", ("s weak", "s off")),
        Gap("not decided", "stuck", ("s a",)),
        Gap("not tested", "leak (nothing comes to rest)", ("s a",)),
        Gap("silenced", "data-race on A.b (counted)", ("s a", "s (default)")),
    )


def test_gaps_are_told_with_at_most_so_many_names():
    gaps = (Gap("skipped", "no time left", ("a", "b", "c")), Gap("silenced", "leak", ("d",)))
    assert list(describe_gaps(gaps, 2)) == [
        "not checked:",
        "  skipped, no time left: a, b and 1 more",
        "checked, but not for everything:",
        "  silenced, leak: d",
    ]
    assert list(describe_gaps((), 2)) == []
