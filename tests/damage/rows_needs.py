"""Damages to what is said of a trace: which orderings it needs, and what was left out of it."""

from tests.damage.row import Row

CRITICAL = "explore/critical.py"
CONFLICTS = "explore/conflicts.py"
REPLAY = "trace/replay.py"
TESTS = "tests/unit/explore/test_critical.py"
KNOWN = f"{TESTS}::test_what_is_needed_is_enough_and_no_less_is"
RANDOM = f"{TESTS}::test_the_needs_of_random_programs_are_those_of_all_their_runs"
CLI = "tests/cli/test_check.py"
TRIM = "explore/trim.py"
DROPPED = "tests/unit/explore/test_dropped.py"
FOLD = "tests/unit/trace/test_told_together.py"

ROWS = (
    Row(
        "needs-conflicts-are-always-enough",
        CRITICAL,
        "if scripts.find_passing(conflict.pair for conflict in conflicts) is None:",
        "if True:",
        "Orderings are called enough that nobody tried.",
        (f"{TESTS}::test_where_the_conflicts_are_not_enough_all_pairs_are_tried",),
    ),
    Row(
        "needs-pairs-bind-nobody",
        CRITICAL,
        "return all(place[0][other] > number for other, number in asked)",
        "return all(place[0][other] >= number for other, number in asked)",
        "A step goes before the one that it has to come after.",
        (KNOWN,),
    ),
    Row(
        "needs-waiting-passes",
        CRITICAL,
        "allowed = [move for move in moves or () if may_go(place, move.script)]",
        "allowed = [move for move in moves or () if may_go(place, move.script)]\n"
        "            if moves and not allowed:\n"
        "                return self._make_path(taken)",
        "What only an ordering holds back is taken for a run that passes.",
        (KNOWN,),
    ),
    Row(
        "needs-no-state-shows-it",
        CRITICAL,
        "is_shown = self._judges_states and self._shows(place[1])",
        "is_shown = False",
        "A run goes on after the state that breaks the property.",
        (KNOWN,),
    ),
    Row(
        "needs-any-failure-will-do",
        CRITICAL,
        "shows = (result.property, result.object) == self._target",
        "shows = True",
        "A run that fails in another way is taken for the violation.",
        (f"{TESTS}::test_a_run_without_an_ordering_may_fail_in_another_way",),
    ),
    Row(
        "needs-who-left-his-way-goes-on",
        CRITICAL,
        "if self._model.location(state, move.thread) != move.location:",
        "if False:",
        "A thread that has come to another place counts as if it had not.",
        (RANDOM,),
    ),
    Row(
        "needs-any-choice-will-do",
        CRITICAL,
        "if outcome.choices != move.choices:",
        "if False:",
        "Runs with other choices are taken for runs of the trace.",
        (RANDOM,),
    ),
    Row(
        "needs-budget-is-enough",
        CRITICAL,
        "        if self._visits < 0:\n            raise _BudgetError",
        "        if self._visits < 0:\n            return None",
        "Where the budget ends, the rest is said to fail.",
        (f"{TESTS}::test_where_the_budget_ends_nothing_is_said",),
    ),
    Row(
        "needs-of-what-is-stuck",
        CRITICAL,
        'or target == (STUCK, ""):',
        "or False:",
        "What one path cannot show is looked for on it.",
        (f"{TESTS}::test_nothing_is_said_of_what_one_path_does_not_show",),
    ),
    Row(
        "needs-a-life-is-nobodys",
        CONFLICTS,
        "touched |= _find_lives(model, result.object)",
        "touched |= set()",
        "The use of what was freed does not conflict with the free.",
        (KNOWN,),
    ),
    Row(
        "needs-locks-say-most",
        CRITICAL,
        "not is_about_locks(model, c), _measure_gap",
        "_measure_gap",
        "An order of critical sections is told, not of what is done in them.",
        (KNOWN, f"{CLI}::test_what_the_trace_needs_stands_below_the_headline"),
    ),
    Row(
        "needs-of-a-file-are-believed",
        REPLAY,
        "    return replace(trace, needs=told)",
        "    return trace",
        "Whatever a file says its trace needs is shown.",
        (f"{CLI}::test_what_a_stored_trace_says_it_needs_is_not_believed",),
    ),
    Row(
        "dropped-moves-come-back-elsewhere",
        "explore/result.py",
        "for count, move in reversed(self.dropped):",
        "for count, move in self.dropped:",
        "The way that is called the shortest is another one than was proven.",
        (f"{DROPPED}::test_random_programs_are_told_without_what_plays_no_part",),
    ),
    Row(
        "dropped-without-a-look",
        TRIM,
        "if isinstance(failure, Failure) and (failure.property, failure.object) == self._target:",
        "if isinstance(failure, Failure):",
        "Any step that fails shows what is looked for.",
        (f"{DROPPED}::test_what_fails_otherwise_shows_nothing",),
    ),
    Row(
        "dropped-from-one-thread-only",
        TRIM,
        "    while (found := trimming.shorten_a_thread(path, kept)) is not None:",
        "    if (found := trimming.shorten_a_thread(path, kept)) is not None:",
        "What other threads do at their ends is told all the same.",
        (f"{DROPPED}::test_each_thread_that_runs_on_is_cut",),
    ),
    Row(
        "what-follows-a-fold-is-folded",
        "trace/fold.py",
        "len(run) >= LEAST_FOLDED and _is_foldable(run[0])",
        "len(run) >= LEAST_FOLDED and run[0].quiet",
        "Steps that matter are folded away behind steps that were folded before.",
        (f"{FOLD}::test_every_other_row_stays_and_so_does_all_that_leads_to_it",),
    ),
    Row(
        "all-steps-are-alike",
        "trace/marks.py",
        "if _is_loud(event, story.failure) or any(",
        "if event.notes or any(",
        "Steps that see what the failure is about are folded away.",
        (f"{FOLD}::test_a_step_that_matters_stands_alone",),
    ),
    Row(
        "dropped-is-not-said",
        "trace/draw.py",
        "if event is last and count:",
        "if False:",
        "That steps were left out is not said.",
        (f"{CLI}::test_steps_that_were_left_out_are_counted_and_stored",),
    ),
)
