"""Numbers that are larger than those the program holds."""

from __future__ import annotations

import pytest

from modelcheck.backends.smt.system import make_system
from modelcheck.backends.smt.terms import Terms
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.diagnostics import InternalError
from modelcheck.ir.bounds import bounds_of
from modelcheck.ir.memory import Memory
from modelcheck.prove.prove import ProveOptions, prove
from modelcheck.prove.result import Answer
from tests.prove.endless import answers, make

WIDE = '''
"""Two Bools that are set in order, and many threads or objects."""

from modelcheck.lang import (
    Array, Bool, Int, U16, READ_ONCE, WRITE_ONCE, array, atomic, between, choose, invariant, shared,
    spec, struct, thread, wait_until,
)

spec("wide")

p = shared(Bool)
q = shared(Bool)
'''

MANY_THREADS = """

@thread
def first():
    WRITE_ONCE(p, True)


@thread(count=COUNT)
def filler():
    wait_until(q and not p, idle=True)


@thread
def last():
    WRITE_ONCE(q, True)


@invariant
def in_order():
    return p or not q
"""

MANY_PLACES = """

@struct(marked=True)
class Item:
    v: Bool


@struct(marked=True)
class Outer:
    items: Array[Item] = array(10)


@struct(marked=True)
class Chosen:
    i: Int = between(0, 7)
    j: Int = between(0, 9)


outers = shared(Outer, count=8)
chosen = shared(Chosen)


@thread
def worker():
    with atomic(because="one step"):
        chosen.i = choose(range(8))
        chosen.j = 4
        p = True
    outers[0].items[0].v = True


@invariant
def not_the_first():
    return not (p and chosen.i == 6) or outers[chosen.i].items[chosen.j] is outers[0].items[0]
"""

LONG_STEP = """
level = shared(U16)


@thread
def worker():
    top = READ_ONCE(level)
    x: U16 = 0
    n: U16 = 0
    while n < 390:
ASKS
        n += 1
    WRITE_ONCE(level, x)


@thread
def other():
    WRITE_ONCE(level, 1)
"""


@pytest.mark.parametrize("count", [1, 2, 6, 7, 9, 14, 15, 16, 30, 31])
@pytest.mark.parametrize("method", ["bounded", "auto"])
def test_threads_are_told_apart_however_many_there_are(tmp_path, count, method):
    """With the width of a Bool the 17th would move with the first."""
    program = make(tmp_path, WIDE + MANY_THREADS.replace("COUNT", str(count)))
    found = prove(program, ProveOptions(method=method, most_steps=2, seconds=40.0))
    assert answers(found)["in_order"] is Answer.VIOLATED


def test_bounds_hold_the_numbers_of_threads(tmp_path):
    program = make(tmp_path, WIDE + MANY_THREADS.replace("COUNT", "20"))
    memory = Memory(program)
    assert bounds_of(memory, [t.body for t in program.templates])[1] >= len(memory.threads) == 22


def test_bounds_hold_how_many_elements_there_are(tmp_path):
    text = ALLOWED.replace("count=3", "count=700")
    program = make(tmp_path, WIDE.replace("    spec, struct,", "    allow, spec, struct,") + text)
    memory = Memory(program)
    assert bounds_of(memory, [t.body for t in program.templates])[1] >= 700


def test_objects_are_told_apart_however_many_there_are(tmp_path):
    text = WIDE + MANY_PLACES.replace("    with atomic", "    global p\n    with atomic")
    found = prove(make(tmp_path, text), ProveOptions(most_steps=3))
    assert answers(found)["not_the_first"] is Answer.VIOLATED


def test_there_is_room_for_what_faults_are_about(tmp_path):
    text = WIDE + MANY_PLACES.replace("    with atomic", "    global p\n    with atomic")
    text = text.replace("is outers[0].items[0]", "is outers[0].items[0] or True")
    program = make(tmp_path, text)
    with pytest.raises(InternalError):
        make_system(program).terms.term(80)
    make_system(program, asked=frozenset({"range"})).terms.term(80)


ALLOWED = """
numbers = shared(Bool, count=3)


@struct(marked=True)
class At:
    i: Int = between(-2, 6)


at = shared(At)
allow("out-of-bounds", on=numbers, because="a test")


@thread
def worker():
    at.i = choose(range(9)) - 2
    WRITE_ONCE(numbers[at.i], True)
"""


def test_what_is_allowed_of_an_object_is_allowed_outside_of_it_too(tmp_path):
    text = WIDE.replace("    spec, struct,", "    allow, spec, struct,") + ALLOWED
    found = prove(make(tmp_path, text), ProveOptions(method="bounded", seconds=40.0))
    known = {proof.name: proof.answer for proof in found.proofs}
    assert known["out-of-bounds"] is Answer.PROVED


def test_a_step_of_more_blocks_than_there_may_be_is_no_formula(tmp_path):
    """It diverges, and that is found by running it."""
    asks = "\n".join(f"        if top == {i}:\n            x = {i}" for i in range(2, 40))
    program = make(tmp_path, WIDE + LONG_STEP.replace("ASKS", asks))
    with pytest.raises(UnsupportedError, match="goes round too often"):
        prove(program, ProveOptions(most_steps=1))


def test_a_number_that_does_not_fit_is_no_term():
    terms = Terms("bits", -3, 5)
    assert terms.width == 5  # a sign, and one more than 5 needs
    assert [terms.number(terms.term(n)) for n in (-3, 5, 15, -16)] == [-3, 5, 15, -16]
    for number in (16, -17):
        with pytest.raises(InternalError, match="does not fit into 5 bits"):
            terms.term(number)
    assert Terms("ints", -3, 5).term(1 << 40) is not None
