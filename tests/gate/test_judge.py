"""The gate's judgement, on results made by hand: every way in which it must not be green."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelcheck.explore.result import (
    Counts,
    Coverage,
    PropertyResult,
    Result,
    Verdict,
    Violation,
)
from modelcheck.frontend.spec import Variant
from modelcheck.gate import (
    Exit,
    Expectation,
    Judgement,
    Outcome,
    Steps,
    choose_check_exit,
    choose_gate_exit,
    fail_dead_steps,
    judge,
    parse_expectation,
)


def make_property(name: str, *objects: str, kind: str = "built in", names: tuple[str, ...] = ()):
    """A property that is violated once per object, or verified without any."""
    violations = tuple(Violation(name, o, names, "", 3, ()) for o in objects)
    verdict = Verdict.VIOLATED if violations else Verdict.VERIFIED
    return PropertyResult(name, kind, verdict, violations)


def make_result(*properties: PropertyResult, **changes) -> Result:
    result = Result("spec", None, properties, Counts(10, 12, 4), exhausted=True)
    return replace(result, **changes)


SAFE = make_property("safe", kind="invariant")
BROKEN = make_property("safe", "", kind="invariant")
FREED = make_property("use-after-free", "triggers[0]", names=("triggers", "Trigger"))
UNDECIDED = PropertyResult("safe", "invariant", Verdict.INCONCLUSIVE, reason="timeout")
UNTESTED = PropertyResult("done", "final", Verdict.NOT_TESTED, reason="no quiescent state")


def outcome_of(result: Result, **expectation) -> Outcome:
    return judge("spec", Variant("v", **expectation), result).outcome


def exit_of(*outcomes: Outcome) -> int:
    return choose_gate_exit(Judgement("spec", Variant(None), o) for o in outcomes)


def test_verified_as_expected_is_0():
    judgement = judge("spec", Variant(None), make_result(SAFE))
    assert judgement.outcome is Outcome.EXPECTED
    assert choose_gate_exit([judgement]) == 0


def test_flipped_expectation_is_1():
    flipped = judge("spec", Variant("v", violates=("safe",)), make_result(SAFE))
    assert flipped.outcome is Outcome.UNEXPECTED
    assert flipped.reasons == ("expected, but not violated: safe",)
    assert choose_gate_exit([flipped]) == 1
    other_way = judge("spec", Variant(None), make_result(BROKEN))
    assert choose_gate_exit([other_way]) == 1


def test_unexpected_violation_beside_the_expected_one_is_1():
    judgement = judge("spec", Variant("v", violates=("safe",)), make_result(BROKEN, FREED))
    assert judgement.reasons == ("unexpected: use-after-free(triggers[0])",)
    assert choose_gate_exit([judgement]) == 1


def test_empty_selection_is_2():
    assert choose_gate_exit([]) == 2


def test_verified_variant_without_transitions_is_1():
    nothing = make_result(SAFE, counts=Counts(1, 0, 0))
    judgement = judge("spec", Variant(None), nothing)
    assert judgement.reasons == ("ran nothing: no thread took a step",)
    assert choose_gate_exit([judgement]) == 1


def test_verified_variant_with_an_invariant_never_evaluated_is_1():
    unseen = make_result(SAFE, coverage=Coverage(unevaluated=("safe",)))
    assert outcome_of(unseen) is Outcome.UNEXPECTED
    assert outcome_of(replace(unseen, properties=(BROKEN,)), violates=("safe",)) is Outcome.EXPECTED


def test_inconclusive_only_is_3():
    stopped = make_result(UNDECIDED, exhausted=False, stopped_by="timeout")
    judgement = judge("spec", Variant(None), stopped)
    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert judgement.reasons == ("stopped by timeout",)
    assert choose_gate_exit([judgement]) == 3


def test_a_missing_violation_is_no_failure_before_the_space_is_exhausted():
    stopped = make_result(UNDECIDED, exhausted=False, stopped_by="max-states")
    assert outcome_of(stopped, violates=("safe",)) is Outcome.INCONCLUSIVE


def test_an_unexpected_violation_is_one_even_if_the_run_was_stopped():
    stopped = make_result(BROKEN, exhausted=False, stopped_by="max-states")
    assert outcome_of(stopped) is Outcome.UNEXPECTED


def test_all_expected_violations_of_a_stopped_run_are_still_inconclusive():
    stopped = make_result(BROKEN, exhausted=False, stopped_by="max-states")
    assert outcome_of(stopped, violates=("safe",)) is Outcome.INCONCLUSIVE


def test_not_tested_keeps_a_verified_variant_from_passing():
    assert outcome_of(make_result(SAFE, UNTESTED)) is Outcome.INCONCLUSIVE


def test_not_tested_does_not_matter_where_the_variant_breaks_as_it_should():
    assert outcome_of(make_result(BROKEN, UNTESTED), violates=("safe",)) is Outcome.EXPECTED


@pytest.mark.parametrize("named", ["", "(Trigger)", "(triggers)", "(triggers[0])"])
def test_an_expectation_may_name_the_object_in_any_of_its_names(named):
    assert outcome_of(make_result(FREED), violates=(f"use-after-free{named}",)) is Outcome.EXPECTED


def test_an_expectation_of_another_object_does_not_cover():
    judgement = judge("s", Variant("v", violates=("use-after-free(Group)",)), make_result(FREED))
    assert judgement.reasons == (
        "unexpected: use-after-free(triggers[0])",
        "expected, but not violated: use-after-free(Group)",
    )


def test_also_tolerates_but_does_not_demand():
    expectation = {"violates": ("safe",), "also": ("use-after-free(Trigger)",)}
    assert outcome_of(make_result(BROKEN, FREED), **expectation) is Outcome.EXPECTED
    assert outcome_of(make_result(BROKEN), **expectation) is Outcome.EXPECTED


def test_needs_is_never_as_expected():
    assert outcome_of(make_result(SAFE), needs="weak-memory") is Outcome.NOT_CHECKABLE


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((Outcome.EXPECTED, Outcome.NOT_CHECKABLE), 0),
        ((Outcome.NOT_CHECKABLE,), 3),
        ((Outcome.EXPECTED, Outcome.SKIPPED), 3),
        ((Outcome.EXPECTED, Outcome.INCONCLUSIVE), 3),
        ((Outcome.INCONCLUSIVE, Outcome.UNEXPECTED), 1),
        ((Outcome.EXPECTED, Outcome.CHANGED), 1),
        ((Outcome.INCONCLUSIVE, Outcome.CHANGED), 1),
    ],
)
def test_gate_exit_of_mixed_outcomes(outcomes, code):
    assert exit_of(*outcomes) == code


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.VERIFIED, Exit.OK),
        (Verdict.VIOLATED, Exit.FOUND),
        (Verdict.INCONCLUSIVE, Exit.UNDECIDED),
        (Verdict.NOT_TESTED, Exit.UNDECIDED),
    ],
)
def test_check_exit_follows_the_verdict(verdict, code):
    assert choose_check_exit(make_result(PropertyResult("safe", "invariant", verdict))) is code


def test_a_violated_run_stays_violated_though_it_was_stopped():
    stopped = make_result(BROKEN, UNDECIDED, exhausted=False, stopped_by="interrupt")
    assert choose_check_exit(stopped) == 1


def test_a_run_that_was_stopped_is_never_verified():
    stopped = make_result(SAFE, exhausted=False, stopped_by="interrupt")
    assert choose_check_exit(stopped) == 3


HERE, THERE = (10, 5), (20, 5)


def test_a_step_no_variant_takes_fails_the_verified_variant_that_has_it():
    steps = Steps(all=frozenset({HERE, THERE}), taken=frozenset({HERE}))
    judged = [
        judge("spec", Variant(None), make_result(SAFE), steps),
        judge("spec", Variant("v", violates=("safe",)), make_result(BROKEN), steps),
    ]
    plain, variant = fail_dead_steps(judged)
    assert plain.outcome is Outcome.UNEXPECTED
    assert plain.reasons == ("ran nothing: no variant ever takes the step at line 20",)
    assert variant.outcome is Outcome.EXPECTED


def test_a_step_that_some_variant_takes_is_not_dead():
    everything = frozenset({HERE, THERE})
    judged = [
        judge("spec", Variant(None), make_result(SAFE), Steps(everything, frozenset({HERE}))),
        judge("spec", Variant("v"), make_result(SAFE), Steps(everything, everything)),
    ]
    assert [j.outcome for j in fail_dead_steps(judged)] == [Outcome.EXPECTED] * 2


def test_a_stopped_run_says_nothing_about_dead_steps():
    steps = Steps(all=frozenset({HERE, THERE}), taken=frozenset({HERE}))
    stopped = make_result(UNDECIDED, exhausted=False, stopped_by="timeout")
    judged = [
        judge("spec", Variant(None), make_result(SAFE), steps),
        judge("spec", Variant("v"), stopped),
    ]
    assert [j.outcome for j in fail_dead_steps(judged)] == [
        Outcome.EXPECTED,
        Outcome.INCONCLUSIVE,
    ]


def test_expectations_read_as_written():
    assert parse_expectation("deadlock") == Expectation("deadlock")
    assert parse_expectation("leak(pool)") == Expectation("leak", "pool")
    assert str(parse_expectation("leak(pool)")) == "leak(pool)"
