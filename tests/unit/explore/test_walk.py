"""Replay of stored paths, and the state graph as edges."""

import pytest
from programs import increments, make_model

from modelcheck.backends.python.model import compile_program
from modelcheck.backends.python.outcomes import Failure
from modelcheck.explore.result import Move, Path
from modelcheck.explore.search import explore
from modelcheck.explore.walk import Edge, ReplayError, list_edges, walk

FAIL = """
object x: shared U8
template t count 1
  entry a
  local %v: U8
  block a
    step
    %v = choose 2
    store once x = %v
    jump b
  block b
    step
    check ($read(once x) == 0:U8) else "range" of x
    store once x = 5:U8
    end
"""


def test_a_path_visits_its_states_in_turn():
    model = make_model(FAIL)
    (violation,) = explore(model.program).violations
    first, second, last = walk(model, violation.witnesses[0])
    assert first.move is None
    assert second.move == Move(0, "a", (1,))
    assert second.outcome.result == second.state
    assert isinstance(last.outcome.result, Failure)
    assert last.outcome.result.property == "range"
    assert last.state == second.state


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (Path((1,), ()), "the start has no transition"),
        (Path((), (Move(0, "b"),)), "stands at `a`, not at `b`"),
        (Path((), (Move(0, "a", (2,)),)), "no transition with the choices"),
        (Path((), (Move(3, "a"),)), "no thread 3"),
        (Path((), (Move(0, "a", (1,)), Move(0, "b"), Move(0, "b"))), "after a failing step"),
    ],
)
def test_a_path_that_does_not_fit_is_refused(path, words):
    with pytest.raises(ReplayError, match=words):
        list(walk(make_model(FAIL), path))


def test_the_graph_has_the_counts_of_the_run():
    program = increments(2, 2)
    items = list(list_edges(compile_program(program), 1000))
    edges = [item for item in items if isinstance(item, Edge)]
    assert (len(items) - len(edges), len(edges)) == (57, 82)
    assert {e.target for e in edges} == set(range(1, 57))
    assert sum(isinstance(i, tuple) for i in list_edges(compile_program(program), 10)) == 10
