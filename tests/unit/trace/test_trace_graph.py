import dataclasses

import networkx as nx
import pytest
from specs_for_traces import KERNFS, check
from stories import HEADING, STORIES, random_story, use_after_free

from modelcheck.trace.draw import draw_picture
from modelcheck.trace.graph import build_trace_graph
from modelcheck.trace.replay import replay_trace

ALL = {**STORIES, **{f"random {seed}": random_story(seed) for seed in range(20)}}


def edges(graph, kind):
    return {
        (a, b, facts["label"]) for a, b, facts in graph.edges(data=True) if facts["kind"] == kind
    }


@pytest.mark.parametrize("name", ALL)
def test_nodes_are_the_rows_and_each_thread_is_a_line(name):
    picture = draw_picture(ALL[name], HEADING)
    graph = build_trace_graph(picture)
    assert list(graph) == list(range(len(picture.rows)))
    for number, row in enumerate(picture.rows):
        node = graph.nodes[number]
        assert (node["line"], node["text"], node["step"]) == (row.at.line, row.does, row.number)
        assert node["thread"] == picture.lanes[row.lane].name
    order = nx.DiGraph()
    order.add_nodes_from(graph)
    order.add_edges_from((a, b) for a, b, _ in edges(graph, "program-order"))
    lines = list(nx.weakly_connected_components(order))
    assert len(lines) == len({row.lane for row in picture.rows})
    for line in lines:
        assert len({graph.nodes[n]["thread"] for n in line}) == 1
        assert nx.dag_longest_path_length(order.subgraph(line)) == len(line) - 1


@pytest.mark.parametrize("name", ALL)
def test_every_arrow_is_an_edge_and_steps_only_depend_on_earlier_ones(name):
    picture = draw_picture(ALL[name], HEADING)
    graph = build_trace_graph(picture)
    for arrow in picture.arrows:
        assert any(f["label"] == arrow.label for f in graph[arrow.source][arrow.target].values())
    for a, b, facts in graph.edges(data=True):
        assert a < b or facts["kind"] in ("race", "waits-for")


def test_reads_frees_and_races_have_their_kinds():
    graph = build_trace_graph(draw_picture(use_after_free(), HEADING))
    assert (1, 2, "seq.trigger") in edges(graph, "reads-from")
    assert (5, 8, "trigger[0]") in edges(graph, "freed-before")
    race = build_trace_graph(draw_picture(STORIES["data_race"], HEADING))
    assert edges(race, "race") == {(1, 2, "x"), (2, 1, "x")}


def test_a_lock_is_handed_over_from_its_release_to_its_taking(tmp_path):
    case = check(tmp_path, KERNFS)
    (picture,) = replay_trace(case.record("released_once"), case.model, case.sources)
    (link,) = edges(build_trace_graph(picture), "hands-over")
    source, target, lock = link
    assert lock == "open_file_mutex"
    assert f"releases {lock}" in build_trace_graph(picture).nodes[source]["effects"]
    assert f"takes {lock}" in build_trace_graph(picture).nodes[target]["effects"]


def test_only_the_last_wake_before_a_step_counts_and_none_of_a_thread_s_own():
    story = use_after_free()
    steps = list(story.steps)
    steps[0] = dataclasses.replace(steps[0], woken=(1,))
    steps[1] = dataclasses.replace(steps[1], woken=(1,))
    steps[4] = dataclasses.replace(steps[4], woken=(2,))
    picture = draw_picture(dataclasses.replace(story, steps=tuple(steps)), HEADING)
    graph = build_trace_graph(picture)
    assert edges(graph, "wakes") == {(1, 3, ""), (4, 7, "")}
