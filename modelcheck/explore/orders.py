"""Orders recorded for the whole run (lockdep's idea): a cycle among them is a violation.

An edge a → b says that on some transition a's declaration came before b's.  The edges are facts
about the program; which transition showed an edge first decides only its witness.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from modelcheck.backends.python.outcomes import Order

Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Declarations that were passed in a circle; the first is repeated nowhere."""

    name: str
    members: tuple[str, ...]

    @property
    def edges(self) -> tuple[Order, ...]:
        """The recorded orders that make the circle."""
        following = (*self.members[1:], self.members[0])
        return tuple(Order(self.name, a, b) for a, b in zip(self.members, following, strict=True))


def find_cycles(orders: frozenset[Order]) -> tuple[Cycle, ...]:
    """One shortest cycle for each least member: sorted, and the same for the same edges.

    Every edge that is on a cycle at all belongs to a set of declarations that reach each other;
    each such set gives exactly one cycle, so no cycle is missed and none is told twice.

    Soundness: a set of mutually reachable declarations without a reported cycle would be a
    missed violation (tests/unit/explore/test_orders.py compares with all simple cycles).
    """
    found = []
    for name in sorted({order.property for order in orders}):
        edges = sorted((o.first, o.second) for o in orders if o.property == name)
        graph = {
            node: frozenset(b for a, b in edges if a == node)
            for node in {end for edge in edges for end in edge}
        }
        reported: set[str] = set()
        for node in sorted(graph):
            if node in reported:
                continue
            members = _find_shortest_cycle(graph, node)
            if members:
                found.append(Cycle(name, members))
                reached = _find_reachable(graph, node)
                reported |= {other for other in reached if node in _find_reachable(graph, other)}
    return tuple(found)


def list_edges_on_cycles(orders: Iterable[Order]) -> frozenset[Order]:
    """Those orders that are part of a cycle of them: their ends are strongly connected."""
    ends = {
        order: ((order.property, order.first), (order.property, order.second)) for order in orders
    }
    if not ends:
        return frozenset()
    import networkx as nx  # type: ignore[import-untyped]  # it has no types

    components = nx.strongly_connected_components(nx.DiGraph(ends.values()))
    component = {end: number for number, found in enumerate(components) for end in found}
    return frozenset(
        o for o, (first, second) in ends.items() if component[first] == component[second]
    )


def _find_shortest_cycle(graph: Graph, start: str) -> tuple[str, ...]:
    """A shortest way from `start` back to itself, least names first; empty if there is none."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for following in sorted(graph[node]):
            if following == start:
                members = [node]
                while members[-1] != start:
                    members.append(came_from[members[-1]])
                return tuple(reversed(members))
            if following not in came_from:
                came_from[following] = node
                waiting.append(following)
    return ()


def _find_reachable(graph: Graph, start: str) -> frozenset[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for following in graph[waiting.pop()]:
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    return frozenset(reached)
