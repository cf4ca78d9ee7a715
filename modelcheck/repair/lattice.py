"""A search for a fix → the sets as a graph, each below those with one switch more; DOT and SVG.

At the bottom nothing is on.  A word says the verdict, a shape says it too, so that no colour has
to: what verifies is an ellipse, with two outlines where it is minimal (dashed where that is not
known), what is violated an octagon, what is not decided a dashed box.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from modelcheck.explore.result import Verdict
from modelcheck.repair.sets import Judged, Minimal, Repair, find_minimal, find_spoilers
from modelcheck.repair.switches import FixSet, show_set, show_value
from modelcheck.repair.text import WORDS, describe_answer, describe_finding
from modelcheck.specfiles import SelectionError
from modelcheck.trace.dot import FONT, finish_dot, quote_dot
from modelcheck.trace.shapes import (
    GREEN,
    GREEN_TINT,
    GREY,
    RED_TINT,
    VERMILLION,
    WHITE,
)
from modelcheck.trace.states import GraphError, draw_dot

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]  # it has no types
    import pydot

MAX_NODES = 400  # of a graph that anybody can read
SHAPES = {
    Verdict.VERIFIED: ("ellipse", "filled", GREEN, GREEN_TINT),
    Verdict.VIOLATED: ("octagon", "filled", VERMILLION, RED_TINT),
    Verdict.INCONCLUSIVE: ("box", "filled,dashed", GREY, WHITE),
    Verdict.NOT_TESTED: ("box", "filled,dotted", GREY, WHITE),
}


def build_lattice(repair: Repair) -> nx.DiGraph[FixSet]:
    """The sets of a search as a graph: an edge leads to each set with one switch more.

    Nodes are the sets, with `verdict`, `minimal` (None where it does not verify), `violated`,
    `told`, `steps`; edges have `switch` and `spoils`: whether the set above is violated though
    the one below verifies.
    """
    import networkx as nx

    graph: nx.DiGraph[FixSet] = nx.DiGraph()
    minimal = find_minimal(repair.judged)
    spoiled = {(one.on, other.on) for one, other in find_spoilers(repair.judged)}
    for one in repair.judged:
        graph.add_node(
            one.on,
            verdict=one.finding.verdict,
            minimal=minimal.get(one.on),
            violated=one.finding.violated,
            told=one.finding.told,
            steps=one.finding.steps,
        )
    for above in repair.judged:
        for switch in above.on:
            below = tuple(s for s in above.on if s != switch)
            is_spoiled = (below, above.on) in spoiled
            graph.add_edge(below, above.on, switch=switch, spoils=is_spoiled)
    return graph


def write_lattice_dot(repair: Repair) -> str:
    """The graph as DOT.  Raises `SelectionError` where it has more than `MAX_NODES` sets."""
    import pydot

    count = len(repair.judged)
    if count > MAX_NODES:
        raise SelectionError(
            f"{count} sets are too many for a picture ({MAX_NODES} at most); name fewer with"
            " --flags, or leave --format out"
        )
    graph = build_lattice(repair)
    minimal = find_minimal(repair.judged)
    off = "\n".join(f"{s.name}: {show_value(s.off)} is off" for s in repair.switchables)
    drawn = pydot.Dot(
        "repair",
        graph_type="digraph",
        rankdir="BT",
        fontname=quote_dot(FONT),
        labelloc="t",
        label=quote_dot(f"{repair.info.path}: {describe_answer(repair.judged, minimal)}\n{off}"),
    )
    drawn.set_node_defaults(fontname=quote_dot(FONT), fontsize="10")
    drawn.set_edge_defaults(fontname=quote_dot(FONT), fontsize="9", color=quote_dot(GREY))
    names = {on: f"set_{number}" for number, on in enumerate(graph)}
    for one in repair.judged:
        drawn.add_node(_make_node(names[one.on], one, minimal.get(one.on)))
    for below, above, facts in graph.edges(data=True):
        drawn.add_edge(_make_edge(names[below], names[above], spoils=facts["spoils"]))
    for size in sorted({len(on) for on in graph}):
        rank = pydot.Subgraph(rank="same")
        for on in graph:
            if len(on) == size:
                rank.add_node(pydot.Node(names[on]))
        drawn.add_subgraph(rank)
    return finish_dot(drawn)


def write_lattice(repair: Repair, form: Literal["dot", "svg"]) -> str:
    """The graph as DOT, or drawn by Graphviz.  Raises `SelectionError` where it cannot be."""
    dot = write_lattice_dot(repair)
    try:
        return draw_dot(dot) if form == "svg" else dot
    except GraphError as error:
        raise SelectionError(str(error)) from None


def _make_node(name: str, one: Judged, minimal: Minimal | None) -> pydot.Node:
    import pydot

    shape, style, colour, fill = SHAPES[one.finding.verdict]
    stands_out = minimal in (Minimal.YES, Minimal.UNKNOWN)
    if minimal is Minimal.UNKNOWN:
        style = f"{style},dashed"
    lines = [*show_set(one.on).split(" "), WORDS[one.finding.verdict]]
    if minimal is not None and stands_out:
        lines[-1] = f"{lines[-1]}, {minimal.value}"
    told = describe_finding(one.finding).replace("(", "\n(", 1).replace(" after ", "\nafter ")
    if told:
        lines.append(told)
    return pydot.Node(
        name,
        label=quote_dot("\n".join(lines)),
        shape=shape,
        style=quote_dot(style),
        color=quote_dot(colour),
        fillcolor=quote_dot(fill),
        peripheries="2" if stands_out else "1",
        penwidth="2" if stands_out else "1",
    )


def _make_edge(below: str, above: str, *, spoils: bool) -> pydot.Edge:
    import pydot

    if not spoils:
        return pydot.Edge(below, above, arrowhead="none")
    return pydot.Edge(
        below,
        above,
        label=quote_dot("breaks it again"),
        color=quote_dot(VERMILLION),
        style="dashed",
        penwidth="2",
    )
