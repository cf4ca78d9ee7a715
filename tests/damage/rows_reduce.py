"""Damages to the reductions: what each condition keeps from being lost."""

from tests.damage.row import Row

BITS = "ir/bits.py"
DEPENDENCE = "reduce/dependence.py"
FACTS = "reduce/facts.py"
GATES = "reduce/gates.py"
INSTANCES = "ir/instances.py"
NOTICED = "ir/dependence.py"
WAYS = "reduce/ways.py"
LOCATIONS = "reduce/locations.py"
STANCES = "reduce/stances.py"
STICKY = "reduce/sticky.py"
STUBBORN = "reduce/stubborn.py"
TABLES = "reduce/tables.py"
RUNTIME = "backends/native/runtime/"
TRAPS = "tests/reduce/test_traps.py::"
GATE_TRAPS = "tests/reduce/test_gate_traps.py::"
TABLE_TESTS = "tests/reduce/test_tables.py::"
PAIRS = f"{TABLE_TESTS}test_all_pairs_at_once_are_the_pairs_one_by_one"
RANDOM = "tests/reduce/test_random.py::test_every_combination_has_the_same_verdicts"
ROUND = f"{TRAPS}test_who_goes_round_for_ever_puts_off_nobody"
FAILS = f"{TRAPS}test_a_step_that_fails_alone_hides_no_other_failure"
GATE_TESTS = "tests/reduce/test_gates.py::"
FIRST = f"{GATE_TESTS}test_who_is_the_first_to_change_what_a_gate_is_about_is_an_opener"
BEHIND = f"{GATE_TESTS}test_no_step_behind_a_closed_gate_is_enabled"
CASES = f"{GATE_TESTS}test_a_property_changes_only_where_every_gate_of_a_case_is_open"
AROUND = f"{GATE_TESTS}test_around_a_gate_lead_the_edges_of_all_other_steps"
COVERED = "tests/reduce/test_facts.py::test_cases_cover_a_condition_or_hold_nothing_else"
BIT_TESTS = "tests/unit/ir/test_bits.py::"
MEANS = f"{BIT_TESTS}test_this_is_what_a_step_means"
SHADOW = f"{BIT_TESTS}test_a_ghost_that_can_differ_is_no_shadow"
PERSISTENT = (
    "tests/reduce/test_stubborn.py::"
    "test_whatever_the_others_do_the_set_can_do_the_same_before_or_after"
)
INSTANCE_TESTS = "tests/unit/ir/test_instances.py::"
STANCE_TESTS = "tests/reduce/test_stances.py::"
STANDING = f"{STANCE_TESTS}test_threads_stand_and_go_where_the_tables_say"
TOGETHER = f"{TRAPS}test_two_words_that_are_never_set_together_alone"
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
        "if isinstance(reached, Failure) or sticky >> tables.stands(reached, thread) & 1:",
        "if isinstance(reached, Failure):",
        "A set that takes a sticky edge counts as good.",
        ROUND,
    ),
    row(
        "failing-steps-are-enough",
        STUBBORN,
        "if isinstance(reached, Failure) or sticky >> tables.stands(reached, thread) & 1:",
        "if not isinstance(reached, Failure) and sticky >> tables.stands(reached, thread) & 1:",
        "Behind a step that fails nothing of the others is seen.",
        FAILS,
    ),
    row(
        "any-set-will-do",
        STUBBORN,
        "barred = self._find_barred(state, results)",
        "barred = 0",
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
        "seen[number] |= 1 << len(watched)",
        "seen[number] |= 0",
        "Two stores that one invariant sees are taken in one order.",
        f"{TRAPS}test_two_words_that_are_never_set_together_alone",
    ),
    row(
        "only-where-threads-stand",
        STUBBORN,
        "            if origins >> stands & 1 and not found >> other & 1:",
        "            if row >> stands & 1 and not found >> other & 1:",
        "What a thread does later depends on nothing.",
        f"{TRAPS}test_an_element_is_read_at_an_index_that_comes_later",
    ),
    row(
        "gates-keep-nobody-else-out",
        TABLES,
        "        0 if closed >> number & 1 else targets",
        "        targets if number else 0",
        "A thread goes on behind a gate that is closed.",
        AROUND,
    ),
    row(
        "steps-lie-behind-gates",
        TABLES,
        "    return [reached & ~closed for reached in close(open_edges)]",
        "    return [reached & ~closed & ~(closed << 1) for reached in close(open_edges)]",
        "A step beside a gate counts as behind it.",
        AROUND,
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
        "[*stances.targets, stances.starts if template.spawned else set()]",
        "[*stances.targets, set()]",
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
        "other-pointers-are-one",
        STANCES,
        "        elif len(other) == 1:\n            found -= other",
        "        else:\n            found -= other",
        "A pointer that is not one of two is thought to be neither.",
        "tests/reduce/test_stances.py::test_threads_stand_and_go_where_the_tables_say",
    ),
    row(
        "disabled-threads-need-nobody",
        STUBBORN,
        "            origins = tables.enabling_origins[location]",
        "            origins = 0",
        "A disabled step in the set brings in nobody who could enable it.",
        "tests/reduce/test_stubborn.py::"
        "test_whatever_the_others_do_the_set_can_do_the_same_before_or_after",
    ),
    row(
        "enabled-threads-need-few",
        STUBBORN,
        "            origins = tables.dependent_origins[location]",
        "            origins = tables.enabling_origins[location]",
        "Of an enabled step only those are in the set that write what it reads.",
        f"{TRAPS}test_plain_stores_of_one_value_race",
    ),
    row(
        "any-gate-keeps-from-everything",
        STUBBORN,
        "gates = [g for g in self._list_closed(other) if not around[g][stands] & row]",
        "gates = self._list_closed(other)",
        "A gate counts as before steps to which another way leads.",
        f"{GATE_TRAPS}test_a_gate_keeps_from_what_is_behind_it_only",
    ),
    row(
        "closed-gates-need-nobody",
        STUBBORN,
        "            self._openers[gate] = found",
        "            self._openers[gate] = found = 0",
        "Who waits for a lock needs nobody.",
        f"{GATE_TRAPS}test_who_waits_for_a_lock_needs_who_has_it",
    ),
    row(
        "gates-of-properties-are-all-open",
        STUBBORN,
        "            if not gates:\n                break",
        "            if not gates:\n                return",
        "A property all of whose facts hold but one that is not known needs nobody.",
        f"{GATE_TRAPS}test_a_property_that_is_half_known_sees_the_other_half",
    ),
    # Facts, ways and gates
    row(
        "unknown-is-the-other-way",
        FACTS,
        "_Reader(TRUE if unknown else FALSE)",
        "_Reader(FALSE if unknown else TRUE)",
        "What is not understood counts as the wrong thing.",
        COVERED,
    ),
    row(
        "less-is-less-or-equal",
        FACTS,
        '"<": (_LEAST, value - 1),',
        '"<": (_LEAST, value),',
        "A bound is one too high.",
        COVERED,
    ),
    row(
        "not-both-is-neither",
        FACTS,
        '(op == "and") == wanted',
        'op == "and"',
        "Of a conjunction that does not hold both parts count as not holding.",
        COVERED,
    ),
    row(
        "sets-with-one-member-are-empty",
        FACTS,
        "return value == 0 and op",
        "return value <= 1 and op",
        "A set of one member counts as none.",
        COVERED,
    ),
    row(
        "own-writes-keep-the-gate-closed",
        WAYS,
        "                if unknown or sure == case:",
        "                if True:",
        "A step that first writes what it waits for counts as disabled.",
        BEHIND,
    ),
    row(
        "nothing-happens-before-a-wait",
        WAYS,
        "return isinstance(instr, Assign | Load | Check | Assert | Wait | Store | QueueOp)",
        "return bool(instr)",
        "A step that crashes before it waits counts as one that waits for what was.",
        BEHIND,
    ),
    row(
        "second-arms-never-write",
        WAYS,
        "for wanted, target in ((True, then), (False, other)):",
        "for wanted, target in ((True, then),):",
        "A write behind the other arm of a branch opens no gate.",
        FIRST,
    ),
    row(
        "nobody-else-is-the-owner",
        GATES,
        "not t.own and replace(t, wanted=not t.wanted) in tests",
        "replace(t, wanted=not t.wanted) in tests",
        "The owner of a lock counts as kept out by it.",
        FIRST,
    ),
    row(
        "other-places-are-as-now",
        GATES,
        "        return matters",
        "        return bool",
        "What an opener asks of other places counts as it is now.",
        f"{GATE_TESTS}test_only_what_a_gate_is_about_is_asked_of_openers",
    ),
    row(
        "checks-of-properties-pass",
        WAYS,
        "yield from self._list_cases(ways, instr.condition, wanted=False)",
        "yield from ()",
        "A property that cannot be evaluated counts as holding.",
        CASES,
    ),
    row(
        "a-property-changes-in-one-way",
        GATES,
        "        for case in sort_cases(cases):",
        "        for case in sort_cases(cases)[:1]:",
        "Of the cases in which a property changes the first stands for all.",
        CASES,
    ),
    # Bits, shadows and single threads
    row(
        "every-owner-is-me",
        BITS,
        "is_own = kind is not Kind.PLAIN and _is_mine(value) and self._is_own(place, mine)",
        "is_own = kind is not Kind.PLAIN and _is_mine(value)",
        "Who takes a lock from another thread changes nothing for it.",
        MEANS,
    ),
    row(
        "plain-bits",
        BITS,
        "old == place and Kind.PLAIN not in (kind, node.kind)",
        "old == place",
        "Plain stores to one set do not meet.",
        MEANS,
    ),
    row(
        "asked-once-is-asked-for-ever",
        BITS,
        "mine.difference_update([p for p in mine if local in locals_in(walk_place(p))])",
        "pass",
        "Of two locks at one index, which has changed, both count as mine.",
        f"{BIT_TESTS}test_another_place_is_not_the_one_that_was_asked",
    ),
    row(
        "useless-loads-do-not-race",
        BITS,
        "return not any(_may_be_one(p, q) for p in patterns for q in self._plain)",
        "return bool(patterns)",
        "A load whose value nobody uses is independent of a plain store.",
        f"{BIT_TESTS}test_a_load_that_nobody_uses_concerns_plain_stores_only",
    ),
    row(
        "ghosts-follow-owners",
        BITS,
        "        if not same or aliases.cell(a.place) == aliases.cell(b.place):",
        "        if False:",
        "A ghost counts as its lock's owner though it is stored otherwise.",
        SHADOW,
    ),
    row(
        "a-crash-forgets-ghosts",
        BITS,
        "        return {}  # a crash forgets what is no ghost",
        "        pass",
        "After a crash a ghost has another value than what it follows.",
        SHADOW,
    ),
    row(
        "bits-of-properties-are-the-threads",
        NOTICED,
        "path = tuple(Index.ANY if step is Index.OWN else step for step in pattern.path)",
        "path = pattern.path",
        "A spawned thread's own bit is its spawner's.",
        "tests/unit/ir/test_dependence.py::test_a_spawned_threads_bit_is_not_its_spawners",
    ),
    row(
        "everybody-is-the-first",
        INSTANCES,
        "        me = Const(thread.index, RangeType(0, last))",
        "        me = Const(0, RangeType(0, last))",
        "Every thread means the element of the first.",
        f"{INSTANCE_TESTS}test_each_thread_means_its_own_elements",
    ),
    row(
        "everybody-owns-the-first",
        NOTICED,
        "        element = thread.index if is_local else number",
        "        element = 0",
        "The end of any thread is that of the first.",
        f"{INSTANCE_TESTS}test_each_thread_means_its_own_elements",
    ),
    # Stances
    row(
        "loads-keep-pointers",
        STANCES,
        "        known.pop(local, None)\n",
        "        pass\n",
        "A pointer that is loaded again counts as pointing to where it did.",
        STANDING,
    ),
    row(
        "one-arm-moves-pointers",
        STANCES,
        "{name: some[name] | others[name] for name in some if name in others}",
        "dict(some)",
        "Of two ways through a step the first says where pointers point.",
        STANDING,
    ),
    row(
        "moved-pointers-are-known",
        INSTANCES,
        "kept = tuple(one for one in known if one[0] not in assigned)",
        "kept = known",
        "A pointer that a step itself moves counts as pointing to where it did.",
        f"{STANCE_TESTS}test_a_pointer_that_its_own_step_moves_points_elsewhere_behind_that",
    ),
    row(
        "stances-are-guessed",
        STANCES,
        "if self.numbers[at] < 0:",
        "if not self.numbers:",
        "A thread that stands nowhere by the tables stands in the last stance.",
        f"{STANCE_TESTS}test_where_no_thread_can_stand_nothing_is_guessed",
    ),
    row(
        "nobody-comes-from-the-first",
        TABLES,
        "enumerate(reach) if reached & steps)",
        "enumerate(reach) if number and reached & steps)",
        "Who stands at the first location comes to nothing.",
        f"{TABLE_TESTS}test_tables_are_what_is_known_of_locations",
    ),
    row(
        "pointers-point-beside",
        NOTICED,
        "place = self.memory.places(struct)[value - 1]",
        "place = self.memory.places(struct)[value - 2]",
        "Who frees an object frees another one.",
        f"{STANCE_TESTS}test_who_frees_an_object_frees_it_for_all_who_hold_it",
    ),
    row(
        "everything-is-initialised",
        FACTS,
        "return self._give(never.negate(), wanted=wanted)",
        "return TRUE if wanted else FALSE",
        "A gate counts as closed by a place that was never written.",
        COVERED,
    ),
    # The C interpreter
    row(
        "c-stands-elsewhere",
        f"{RUNTIME}stubborn.c",
        "    at = at * digit->size + value;",
        "    at = at * digit->size + (value ? 1 : 0);",
        "In C all objects are the first.",
        f"{STANCE_TESTS}test_a_pointer_that_is_loaded_through_itself_points_elsewhere",
    ),
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
        "demand_users(closing, &tables->dependent[stands]);",
        "demand_users(closing, &tables->enabling[stands]);",
        "Enabled steps need only what enables them.",
        f"{TRAPS}test_plain_stores_of_one_value_race",
    ),
    row(
        "c-forgets-who-owns",
        f"{RUNTIME}stubborn.c",
        "if (test->own) return (value == (int64_t)thread + 1) == test->wanted;",
        "if (test->own) return (value == (int64_t)thread) == test->wanted;",
        "A lock is given back by the next thread.",
        f"{GATE_TRAPS}test_who_waits_for_a_lock_needs_who_has_it",
    ),
    row(
        "c-opens-no-gates",
        f"{RUNTIME}stubborn.c",
        "      if (!hold(view, gate->tests, gate->test_count, thread)) continue;",
        "      continue;",
        "The C interpreter takes more than the Python one.",
        f"{GATE_TRAPS}test_who_waits_for_a_lock_needs_who_has_it",
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
        f"{RUNTIME}expand.c",
        "const uint64_t chosen = movers & mc_choose(search, state, &worker->way);",
        "const uint64_t chosen = movers;",
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
