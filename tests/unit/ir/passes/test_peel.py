"""The start of an interrupt handler: a place that nothing leads back to."""

from dataclasses import replace

from small_programs import apply, at, block, body, local, num, program, step, store

from modelcheck.ir.nodes import Assign, Branch, Kind, LocalVar, Read, Wait
from modelcheck.ir.passes.join import join
from modelcheck.ir.passes.peel import peel
from modelcheck.ir.traverse import successors
from modelcheck.ir.types import U8

N = at("x", "n")
STEP = step("s", store(N), to="again")
BACK = Branch(apply("==", local("v"), num(0)), "s", "e")
LOOP = (STEP, block("again", end=BACK), block("e"))
V = (LocalVar("v", U8),)


def peeled(given, *, interrupts="other"):
    """The body of a handler after `join` and `peel`."""
    made = join(program(given))
    template = replace(made.templates[0], interrupts=interrupts)
    return peel(replace(made, templates=(template,))).templates[0].body


def find_block(found, label):
    return next(b for b in found.blocks if b.label == label)


def starts(found):
    """Where a handler stands before its first step."""
    waiting, seen = [found.entry], set()
    while waiting:
        label = waiting.pop()
        if label not in seen and not find_block(found, label).rest:
            waiting += successors(find_block(found, label).end)
        seen.add(label)
    return {label for label in seen if find_block(found, label).rest}


def led_to(found, outside=()):
    """All labels that some block leads to, but for the blocks in `outside`."""
    return {to for b in found.blocks if b.label not in outside for to in successors(b.end)}


def test_a_handler_that_loops_to_its_first_location_gets_a_start_of_its_own():
    found = peeled(body(*LOOP, locals=V))
    (start,) = starts(found)
    assert start not in led_to(found)
    assert find_block(found, start).instrs == find_block(found, "s").instrs
    assert successors(find_block(found, start).end) == successors(find_block(found, "s").end)


def test_local_work_before_the_first_location_is_copied_too():
    given = body(block("first", Assign("v", num(0)), to="s"), *LOOP, locals=V)
    given = replace(given, entry="first")
    found = peeled(given)
    (start,) = starts(found)
    assert start not in led_to(found, outside={found.entry})
    # It goes on in the loop itself, not in the copy.
    assert successors(find_block(found, start).end) == successors(find_block(found, "s").end)


def test_a_handler_that_never_comes_back_is_as_it_was():
    given = body(STEP, block("again", to="e"), block("e"))
    assert peeled(given) == join(program(given)).templates[0].body


def test_a_thread_that_interrupts_nobody_is_as_it_was():
    given = body(*LOOP, locals=V)
    assert peeled(given, interrupts="") == join(program(given)).templates[0].body


# -- handlers that begin by waiting


WAIT = Wait(apply("==", Read(N, Kind.ONCE), num(0)))
IDLE = Wait(apply("==", Read(N, Kind.ONCE), num(0)), idle=True)


def test_a_handler_that_begins_by_waiting_comes_before_it_waits():
    found = peeled(body(step("s", WAIT, store(N), to="e"), block("e")))
    (start,) = starts(found)
    assert find_block(found, start).instrs == ()
    assert successors(find_block(found, start).end) == ("s",)
    assert find_block(found, "s").rest


def test_an_idle_wait_is_what_makes_the_interrupt_come():
    given = body(step("s", IDLE, store(N), to="e"), block("e"))
    assert peeled(given) == join(program(given)).templates[0].body


def test_a_handler_that_waits_again_comes_once():
    again = body(
        step("s", WAIT, store(N), to="again"),
        block("again", end=BACK),
        block("e"),
        locals=V,
    )
    found = peeled(again)
    (start,) = starts(found)
    assert find_block(found, start).instrs == ()
    assert start not in led_to(found)


def test_a_wait_behind_the_first_step_needs_no_start_of_its_own():
    given = body(step("s", store(N), to="t"), step("t", WAIT, to="e"), block("e"))
    assert peeled(given) == join(program(given)).templates[0].body
