"""Damages to the search for a fix, and to graphs that other tools take for whole."""

from tests.damage.row import Row

ROWS = (
    Row(
        "repair-switches-nothing-on",
        "repair/switches.py",
        "return values | dict(on)",
        "return values",
        "Every set is judged by the settings of the empty one.",
        (
            "tests/repair/test_repair_search.py::test_every_set_is_judged_as_check_judges_its_settings",
        ),
    ),
    Row(
        "repair-verifies-what-needs-more",
        "repair/switches.py",
        "if variant.needs and same and all(same):",
        "if False:",
        "A flag whose fault only weak memory shows is part of a fix.",
        (
            "tests/repair/test_repair_search.py::test_what_needs_more_than_this_version_can_is_never_verified",
        ),
    ),
    Row(
        "repair-compares-no-properties",
        "repair/search.py",
        """        bare = replace(program, settings=())
        known = self._known.setdefault(hash(bare), [])
        for packed, first in known:
            if replace(unpack(packed), settings=()) == bare:
""",
        """        bare = replace(program, settings=(), properties=())
        known = self._known.setdefault(hash(bare), [])
        for packed, first in known:
            if replace(unpack(packed), settings=(), properties=()) == bare:
""",
        "What is verified of one property is said of another.",
        (
            "tests/repair/test_repair_search.py::test_sets_that_differ_in_one_part_of_the_program_are_explored_each",
        ),
    ),
    Row(
        "repair-verifies-what-gave-up",
        "repair/sets.py",
        "return Finding(result.verdict, reason=",
        "return Finding(Verdict.VERIFIED, reason=",
        "A set whose run was stopped before anything was violated is a fix.",
        ("tests/repair/test_repair_search.py::test_a_search_that_gives_up_verifies_nothing",),
    ),
    Row(
        "repair-is-minimal-above-what-is-open",
        "repair/sets.py",
        "return Minimal.UNKNOWN if smaller & {*UNDECIDED} else Minimal.YES",
        "return Minimal.YES",
        "A set is called minimal though a smaller one may verify.",
        (
            "tests/repair/test_repair_sets.py::test_below_what_is_not_decided_nothing_is_known_to_be_minimal",
        ),
    ),
    Row(
        "repair-gives-up-with-0",
        "repair/sets.py",
        "    if Verdict.VERIFIED in verdicts:\n        return Exit.OK",
        "    if Verdict.VIOLATED not in verdicts:\n        return Exit.OK",
        "A search that found nothing out ends with 0.",
        ("tests/repair/test_repair_sets.py::test_the_exit_code_of_every_mixture",),
    ),
    Row(
        "a-cut-graph-is-whole",
        "explore/walk.py",
        "if isinstance(outcomes, CutOutcomes):",
        "if False:",
        "A state graph for other tools lacks ways that nobody followed.",
        ("tests/unit/trace/test_aut.py::test_what_is_not_known_as_a_whole_is_not_written",),
    ),
)
