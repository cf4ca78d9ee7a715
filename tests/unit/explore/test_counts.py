"""States, transitions and depth are facts about the program (DESIGN 4)."""

import pytest
from programs import increments, make_program

from modelcheck.explore.options import Options
from modelcheck.explore.result import Counts, Verdict
from modelcheck.explore.search import explore


@pytest.mark.parametrize(
    ("threads", "rounds", "counts"),
    [(2, 2, Counts(57, 82, 8)), (2, 4, Counts(541, 910, 16)), (3, 3, Counts(7646, 18843, 18))],
)
def test_increments_have_the_known_counts(threads, rounds, counts):
    result = explore(increments(threads, rounds))
    assert result.counts == counts
    assert result.exhausted
    assert result.verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    "options", [Options(search="dfs"), Options(search="random"), Options(search="random", seed=7)]
)
def test_every_order_visits_the_same_states_and_transitions(options):
    result = explore(increments(2, 4), options)
    assert result.exhausted
    assert result.counts == Counts(541, 910, None)
    assert result.verdict is Verdict.VERIFIED


def test_a_thread_without_steps_ends_in_the_initial_state():
    result = explore(make_program("template idle count 2\n  entry a\n  block a\n    end\n"))
    assert result.counts == Counts(1, 0, 0)


def test_each_choice_is_a_transition():
    program = make_program("""
object x: shared U8
template pick count 1
  entry a
  local %v: U8
  block a
    step
    %v = choose 3
    store once x = %v
    end
""")
    result = explore(program)
    assert result.counts == Counts(4, 3, 1)
    assert result.coverage.taken == {("pick", "a"): 3}


def test_a_step_that_fails_is_a_transition_without_a_state():
    program = make_program("""
object x: shared U8
template pick count 1
  entry a
  local %v: U8
  block a
    step
    %v = choose 3
    assert (%v != 1:U8) else "small"
    store once x = %v
    end

property small: assert
""")
    result = explore(program)
    assert result.counts == Counts(3, 3, 1)
    (violation,) = result.violations
    assert violation.witnesses[0].moves[0].choices == (1,)


def test_choices_in_local_work_before_the_first_step_make_several_initial_states():
    program = make_program("""
object x: shared U8
template pick count 2
  entry a
  local %v: U8
  block a
    %v = choose 2
    jump b
  block b
    step
    store once x = %v
    end
""")
    result = explore(program)
    # Four pairs of choices; then either thread has stored its own; at the end x is 0 or 1.
    assert result.counts == Counts(4 + 8 + 2, 4 * 2 + 8, 2)


def test_equal_initial_states_count_once():
    program = make_program("""
object x: shared U8
template clear count 1
  entry b
  block b
    step
    store once x = 0:U8
    end

initial
  entry a
  local %v: U8
  block a
    %v = choose 4
    store silent x = 1:U8
    end
""")
    assert explore(program).counts == Counts(2, 1, 1)


def test_ranges_are_those_of_live_values():
    assert explore(increments(2, 2)).coverage.ranges == ()  # nobody asked
    result = explore(increments(2, 2), Options(ranges=True))
    ranges = {r.name: (r.least, r.greatest, r.lo, r.hi) for r in result.coverage.ranges}
    assert ranges == {"counter": (0, 4, 0, 255), "add.x": (0, 3, 0, 255)}
    assert result.coverage.quiescent == 3  # 2, 3 or 4 at the end
