"""Damages to formulas and proofs: what z3 is told, and what is made of its answers."""

from tests.damage.row import Row

AGREE = "tests/agree/test_smt.py::"
BOUNDED = f"{AGREE}test_bounded_search_finds_what_exploring_finds_as_near"
PROVE = "tests/prove/test_prove.py::"
ORDERS = "tests/prove/test_circles.py::"
ANY = "tests/prove/test_any.py::"
COUNTED = (
    "tests/prove/test_counted.py::test_nothing_is_proved_for_any_number_that_a_few_threads_violate"
)

ROWS = (
    Row(
        "horn-starts-choose-anything",
        "prove/horn.py",
        "frames.at(terms.all_of((system.chosen(), when)), 0)",
        "frames.at(terms.all_of((when,)), 0)",
        "A start is taken for one that fails by a choice that it does not have.",
        ("tests/prove/test_horn.py::test_a_start_that_fails_is_a_violation[2-sat]",),
    ),
    Row(
        "prove-forgets-seen-orders",
        "prove/circles.py",
        """        possible = list_edges_on_cycles([*self._seen, *self._open])
        return self._names""",
        """        possible = list_edges_on_cycles(self._open)
        return self._names""",
        "An order that some run records makes no circle with one that is still open.",
        (f"{ORDERS}test_an_order_that_was_seen_stays_possible",),
    ),
    Row(
        "prove-orders-hide-faults",
        "prove/goals.py",
        "if not found.get(name):",
        "if found:",
        "A check that records orders is not looked for where it fails.",
        (f"{ORDERS}test_a_check_that_fails_and_records_is_asked_for_both",),
    ),
    Row(
        "prove-orders-hide-the-start",
        "prove/goals.py",
        "for name in {goal.name for goal in of_orders} - may_fail:",
        "for name in {goal.name for goal in of_orders}:",
        "A start that fails a check is forgotten where the check also records orders.",
        (f"{ORDERS}test_a_check_that_only_the_start_fails_is_violated_by_that",),
    ),
    Row(
        "prove-takes-one-order-for-a-circle",
        "prove/prove.py",
        "if goal.name in self._circles.list_closed():",
        "if goal.order in self._circles._seen:",
        "An order is a violation although no other closes a circle with it.",
        (f"{ORDERS}test_before_both_orders_were_seen_nothing_is_known",),
    ),
    Row(
        "formulas-never-wait",
        "backends/smt/run.py",
        """.append(stopped)
                scene.when = self.terms.all_of((scene.when, holds))
""",
        """.append(stopped)
""",
        "A step whose condition is false is taken.",
        (f"{AGREE}test_the_steps_of_a_spec_on_numbers_are_those_of_python[kernfs-release-once]",),
    ),
    Row(
        "formulas-write-everywhere",
        "backends/smt/cells.py",
        "self[target.slot] = self._terms.choose(target.condition, fit(value), old)",
        "self[target.slot] = fit(value)",
        "A store through a pointer changes every place that it might point to.",
        (f"{BOUNDED}[selftest-publish-and-free None]",),
    ),
    Row(
        "formulas-are-narrow",
        "backends/smt/terms.py",
        "highest.bit_length()) + 2",
        "highest.bit_length()) - 1",
        "Numbers wrap where the program's do not.",
        (f"{PROVE}test_numbers_near_the_edge_of_a_word_keep_their_order",),
    ),
    Row(
        "formulas-go-one-way",
        "backends/smt/system.py",
        "succeeds = self.terms.any_of(way.when for way in ways.exits)",
        "succeeds = self.terms.any_of(way.when for way in ways.exits[:1])",
        "Of the ways through a step only one is there.",
        (f"{BOUNDED}[two-jugs None]",),
    ),
    Row(
        "formulas-let-interrupts-in",
        "backends/smt/system.py",
        "at = self.terms.all_of((at, gate))",
        "at = self.terms.all_of((at,))",
        "A handler comes although interrupts are off.",
        (f"{PROVE}test_an_interrupt_waits_until_it_is_let_in",),
    ),
    Row(
        "prove-forgets-faults",
        "prove/goals.py",
        "            if condition is not False:\n                yield fault.property",
        "            if condition is True:\n                yield fault.property",
        "What steps fail with is looked for nowhere.",
        (f"{BOUNDED}[selftest-publish-and-free no_section]",),
    ),
    Row(
        "prove-assumes-what-fell",
        "prove/induction.py",
        "assuming = [self._assumed[goal.key] for goal in left]",
        "assuming = [self._assumed[goal.key] for goal in goals]",
        "What is proved rests on what is not.",
        (f"{PROVE}test_goals_that_fell_carry_no_others",),
    ),
    Row(
        "prove-without-the-base",
        "prove/prove.py",
        "k = self._search.depth + 1",
        "k = self._search.depth + 2",
        "Runs that are shorter than the induction were not all searched.",
        (f"{PROVE}test_what_only_the_first_steps_show_is_searched_before_it_is_proved",),
    ),
    Row(
        "prove-believes-spacer",
        "prove/spacer.py",
        "if Solver(terms, clock).find(*question) is not None:",
        "if False:",
        "An invariant that is none proves something.",
        (f"{PROVE}test_an_invariant_that_spacer_might_have_wrong_is_not_believed",),
    ),
    Row(
        "prove-ends-runs-early",
        "prove/bounded.py",
        "if k and solver.find(frames.step(k - 1)) is None:",
        "if k > 3:",
        "What comes after a few steps counts as looked at.",
        (f"{PROVE}test_a_run_is_not_over_before_its_end",),
    ),
    Row(
        "any-code-is-alike",
        "prove/family.py",
        '        if a != b:\n            raise UnsupportedError(f"what `{a.name}` does',
        '        if a is b:\n            raise UnsupportedError(f"what `{a.name}` does',
        "Code that goes over all threads of a small program stands for all sizes.",
        (f"{ANY}test_a_spec_without_such_threads_is_not_asked",),
    ),
    Row(
        "any-names-need-no-room",
        "prove/family.py",
        "total += slot.thread is None",
        "total += 0",
        "A thread whose name is kept is in no program that stands for all sizes.",
        (f"{ANY}test_names_that_are_kept_make_room_for_more_threads",),
    ),
    Row(
        "any-parameter-may-be-asked",
        "prove/attempt.py",
        "                found.pop(node.id, None)",
        "                pass",
        "Code that is other code for a hundred threads is compared for three.",
        (f"{ANY}test_a_spec_without_such_threads_is_not_asked",),
    ),
    Row(
        "any-facts-are-believed",
        "prove/learn.py",
        "            if Solver(terms, self._clock).find(*question) is not None:",
        "            if False:",
        "What is no fact carries a proof.",
        (f"{ANY}test_facts_that_do_not_hold_at_the_start_or_after_a_step_are_not_believed",),
    ),
    Row(
        "any-starts-never-fail",
        "prove/anynumber.py",
        "at_start = search.list_failing_starts(goals.at_start)",
        "at_start = []",
        "What only the start fails with is proved for any number of threads.",
        (
            f"{ANY}test_a_start_that_can_fail_is_a_violation_for_any_number",
            f"{COUNTED}[4]",
        ),
    ),
    Row(
        "prove-says-it-of-no-state",
        "prove/bounded.py",
        "return self._solver.find() is not None",
        "return True",
        "Where every start fails all else is proved, for there is no state.",
        (
            f"{ANY}test_where_every_start_fails_nothing_is_proved_for_any_number",
            "tests/prove/test_prove.py::test_where_every_start_fails_nothing_else_is_known[auto]",
        ),
    ),
    Row(
        "any-others-do-not-count",
        "prove/learn.py",
        "total = terms.add(total, self._number(stand))",
        "total = terms.add(total, 0)",
        "Only the few threads of the program are counted, so no count overflows.",
        (f"{ANY}test_a_count_in_a_byte_is_not_proved_for_more_threads_than_it_counts",),
    ),
    Row(
        "any-patterns-have-an-order",
        "prove/patterns.py",
        "combinations(sorted((*own, *seen), key=_name_of), 2)",
        "combinations(sorted((*own, *seen), key=_name_of, reverse=True), 2)",
        "What comes up is conjectured never to, by another name.",
        (f"{ANY}test_every_pattern_of_a_state_is_among_those_that_are_thought_of",),
    ),
    Row(
        "prove-takes-open-for-proved",
        "prove/result.py",
        "for answer in (Answer.VIOLATED, Answer.OPEN, Answer.PROVED):",
        "for answer in (Answer.VIOLATED, Answer.PROVED):",
        "One proved property is enough for exit code 0.",
        (f"{PROVE}test_the_command_ends_with_the_promised_code",),
    ),
)
