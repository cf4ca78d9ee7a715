"""Stuck: states from which the program cannot come to rest, to a deadlock, or to a fault."""

from itertools import product

from programs import make_program

from modelcheck.explore.options import Options
from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore
from modelcheck.explore.stuck import Edges

SPIN = """
object flag: shared Bool
object gone: shared Bool

template spinner count 1
  entry a
  local %f: Bool
  block a
    step
    %f = load once flag
    if %f jump b else a
  block b
    step
    store once gone = True
    end

template setter count 1
  entry a
  local %c: U8
  block a
    step
    %c = choose 2
    store once flag = (%c == VALUE:U8)
    end
"""


def find(text, options=None):
    result = explore(make_program(text), options)
    return result, {v.property: v for v in result.violations}


def test_a_spin_that_nobody_ends_is_stuck():
    result, found = find(SPIN.replace("VALUE", "1"))
    assert set(found) == {"stuck"}
    assert found["stuck"].depth == 1
    assert found["stuck"].witnesses[0].moves[-1].choices == (0,)
    assert result.coverage.quiescent == 1


def test_a_spin_that_somebody_ends_is_not_stuck():
    text = SPIN.replace("(%c == VALUE:U8)", "True")
    result, found = find(text)
    assert not found
    assert result.verdict is Verdict.VERIFIED


def test_a_way_to_a_fault_is_a_way_out():
    text = SPIN.replace("VALUE", "1").replace(
        "    if %f jump b else a", '    check %f else "range"\n    jump b'
    )
    _, found = find(text)
    assert set(found) == {"range"}


def test_above_the_limit_stuck_is_inconclusive_and_the_rest_is_not():
    text = SPIN.replace("(%c == VALUE:U8)", "True")
    result, _ = find(text, Options(stuck_limit=3))
    by_name = {p.name: p for p in result.properties}
    assert result.exhausted
    assert by_name["stuck"].verdict is Verdict.INCONCLUSIVE
    assert "more than 3 states" in by_name["stuck"].reason
    assert by_name["deadlock"].verdict is Verdict.VERIFIED
    assert result.verdict is Verdict.INCONCLUSIVE


def test_allow_silences_stuck():
    program = make_program(
        SPIN.replace("VALUE", "1"), header='program "t"\nallow "stuck" on "" because "a timer"'
    )
    result = explore(program, Options(stuck_limit=1))
    assert result.verdict is Verdict.VERIFIED
    assert "silenced: stuck (a timer)" in result.scope


def test_the_backward_sweep_agrees_with_forward_search_on_all_small_graphs():
    pairs = list(product(range(3), repeat=2))
    for bits in range(1 << len(pairs)):
        edges = [pair for i, pair in enumerate(pairs) if bits >> i & 1]
        stored = Edges()
        for state in (2, 0, 1):  # expansion order is not number order
            stored.targets.extend(b for a, b in edges if a == state)
            stored.close(state, state == 1)
        reaches = {1}
        for _ in range(3):
            reaches |= {a for a, b in edges if b in reaches}
        assert set(stored.find_stuck(3)) == {0, 1, 2} - reaches
