"""Lock order: what was recorded, over the whole run, makes a circle."""

from itertools import chain, combinations

import networkx as nx
from programs import make_model, make_program

from modelcheck.backends.python.outcomes import Order
from modelcheck.explore.options import Options
from modelcheck.explore.orders import find_cycles
from modelcheck.explore.search import explore
from modelcheck.explore.walk import walk

TEMPLATE = """
template {name} count 1
  entry a
  block a
    step
    store once x = 1:U8
    jump b
  block b atomic
    step
    precedes "lock-order" {first}, {second}
    WAIT
    store once x = 2:U8
    end
"""

OBJECTS = """
struct Lock
  field held: Bool

struct File
  field lock: struct Lock

object x: shared U8
object a: shared struct Lock
object b: shared struct Lock
object files: shared struct File count 2
"""


def make_text(*pairs, wait="store once a.held = False\n    store once b.held = False"):
    templates = (
        TEMPLATE.format(name=f"t{i}", first=first, second=second)
        for i, (first, second) in enumerate(pairs)
    )
    return OBJECTS + "".join(templates).replace("WAIT", wait)


def test_opposite_orders_violate_with_a_witness_per_edge():
    text = make_text(("a", "b"), ("b", "a"))
    result = explore(make_program(text))
    (violation,) = result.violations
    assert (violation.property, violation.object) == ("lock-order", "a -> b -> a")
    assert violation.names == ("a", "b")
    assert violation.depth == 2
    assert len(violation.witnesses) == 2
    model = make_model(text)
    for path, expected in zip(violation.witnesses, (("a", "b"), ("b", "a")), strict=True):
        assert path.last == "edge"
        *_, last = walk(model, path)
        assert [(o.first, o.second) for o in last.outcome.orders] == [expected]


def test_one_order_in_both_threads_is_fine():
    assert not explore(make_program(make_text(("a", "b"), ("a", "b")))).violations


def test_a_step_that_is_disabled_records_nothing():
    text = make_text(("a", "b"), ("b", "a"), wait="wait ($read(once x) == 7:U8)")
    result = explore(make_program(text))
    assert {v.property for v in result.violations} == {"deadlock"}


def test_declarations_are_compared_not_elements():
    text = make_text(("files[0].lock", "files[1].lock"), ("a", "b"))
    (violation,) = explore(make_program(text)).violations
    assert violation.object == "File.lock -> File.lock"


def test_allow_silences_one_declaration():
    text = make_text(("a", "b"), ("b", "a"))
    header = 'program "t"\nallow "lock-order" on "a" because "tried"'
    assert not explore(make_program(text, header=header)).violations


def test_stop_first_sees_a_cycle():
    text = make_text(("a", "b"), ("b", "a"))
    for search in ("bfs", "dfs"):
        result = explore(make_program(text), Options(stop="first", search=search))
        assert [v.property for v in result.violations] == ["lock-order"]
        assert result.stopped_by == "first"


def test_every_cyclic_set_gives_exactly_one_cycle_in_all_small_graphs():
    nodes = ("p", "q", "r")
    pairs = [(a, b) for a in nodes for b in nodes]
    subsets = chain.from_iterable(combinations(pairs, n) for n in range(len(pairs) + 1))
    for edges in subsets:
        graph = nx.DiGraph(edges)
        cyclic = [
            component
            for component in nx.strongly_connected_components(graph)
            if len(component) > 1 or any(graph.has_edge(n, n) for n in component)
        ]
        cycles = find_cycles(frozenset(Order("lock-order", a, b) for a, b in edges))
        assert len(cycles) == len(cyclic)
        for cycle in cycles:
            assert {(e.first, e.second) for e in cycle.edges} <= set(edges)
            assert any(set(cycle.members) <= component for component in cyclic)
