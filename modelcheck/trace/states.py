"""Program → its whole state graph, with the path to a violation marked, as DOT or SVG.

For small programs: nobody reads a thousand nodes.  States that all lead to each other can be folded
into one node.  A larger graph is refused with its limit named, never cut silently.  Nodes show what
distinguishes a state from the start.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.explore.result import Path
from modelcheck.explore.walk import CutError, Edge, list_edges, walk
from modelcheck.trace.dot import FONT, finish_dot, quote_dot
from modelcheck.trace.labels import Labels
from modelcheck.trace.shapes import BLACK, GREY, RED_TINT, VERMILLION, WHITE
from modelcheck.trace.source import find_own_span

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]  # it has no types

MAX_STATES = 4000  # before folding
MAX_NODES = 400
WAY_OUT = "make the parameters smaller, or draw the trace (without --states)"
FOR_A_PICTURE = f"too many for a picture; {WAY_OUT}"
FOR_A_FILE = "--max-states N writes more, smaller parameters make fewer"
DOT_SECONDS = 60


class GraphError(Exception):
    """The state graph cannot be drawn: it is too large, or Graphviz is missing or gives up."""


def build_state_graph(
    model: Model,
    path: Path | None = None,
    max_states: int = MAX_STATES,
    *,
    labels: Labels | None = None,
    way_out: str = FOR_A_PICTURE,
) -> nx.MultiDiGraph[str]:
    """The reachable states and transitions as a graph.

    Nodes are `s0`, `s1`, … in breadth-first order, with `label` and `initial`, `marked`; failing
    steps lead to nodes `f0`, …  Edges have a `label` and `marked`; with `labels` they are told by
    those, and have `thread`, `line` and `text`.  `path` is what to mark.  Raises GraphError above
    `max_states` (`way_out` says what to do), and where a step has too many choices.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    states: list[State] = []
    marked = _find_marked(model, path) if path is not None else set[object]()
    initial = {o.result for o in model.start()}
    failures = 0
    for item in list_whole(model, max_states + 1):
        if not isinstance(item, Edge):
            if len(states) == max_states:
                raise GraphError(f"more than {max_states} states: {way_out}")
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
        facts: dict[str, str | int] = {"label": _describe_move(model, item)}
        if labels is not None:
            line = labels.locate(source, item.move)
            thread = model.memory.threads[item.move.thread].name
            facts = {"label": labels.tell(source, item.move), "thread": thread}
            facts |= {"line": line.line, "text": line.text}
        if isinstance(item.target, Failure):
            name = f"f{failures}"
            failures += 1
            graph.add_node(
                name,
                label=describe_failure(item.target),
                initial=False,
                marked=move in marked,
                failed=True,
            )
        else:
            name = f"s{item.target}"
        graph.add_edge(f"s{item.source}", name, **facts, marked=move in marked)
    return graph


def list_whole(model: Model, max_states: int) -> Iterator[State | Edge]:
    """`list_edges`.  Raises GraphError where a step has more choices than are followed."""
    try:
        yield from list_edges(model, max_states)
    except CutError as error:
        raise GraphError(f"{error}: the graph would not be whole") from None


def describe_failure(failure: Failure) -> str:
    """`use-after-free of buffer`."""
    return f"{failure.property} of {failure.object}" if failure.object else failure.property


def fold_circles(graph: nx.MultiDiGraph[str], max_nodes: int = MAX_NODES) -> nx.MultiDiGraph[str]:
    """The graph with states that all lead to each other as one node, `c0`, `c1`, …

    A strongly connected component is folded but for its initial states and those on the marked
    path, which stay.  The label of its node says how many states it is, in `states` as well, and
    what their labels have in common; the edges that leave it for a node are one.  The graph that
    goes in stays as it is.  Raises GraphError where more than `max_nodes` are left.
    """
    import networkx as nx

    into: dict[str, str] = {}
    folded: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    order = {name: number for number, name in enumerate(graph)}
    components = [sorted(c, key=order.__getitem__) for c in nx.strongly_connected_components(graph)]
    for members in sorted(components, key=lambda c: order[c[0]]):
        inner = [n for n in members if not (graph.nodes[n]["marked"] or graph.nodes[n]["initial"])]
        if len(inner) > 1:
            into |= dict.fromkeys(inner, f"c{len(set(into.values()))}")
    members_of: dict[str, list[str]] = {}
    for name in graph:
        members_of.setdefault(into.get(name, name), []).append(name)
    for name, members in members_of.items():
        if name in graph:
            folded.add_node(name, **graph.nodes[name], states=1)
            continue
        lines = [graph.nodes[member]["label"].splitlines() for member in members]
        common = [line for line in lines[0] if all(line in other for other in lines)]
        label = "\n".join((f"{len(members)} states that all lead to each other", *common))
        facts = {"initial": False, "marked": False, "failed": False, "states": len(members)}
        folded.add_node(name, label=label, **facts)
    if len(folded) > max_nodes:
        were = f", {len(graph)} states before circles were folded" if into else ""
        raise GraphError(f"more than {max_nodes} nodes{were}: too many for a picture; {WAY_OUT}")
    joined: dict[tuple[str, str], dict[str, None]] = {}
    for source, target, facts in graph.edges(data=True):
        ends = (into.get(source, source), into.get(target, target))
        if ends == (source, target):
            folded.add_edge(*ends, **facts)
        elif ends[0] != ends[1]:
            joined.setdefault(ends, {})[facts["label"]] = None
    for (source, target), labels in joined.items():
        folded.add_edge(source, target, label=", ".join(labels), marked=False)
    return folded


def write_states_dot(graph: nx.MultiDiGraph[str]) -> str:
    """A state graph as DOT; the marked path is thick, its states have double outlines, and what
    was folded has a third dimension.
    """
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
        is_folded = facts.get("states", 1) > 1
        drawn.add_node(
            pydot.Node(
                name,
                label=quote_dot(f"{name}\n{facts['label']}" if facts["label"] else name),
                shape="octagon" if facts["failed"] else "box3d" if is_folded else "box",
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
