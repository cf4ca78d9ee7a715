"""State graphs as GraphML: what networkx reads back, and what GraphML asks for."""

from __future__ import annotations

from io import StringIO
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from specs_for_traces import CHOICES, USE_AFTER_FREE, check

from modelcheck.trace.graphml import write_graphml
from modelcheck.trace.labels import Labels
from modelcheck.trace.states import build_state_graph

NAMESPACE = "{http://graphml.graphdrawing.org/xmlns}"


@pytest.fixture(scope="module")
def freed(tmp_path_factory):
    checked = check(tmp_path_factory.mktemp("spec"), USE_AFTER_FREE)
    path = checked.violation("use-after-free").witnesses[0]
    labels = Labels(checked.model, checked.sources)
    graph = build_state_graph(checked.model, path, labels=labels)
    return checked, graph, write_graphml(graph)


def test_networkx_reads_back_every_node_edge_and_fact(freed):
    _, graph, text = freed
    read = nx.read_graphml(StringIO(text), force_multigraph=True)
    assert set(read) == set(graph)
    for name, facts in graph.nodes(data=True):
        assert {k: v for k, v in read.nodes[name].items() if k != "depth"} == facts
    edges = [(s, t, sorted(facts.items())) for s, t, facts in graph.edges(data=True)]
    again = [
        (s, t, sorted((k, v) for k, v in facts.items() if k != "id"))
        for s, t, facts in read.edges(data=True)
    ]
    assert sorted(again) == sorted(edges)
    assert any(facts["marked"] for _, _, facts in read.edges(data=True))


def test_two_steps_from_one_state_to_another_are_two_edges(tmp_path):
    text = """
from modelcheck.lang import U8, atomic, choose, shared, spec, thread

spec("both")

level = shared(U8)


@thread
def take():
    global level
    with atomic(because="one instruction"):
        level = choose(4, 4)
"""
    read = nx.read_graphml(StringIO(write_graphml(build_state_graph(check(tmp_path, text).model))))
    assert isinstance(read, nx.MultiDiGraph)
    assert list(read.edges(keys=True)) == [("s0", "s1", "e0"), ("s0", "s1", "e1")]


def test_the_counts_are_those_of_the_run(freed):
    checked, _, text = freed
    read = nx.read_graphml(StringIO(text))
    counts = checked.result.counts
    states = [name for name, failed in read.nodes(data="failed") if not failed]
    assert (len(states), read.size()) == (counts.states, counts.transitions)
    depths = [facts["depth"] for name, facts in read.nodes(data=True) if name in states]
    assert max(depths) == counts.depth
    assert [name for name in states if read.nodes[name]["depth"] == 0] == ["s0"]


def test_depths_are_lengths_of_shortest_ways_also_from_several_starts(tmp_path):
    graph = build_state_graph(check(tmp_path, CHOICES).model)
    read = nx.read_graphml(StringIO(write_graphml(graph)))
    starts = [name for name, initial in read.nodes(data="initial") if initial]
    assert len(starts) == 4
    ways = [nx.single_source_shortest_path_length(read, start) for start in starts]
    for name, depth in read.nodes(data="depth"):
        assert depth == min(way[name] for way in ways if name in way)


def test_ids_are_unique_and_truth_is_written_as_xml_schema_has_it(freed):
    _, _, text = freed
    root = ET.fromstring(text)
    for tag in ("key", "node", "edge"):
        ids = [element.get("id") for element in root.iter(f"{NAMESPACE}{tag}")]
        assert len(ids) > 1
        assert len(set(ids)) == len(ids)
    of_truth = {
        k.get("id") for k in root.iter(f"{NAMESPACE}key") if k.get("attr.type") == "boolean"
    }
    words = {d.text for d in root.iter(f"{NAMESPACE}data") if d.get("key") in of_truth}
    assert words == {"true", "false"}


def test_edges_tell_thread_line_and_text(freed):
    checked, graph, _ = freed
    names = {thread.name for thread in checked.model.memory.threads}
    for _, _, facts in graph.edges(data=True):
        assert facts["thread"] in names
        assert facts["label"].startswith(f"{facts['thread']}: {facts['text']}")
        lines = checked.sources["specs/spec.py"].splitlines()
        assert facts["text"].split("  (")[0] in lines[facts["line"] - 1]
