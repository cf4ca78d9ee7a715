"""Circles of recorded orders: each order is asked for, and what is known is put together."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from modelcheck import api
from modelcheck.backends.python.outcomes import Order
from modelcheck.cli import run
from modelcheck.explore.orders import find_cycles, list_edges_on_cycles
from modelcheck.explore.properties import Judged
from modelcheck.frontend import load
from modelcheck.ir.text import parse_program
from modelcheck.prove.circles import Circles
from modelcheck.prove.goals import Goal
from modelcheck.prove.prove import ProveOptions, prove
from modelcheck.prove.result import Answer
from modelcheck.settings import choose_variant

REGRESSIONS = Path(__file__).resolve().parents[1] / "regressions"

# The second thread takes them the other way round once `turns` is `LAST`: it counts 0, 2, 4, …
TURNS = '''
"""Two mutexes, and a number that is never odd."""

from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import U8, shared, spec, struct, thread

spec("turns")


@struct(marked=True)
class Count:
    turns: U8


a = shared(Mutex)
b = shared(Mutex)
count = shared(Count)


@thread
def first():
    while True:
        mutex_lock(a)
        mutex_lock(b)
        if count.turns < 250:
            count.turns += 2
        else:
            count.turns = 0
        mutex_unlock(b)
        mutex_unlock(a)


@thread
def second():
    if count.turns == LAST:
        mutex_lock(b)
        mutex_lock(a)
        mutex_unlock(a)
        mutex_unlock(b)
'''


def make(tmp_path, text):
    path = tmp_path / "spec.py"
    path.write_text(dedent(text), encoding="utf-8")
    spec = load(path, "spec.py")
    return api.make_program(spec, choose_variant(spec.info, None), {})


def find_answer(found):
    [proof] = [p for p in found.proofs if p.name == "lock-order"]
    return proof


def test_a_circle_that_nothing_closes_is_proved(tmp_path):
    program = make(tmp_path, TURNS.replace("LAST", "3"))
    proof = find_answer(prove(program, ProveOptions(method="induction", most_steps=30)))
    assert proof.answer is Answer.PROVED
    assert proof.by.endswith("-induction")


@pytest.mark.parametrize("method", ["bounded", "auto"])
def test_its_twin_is_refuted(tmp_path, method):
    program = make(tmp_path, TURNS.replace("LAST", "0"))
    found = prove(program, ProveOptions(method=method, most_steps=12, properties={"lock-order"}))
    assert find_answer(found).answer is Answer.VIOLATED
    [violation] = found.violation.violations
    assert (violation.property, violation.object) == ("lock-order", "a -> b -> a")
    assert len(violation.witnesses) == 2


def test_before_both_orders_were_seen_nothing_is_known(tmp_path):
    """The one order is seen after two steps, the other after more than that."""
    program = make(tmp_path, TURNS.replace("LAST", "4"))
    found = prove(program, ProveOptions(method="bounded", most_steps=3))
    assert find_answer(found).answer is Answer.OPEN
    assert found.violation is None


def test_spacer_is_asked_for_orders_apart_from_all_else(tmp_path):
    """The order that is seen would keep it from proving anything."""
    program = make(tmp_path, TURNS.replace("LAST", "3").replace("250", "4"))
    found = prove(program, ProveOptions(method="spacer", seconds=400.0))
    answers = {proof.name: proof.answer for proof in found.proofs}
    assert answers["lock-misuse"] is Answer.PROVED


def test_a_failed_induction_tells_the_order(tmp_path, capsys):
    path = tmp_path / "spec.py"
    path.write_text(TURNS.replace("LAST", "3"), encoding="utf-8")
    options = ["--method", "induction", "--depth", "1", "--property", "lock-order"]
    assert run(["prove", str(path), *options]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert any("to part of a circle" in line for line in lines)
    assert lines[-1].endswith("a is taken under b")


def test_what_is_recorded_before_the_first_state_counts():
    text = (REGRESSIONS / "orders-before-the-first-state.ir").read_text(encoding="utf-8")
    program = parse_program(text.partition("\n")[2])
    found = prove(program, ProveOptions(method="bounded"))
    violated = {v.property: v for v in found.violation.violations}
    assert violated.keys() == {"lock-order", "sleep-in-atomic"}
    assert (violated["lock-order"].depth, violated["sleep-in-atomic"].depth) == (0, 0)


def test_a_start_that_fails_has_recorded_what_it_came_to(tmp_path):
    program = make(
        tmp_path,
        """
        "Half of the starts fail."

        from modelcheck.lang import U8, choose, precedes, shared, spec, struct, thread

        spec("start")


        @struct(marked=True)
        class Lock:
            word: U8


        a = shared(Lock)
        b = shared(Lock)


        @thread
        def t():
            precedes("lock-order", a, b)
            k = choose(range(2))
            assert k == 1, "is_one"
            precedes("lock-order", b, a)
            a.word = 1
        """,
    )
    found = prove(program, ProveOptions())
    answers = {proof.name: proof.answer for proof in found.proofs}
    assert answers["is_one"] is answers["lock-order"] is Answer.VIOLATED


@pytest.mark.parametrize(("least", "answer"), [(True, Answer.VIOLATED), (False, Answer.PROVED)])
def test_a_check_that_fails_and_records_is_asked_for_both(least, answer):
    """Its orders have a circle in the code, and on no run; it may fail all the same."""
    text = f"""
