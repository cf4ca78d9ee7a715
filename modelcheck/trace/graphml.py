"""State graph → GraphML, for networkx, Gephi, yEd and what else reads it.

Nodes and edges keep their facts as GraphML attributes.  Every edge has an id of its own: several
may go from one state to another.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]  # it has no types

MAX_STATES = 20_000  # unless more are asked for: a state takes some kilobytes on the way


def write_graphml(graph: nx.MultiDiGraph[str]) -> str:
    """A graph as `build_state_graph` makes it, as GraphML.

    `networkx.read_graphml` gives the same nodes, edges and facts back (with edge keys `e0`, …), and
    of each node its `depth`: how many steps it is from the start.
    """
    import networkx as nx

    written: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    depths = _find_depths(graph)
    for name, facts in graph.nodes(data=True):
        written.add_node(name, **facts, depth=depths[name])
    for number, (source, target, facts) in enumerate(graph.edges(data=True)):
        written.add_edge(source, target, key=f"e{number}", **facts)

    class Writer(nx.GraphMLWriter):  # type: ignore[misc]  # networkx has no types
        """networkx', with `true` and `false` as XML Schema has them."""

        def add_data(self, *arguments: Any, **options: Any) -> Any:  # of ElementTree's
            element = super().add_data(*arguments, **options)
            if arguments[1] is bool:
                element.text = element.text.lower()
            return element

    buffer = BytesIO()
    Writer(graph=written, prettyprint=True).dump(buffer)
    return buffer.getvalue().decode("utf-8").rstrip("\n") + "\n"


def _find_depths(graph: nx.MultiDiGraph[str]) -> dict[str, int]:
    """The nodes are in breadth-first order, so the first edge to one is on a shortest way."""
    depths = {name: 0 for name, is_initial in graph.nodes(data="initial") if is_initial}
    for source, target in graph.edges():
        depths.setdefault(target, depths[source] + 1)
    return depths
