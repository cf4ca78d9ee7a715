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
)
