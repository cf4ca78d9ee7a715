"""Damages of which specs a gate finds, of its baseline, and of what it says it did not check."""

from tests.damage.row import Row

BASELINE = "tests/gate/test_baseline.py::"
GAPS = "tests/gate/test_gaps.py::"
JUDGE = "tests/gate/test_judge.py::"
FILES = "tests/cli/test_gate_files.py::"

ROWS = (
    Row(
        "baseline-changes-nothing",
        "baseline/compare.py",
        "if changes and outcome is not Outcome.UNEXPECTED:",
        "if changes and outcome is Outcome.UNEXPECTED:",
        "A variant with another verdict than the baseline is as expected.",
        (
            f"{BASELINE}test_another_verdict_is_a_change",
            f"{BASELINE}test_no_outcome_becomes_better_by_a_baseline",
        ),
    ),
    Row(
        "gate-passes-changed",
        "gate.py",
        "if outcomes & {Outcome.UNEXPECTED, Outcome.CHANGED}:",
        "if outcomes & {Outcome.UNEXPECTED}:",
        "A gate in which something changed is green beside what did not.",
        (f"{JUDGE}test_gate_exit_of_mixed_outcomes",),
    ),
    Row(
        "baseline-of-others-is-good-enough",
        "baseline/whole.py",
        "if code is Exit.OK and not comparison.compared:",
        "if code is Exit.OK and not comparison.folder:",
        "A gate that was told to compare, and compared nothing, is green.",
        (f"{BASELINE}test_a_baseline_with_nothing_on_what_ran_is_not_green",),
    ),
    Row(
        "baseline-lets-checks-be-silenced",
        "baseline/compare.py",
        "if lost or fresh:",
        "if lost and fresh:",
        "A check is silenced, and the verdict counts as the same.",
        (f"{BASELINE}test_the_same_verdict_on_less_is_a_change",),
    ),
    Row(
        "specs-are-found-by-their-looks",
        "specfiles.py",
        'if _IMPORT.search(text) and b"spec" in text else None',
        "if _IMPORT.search(b'') else None",
        "A spec with a blank before its parenthesis is no part of a gate over its folder.",
        ("tests/cli/test_specfiles.py::test_a_spec_is_found_however_it_is_written",),
    ),
    Row(
        "baseline-counts-states-only",
        "baseline/compare.py",
        "if old != new:",
        'if old != new and what == "states":',
        "Other transitions, another depth or a longer trace pass as the same.",
        (
            f"{BASELINE}test_another_count_is_a_change_with_both_numbers",
            f"{BASELINE}test_a_longer_way_to_the_same_violation_is_a_change",
        ),
    ),
    Row(
        "gaps-hide-what-is-silenced",
        "report/gaps.py",
        "if part.startswith(SILENCED):",
        "if part.startswith(SILENCED) and judgement.reasons:",
        "A gate does not say which checks its verdicts are without.",
        (f"{GAPS}test_every_kind_of_gap_is_listed_with_what_has_it",),
    ),
    Row(
        "summary-is-always-green",
        "ci/github.py",
        "if code == Exit.OK else",
        "if code != Exit.FOUND else",
        "The summary of a job has the green sign though not everything was decided.",
        (f"{FILES}test_what_was_not_decided_is_green_nowhere",),
    ),
)
