"""Damages to what symmetry knows of rounds of loops, of unused slots, and of shifted numbers."""

from tests.damage.row import Row

ROUNDS = "reduce/rounds.py"
FRESH = "reduce/fresh.py"
EFFECTS = "reduce/effects.py"
KINDS = "reduce/kinds.py"

ROUND_TESTS = "tests/reduce/test_symmetry_rounds.py::"
IN_ORDER = f"{ROUND_TESTS}test_rounds_whose_order_is_noticed_keep_it"
FRESH_TESTS = "tests/reduce/test_symmetry_fresh.py::"
TRAPS = "tests/reduce/test_symmetry_traps.py::"
UNUSED = f"{FRESH_TESTS}test_slots_that_may_be_told_apart_are_not_exchanged"
LATER = f"{FRESH_TESTS}test_numbers_that_begin_later"

ROWS = (
    Row(
        "symmetry-rounds-always-commute",
        EFFECTS,
        "            _may_meet(self.writes, other.reads | other.writes)\n",
        "            False\n",
        "The round that comes last leaves its element, whichever comes last.",
        (f"{IN_ORDER}[the last one stays]",),
    ),
    Row(
        "symmetry-rounds-share-locals",
        EFFECTS,
        "        if self.given & (other.taken | other.given) or other.given & self.taken:\n"
        "            return False\n",
        "",
        "A count that goes from round to round gives each the same number.",
        (f"{IN_ORDER}[two that hand on a local]",),
    ),
    Row(
        "symmetry-rounds-read-old-values",
        EFFECTS,
        "        if _may_meet(written, read):\n            raise TooLarge\n",
        "",
        "What is read after it was written is taken for what was there before.",
        (f"{IN_ORDER}[what is read is what was written]",),
    ),
    Row(
        "symmetry-rounds-are-not-raced-with",
        EFFECTS,
        "        if self._stretches.is_kept(at):\n            raise TooLarge\n",
        "",
        "A race that only one order of looking shows is lost.",
        (f"{ROUND_TESTS}test_rounds_that_look_in_another_order_keep_it_where_they_race",),
    ),
    Row(
        "symmetry-rounds-differ-unseen",
        ROUNDS,
        "same = (m for m in free if effect and (found := own[m]) and found.form == effect.form)",
        "same = (m for m in free if effect and (found := own[m]))",
        "A round that does something else is taken for one of the others.",
        (f"{IN_ORDER}[one of them differs]", f"{IN_ORDER}[by their numbers]"),
    ),
    Row(
        "symmetry-rounds-never-fail",
        ROUNDS,
        "                fails = one.fails | other.fails\n",
        "                fails: frozenset[str] = frozenset()\n",
        "Of two rounds that fail the one is told that comes first.",
        (f"{ROUND_TESTS}test_which_round_fails_first_is_not_lost_with_the_assumption",),
    ),
    Row(
        "symmetry-assumptions-hold",
        "explore/findings.py",
        "            self.is_refuted = True\n",
        "            pass\n",
        "What was assumed never to fail has failed, and the run goes on.",
        (
            f"{ROUND_TESTS}test_which_round_fails_first_is_not_lost_with_the_assumption",
            f"{ROUND_TESTS}test_a_refuted_assumption_counts_though_nobody_asked",
        ),
    ),
    Row(
        "symmetry-half-a-stretch-is-one",
        "reduce/segments.py",
        "        left = left | more\n",
        "        return left\n",
        "Part of a stretch counts as unchanged that is unchanged only as a whole.",
        (f"{ROUND_TESTS}test_what_is_not_excused_takes_with_it_what_was_excused_together",),
    ),
    Row(
        "symmetry-numbers-inside-sums-stay",
        KINDS,
        "len(args) != 2 or not isinstance(args[0], Local | Me)",
        "len(args) != 2",
        "A number that is chosen and then added to is not renamed.",
        (f"{FRESH_TESTS}test_a_number_inside_a_sum_would_have_to_be_renamed",),
    ),
    Row(
        "symmetry-numbered-in-two-ways",
        "reduce/sorts.py",
        "            if of_a + more != of_b:\n",
        "            if False:\n",
        "A thread's file moves with the next thread too.",
        (LATER,),
    ),
    Row(
        "symmetry-threads-of-unused-slots-rest",
        FRESH,
        "        if not flow.waits(template, first):\n",
        "        if False:\n",
        "The thread of a slot that was never used runs, and then `new` takes another one.",
        (
            f"{UNUSED}[they run before there is a slot]",
            f"{UNUSED}[they run where they are not named]",
        ),
    ),
    Row(
        "symmetry-unused-slots-are-in-no-set",
        "reduce/flow.py",
        "            case Store(place, value):\n                if may_name(value):\n",
        "            case Store(place, value):\n                if False:\n",
        "A slot that was never used stands in the set that its thread waits for.",
        (f"{UNUSED}[all free slots are waited for]",),
    ),
    Row(
        "symmetry-threads-start-in-any-order",
        FRESH,
        "        if first is None:\n            return",
        "        if first is None:\n            continue\n            return",
        "The thread that starts last leaves its slot's name, and another slot is taken.",
        (
            f"{UNUSED}[the last that starts is kept]",
            f"{UNUSED}[one is kept at the start, if there is none]",
        ),
    ),
    Row(
        "symmetry-starts-name-no-slot",
        FRESH,
        "        if _names_slot(memory, node, pool.name):\n            return",
        "        if False:\n            return",
        "A slot that the start names is not the one that `new` takes.",
        (f"{FRESH_TESTS}test_what_is_named_at_the_start",),
    ),
    Row(
        "symmetry-crash-takes-no-slots-back",
        FRESH,
        "            if isinstance(node, Crash):\n                return",
        "            if False:\n                return",
        "Which slot `new` takes after a crash is seen through a pointer that outlived it.",
        (f"{TRAPS}test_new_after_a_crash_takes_slots_that_may_be_named",),
    ),
)
