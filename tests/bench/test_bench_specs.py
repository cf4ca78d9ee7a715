"""The specs of the bench have exactly the states and transitions of the peers' models.

The counts are those that SPIN, Rumur, CMurphi, LTSmin and TLC agree on; SPIN's transitions are one
more, for it counts the initial state.  So a ratio of times compares equal work.
"""

from __future__ import annotations

from pathlib import Path

import pytest

SPECS = Path(__file__).resolve().parents[2] / "bench" / "specs"

COUNTS = [
    ("krefs", 3, (2_964, 7_769)),
    ("krefs", 4, (22_628, 71_859)),
    ("phils", 4, (80, 212)),
    ("phils", 5, (242, 805)),
    ("phils", 8, (6_560, 34_984)),
    ("filter", 3, (705, 1_725)),
    ("filter", 4, (14_844, 44_120)),
]


def read_spec(name):
    return (SPECS / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "threads", "counts"), COUNTS)
def test_a_spec_has_the_counts_of_the_peers(explore, name, threads, counts):
    found = explore(read_spec(name), threads=threads)
    assert (found.states, found.transitions) == counts


def test_a_thread_that_tests_before_the_lock_uses_what_is_freed_after_eleven_steps(explore):
    """SPIN's shortest error of krefs.pml with -DBUG=1 is at depth 12, the initial state counted."""
    found = explore(read_spec("krefs"), threads=2, test_before_lock=True)
    assert found.violated == {"use-after-free"}
    assert found.result.headline.depth == 11


@pytest.mark.parametrize(("threads", "counts"), [(3, (27, 54)), (4, (81, 216)), (6, (729, 2_916))])
def test_a_left_handed_philosopher_ends_the_deadlock(explore, threads, counts):
    """The counts are SPIN's of phils.pml with -DASYM=1."""
    assert explore(read_spec("phils"), threads=threads).violated == {"deadlock"}
    found = explore(read_spec("phils"), threads=threads, asym=True)
    assert found.violated == set()
    assert (found.states, found.transitions) == counts


@pytest.mark.parametrize(("threads", "rounds"), [(1, 1), (2, 5), (4, 4)])
def test_the_states_of_counters_are_a_formula(explore, threads, rounds):
    found = explore(read_spec("counters"), threads=threads, rounds=rounds)
    assert found.violated == set()
    assert found.states == (rounds + 1) ** threads
    assert found.transitions == threads * rounds * (rounds + 1) ** (threads - 1)


@pytest.mark.parametrize("threads", [2, 3])
def test_the_filter_lets_one_in(explore, threads):
    assert explore(read_spec("filter"), threads=threads).violated == set()
