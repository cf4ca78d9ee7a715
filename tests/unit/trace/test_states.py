"""The whole state graph of a small program."""

import shutil
import subprocess
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from specs_for_traces import KERNFS, USE_AFTER_FREE, check

from modelcheck.trace import states
from modelcheck.trace.states import (
    GraphError,
    build_state_graph,
    draw_dot,
    fold_circles,
    write_states_dot,
)

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


@pytest.fixture(scope="module")
def kernfs(tmp_path_factory):
    return check(tmp_path_factory.mktemp("spec"), KERNFS)


@pytest.fixture(scope="module")
def freed(tmp_path_factory):
    return check(tmp_path_factory.mktemp("spec"), USE_AFTER_FREE)


def marked_path(graph):
    return nx.MultiDiGraph(e for e in graph.edges(keys=True) if graph.edges[e]["marked"])


def test_nodes_and_edges_are_the_counts_of_the_run(kernfs):
    graph = build_state_graph(kernfs.model)
    assert (len(graph), graph.size()) == (21, 28)
    assert (kernfs.result.counts.states, kernfs.result.counts.transitions) == (21, 28)


def test_the_violating_path_is_marked_from_start_to_end(kernfs):
    violation = kernfs.violation("released_once")
    graph = build_state_graph(kernfs.model, violation.witnesses[0])
    path = marked_path(graph)
    assert path.size() == violation.depth
    assert nx.is_path(graph, nx.dag_longest_path(path))
    (start,) = [n for n in graph if graph.nodes[n]["initial"]]
    assert graph.nodes[start]["marked"]
    assert path.in_degree(start) == 0


def test_a_failing_step_has_a_node_of_its_own(freed):
    violation = freed.violation("use-after-free")
    graph = build_state_graph(freed.model, violation.witnesses[0])
    failed = [n for n in graph if graph.nodes[n]["failed"]]
    assert failed
    assert {graph.nodes[n]["label"] for n in failed} == {"use-after-free of triggers[0]"}
    assert sum(graph.nodes[n]["marked"] for n in failed) == 1
    assert len(graph) == freed.result.counts.states + len(failed)


def test_a_graph_of_exactly_the_limit_is_drawn_and_a_larger_one_refused(kernfs):
    assert len(build_state_graph(kernfs.model, max_states=21)) == 21
    with pytest.raises(GraphError, match="more than 20 states"):
        build_state_graph(kernfs.model, max_states=20)


@needs_dot
def test_graphviz_draws_it_as_svg_without_its_own_version(kernfs):
    svg = draw_dot(write_states_dot(build_state_graph(kernfs.model)))
    root = ET.fromstring(svg)
    nodes = [g for g in root.iter() if g.get("class") == "node"]
    assert len(nodes) == 21
    assert "graphviz version" not in svg


@needs_dot
def test_dot_of_the_states_is_accepted_without_a_word(freed):
    violation = freed.violation("use-after-free")
    text = write_states_dot(build_state_graph(freed.model, violation.witnesses[0]))
    done = subprocess.run(
        ["dot", "-Tplain"], input=text, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""


def test_a_missing_graphviz_is_said_with_the_way_out(monkeypatch):
    monkeypatch.setattr(states.shutil, "which", lambda _: None)
    with pytest.raises(GraphError, match="--format dot"):
        draw_dot("digraph {}")


CIRCLE = """
from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, Bool, shared, spec, thread

spec("circle")

turn = shared(U8)
done = shared(Bool)


@thread
def spinner():
    while not READ_ONCE(done):
        WRITE_ONCE(turn, 1)
        WRITE_ONCE(turn, 2)


@thread
def ender():
    if READ_ONCE(turn) == 2:
        WRITE_ONCE(done, True)
        assert READ_ONCE(turn) != 1, "never_one"
"""


def test_states_that_lead_to_each_other_are_one_node_but_for_the_marked_path(tmp_path):
    checked = check(tmp_path, CIRCLE)
    path = checked.violation(checked.result.violations[0].property).witnesses[0]
    graph = build_state_graph(checked.model, path)
    folded = fold_circles(graph)
    assert sum(facts["states"] for _, facts in folded.nodes(data=True)) == len(graph)
    circles = [n for n, facts in folded.nodes(data=True) if facts["states"] > 1]
    assert circles
    assert len(folded) < len(graph)
    kept = [n for n, facts in graph.nodes(data=True) if facts["marked"] or facts["initial"]]
    assert set(kept) <= set(folded)
    assert marked_path(folded).size() == marked_path(graph).size()
    # What could be reached can be reached, and nothing else.
    for start in kept:
        after = {n for n in nx.descendants(graph, start) if n in folded}
        assert {n for n in nx.descendants(folded, start) if n in graph} - {start} == after - {start}
    label = folded.nodes[circles[0]]["label"]
    assert label.startswith(f"{folded.nodes[circles[0]]['states']} states that all lead to each")


def test_a_graph_without_circles_stays_as_it_is(kernfs):
    graph = build_state_graph(kernfs.model)
    folded = fold_circles(graph)
    assert list(folded) == list(graph)
    assert sorted(folded.edges(data="label")) == sorted(graph.edges(data="label"))


def test_the_limit_counts_what_is_left_after_folding(tmp_path, kernfs):
    graph = build_state_graph(check(tmp_path, CIRCLE).model)
    left = len(fold_circles(graph))
    assert len(fold_circles(graph, left)) == left
    with pytest.raises(GraphError, match=f"more than {left - 1} nodes, {len(graph)} states before"):
        fold_circles(graph, left - 1)
    with pytest.raises(GraphError, match="more than 20 nodes: too many for a picture; make the"):
        fold_circles(build_state_graph(kernfs.model), 20)
