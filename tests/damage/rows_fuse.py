"""Damages to what passes through states: a chain that goes too far, and what nobody looks at."""

from tests.damage.row import Row

FUSE = "reduce/fuse.py"
PASSING = "explore/passing.py"
RUNTIME = "backends/native/runtime/"
TESTS = "tests/reduce/test_fuse.py::"
SHOWN = f"{TESTS}test_what_only_a_state_on_the_way_shows_is_found"
CHAINS = f"{TESTS}test_both_backends_have_the_same_results_of_chains"


def row(name: str, file: str, old: str, new: str, wrong: str, *tests: str) -> Row:
    return Row(f"fuse-{name}", file, old, new, wrong, tests)


ROWS = (
    row(
        "goes-past-choices",
        FUSE,
        "if len(result) > 1 or isinstance(result, CutOutcomes):",
        "if isinstance(result, CutOutcomes):",
        "Of a step with two choices only the first is taken.",
        f"{SHOWN}[choices-]",
    ),
    row(
        "chains-need-not-end",
        FUSE,
        'raise InternalError("a chain of states that are passed through does not end")',
        "return",
        "Where a chain is longer than any can be the search goes on as if it had ended.",
        f"{TESTS}test_a_chain_that_is_longer_than_any_can_be_is_our_fault",
    ),
    row(
        "invariants-are-asked-of-what-is-stored",
        PASSING,
        "for name, holds in self._invariants:",
        "for name, holds in ():",
        "An invariant that only a state on the way breaks is verified.",
        f"{SHOWN}[invariant-]",
    ),
    row(
        "nothing-is-recorded-on-the-way",
        PASSING,
        "        if way.orders:\n",
        "        if False:\n",
        "An order of locks that is taken on the way is not recorded.",
        f"{SHOWN}[orders-]",
    ),
    row(
        "c-goes-past-choices",
        f"{RUNTIME}fuse.c",
        "return only->count > 1 || only->fails || is_cut;",
        "return only->fails || is_cut;",
        "In C, of a step with two choices only the first is taken.",
        f"{CHAINS}[]",
    ),
    row(
        "c-judges-what-is-stored",
        f"{RUNTIME}expand.c",
        "if (search->open_properties) mc_judge_state(worker, state);\n  if (way->order_count)",
        "if (way->order_count)",
        "In C, an invariant that only a state on the way breaks is verified.",
        f"{CHAINS}[]",
    ),
    row(
        "c-goes-round",
        f"{RUNTIME}fuse.c",
        "sum_counters(model, only->reached) <= sum_counters(model, state)",
        "sum_counters(model, only->reached) + 99 <= sum_counters(model, state)",
        "In C, a chain goes round in a circle.",
        f"{CHAINS}[]",
    ),
    row(
        "c-exchanges-what-is-named",
        f"{RUNTIME}symmetry.c",
        "    if (has_fixed) rename_fixed(&form, state, goes_to);\n",
        "    (void)has_fixed;\n",
        "Threads change places, and who names them does not notice.",
        "tests/reduce/test_symmetry_agreement.py::test_both_backends_have_the_same_results",
    ),
)
