"""What a verdict looks like as text, on results made by hand."""

from __future__ import annotations

from modelcheck.explore.result import Counts, PropertyResult, Result, Verdict, Violation
from modelcheck.frontend.spec import SpecInfo, Variant
from modelcheck.gate import Judgement, Outcome
from modelcheck.ir.nodes import Body, Program, Setting
from modelcheck.report.text import describe_counts, describe_judgement, describe_result

INFO = SpecInfo("spec", "A spec.", "specs/spec.py", (), (), Variant(None), (), ())
PROGRAM = Program("spec", (), (), (), Body("entry", ()), (), settings=(Setting("n", "2", "1"),))


def describe(*properties: PropertyResult, exhausted: bool = True, stopped_by: str = ""):
    counts = Counts(1_234, 1, 4)
    result = Result(
        "spec", "v", properties, counts, exhausted, stopped_by, scope=("sizes n=2", "sc")
    )
    return list(describe_result(INFO, PROGRAM, result, []))


def test_verified_has_settings_once_counts_and_scope():
    assert describe(PropertyResult("safe", "invariant", Verdict.VERIFIED)) == [
        "verified  specs/spec.py  n=2 variant=v",
        "  1,234 states, 1 transition, depth 4; sc",
    ]


def test_a_stopped_run_never_says_verified():
    lines = describe(
        PropertyResult("safe", "invariant", Verdict.VERIFIED), exhausted=False, stopped_by="timeout"
    )
    assert lines[0].startswith("INCONCLUSIVE  ")
    assert lines[-1] == "  stopped by timeout: this is as far as it got"
    assert not any("verified" in line for line in lines)


def test_not_tested_names_property_and_reason():
    lines = describe(PropertyResult("done", "final", Verdict.NOT_TESTED, reason="no such state"))
    assert lines[0].startswith("NOT TESTED  ")
    assert "  not tested: done: no such state" in lines


def test_all_violations_are_named():
    violations = (
        Violation("leak", "pool[0]", (), "", 3, ()),
        Violation("leak", "q", (), "", 1, ()),
    )
    lines = describe(PropertyResult("leak", "built in", Verdict.VIOLATED, violations))
    assert lines[1] == "  leak(q) after 1 step"
    assert "  also violated: leak(pool[0]) after 3 steps" in lines


def test_depth_is_left_out_where_it_is_not_known():
    assert describe_counts(Counts(1, 2, None)) == "1 state, 2 transitions"


def test_an_unexpected_line_does_not_read_like_a_verdict():
    expected = Judgement("spec", Variant(None), Outcome.EXPECTED, ())
    assert list(describe_judgement(expected)) == ["as expected        spec  (default)  verified"]
    other = Judgement("spec", Variant(None), Outcome.UNEXPECTED, ("unexpected: leak",))
    assert list(describe_judgement(other)) == [
        "UNEXPECTED         spec  (default)  expected: verified",
        "    unexpected: leak",
    ]
