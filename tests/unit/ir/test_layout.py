"""Packing: nothing overlaps, nothing is lost."""

import pytest
from checking import program_of
from hypothesis import given
from hypothesis import strategies as st
from ir_programs import increments, many_shapes, pool_and_mutex

from modelcheck.diagnostics import InternalError
from modelcheck.ir.layout import layout, print_layout, slot_bits
from modelcheck.ir.memory import UNINITIALISED, Memory

PROGRAMS = {"increments": increments, "pool": pool_and_mutex, "shapes": many_shapes}
every_program = pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)


@every_program
def test_no_two_slots_share_a_bit(make):
    taken = set()
    for packed in layout(make()).packed:
        bits = {(packed.word, packed.shift + i) for i in range(packed.bits)}
        assert not bits & taken
        assert packed.shift + packed.bits <= 64
        taken |= bits


@every_program
def test_every_slot_has_bits_for_each_of_its_values(make):
    for slot in Memory(make()).slots:
        assert slot.hi - slot.lo + 1 + slot.may_be_uninitialised <= 1 << slot_bits(slot)


@pytest.mark.slow
@pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)
@given(data=st.data())
def test_unpack_undoes_pack(make, data):
    packing = layout(make())
    values = []
    for slot in (packed.slot for packed in packing.packed):
        domain = st.integers(slot.lo, slot.hi)
        if slot.may_be_uninitialised:
            domain |= st.just(UNINITIALISED)
        values.append(data.draw(domain))
    assert packing.unpack(packing.pack(values)) == tuple(values)


@every_program
def test_start_vector_can_be_packed(make):
    memory = Memory(make())
    packing = layout(memory.program)
    assert packing.unpack(packing.pack(memory.start)) == memory.start


def test_a_value_outside_the_domain_is_refused():
    packing = layout(increments())
    with pytest.raises(InternalError, match=r"300 is no value of `x`"):
        packing.pack((0, 0, 0, 0, 300))


NEVER_STORED = """
@struct
class Node:
    given: U8
    stored: U8
    left: U8
    words: Array[U8] = array(2)


node = shared(Node, given=7)
spare = pool(Node, count=1)


@thread
def run():
    node.stored = 200
    node.words[1] = 9
    _ = node.left + node.given
    free(node)
    p: Ptr[Node] = new(Node, left=3)
    free(p)
"""


def test_what_nothing_stores_takes_only_the_bits_of_its_start():
    """Where a field lies decides nothing: a store to one is a store to all of that name."""
    found = {p.slot.name: p.bits for p in layout(program_of(NEVER_STORED)).packed}
    assert found["node.given"] == 3
    assert found["node.stored"] == 8
    assert found["node.left"] == 8  # `new` stores it
    assert found["node.words[0]"] == found["node.words[1]"] == 8
    assert found["spare[0].given"] == 1  # 0, or uninitialised


def test_program_counters_come_first_and_elements_stay_together():
    packing = layout(many_shapes())
    assert [p.slot.role for p in packing.packed[:4]] == ["pc"] * 4
    assert {(p.word, p.shift < 8) for p in packing.packed[:4]} == {(0, True)}
    trigger = {p.word for p in packing.packed if p.slot.object == "trigger" and not p.slot.element}
    assert len(trigger) == 1


def test_layout_as_text(golden):
    golden("ir/pool-and-mutex.layout", print_layout(layout(pool_and_mutex())))
