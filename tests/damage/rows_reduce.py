"""Damages to the reductions: what each condition keeps from being lost."""

from tests.damage.row import Row

DEPENDENCE = "reduce/dependence.py"
LOCATIONS = "reduce/locations.py"
STICKY = "reduce/sticky.py"
STUBBORN = "reduce/stubborn.py"
TABLES = "reduce/tables.py"
RUNTIME = "backends/native/runtime/"
TRAPS = "tests/reduce/test_traps.py::"
TABLE_TESTS = "tests/reduce/test_tables.py::"
PAIRS = f"{TABLE_TESTS}test_all_pairs_at_once_are_the_pairs_one_by_one"
RANDOM = "tests/reduce/test_random.py::test_reduced_random_programs_are_the_same_on_both_backends"
ROUND = f"{TRAPS}test_who_goes_round_for_ever_puts_off_nobody"
FAILS = f"{TRAPS}test_a_step_that_fails_alone_hides_no_other_failure"
PRIVATE = f"{TRAPS}test_private_steps_and_a_critical_section_are_taken_in_one_order"


def row(name: str, file: str, old: str, new: str, wrong: str, *tests: str) -> Row:
    return Row(f"reduce-{name}", file, old, new, wrong, tests)


ROWS = (
    # Sticky edges
    row(
        "nothing-sticks",
        STICKY,
        "            sticky[a] |= 1 << b",
        "            pass",
        "Who goes round for ever puts off the others for ever.",
        ROUND,
        "tests/reduce/test_stubborn.py::test_on_every_cycle_some_state_is_expanded_fully",
    ),
    row(
        "spawns-do-not-stick",
        STICKY,
        "        sticky[number] = locations.successors[number]",
        "        sticky[number] |= 0",
        "Threads that spawn each other for ever put off the others.",
        f"{TABLE_TESTS}test_threads_that_spawn_each_other_have_sticky_spawns",
    ),
    row(
        "sticky-edges-are-put-off",
        STUBBORN,
        "if isinstance(reached, Failure) or sticky >> (first + reached[thread]) & 1:",
        "if isinstance(reached, Failure):",
        "A set that takes a sticky edge counts as good.",
        ROUND,
    ),
    row(
        "failing-steps-are-enough",
        STUBBORN,
        "if isinstance(reached, Failure) or sticky >> (first + reached[thread]) & 1:",
        "if not isinstance(reached, Failure) and sticky >> (first + reached[thread]) & 1:",
        "Behind a step that fails nothing of the others is seen.",
        FAILS,
    ),
    row(
        "any-set-will-do",
        STUBBORN,
        "if found.bit_count() < fewest and self._may_wait(found, state, standing, results):",
        "if found.bit_count() < fewest:",
        "Neither sticky edges nor failing steps make a state fully expanded.",
        ROUND,
        FAILS,
    ),
    # Dependence
    row(
        "readers-notice-nothing",
        DEPENDENCE,
        "found |= self._find_users(part)",
        "found |= self._find_writers(part)",
        "A store is independent of the loads of its place.",
        PAIRS,
        f"{TRAPS}test_a_pointer_is_loaded_then_its_target_while_both_move",
    ),
    row(
        "loads-notice-nothing",
        DEPENDENCE,
        """        for part in footprint.reads:
            found |= self._find_writers(part)
        return found

    def enabling""",
        """        return found

    def enabling""",
        "A load is independent of the stores to its place.",
        PAIRS,
    ),
    row(
        "a-crash-is-a-step-like-any",
        DEPENDENCE,
        """        if footprint.everything:
            return self._all
        found = self._everything
        for part in footprint.writes:""",
        """        found = 0
        for part in footprint.writes:""",
        "A crash depends on nothing that it does not name.",
        f"{TABLE_TESTS}test_a_crash_depends_on_everything",
    ),
    row(
        "nothing-enables",
        DEPENDENCE,
        "return 0 if footprint is None else self._find_enabling(footprint)",
        "return 0",
        "Who waits needs nobody; those that would wake it come later.",
        "tests/reduce/test_stubborn.py::"
        "test_whatever_the_others_do_the_set_can_do_the_same_before_or_after",
    ),
    # Tables
    row(
        "no-virtual-steps",
        TABLES,
        "dependent[number] |= visible",
        "dependent[number] |= 0",
        "Two stores that one invariant sees are taken in one order.",
        f"{TRAPS}test_two_words_that_are_never_set_together_alone",
    ),
    row(
        "only-where-threads-stand",
        TABLES,
        "for to in list_members(reached):",
        "for to in [number]:",
        "What a thread does later depends on nothing.",
        f"{TRAPS}test_an_element_is_read_at_an_index_that_comes_later",
    ),
    row(
        "nobody-spawns",
        TABLES,
        "enabling[end] = locations.spawners(template.name)",
        "enabling[end] = 0",
        "Who has ended is never needed from who spawns it.",
        f"{TABLE_TESTS}test_who_has_ended_waits_for_who_may_spawn_it",
    ),
    row(
        "spawned-once",
        LOCATIONS,
        "self._find_starts(template, labels, end) if template.spawned else 0",
        "0",
        "A thread that was spawned and has ended does nothing more.",
        f"{TABLE_TESTS}test_a_spawned_thread_begins_again",
    ),
    row(
        "one-round-is-enough",
        LOCATIONS,
        "                is_changing = True",
        "                is_changing = False",
        "Where a thread can come over a cycle is not all found.",
        f"{TABLE_TESTS}test_where_a_thread_can_come_is_where_edges_lead",
    ),
    # The sets
    row(
        "disabled-threads-need-nobody",
        STUBBORN,
        "row = (dependent if enabled >> thread & 1 else enabling)[standing[thread]]",
        "row = dependent[standing[thread]] if enabled >> thread & 1 else 0",
        "A disabled step in the set brings in nobody who could enable it.",
        "tests/reduce/test_stubborn.py::"
        "test_whatever_the_others_do_the_set_can_do_the_same_before_or_after",
    ),
    row(
        "enabled-threads-need-few",
        STUBBORN,
        "row = (dependent if enabled >> thread & 1 else enabling)[standing[thread]]",
        "row = enabling[standing[thread]]",
        "Of an enabled step only those are in the set that write what it reads.",
        f"{TRAPS}test_plain_stores_of_one_value_race",
    ),
    # The C interpreter
    row(
        "c-lets-failures-pass",
        f"{RUNTIME}stubborn.c",
        "if (result == MC_FAILED ||",
        "if (result != MC_FAILED &&",
        "Behind a step that fails nothing of the others is seen.",
        FAILS,
    ),
    row(
        "c-mixes-the-rows",
        f"{RUNTIME}stubborn.c",
        "view->enabled >> thread & 1 ? tables->dependent : tables->enabling",
        "view->enabled >> thread & 1 ? tables->enabling : tables->dependent",
        "Enabled steps need only what enables them.",
        f"{TRAPS}test_plain_stores_of_one_value_race",
    ),
    row(
        "c-takes-all",
        f"{RUNTIME}expand.c",
        "    if (!mc_is_chosen(chosen, thread)) continue;\n",
        "    (void)chosen;\n",
        "The chosen set is not heeded.",
        PRIVATE,
    ),
    row(
        "c-traces-what-was-not-taken",
        f"{RUNTIME}path.c",
        "  if (model->stubborn) movers &= mc_choose(search, state, &worker->way);\n",
        "",
        "A path is told that the python backend does not have.",
        f"{RANDOM}[text-20000]",
    ),
    row(
        "c-looks-for-races-of-the-taken",
        f"{RUNTIME}expand.c",
        "(racing > 1 || model->stubborn)",
        "racing > 1",
        "Races with a step that is put off are not seen.",
        f"{RANDOM}[text-20100]",
    ),
)
