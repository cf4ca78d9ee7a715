"""Damages to the explorer: what is judged where, and what a verdict rests on."""

from tests.damage.row import Row

SEARCH = "explore/search.py"
PROPERTIES = "explore/properties.py"
RACE = "explore/race.py"
RACES = "ir/races.py"
LEAK = "explore/leak.py"
STUCK = "explore/stuck.py"
ORDERS = "explore/orders.py"
FINDINGS = "explore/findings.py"

ROWS = (
    Row(
        "compact-is-verified",
        "explore/ending.py",
        "exhausted = not tally.stopped_by and not tally.omission",
        "exhausted = not tally.stopped_by",
        "Hash compaction may have left out the state that breaks a property.",
        ("tests/unit/explore/test_compact.py::test_nothing_is_verified",),
    ),
    Row(
        "initial-states-not-judged",
        SEARCH,
        "for name, holds in invariants:",
        "for name, holds in invariants if depth else ():",
        "An invariant that is false from the start holds.",
        ("tests/unit/explore/test_properties.py::test_an_invariant_can_fail_in_the_initial_state",),
    ),
    Row(
        "invariants-judged-where-others-fail",
        SEARCH,
        "self._add_broken(name, answer, number)\n            if self._reachable:",
        "self._add_broken(name, answer, number)\n                    break\n"
        "            if self._reachable:",
        "Where one invariant breaks the ones behind it are not asked.",
        (
            "tests/unit/explore/test_properties.py::test_every_invariant_that_breaks_in_a_state_is_violated",
        ),
    ),
    Row(
        "unanswered-invariants-hold",
        SEARCH,
        "if answer is not True:\n                    self._add_broken",
        "if answer is False:\n                    self._add_broken",
        "An invariant whose evaluation fails holds.",
        (
            "tests/unit/explore/test_properties.py::test_a_check_that_fails_inside_a_property_violates_it",
        ),
    ),
    Row(
        "final-judged-in-deadlocks",
        SEARCH,
        'self._add_state(Failure("deadlock"), number)\n            return\n',
        'self._add_state(Failure("deadlock"), number)\n',
        "A `final` is asked where threads still wait.",
        (
            "tests/unit/explore/test_properties.py::test_a_final_is_not_judged_where_threads_still_wait",
        ),
    ),
    Row(
        "deadlocks-rest",
        SEARCH,
        "if result == BLOCKED:\n                        is_resting = False",
        "if result == BLOCKED:\n                        pass",
        "A deadlock counts as quiescent.",
        (
            "tests/unit/explore/test_deadlock.py::test_a_step_rests_only_if_every_disabled_path_is_idle",
        ),
    ),
    Row(
        "finals-not-judged",
        SEARCH,
        "for name, holds in self._finals:",
        "for name, holds in ():",
        "No `final` is ever false.",
        ("tests/unit/explore/test_properties.py::test_a_final_is_judged_at_rest_only",),
    ),
    Row(
        "failing-step-not-counted",
        SEARCH,
        "self._transitions += len(outcomes)",
        "self._transitions += sum(not isinstance(o.result, Failure) for o in outcomes)",
        "A step that fails is no transition.",
        (
            "tests/unit/explore/test_counts.py::test_a_step_that_fails_is_a_transition_without_a_state",
        ),
    ),
    Row(
        "failing-step-ends-its-state",
        SEARCH,
        "self._add_failing_step(outcome, number, thread)\n                            continue",
        "self._add_failing_step(outcome, number, thread)\n                            break",
        "Where one choice fails the next ones are not taken.",
        (
            "tests/unit/explore/test_counts.py::test_a_step_that_fails_is_a_transition_without_a_state",
        ),
    ),
    Row(
        "known-targets-are-no-edges",
        SEARCH,
        "outcome.choices)\n                        if targets is not None:",
        "outcome.choices)\n                        if targets is not None and target in found:",
        "`stuck` does not see the ways back to states that are known.",
        ("tests/unit/explore/test_orders.py::test_allow_silences_one_declaration",),
    ),
    Row(
        "first-stage-is-enough",
        "explore/choose.py",
        'if result.stopped_by != "max-states" and result.counts.states <= beyond:',
        "if result.counts.states <= beyond + 1:",
        "What is found before reductions begin is taken for everything.",
        (
            "tests/unit/explore/test_choose.py::test_a_program_of_more_states_is_explored_reduced_from_the_start",
        ),
    ),
    Row(
        "limit-not-noted",
        SEARCH,
        'self._stopped_by = "max-states"\n                return',
        "return",
        "A run that gave up at its limit says verified.",
        ("tests/unit/explore/test_limits.py::test_a_limit_leaves_every_property_inconclusive",),
    ),
    Row(
        "timeout-not-noted",
        SEARCH,
        "self._stopped_by = reason\n                    return",
        "return",
        "A run that gave up for lack of time or memory says verified.",
        ("tests/unit/explore/test_limits.py::test_a_limit_leaves_every_property_inconclusive",),
    ),
    Row(
        "interrupt-not-noted",
        SEARCH,
        'self._stopped_by = "interrupt"',
        "pass",
        "A run ended by Ctrl-C says verified.",
        ("tests/unit/explore/test_limits.py::test_ctrl_c_ends_a_run_with_what_is_known",),
    ),
    Row(
        "samples-not-noted",
        SEARCH,
        'self._stopped_by = "samples"',
        "pass",
        "A random search that saw part of the states says verified.",
        ("tests/unit/explore/test_limits.py::test_a_limit_leaves_every_property_inconclusive",),
    ),
    Row(
        "stop-first-not-noted",
        SEARCH,
        "self._stopped_by = self._judging.find_reason_before(level)\n"
        "        return bool(self._stopped_by)",
        "return bool(self._judging.find_reason_before(level))",
        "A run that stopped at the first violation calls the other properties verified.",
        (
            "tests/unit/explore/test_properties.py::test_stop_first_ends_with_the_level_of_the_first_violation",
        ),
    ),
    Row(
        "cut-step-not-noted",
        SEARCH,
        "self._is_cut = self._is_cut or isinstance(outcomes, CutOutcomes)",
        "pass",
        "A step whose choices were not all followed is no reason to say inconclusive.",
        (
            "tests/traps/test_semantics.py::test_a_local_loop_that_chooses_in_every_round_ends_inconclusive",
        ),
    ),
    Row(
        "cut-start-not-noted",
        SEARCH,
        "self._is_cut = isinstance(outcomes, CutOutcomes)",
        "self._is_cut = False",
        "A start whose choices were not all followed is no reason to say inconclusive.",
        (
            "tests/unit/explore/test_limits.py::test_a_start_whose_choices_are_not_all_followed_is_not_exhausted",
        ),
    ),
    Row(
        "giving-up-verifies",
        PROPERTIES,
        "if not ending.exhausted:",
        "if False:",
        "Every limit gives the verdict verified.",
        ("tests/unit/explore/test_limits.py::test_a_limit_leaves_every_property_inconclusive",),
    ),
    Row(
        "not-tested-is-verified",
        PROPERTIES,
        "if not ending.quiescent and judged.name in ending.needs_quiescence:",
        "if False:",
        "A `final` that was never asked is verified.",
        (
            "tests/unit/explore/test_properties.py::test_a_final_that_no_quiescent_state_asks_was_not_tested",
        ),
    ),
    Row(
        "nothing-is-verified",
        PROPERTIES,
        "if not ending.states:",
        "if False:",
        "Where no run can begin everything is verified.",
        (
            "tests/unit/explore/test_properties.py::test_where_every_way_to_start_is_disabled_nothing_is_verified",
        ),
    ),
    Row(
        "unseen-reachable-is-verified",
        PROPERTIES,
        'if judged.kind == "reachable":',
        "if False:",
        "A `reachable` that no state satisfies is verified.",
        (
            "tests/unit/explore/test_properties.py::test_a_reachable_is_verified_with_a_shortest_witness_or_violated_without_one",
        ),
    ),
    Row(
        "stuck-unknown-is-verified",
        PROPERTIES,
        "if judged.name in ending.reasons:",
        "if False:",
        "`stuck` is verified above the limit at which it is looked for.",
        (
            "tests/unit/explore/test_stuck.py::test_above_the_limit_stuck_is_inconclusive_and_the_rest_is_not",
        ),
    ),
    Row(
        "strays-not-judged",
        PROPERTIES,
        'own += [Judged(name, "assert") for name in stray]',
        "own += []",
        "An assert that no property declares is never reported.",
        (
            "tests/unit/explore/test_properties.py::test_an_assert_that_no_property_declares_is_judged",
        ),
    ),
    Row(
        "initial-checks-not-judged",
        PROPERTIES,
        "    yield program.initial\n",
        "",
        "A library check of the start is never reported.",
        (
            "tests/unit/explore/test_properties.py::test_a_library_check_that_only_the_start_makes_is_judged",
        ),
    ),
    Row(
        "allow-silences-all",
        PROPERTIES,
        "return silenced is not None and not silenced.isdisjoint(declared)",
        "return silenced is not None",
        "`allow` on one object silences the check everywhere.",
        ("tests/unit/explore/test_race.py::test_allow_silences_one_declaration",),
    ),
    Row(
        "verdict-of-the-first",
        "explore/result.py",
        "for verdict in (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.NOT_TESTED):",
        "for verdict in (Verdict.VIOLATED, Verdict.INCONCLUSIVE):",
        "A run in which something was not tested says verified.",
        ("tests/traps/test_semantics.py::test_a_final_of_threads_that_never_rest_is_not_tested",),
    ),
    Row(
        "first-violation-only",
        FINDINGS,
        "key = (name, self.represent(failure.object))",
        'key = (name, "")',
        "Of several objects only one is named.",
        ("tests/unit/explore/test_leak.py::test_a_chain_that_begins_nowhere_is_leaked_as_a_whole",),
    ),
    Row(
        "stuck-sees-one-step",
        STUCK,
        "reaches[source] = 1\n                    waiting.append(source)",
        "reaches[source] = 1",
        "States that are two steps from rest count as stuck.",
        (
            "tests/unit/explore/test_stuck.py::test_the_backward_sweep_agrees_with_forward_search_on_all_small_graphs",
        ),
    ),
    Row(
        "every-state-is-a-goal",
        STUCK,
        "if is_goal:",
        "if True:",
        "Nothing is ever stuck.",
        ("tests/unit/explore/test_stuck.py::test_a_spin_that_nobody_ends_is_stuck",),
    ),
    Row(
        "pools-are-roots",
        LEAK,
        'memory.lookup.object(slot.object).kind == "pool":',
        'memory.lookup.object(slot.object).kind == "none":',
        "A ring of objects that nothing leads to is no leak.",
        ("tests/unit/explore/test_leak.py::test_a_chain_that_begins_nowhere_is_leaked_as_a_whole",),
    ),
    Row(
        "ghosts-are-roots",
        LEAK,
        "if slot.ghost or not isinstance",
        "if not isinstance",
        "What only a ghost knows of is no leak.",
        ("tests/unit/explore/test_leak.py::test_a_ghost_pointer_keeps_nothing",),
    ),
    Row(
        "one-plain-access-is-not-enough",
        RACE,
        "and (x.kind is Kind.PLAIN or y.kind is Kind.PLAIN)",
        "and (x.kind is Kind.PLAIN and y.kind is Kind.PLAIN)",
        "A plain access does not race with a marked one.",
        ("tests/unit/explore/test_race.py::test_two_accesses_race",),
    ),
    Row(
        "one-write-is-not-enough",
        RACE,
        "and (x.is_write or y.is_write)\n",
        "and (x.is_write and y.is_write)\n",
        "A load does not race with a store.",
        ("tests/unit/explore/test_race.py::test_two_accesses_race",),
    ),
    Row(
        "one-atomic-is-enough",
        RACES,
        "if first.is_atomic and second.is_atomic:",
        "if first.is_atomic or second.is_atomic:",
        "A step inside an atomic block races with nothing.",
        (
            "tests/unit/explore/test_race.py::test_two_atomic_steps_do_not_race_but_one_with_a_plain_step_does",
        ),
    ),
    Row(
        "reads-in-expressions-do-not-race",
        RACES,
        "if isinstance(expr, Look) and expr.kind.is_access:",
        "if False:",
        "What a condition reads races with nothing.",
        ("tests/unit/explore/test_race.py::test_two_accesses_race",),
    ),
    Row(
        "disabled-ways-race",
        RACE,
        "if first.result is None or second.result is None:",
        "if first.result is None and second.result is None:",
        "A step that is not enabled races.",
        (
            "tests/unit/explore/test_race.py::test_what_a_disabled_way_touched_before_it_stopped_is_no_race",
        ),
    ),
    Row(
        "interrupted-steps-race",
        RACE,
        "if not self._model.outcomes(state, a) or not self._model.outcomes(state, b):",
        "if False:",
        "A step that an interrupt holds up races.",
        (
            "tests/unit/explore/test_race.py::test_a_thread_that_its_handler_holds_up_does_not_race_with_it",
        ),
    ),
    Row(
        "declaration-of-the-object",
        RACES,
        'declaration = f"{found.struct}.{part}"',
        'declaration = declaration or f"{found.struct}.{part}"',
        "A field has another name by pointer than by object, so the two never race.",
        (
            "tests/unit/explore/test_race.py::test_what_is_reached_by_name_and_by_a_loaded_pointer_races",
        ),
    ),
    Row(
        "one-cycle-hides-others",
        ORDERS,
        "reported |= {other for other in reached if node in _find_reachable(graph, other)}",
        "reported |= reached",
        "A cycle of orders that another one leads to is not reported.",
        (
            "tests/unit/explore/test_orders.py::test_every_cyclic_set_gives_exactly_one_cycle_in_all_small_graphs",
        ),
    ),
    Row(
        "check-gives-up-with-0",
        "gate.py",
        "case Verdict.INCONCLUSIVE | Verdict.NOT_TESTED:\n            return Exit.UNDECIDED",
        "case Verdict.INCONCLUSIVE | Verdict.NOT_TESTED:\n            return Exit.OK",
        "`check` gives up and says so with exit code 0.",
        ("tests/gate/test_judge.py::test_check_exit_follows_the_verdict",),
    ),
    Row(
        "gate-passes-skipped",
        "gate.py",
        "if outcomes & {Outcome.INCONCLUSIVE, Outcome.SKIPPED} or",
        "if outcomes & {Outcome.INCONCLUSIVE} or",
        "A gate that skipped specs for lack of time is green.",
        ("tests/gate/test_judge.py::test_gate_exit_of_mixed_outcomes",),
    ),
    Row(
        "gate-passes-nothing",
        "gate.py",
        "or Outcome.EXPECTED not in outcomes:",
        "or False:",
        "A gate that checked nothing is green.",
        ("tests/gate/test_judge.py::test_gate_exit_of_mixed_outcomes",),
    ),
    Row(
        "gate-takes-doubts-for-answers",
        "gate.py",
        "if not result.exhausted:\n        return [",
        "if False:\n        return [",
        "A run that gave up is as expected.",
        ("tests/gate/test_judge.py::test_inconclusive_only_is_3",),
    ),
    Row(
        "gate-tolerates-anything",
        "gate.py",
        "if not any(e.covers(v) for e in covering)]",
        "if not covering]",
        "Beside an expected violation any other is as expected.",
        ("tests/gate/test_judge.py::test_unexpected_violation_beside_the_expected_one_is_1",),
    ),
    Row(
        "agreement-of-the-exhausted-only",
        "explore/agreement.py",
        "if found.verdict is Verdict.INCONCLUSIVE:",
        "if found.verdict is Verdict.INCONCLUSIVE or not result.exhausted:",
        "A violation that was found before a limit does not contradict a reduction's `verified`.",
        (
            "tests/unit/explore/test_agreement.py::test_a_violation_before_the_limit_contradicts_a_verified",
        ),
    ),
    Row(
        "agreement-of-neighbours-only",
        "explore/agreement.py",
        "if found.verdict is Verdict.INCONCLUSIVE:\n                continue",
        "if found.verdict is Verdict.INCONCLUSIVE:\n                decided.pop(found.name, None)\n"
        "                continue",
        "An inconclusive run hides that the one before and the one after disagree.",
        ("tests/unit/explore/test_agreement.py::test_what_is_decided_in_two_ways_does_not",),
    ),
)
