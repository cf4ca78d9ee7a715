"""Damages to the second search: what is called the shortest trace, or the fewest switches."""

from tests.damage.row import Row

GOALS = "explore/goals.py"
GRAPH = "explore/graph.py"
SHORTEST = "explore/shortest.py"
SHORTEN = "explore/shorten.py"
TESTS = "tests/unit/explore/test_shortest.py"
UNRELATED = "tests/unit/explore/test_unrelated.py"
RANDOM = (
    "tests/random_programs/test_shortest.py::test_the_traces_of_random_programs_are_the_shortest"
)

ROWS = (
    Row(
        "shortest-preemptions-are-free",
        SHORTEST,
        "self._preempt = weights.step + weights.switch + weights.preemption",
        "self._preempt = weights.step + weights.switch",
        "A switch away from a thread that could go on costs nothing.",
        (f"{TESTS}::test_fewer_preemptions_may_take_more_steps",),
    ),
    Row(
        "shortest-waiting-is-preempted",
        SHORTEST,
        "is_enabled = last >= 0 and bool(expansion.enabled >> last & 1)",
        "is_enabled = last >= 0",
        "A switch away from a thread that waits counts as a preemption.",
        (f"{TESTS}::test_a_switch_away_from_a_thread_that_waits_costs_nothing",),
    ),
    Row(
        "shortest-nobody-moved-last",
        SHORTEST,
        "following = target * self._threads + turn[0] + 1",
        "following = target * self._threads",
        "Who moved last is forgotten, so no switch is a preemption.",
        (f"{TESTS}::test_fewer_preemptions_may_take_more_steps",),
    ),
    Row(
        "shortest-first-met-is-least",
        SHORTEST,
        "if known is None or after < known:",
        "if known is None:",
        "The first way to a state is taken for the least.",
        (RANDOM,),
    ),
    Row(
        "shortest-costs-are-taken-as-they-come",
        SHORTEST,
        "cost = heappop(self._waiting)",
        "cost = self._waiting.pop()",
        "What costs more is looked at before what costs less.",
        (RANDOM,),
    ),
    Row(
        "shortest-ties-go-to-the-last",
        SHORTEST,
        "turn, after = min(following[node], default",
        "turn, after = max(following[node], default",
        "Of equal ways another one is told than the first in the order of declaration.",
        (f"{TESTS}::test_no_run_at_all_is_shorter",),
    ),
    Row(
        "shortest-ties-are-forgotten",
        SHORTEST,
        "elif after == known:",
        "elif after == known and False:",
        "Of equal ways the one that was met first is told.",
        (f"{TESTS}::test_no_run_at_all_is_shorter",),
    ),
    Row(
        "shortest-measures-no-preemption",
        SHORTEST,
        "preemptions += last >= 0 and bool(model.outcomes(before, last))",
        "preemptions += 0",
        "The first search's way is measured too short to be a bound.",
        (f"{TESTS}::test_a_switch_away_from_a_thread_that_could_go_on_is_a_preemption",),
    ),
    Row(
        "shortest-sees-no-failing-step",
        GOALS,
        "for turn, failure in expansion.failures:",
        "for turn, failure in ():",
        "A step that fails shows nothing.",
        (f"{TESTS}::test_no_run_at_all_is_shorter",),
    ),
    Row(
        "shortest-sees-no-race",
        GOALS,
        "if expansion.enabled and self._wants(RACE):",
        "if False and self._wants(RACE):",
        "A race is not seen where it can come next.",
        (f"{TESTS}::test_a_race_is_told_up_to_its_two_moves",),
    ),
    Row(
        "shortest-all-is-stuck",
        GOALS,
        "if self._stuck is not None and number in self._stuck:",
        "if self._stuck is not None:",
        "Any state is taken for a stuck one.",
        (f"{TESTS}::test_what_is_stuck_is_looked_for_in_the_whole_graph",),
    ),
    Row(
        "shortest-final-anywhere",
        GOALS,
        'or (kind == "final" and is_at_rest)',
        'or kind == "final"',
        "A `final` is asked of states that are not at rest.",
        (f"{TESTS}::test_no_run_at_all_is_shorter",),
    ),
    Row(
        "shortest-cut-is-a-proof",
        SHORTEN,
        "if not targets or self._graph.is_cut or any(",
        "if not targets or any(",
        "A search that left choices out proves that nothing is shorter.",
        (f"{TESTS}::test_what_was_cut_off_proves_nothing",),
    ),
    Row(
        "shortest-budget-is-a-wish",
        GRAPH,
        "if len(self.states) >= self._limit:",
        "if len(self.states) >= 1000 + self._limit:",
        "The budget of states is not kept.",
        (f"{TESTS}::test_a_spent_budget_is_said_and_the_best_trace_is_told",),
    ),
    Row(
        "shortest-longer-is-shortest",
        SHORTEN,
        "if way.cost > WEIGHTS[minimal].weigh(first):",
        "if False:",
        "A way longer than one that is known is called the shortest.",
        (f"{TESTS}::test_a_way_that_is_longer_than_the_first_is_a_fault_of_ours",),
    ),
    Row(
        "shortest-lost-is-no-matter",
        SHORTEN,
        "        if goals.wanted:\n            raise",
        "        if False:\n            raise",
        "A violation that the second search does not find is passed over.",
        (f"{TESTS}::test_a_violation_that_is_not_there_is_a_fault_of_ours",),
    ),
    Row(
        "shortest-some-edges-prove-a-cycle",
        SHORTEN,
        "any(target not in found for target in targets):\n            return None\n"
        "        ways = tuple(found[target] for target in targets)",
        "all(target not in found for target in targets):\n            return None\n"
        "        ways = tuple(found[target] for target in targets if target in found)",
        "A cycle of orders is called the shortest when one of its edges is.",
        (f"{TESTS}::test_a_cycle_is_proven_only_with_all_its_edges",),
    ),
    Row(
        "shortest-saves-a-preemption-at-any-price",
        SHORTEN,
        "return by_switches if more <= WORTH_OF_A_PREEMPTION * saved else by_steps",
        "return by_switches",
        "The trace with the fewest switches is told however long it is.",
        (f"{TESTS}::test_a_preemption_is_worth_six_steps",),
    ),
    Row(
        "shortest-trims-to-anything",
        "explore/trim.py",
        "(failure.property, failure.object) == self._target",
        "failure.property == self._target[0]",
        "What is left of a trimmed way shows a failure of something else.",
        (f"{TESTS}::test_a_trimmed_way_still_fails_of_the_same_object",),
    ),
    Row(
        "shortest-hashes-prove",
        "explore/ending.py",
        'is_whole = "por" not in options.reduce and not tally.omission and',
        'is_whole = "por" not in options.reduce and',
        "A path is called the shortest though states may have been omitted.",
        ("tests/unit/explore/test_compact.py::test_a_path_is_not_called_the_shortest",),
    ),
    Row(
        "shortest-trimmed-is-not-compared",
        SHORTEN,
        "len(new.moves) < len(old.moves)",
        "len(new.moves) < 0",
        "A path that was called the shortest gets shorter, and nobody notices.",
        (f"{TESTS}::test_a_first_trace_that_was_no_shortest_one_is_a_fault_of_ours",),
    ),
    Row(
        "unrelated-at-any-price",
        "explore/unrelated.py",
        "if goal is None or measure(self._model, sorted_) != self._length:",
        "if goal is None:",
        "A trace that was the shortest gets more switches, and is called the shortest still.",
        (f"{UNRELATED}::test_a_thread_that_the_property_counts_is_no_bystander",),
    ),
    Row(
        "unrelated-threads-wait-for-nobody",
        "explore/unrelated.py",
        "if table[state[thread]] is not None:",
        "if False:",
        "What a thread waits for that does not come does not count.",
        (f"{UNRELATED}::test_who_might_have_woken_an_idle_thread_is_shown",),
    ),
    Row(
        "shortest-a-longer-edge-is-as-short",
        SHORTEN,
        'attempts = ("steps",)',
        'attempts = ("switches",)',
        "A cycle whose ways were the shortest gets a longer one for an edge, and keeps the word.",
        (f"{TESTS}::test_a_cycle_of_shortest_ways_gets_no_longer_one",),
    ),
    Row(
        "unrelated-is-who-gives-up",
        "explore/unrelated.py",
        "if any(self._may_write(middle, thread) for thread in {move.thread for move in rest}):",
        "if False:",
        "Who loses an update, or does not come to do what a `final` wants, is told as unrelated.",
        (
            f"{UNRELATED}::test_of_a_lost_update_the_moves_that_lose_it_are_shown",
            f"{UNRELATED}::test_who_might_have_put_it_right_is_shown",
        ),
    ),
    Row(
        "unrelated-is-who-does-not-wake",
        "explore/unrelated.py",
        "if not self._is_done(first) and self._interferes(sorted_):",
        "if False:",
        "The step that should have woken a sleeper is told as unrelated.",
        (f"{UNRELATED}::test_who_does_not_wake_is_shown_though_he_has_no_code_to_do_it",),
    ),
)
