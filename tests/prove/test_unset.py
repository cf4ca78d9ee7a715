"""What is not initialised, numbers that could be taken for it, and orders with borrowed names."""

from __future__ import annotations

import pytest
import z3  # type: ignore[import-untyped]  # it has no types

from modelcheck.backends.smt.system import make_system
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.explore.options import Options
from modelcheck.explore.properties import list_judged
from modelcheck.explore.search import explore
from modelcheck.ir.text import parse_program, print_program
from modelcheck.prove.goals import list_goals
from modelcheck.prove.horn import write_horn
from modelcheck.prove.prove import ProveOptions, prove
from modelcheck.prove.result import Answer
from tests.checking import program_of, refusal, violated

ITEMS = """
@struct
class Item:
    refs: Set[Ptr["Item"]]
    q: Queue[U8] = queue(2)
    n: U8

@struct
class Slot:
    item: Ptr[Item]

items = pool(Item, count=2)
slot = shared(Slot)
"""

LOST = (
    ITEMS
    + """
@thread
def work():
    slot.item = new(Item)  # of which `refs` is never set
    lost = new(Item)
    lost.refs.clear()
"""
)


def answers(text, **options):
    proving = prove(program_of(text), ProveOptions(seconds=60.0, **options))
    return {proof.name: proof.answer for proof in proving.proofs}


def test_a_set_that_is_not_initialised_keeps_nothing_alive():
    assert answers(LOST)["leak"] is Answer.VIOLATED


def test_nor_does_it_in_the_clauses_that_are_exported():
    program = program_of(LOST + 'allow("uninitialised", because="not asked here")')
    solver = z3.SolverFor("HORN")
    solver.from_string(write_horn(program, "bits"))
    assert solver.check() == z3.unsat


@pytest.mark.parametrize("call", ["append(3)", "appendleft(3)", "popleft()", "pop()", "remove(3)"])
@pytest.mark.parametrize("first", ["pass", "a.q.clear()"], ids=["not-initialised", "empty"])
def test_two_queues_of_which_a_step_may_fail_on_one(call, first):
    """What goes on with the other one is as if there were only that."""
    length = 2 if call.startswith("append") else 0
    text = f"""{ITEMS}
@initial
def fill():
    a = new(Item, n=1)
    b = new(Item, n=1)
    {first}
    b.q.clear()
    b.q.append(3)
    c = choose(a, b)
    c.q.{call}
    slot.item = c

@invariant
def whole():
    return slot.item.n == 1 and len(slot.item.q) == {length}
"""
    program = program_of(text)
    wrong = violated(explore(program, Options()))
    proving = prove(program, ProveOptions(seconds=60.0))
    assert wrong >= {"uninitialised"} or first != "pass"
    assert {p.name for p in proving.proofs if p.answer is Answer.VIOLATED} == wrong


def test_a_number_that_is_the_mark_of_what_is_unset_is_refused():
    text = """
@struct(marked=True)
class Big:
    n: Int = between(1 - 2**62, 2**62 - 1)

big = shared(Big)

@thread
def work():
    big.n = choose(1 - 2**62, 5)

@invariant
def not_least():
    return big.n - 1 != -(2**62)
"""
    with pytest.raises(UnsupportedError, match="numbers as low as"):
        prove(program_of(text))


ORDERS = """
@struct(marked=True)
class Gate:
    n: U8

a = shared(Gate)
b = shared(Gate)

@thread
def work():
    precedes("mine", a, b)
    a.n = 1
    precedes("mine", b, a)
    wait_until(b.n == 3)
"""


@pytest.mark.parametrize("name", ["stuck", "deadlock", "leak", "data-race", "use-after-free"])
def test_an_order_borrows_no_name_of_a_check(name):
    assert refusal(ORDERS.replace("mine", name)) == {"MC308"}


@pytest.mark.parametrize("kind", ["invariant", "final", "reachable"])
def test_an_order_borrows_no_name_of_a_property(kind):
    text = f"{ORDERS}\n@{kind}\ndef mine():\n    return a.n == 0\n"
    assert refusal(text) == {"MC311"}


def test_the_name_of_an_order_is_an_identifier():
    assert refusal(ORDERS.replace("mine", "my order")) == {"MC309"}
    assert refusal(ORDERS.replace("mine", "lock-order")) == set()


def test_orders_answer_nothing_that_cannot_be_asked():
    text = print_program(program_of(ORDERS)).replace("mine", "stuck")
    program = parse_program(text)
    system = make_system(program, touches=True)
    goals = list_goals(system, list_judged(program, None))
    assert "stuck" in goals.open
    assert not [goal for goal in goals.all if goal.name == "stuck"]
