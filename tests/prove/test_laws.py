"""The laws behind the reductions' dependence, for all values: steps that mean different bits of a
set, or the bits of different threads of a ThreadId, commute and do not see each other (ir/bits.py).
"""

from __future__ import annotations

from itertools import product

import pytest
import z3

from modelcheck.ir.ops import OPS

WIDTH = 66  # holds every set, of 63 bits, with a sign
MASK, AT, OTHER = z3.BitVecs("mask i j", WIDTH)
IS_SET = z3.And(MASK >= 0, MASK < 1 << 63)
DIFFERENT = z3.And(AT >= 0, AT <= 62, OTHER >= 0, OTHER <= 62, AT != OTHER)
CHANGES = ("bit-set", "bit-clear")


def apply(symbol, *args):
    return OPS[symbol].smt.bits(z3, *args)


def prove(law, *given):
    solver = z3.Solver()
    solver.add(*given, z3.Not(law))
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.unsat


@pytest.mark.parametrize(("first", "second"), [*product(CHANGES, CHANGES)])
def test_changes_of_different_bits_commute(first, second):
    one = apply(second, apply(first, MASK, AT), OTHER)
    other = apply(first, apply(second, MASK, OTHER), AT)
    assert prove(one == other, IS_SET, DIFFERENT)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_bit_is_not_seen_at_another(change):
    before, after = (
        apply("bit-test", MASK, OTHER),
        apply("bit-test", apply(change, MASK, AT), OTHER),
    )
    assert prove(before == after, IS_SET, DIFFERENT)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_bit_is_seen_at_itself(change):
    """So the laws above say something: without the two being different they do not hold."""
    within = z3.And(AT >= 0, AT <= 62, AT == OTHER)
    before, after = (
        apply("bit-test", MASK, OTHER),
        apply("bit-test", apply(change, MASK, AT), OTHER),
    )
    assert not prove(before == after, IS_SET, within)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_bit_keeps_a_set(change):
    after = apply(change, MASK, AT)
    assert prove(z3.And(after >= 0, after < 1 << 63), IS_SET, AT >= 0, AT <= 62)


def test_who_gives_back_or_takes_what_is_nobody_elses_is_not_seen_by_another():
    """`owner == current()` of one thread, and another that stores None or itself where one of these
    stood.
    """
    owner, stored, me, you = z3.Ints("owner stored me you")
    people = z3.And(me > 0, you > 0, me != you)
    mine = z3.And(z3.Or(owner == 0, owner == me), z3.Or(stored == 0, stored == me))
    assert prove((owner == you) == (stored == you), people, mine)
    assert not prove((owner == you) == (stored == you), people, z3.Or(stored == 0, stored == me))
    assert not prove((owner == 0) == (stored == 0), people, mine)  # who asks whether it is free
