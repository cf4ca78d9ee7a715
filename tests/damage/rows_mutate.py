"""Damages to `mutate`: a mutant that nothing kills, and that does not count as a survivor."""

from tests.damage.row import Row

JUDGE = "mutate/judge.py"
MUTATION = "mutate/mutation.py"
TESTS = "tests/mutate"

ROWS = (
    Row(
        "mutate-giving-up-survives",
        JUDGE,
        "if result.verdict is Verdict.VERIFIED and result.exhausted:",
        "if not result.violations:",
        "A mutant whose search gave up, or left a property untested, counts as a survivor.",
        (f"{TESTS}/test_judge.py::test_only_a_whole_search_makes_a_survivor",),
    ),
    Row(
        "mutate-part-of-the-program-is-elsewhere",
        JUDGE,
        "if not task.lines.intersection(mutant.lines):",
        "if not task.lines.issuperset(mutant.lines):",
        "A mutant of a statement that spans a line without code is not counted.",
        (f"{TESTS}/test_judge.py::test_each_mutant_of_the_counter_has_its_end",),
    ),
    Row(
        "mutate-plain-is-marked",
        "mutate/same.py",
        "(?:once|acquire|release|dependent|rmw) ",
        "(?:plain|once|acquire|release|dependent|rmw) ",
        "A mutant that makes an access plain is the same program.",
        (
            f"{TESTS}/test_same.py::test_orders_other_than_plain_are_one_thing_under_sc",
            f"{TESTS}/test_same.py::test_these_are_different_programs",
        ),
    ),
    Row(
        "mutate-a-doubt-is-a-kill",
        MUTATION,
        "if total and mutation.met >= needed and",
        "if total and mutation.met + undecided >= needed and",
        "A bound is met by mutants of which nothing is known.",
        (f"{TESTS}/test_judge.py::test_a_bound_is_met_only_if_every_doubt_counts_against_it",),
    ),
    Row(
        "mutate-doubts-are-explained",
        MUTATION,
        "if told[index].outcome is Outcome.SURVIVES:",
        "if told[index].outcome is not Outcome.KILLED:",
        "An explanation makes up for a search that gave up.",
        (f"{TESTS}/test_explained.py::test_what_is_undecided_is_not_explained",),
    ),
    Row(
        "mutate-stale-is-fine",
        MUTATION,
        "    if mutation.stale:\n",
        "    if not mutation.judged:\n",
        "An explanation of what is killed stays in the spec for ever.",
        (f"{TESTS}/test_explained.py::test_a_stale_explanation_is_1_whatever_the_score",),
    ),
)
