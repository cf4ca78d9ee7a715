"""A search that begins in the middle: what it finds is so, and it verifies nothing."""

from __future__ import annotations

import pytest

from modelcheck.backends.python.model import compile_program
from modelcheck.backends.python.outcomes import Failure
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Begin, Options
from modelcheck.explore.result import Path, Verdict
from modelcheck.explore.search import explore
from modelcheck.explore.walk import make_move, walk
from tests.checking import program_of

BROKEN = {
    "a lost update": """
        x = shared(U8)

        @thread(count=2)
        def add():
            global x
            x += 1

        @final
        def none_lost():
            return x == 2

        @reachable
        def half_way():
            return x == 1
        """,
    "a freed object": """
        @struct(marked=True)
        class Buffer:
            users: U8

        buffer = shared(Buffer, users=2)

        @thread(count=2)
        def put():
            buffer.users -= 1
            if buffer.users == 0:
                free(buffer)
        """,
    "two starts, one of them bad": """
        x = shared(U8)
        y = shared(U8)

        @initial
        def begin():
            global x
            x = choose(0, 1)

        @thread
        def look():
            global y
            if x == 1:
                y = 1

        @invariant
        def never():
            return y == 0
        """,
}


def list_ways(model):
    """A path to every state of a program, found depth first."""
    ways = {}
    waiting = [
        (o.result, Path(o.choices, ())) for o in model.start() if not isinstance(o.result, Failure)
    ]
    while waiting:
        state, way = waiting.pop()
        if state in ways:
            continue
        ways[state] = way
        for thread in range(len(model.memory.threads)):
            for outcome in model.outcomes(state, thread):
                if not isinstance(outcome.result, Failure):
                    move = make_move(model.memory, state, thread, outcome.choices)
                    waiting.append((outcome.result, Path(way.initial, (*way.moves, move))))
    return ways


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_from_each_state_of_a_broken_program_nothing_is_verified_and_what_is_found_is_so(text):
    program = program_of(text)
    model = compile_program(program)
    whole = explore(program)
    known = {(v.property, v.object) for v in whole.violations}
    assert known
    spared = 0
    for state, way in list_ways(model).items():
        result = explore(program, Options(begin=Begin(way, "here")))
        assert not result.exhausted
        assert result.scope[0] == "explored only what follows here"
        assert {(v.property, v.object) for v in result.violations} <= known
        assert result.verdict is not Verdict.VERIFIED
        spared += result.verdict is Verdict.INCONCLUSIVE
        for found in result.properties:
            if found.kind == "reachable":
                assert found.verdict in (Verdict.VERIFIED, Verdict.INCONCLUSIVE)
                assert (found.verdict is Verdict.VERIFIED) == (found.witness is not None)
            else:
                assert found.verdict in (Verdict.VIOLATED, Verdict.INCONCLUSIVE)
        for violation in result.violations:
            assert violation.minimal == "no"
            for path in violation.witnesses:
                assert (path.initial, path.moves[: len(way.moves)]) == (way.initial, way.moves)
                states = [visit.state for visit in walk(model, path)]
                assert state in states
                assert violation.depth == len(path.moves)
    assert spared  # else nothing here could be called verified by mistake


def test_from_the_start_the_same_states_are_seen():
    program = program_of(BROKEN["a freed object"])
    whole = explore(program)
    again = explore(program, Options(begin=Begin(Path((), ()), "step 0")))
    assert again.counts == whole.counts
    assert [(v.property, v.object, v.depth) for v in again.violations] == [
        (v.property, v.object, v.depth) for v in whole.violations
    ]


def test_an_order_that_the_way_recorded_makes_a_circle_with_one_that_follows():
    program = program_of("""
        @struct
        class Lock:
            n: U8

        a = shared(Lock)
        b = shared(Lock)
        x = shared(U8)

        @thread
        def up():
            global x
            x = 1
            precedes("lock-order", a, b)

        @thread
        def down():
            global x
            wait_until(x == 1)
            precedes("lock-order", b, a)
        """)
    model = compile_program(program)
    whole = explore(program)
    (cycle,) = whole.violations
    found = 0
    for way in list_ways(model).values():
        part = explore(program, Options(begin=Begin(way, "here")))
        for violation in part.violations:
            assert (violation.property, violation.object) == ("lock-order", cycle.object)
            assert len(violation.witnesses) == 2
            lengths = [len(path.moves) for path in violation.witnesses]
            found += min(lengths) < len(way.moves)
            for path in violation.witnesses:
                assert [visit.outcome for visit in walk(model, path)][-1].orders
    assert found  # else only orders that follow were seen


def test_no_reduction_and_no_other_backend_begins_in_the_middle():
    program = program_of(BROKEN["a lost update"])
    begin = Begin(Path((), ()), "step 0")
    with pytest.raises(ValueError, match="no reductions"):
        explore(program, Options(begin=begin, reduce=frozenset({"por"})))
    with pytest.raises(ValueError, match="begins at the start"):
        explore_native(program, Options(begin=begin))
