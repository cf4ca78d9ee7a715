"""Damages to what looks at a part: a search from a state in the middle, a sample, a listing."""

from tests.damage.row import Row

ROWS = (
    Row(
        "from-the-middle-is-the-whole",
        "explore/ending.py",
        "not tally.omission and not begun",
        "not tally.omission",
        "What follows one state of a trace verifies the spec.",
        (
            "tests/unit/explore/test_begin.py::test_from_each_state_of_a_broken_program_nothing_is_verified_and_what_is_found_is_so",
            "tests/cli/test_from.py::test_no_violation_behind_the_state_is_3_and_never_verified",
        ),
    ),
    Row(
        "from-the-middle-is-the-shortest",
        "explore/ending.py",
        "is_whole = is_whole and options.begin is None",
        "is_whole = bool(is_whole)",
        "A trace that begins with any other one is called the shortest.",
        (
            "tests/unit/explore/test_begin.py::test_from_each_state_of_a_broken_program_nothing_is_verified_and_what_is_found_is_so",
        ),
    ),
    Row(
        "from-the-middle-is-lost-natively",
        "explore/native.py",
        "if options.begin is not None:",
        "if False:",
        "The native backend explores all, and says it was a part.",
        (
            "tests/unit/explore/test_begin.py::test_no_reduction_and_no_other_backend_begins_in_the_middle",
        ),
    ),
    Row(
        "from-any-text",
        "midway.py",
        "    check_current(stored.trace, stored.model, stored.spec.sources)\n",
        "",
        "A trace of another text of the spec leads to some state of this one.",
        ("tests/cli/test_from.py::test_a_stale_trace_and_what_is_no_trace_have_codes",),
    ),
    Row(
        "notes-of-those-who-wait",
        "backends/python/cover.py",
        "if judges or not isinstance(result, int):",
        "if True:",
        "Code before a wait that never ends is listed as run.",
        (
            "tests/unit/explore/test_look.py::test_what_a_thread_ran_before_it_had_to_wait_does_not_count",
        ),
    ),
    Row(
        "conditions-of-claims-are-not-looked-at",
        "explore/ran.py",
        'if cover.count(Point(owner, "right", expr=expr)):',
        "if True:",
        "An invariant whose antecedent was never true looks as if it had been tested.",
        (
            "tests/unit/explore/test_look.py::test_a_claim_whose_condition_never_holds_is_not_put_to_the_test",
        ),
    ),
    Row(
        "constant-claims-are-tested",
        "explore/ran.py",
        "if len(body.blocks) == 1:",
        "if False:",
        "An invariant that settings decide looks as if it had been tested.",
        ("tests/unit/explore/test_look.py::test_a_claim_that_is_constant_is_not_put_to_the_test",),
    ),
    Row(
        "notes-change-the-answer",
        "backends/python/expressions.py",
        'return f"({self.write(left)} or {note} or {self.write(right)})"',
        'return f"({self.write(left)} or {note})"',
        "A model that takes notes does something else than the program.",
        (
            "tests/unit/explore/test_look.py::test_a_model_that_takes_notes_does_what_every_model_does",
        ),
    ),
    Row(
        "a-part-is-all",
        "explore/look.py",
        "is_whole = expanded == len(states)",
        "is_whole = True",
        "What was never so in the first states is told of all.",
        (
            "tests/unit/explore/test_look.py::test_a_budget_that_ends_is_said_and_holds",
            "tests/cli/test_coverage.py::test_a_look_that_ends_early_says_so",
        ),
    ),
    Row(
        "samples-are-believed",
        "trace/confirm.py",
        "return _passes(model, run, claim)",
        "return True",
        "A path that goes through a violation is kept as a run on which nothing is violated.",
        ("tests/unit/trace/test_sample.py::test_a_path_with_a_violation_on_it_is_no_sample",),
    ),
    Row(
        "samples-go-anywhere",
        "trace/sample.py",
        "and not judging.is_violated(reached)",
        "",
        "A sample goes through states that break a property.",
        (
            "tests/unit/trace/test_sample.py::test_on_a_sample_nothing_fails_or_is_broken_and_it_ends_at_rest",
        ),
    ),
    Row(
        "samples-look-like-searches",
        "trace/sample.py",
        "nothing was searched",
        "no reductions",
        "One run by chance looks like the result of a search.",
        ("tests/unit/trace/test_sample.py::test_it_is_stored_read_and_replayed_as_what_it_is",),
    ),
    Row(
        "branches-turned-around",
        "explore/ran.py",
        'yield HalfBranch(span, never=not both["true"])',
        'yield HalfBranch(span, never=bool(both["true"]))',
        "A condition that was never true is said to have been never false.",
        (
            "tests/unit/test_report_conditions.py::test_the_value_that_a_condition_never_had",
            "tests/cli/test_coverage.py::test_a_listing_marks_each_line",
        ),
    ),
    Row(
        "every-branch-is-a-condition",
        "report/conditions.py",
        "if _position(span) in known[span.path]:",
        "if True:",
        "What the spec does not know as a condition is told as one.",
        ("tests/unit/test_report_conditions.py::test_branches_of_the_program_alone_are_not_told",),
    ),
    Row(
        "results-are-true",
        "notebook.py",
        'raise TypeError("a result is not true or false; write `result.is_verified`")',
        "return True",
        "`assert modelcheck.check(spec)` passes for every spec.",
        ("tests/unit/test_notebook.py::test_a_result_is_no_truth",),
    ),
    Row(
        "verified-is-not-violated",
        "notebook.py",
        'return self.verdict == "verified"',
        "return not self.violated",
        "A run that gave up is verified.",
        (
            "tests/unit/test_notebook.py::test_a_run_that_gives_up_is_inconclusive",
            "tests/unit/test_notebook.py::test_a_variant_that_cannot_be_checked_is_not_tested",
        ),
    ),
    Row(
        "samples-race",
        "trace/broken.py",
        "races = self._races.find(state) if state else ()",
        "races = iter(())",
        "A sample goes through states in which two steps race.",
        ("tests/unit/trace/test_sample.py::test_a_run_with_a_race_on_it_is_no_sample",),
    ),
    Row(
        "samples-take-locks-in-a-circle",
        "trace/broken.py",
        "return bool(find_cycles(frozenset(counted)))",
        "return False",
        "Lockdep would complain about the run that is shown as one that passes.",
        ("tests/unit/trace/test_sample.py::test_a_run_that_takes_locks_in_a_circle_is_no_sample",),
    ),
)
