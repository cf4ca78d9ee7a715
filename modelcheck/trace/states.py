"""Program → its whole state graph, with the path to a violation marked, as DOT or SVG.

For small programs: nobody reads a thousand nodes.  A larger graph is refused with its limit named,
never cut silently.  Nodes show what distinguishes a state from the one before it in the search.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.explore.result import Path
from modelcheck.explore.walk import Edge, list_edges, walk
from modelcheck.trace.dot import FONT, finish_dot, quote_dot
from modelcheck.trace.shapes import BLACK, GREY, RED_TINT, VERMILLION, WHITE
from modelcheck.trace.source import find_own_span

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]  # it has no types

MAX_STATES = 400
DOT_SECONDS = 60


class GraphError(Exception):
    """The state graph cannot be drawn: it is too large, or Graphviz is missing or gives up."""


def build_state_graph(
    model: Model, path: Path | None = None, max_states: int = MAX_STATES
) -> nx.MultiDiGraph[str]:
    """The reachable states and transitions as a graph.

    Nodes are `s0`, `s1`, … in breadth-first order, with `label` and `initial`, `marked`; failing
    steps lead to nodes `f0`, …  Edges have a `label` and `marked`.  `path` is what to mark.
    Raises GraphError above `max_states`.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    states: list[State] = []
    marked = _find_marked(model, path) if path is not None else set[object]()
    initial = {o.result for o in model.start()}
    for item in list_edges(model, max_states + 1):
        if not isinstance(item, Edge):
            if len(states) == max_states:
                raise GraphError(
                    f"more than {max_states} states: too many for a picture; "
                    "make the parameters smaller, or draw the trace (without --states)"
                )
            name = f"s{len(states)}"
            states.append(item)
            graph.add_node(
                name,
                label=_describe_state(model, item),
                initial=item in initial,
                marked=item in marked,
                failed=False,
            )
            continue
        source = states[item.source]
        move = (source, item.move)
        label = _describe_move(model, item)
        if isinstance(item.target, Failure):
            failure = item.target
            of = f" of {failure.object}" if failure.object else ""
            name = f"f{sum(n.startswith('f') for n in graph)}"
            graph.add_node(
                name,
                label=f"{failure.property}{of}",
                initial=False,
                marked=move in marked,
                failed=True,
            )
        else:
            name = f"s{item.target}"
        graph.add_edge(f"s{item.source}", name, label=label, marked=move in marked)
    return graph


def write_states_dot(graph: nx.MultiDiGraph[str]) -> str:
    """A state graph as DOT; the marked path is thick, its states have double outlines."""
    import pydot

    drawn = pydot.Dot("states", graph_type="digraph", rankdir="TB")
    drawn.set_node_defaults(
        shape="box",
        fontname=quote_dot(FONT),
        fontsize="9",
        style="filled",
        fillcolor=quote_dot(WHITE),
    )
    drawn.set_edge_defaults(fontname=quote_dot(FONT), fontsize="8")
    for name, facts in graph.nodes(data=True):
        is_marked = facts["marked"]
        drawn.add_node(
            pydot.Node(
                name,
                label=quote_dot(f"{name}\n{facts['label']}" if facts["label"] else name),
                shape="octagon" if facts["failed"] else "box",
                peripheries="2" if is_marked else "1",
                penwidth="2" if is_marked or facts["initial"] else "1",
                color=quote_dot(VERMILLION if is_marked else BLACK if facts["initial"] else GREY),
                fillcolor=quote_dot(RED_TINT if is_marked else WHITE),
            )
        )
    for source, target, facts in graph.edges(data=True):
        drawn.add_edge(
            pydot.Edge(
                source,
                target,
                label=quote_dot(facts["label"]),
                color=quote_dot(VERMILLION if facts["marked"] else GREY),
                penwidth="3" if facts["marked"] else "1",
            )
        )
    return finish_dot(drawn)


def draw_dot(dot: str) -> str:
    """A DOT text as SVG, by Graphviz' `dot`.  Raises GraphError where that is not possible."""
    program = shutil.which("dot")
    if program is None:
        raise GraphError("Graphviz' `dot` is not installed; use --format dot")
    try:
        done = subprocess.run(  # noqa: S603  a fixed program on our own text
            [program, "-Tsvg"],
            input=dot,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=DOT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GraphError(f"`dot` took more than {DOT_SECONDS} seconds; use --format dot") from None
    if done.returncode:
        raise GraphError(f"`dot` refused the graph: {done.stderr.strip()}")
    # Graphviz writes its version and build date, which differ between machines.
    # The comment goes over several lines.
    return re.sub(r"<!-- Generated by graphviz.*?-->\n", "", done.stdout, flags=re.DOTALL)


def _find_marked(model: Model, path: Path) -> set[object]:
    """The states of a path, and its moves each with the state it leaves."""
    marked: set[object] = set()
    before: State = ()
    for visit in walk(model, path):
        if visit.move is not None:
            marked.add((before, visit.move))
        if visit.state:
            marked.add(visit.state)
            before = visit.state
    marked |= {(before, move) for move in path.race}
    return marked


def _describe_state(model: Model, state: State) -> str:
    """What differs from the start of memory, and where the threads stand."""
    memory = model.memory
    lines = [
        f"{slot.name} = {memory.describe(slot.number, state[slot.number])}"
        for slot in memory.slots
        if slot.role in ("field", "queue-length", "status")
        and state[slot.number] != memory.start[slot.number]
    ]
    for thread in memory.threads:
        block = model.block(state, thread.number)
        where = "ended" if block is None else block.label
        if block is not None and block.step is not None:
            where = f"line {find_own_span(block.step).line}"
        lines.append(f"{thread.name}: {where}")
    return "\n".join(lines)


def _describe_move(model: Model, edge: Edge) -> str:
    name = model.memory.threads[edge.move.thread].name
    choices = f" {', '.join(map(str, edge.move.choices))}" if edge.move.choices else ""
    return f"{name}{choices}"
