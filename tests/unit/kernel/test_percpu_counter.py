"""What counters with a cell for each CPU mean."""

from __future__ import annotations

HEAD = """
from modelcheck.kernel.percpu_counter import (
    PercpuCounter, percpu_counter_add, percpu_counter_dec, percpu_counter_inc, percpu_counter_sum,
)
from modelcheck.lang import Bool, final, ghost, initial, reachable, shared, spec, thread

spec("percpu-counter-test")
count = shared(PercpuCounter)
"""


def test_each_cell_counts_and_the_sum_is_two_steps(explore):
    text = """
@thread
def work():
    percpu_counter_inc(count, 0)
    percpu_counter_dec(count, 1)
    percpu_counter_add(count, 1, 3)
    total = percpu_counter_sum(count)
    assert total == 3, "sum"
"""
    found = explore(HEAD + text)
    assert (found.violated, found.states, found.depth) == (set(), 6, 5)


def test_nothing_is_lost(explore):
    text = """
@thread(count=2)
def work(me):
    percpu_counter_inc(count, me)
    percpu_counter_inc(count, 0)

@final
def all_counted():
    return count.counters[0] == 3 and count.counters[1] == 1
"""
    assert explore(HEAD + text).violated == set()


def test_a_sum_may_see_what_never_was(explore):
    text = """
none: Bool = ghost(False)

@initial
def fill():
    count.counters[1] = 1

@thread
def moves():
    FIRST
    SECOND

@thread
def sums():
    global none
    total = percpu_counter_sum(count)
    none = total == 0

@reachable
def saw_none():
    return none
"""
    up, down = "percpu_counter_inc(count, 0)", "percpu_counter_dec(count, 1)"
    wrong = text.replace("FIRST", up).replace("SECOND", down)
    assert explore(HEAD + wrong).violated == set()
    # Counted up in the cell that is looked at last, the sum is never too small.
    fill = wrong.replace("count.counters[1] = 1", "count.counters[0] = 1")
    right = fill.replace("(count, 0)", "(count, x)").replace("(count, 1)", "(count, 0)")
    right = right.replace("(count, x)", "(count, 1)")
    assert explore(HEAD + right).violated == {"saw_none"}
