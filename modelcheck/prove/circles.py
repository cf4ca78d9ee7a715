"""Checks of recorded orders: what is known of each order, and what that says of their circles.

An order alone is no violation, so its goal is neither good nor bad news: it is seen on some run, or
proved to be recorded on none.  A property is violated once what was seen has a circle, and proved
once what was seen together with what is open has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelcheck.backends.python.outcomes import Order
from modelcheck.explore.orders import find_cycles, list_edges_on_cycles
from modelcheck.prove.goals import Goal


class Circles:
    """The orders that may be part of a circle, each with its goal.

    Soundness: an order counts as possible until its own goal is proved, and only then not
    (`tests/prove/test_circles.py`).
    """

    def __init__(self, goals: Iterable[Goal]) -> None:
        self._open = {goal.order: goal for goal in goals if goal.order is not None}
        self._names = frozenset(order.property for order in self._open)
        self._seen: set[Order] = set()

    def see(self, order: Order) -> None:
        """A run records it."""
        self._seen.add(order)
        self._open.pop(order, None)

    def exclude(self, order: Order) -> None:
        """No run records it."""
        self._open.pop(order, None)

    def list_closed(self) -> frozenset[str]:
        """The properties of which a circle was seen."""
        return frozenset(cycle.name for cycle in find_cycles(frozenset(self._seen)))

    def list_impossible(self) -> frozenset[str]:
        """The properties of which no circle is possible any more."""
        possible = list_edges_on_cycles([*self._seen, *self._open])
        return self._names - {order.property for order in possible}

    def list_needless(self) -> Sequence[Goal]:
        """The open goals that no possible circle needs."""
        possible = list_edges_on_cycles([*self._seen, *self._open])
        return [goal for order, goal in self._open.items() if order not in possible]
