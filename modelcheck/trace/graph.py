"""Picture → networkx graph: what a trace orders, for those who compute with it.

Nodes are the rows of the picture by number; edges say why one comes before another.  Two steps
without a way between them could have come in the other order, as far as the trace tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelcheck.trace.picture import Picture

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]  # it has no types

KINDS = {
    "reads": "reads-from",
    "wakes": "wakes",
    "hands over": "hands-over",
    "free-use": "freed-before",
    "waits": "waits-for",
    "race": "race",
}


def build_trace_graph(picture: Picture) -> nx.MultiDiGraph[int]:
    """The rows of a trace and what leads from one to another.

    A node is a row, counted from 0, with `kind` ("step", "wait", "race", "order"), `step` (None
    where it is none), `thread`, `path`, `line`, `text`, `effects` (a tuple), `failed`.  An edge
    has `kind` and `label`: "program-order" within a thread; "reads-from" with the places read;
    "wakes"; "hands-over" with the lock; "freed-before" from a free to the use that fails;
    "waits-for" from a blocked thread to the holder; "race", both ways, between two accesses.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    before: dict[int, int] = {}
    for number, row in enumerate(picture.rows):
        graph.add_node(
            number,
            kind=row.kind,
            step=row.number,
            thread=picture.lanes[row.lane].name,
            path=row.at.path,
            line=row.at.line,
            text=row.does,
            effects=tuple(line.text for line in row.effects),
            failed=row.failed,
        )
        if row.lane in before:
            graph.add_edge(before[row.lane], number, kind="program-order", label="")
        before[row.lane] = number
    for arrow in picture.arrows:
        kind = KINDS[arrow.kind]
        graph.add_edge(arrow.source, arrow.target, kind=kind, label=arrow.label)
        if kind == "race":
            graph.add_edge(arrow.target, arrow.source, kind=kind, label=arrow.label)
    return graph
