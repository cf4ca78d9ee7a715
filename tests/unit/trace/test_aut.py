"""State graphs as AUT: read by another parser, and as many states and transitions as there are."""

from __future__ import annotations

import pytest
from aut_reader import read_aut
from specs_for_traces import CHOICES, DEADLOCK, KERNFS, RACE, USE_AFTER_FREE, check

from modelcheck.trace.aut import write_aut
from modelcheck.trace.states import GraphError

SEVERAL_STARTS = """
from modelcheck.lang import U8, choose, initial, shared, spec, thread

spec("starts")

level = shared(U8)


@initial
def begin():
    global level
    level = choose(3, 5, 3)
    assert level < 5, "low"


@thread
def raise_it():
    global level
    level = 9
"""

CHOOSES = """
from modelcheck.lang import U8, atomic, either, shared, spec, thread

spec("chooses")

level = shared(U8)


@thread
def take():
    global level
    with atomic(because="one instruction"):
        if either():
            level = 4
        else:
            level = 5
"""

QUOTES = """
from modelcheck.lang import U8, label, shared, spec, thread

spec("quotes")

level = shared(U8)


@thread
def raise_it():
    global level
    label("she said \\\\ \\"höher\\"")
    level = 9
"""


def aut_of(checked, **limits):
    return read_aut(write_aut(checked.model, checked.sources, **limits))


@pytest.mark.parametrize("text", [KERNFS, DEADLOCK, RACE, CHOICES, USE_AFTER_FREE])
def test_it_has_the_states_and_transitions_of_the_program(text, tmp_path):
    checked = check(tmp_path, text)
    counts = checked.result.counts
    starts = len({o.result for o in checked.model.start()})
    more = starts > 1
    read = aut_of(checked)
    failing = [edge for edge in read.edges if " FAILS " in edge[1]]
    assert len(read.edges) == counts.transitions + more * starts
    assert read.states == counts.states + more + bool(failing)
    assert read.reached() == set(range(read.states))


def test_a_step_that_fails_leads_to_where_nothing_happens_and_says_what_fails(tmp_path):
    read = aut_of(check(tmp_path, USE_AFTER_FREE))
    failing = [edge for edge in read.edges if " FAILS " in edge[1]]
    assert {target for _, _, target in failing} == {read.states - 1}
    assert all(source != read.states - 1 for source, _, _ in read.edges)
    assert all("use-after-free of " in label for _, label, _ in failing)
    assert failing


def test_several_starts_and_one_that_fails_stand_behind_one_first_state(tmp_path):
    read = aut_of(check(tmp_path, SEVERAL_STARTS))
    assert read.edges == [
        (0, "start 0", 1),
        (0, "start 1 FAILS low", 3),
        (1, "raise_it: level = 9 (line 19)", 2),
    ]
    assert read.states == 4


def test_an_edge_names_thread_line_and_text_with_what_was_chosen(tmp_path):
    read = aut_of(check(tmp_path, CHOOSES))
    assert read.edges == [
        (0, "take: atomic: if either(): level = 4; ... [0] (line 12)", 1),
        (0, "take: atomic: if either(): level = 4; ... [1] (line 12)", 2),
    ]


def test_labels_are_ascii_without_quotes_inside(tmp_path):
    (edge,) = aut_of(check(tmp_path, QUOTES)).edges
    assert edge == (0, "raise_it: level = 9  (she said / 'h?her') (line 13)", 1)


def test_a_graph_of_exactly_the_limit_is_written_and_a_larger_one_refused(tmp_path):
    checked = check(tmp_path, KERNFS)
    states = checked.result.counts.states
    assert aut_of(checked, max_states=states).states == states
    with pytest.raises(GraphError, match=f"more than {states - 1} states: --max-states"):
        aut_of(checked, max_states=states - 1)


def test_what_is_not_known_as_a_whole_is_not_written(tmp_path, monkeypatch):
    from modelcheck.backends.python import runtime

    checked = check(tmp_path, CHOICES)
    monkeypatch.setattr(runtime, "MAX_CHOICES_MADE", 1)
    with pytest.raises(GraphError, match="the graph would not be whole"):
        write_aut(checked.model, checked.sources)
