"""The whole state graph of a small program."""

import shutil
import subprocess
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from specs_for_traces import KERNFS, USE_AFTER_FREE, check

from modelcheck.trace import states
from modelcheck.trace.states import GraphError, build_state_graph, draw_dot, write_states_dot

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