program "both"

object a: shared Bool
object b: shared Bool

template run count 1
  entry b1
  local %v0: Bool
  block b1
    precedes "lock-misuse" a, b
    jump b2
  block b2 rest
    step "b = 1" in "run" ; spec.py:9:5
    store once b = True
    jump b3
  block b3 rest
    step "assert" in "run" ; spec.py:10:5
    %v0 = load once b
    assert (%v0 != {least}) else "lock-misuse"
    if (%v0 == False) jump b4 else b5
  block b4
    precedes "lock-misuse" b, a
    jump b5
  block b5
    end

initial
  entry b1
  block b1
    end
"""
    found = prove(parse_program(text), ProveOptions())
    answers = {proof.name: proof.answer for proof in found.proofs}
    assert answers["lock-misuse"] is answer


def test_a_check_that_only_the_start_fails_is_violated_by_that():
    """Its orders are part of no circle on any run: there is none."""
    text = """
program "start"

object a: shared Bool
object b: shared Bool

template run count 1
  entry b1
  block b1
    precedes "lock-misuse" a, b
    assert ($me == 1) else "lock-misuse"
    jump b2
  block b2 rest
    step "precedes" in "run" ; spec.py:9:5
    store once b = True
    precedes "lock-misuse" b, a
    end

initial
  entry b1
  block b1
    end
"""
    found = prove(parse_program(text), ProveOptions())
    answers = {proof.name: proof.answer for proof in found.proofs}
    assert answers["lock-misuse"] is Answer.VIOLATED


# ---------------------------------------------------------------------------------------------
# What is known of circles


def make_circles(*names):
    orders = [Order("lock-order", *name) for name in names]
    judged = Judged("lock-order", "built in")
    return Circles([Goal(judged, (), order=order) for order in orders]), orders


def test_a_circle_is_closed_by_what_was_seen_alone():
    circles, (ab, ba) = make_circles("ab", "ba")
    circles.see(ab)
    assert not circles.list_closed()
    assert not circles.list_impossible()
    circles.see(ba)
    assert circles.list_closed() == {"lock-order"}


def test_a_circle_is_impossible_when_one_of_its_orders_is():
    circles, (ab, bc, ca) = make_circles("ab", "bc", "ca")
    circles.see(ab)
    circles.exclude(ca)
    assert circles.list_impossible() == {"lock-order"}
    assert [goal.order for goal in circles.list_needless()] == [bc]


def test_an_order_that_was_seen_stays_possible():
    circles, (ab, ba, ac, ca) = make_circles("ab", "ba", "ac", "ca")
    circles.see(ab)
    circles.exclude(ac)
    assert not circles.list_impossible()
    assert [goal.order for goal in circles.list_needless()] == [ca]
    circles.see(ba)
    assert circles.list_closed() == {"lock-order"}


def test_a_declaration_under_itself_is_a_circle():
    circles, _ = make_circles("aa")
    assert not circles.list_impossible()


def test_the_orders_on_cycles_are_those_without_which_there_are_fewer():
    letters = "abcd"
    every = [Order("o", x, y) for x in letters for y in letters]
    for bits in range(0, 1 << 16, 7):
        orders = frozenset(order for i, order in enumerate(every) if bits >> i & 1)
        found = list_edges_on_cycles(orders)
        told = {edge for cycle in find_cycles(orders) for edge in cycle.edges}
        assert told <= found
        assert not find_cycles(orders - found)
        assert all(leads_back(found, order) for order in found)


def leads_back(orders, order):
    reached, waiting = set(), [order.second]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += [o.second for o in orders if o.first == node]
    return order.first in reached
