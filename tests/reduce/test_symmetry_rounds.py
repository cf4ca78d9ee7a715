"""Rounds of a loop that change memory: where their order is noticed, and where it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from checking import program_of, violated

from modelcheck.backends.native.compiler import NoCompilerError, locate_compiler
from modelcheck.diagnostics import InternalError
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.ir.nodes import Program
from modelcheck.reduce.segments import close
from modelcheck.reduce.symmetry import find_symmetry
from reduce.symmetry_kit import SYMMETRIC, check_equivariance, moved, search, symmetry_of, verdicts

HEAD = """
@struct(marked=True)
class Slot:
    used: Bool
    kind: U8
    num: U8
    next: Ptr[Slot]
    top: Ptr["Top"]
    waits: Set[ThreadId]
    seen: U8 = ghost(0)


@struct(marked=True)
class Top:
    count: U8
    more: U8
    last: Ptr[Slot]
    chosen: Set[Ptr[Slot]]


slots = shared(Slot, count=3)
top = shared(Top)
"""


def write(body: str, *, count: int = 2, choose: str = "range(3)") -> str:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return (
        f"{HEAD}\n\n@thread(count={count})\ndef work():\n    i = choose({choose})\n"
        f"    slots[i].used = True\n    with atomic():\n{lines}"
    )


IN_ANY_ORDER = {
    "each its own": "for s in slots:\n    s.num = 1",
    "each its own, where it is asked": "for s in slots:\n    if s.used:\n        s.num = 2",
    "each leaves a set": "for s in slots:\n    s.waits.discard(current())",
    "each leaves a set, where it is one of another": (
        "chosen = top.chosen\nfor s in slots:\n    if s in chosen:\n"
        "        s.waits.discard(current())"
    ),
    "nested": "if top.count == 0:\n    for s in slots:\n        s.num = 1\n    top.count = 1",
    "two loops": "for s in slots:\n    s.num = 1\nfor s in slots:\n    s.kind = s.num",
    "with what is used in the round only": (
        "for s in slots:\n    held = s.kind\n    if s.used and held == 0:\n        s.num = 1"
    ),
    "ghosts": "for s in slots:\n    s.seen = 1",
}


@pytest.mark.parametrize("body", IN_ANY_ORDER.values(), ids=IN_ANY_ORDER)
def test_rounds_that_touch_nothing_of_each_other_come_in_any_order(body):
    program = program_of(write(body))
    assert moved(write(body)) == {"work", "slots"}
    assert check_equivariance(program) > 0
    plain, reduced = search(program)
    assert verdicts(plain) == verdicts(reduced)
    assert reduced.counts.states < plain.counts.states / 2


IN_ORDER = {
    "the last one stays": "for s in slots:\n    if s.used:\n        top.last = s",
    "some are enough": (
        "for s in slots:\n    if top.count < 2:\n        s.num = 1\n        top.count += 1"
    ),
    "one is told by the one before": (
        "for s in slots:\n    if s.used:\n        for t in slots:\n            if t.next is None:\n"
        "                t.next = s"
    ),
    "through a pointer": (
        "slots[i].next = choose(s for s in slots)\nfor s in slots:\n    if s.used:\n"
        "        if s.next is not None:\n            s.next.used = True"
    ),
    "a count that is kept": (
        "n: U8 = 0\nfor s in slots:\n    if s.used:\n        n += 1\n        s.num = n"
    ),
    "two that hand on a local": (
        "top.count = 1\ntop.more = 2\nheld = top.count\nslots[0].num = held\n"
        "held = top.more\nslots[1].num = held\nslots[2].num = held"
    ),
    "what is read is what was written": (
        "if slots[0].used:\n    held = slots[0].num\n    slots[0].num = 1\n"
        "    slots[0].kind = held\nif slots[1].used:\n    slots[1].num = 1\n"
        "    held = slots[1].num\n    slots[1].kind = held\nif slots[2].used:\n"
        "    held = slots[2].num\n    slots[2].num = 1\n    slots[2].kind = held"
    ),
    "up to the first": ("for s in slots:\n    s.num = 1\n    if s.used:\n        break"),
    "one of them differs": "for s in slots:\n    s.num = 1\nslots[1].num = 2",
    "by their numbers": "for k in range(3):\n    slots[k].num = k",
}


@pytest.mark.parametrize("body", IN_ORDER.values(), ids=IN_ORDER)
def test_rounds_whose_order_is_noticed_keep_it(body):
    text = write(body)
    assert all(c.numbers != (0, 1, 2) for c in symmetry_of(text).classes if "slots" in c.objects)
    program = program_of(text)
    check_equivariance(program)
    plain, reduced = search(program)
    assert verdicts(plain) == verdicts(reduced)


FAILING = """
{head}

@thread(count=2)
def work():
    i = choose(range(3))
    with atomic():
        if top.count == 0:
            slots[i].kind = 1
            for s in slots:
                if s is not slots[i]:
                    s.kind = {other}
        top.count = 1
    with atomic():
        for s in slots:
            assert s.kind != 1, "one"
            assert s.kind != 2, "two"
            s.num = 1
"""


def fail(other: int) -> str:
    return FAILING.format(head=HEAD, other=other)


def find_violated(program: Program, options: Options) -> set[str]:
    """What is violated; where the way to it cannot be told, that."""
    try:
        return violated(explore(program, options))
    except InternalError as error:
        return {str(error)}


def test_rounds_that_may_fail_are_assumed_not_to():
    text = fail(other=0).replace("slots[i].kind = 1", "slots[i].kind = 3")
    assert find_symmetry(program_of(text)).assumed == {"one", "two"}
    assert moved(text) == {"work", "slots"}
    assert {
        n for c in find_symmetry(program_of(text), assumes=False).classes for n in c.objects
    } == set()
    plain, reduced = search(program_of(text))
    assert violated(plain) == set()
    assert verdicts(plain) == verdicts(reduced)
    assert reduced.counts.states < plain.counts.states / 3


def test_which_round_fails_first_is_not_lost_with_the_assumption():
    """Slot 0 fails with `one` before slot 1 with `two`, or the other way round, never both."""
    program = program_of(fail(other=2))
    assert find_violated(program, Options()) == {"one", "two"}
    assert find_violated(program, SYMMETRIC) == {"one", "two"}
    reduced = explore(program, SYMMETRIC)
    strict = explore(program, replace(SYMMETRIC, symmetry_assumes=False))
    assert reduced.counts == strict.counts


def test_a_refuted_assumption_counts_though_nobody_asked():
    program = program_of(fail(other=2))
    asked = replace(SYMMETRIC, properties=frozenset({"two"}))
    assert find_violated(program, asked) == {"two"}
    text = fail(other=2).replace('s.kind != 1, "one"', 's.kind != 1 or s.top.count == 0, "one"')
    told = program_of(text + "\n\nallow('null-dereference', because='it is known')\n")
    assert find_symmetry(told).assumed == {"null-dereference", "two"}
    assert find_violated(told, SYMMETRIC) == find_violated(told, Options()) == {"two"}


def test_both_backends_begin_again():
    try:
        locate_compiler()
    except NoCompilerError:
        pytest.skip("no C compiler")
    program = program_of(fail(other=2))
    ours, theirs = explore_native(program, SYMMETRIC), explore(program, SYMMETRIC)
    assert ours.counts == theirs.counts
    assert verdicts(ours) == verdicts(theirs)
    assert violated(ours) == {"one", "two"}
    assert violated(explore_native(program, Options())) == {"one", "two"}
    asked = replace(SYMMETRIC, properties=frozenset({"two"}))
    assert violated(explore_native(program, asked)) == {"two"}


RACING = """
@struct{marked}
class Slot:
    a: Bool
    b: Bool
    num: U8


slots = shared(Slot, count=2)


@thread
def look():
    with atomic():
        if slots[0].a:
            if slots[0].b:
                slots[0].num = 1
        if slots[1].b:
            if slots[1].a:
                slots[1].num = 1


@thread(count=2)
def write(me):
    slots[me].b = True
    slots[me].a = True
"""


def test_rounds_that_look_in_another_order_keep_it_where_they_race():
    marked, plain = (program_of(RACING.format(marked=m)) for m in ("(marked=True)", ""))
    assert [c.numbers for c in find_symmetry(marked).classes] == [(0, 1)]
    assert not find_symmetry(plain).classes
    check_equivariance(marked)
    full, reduced = search(plain)
    assert verdicts(full) == verdicts(reduced)


def test_what_is_not_excused_takes_with_it_what_was_excused_together():
    places = [(label, 0) for label in "abcde"]
    together = [{places[0], places[1]}, {places[1], places[2]}, {places[3], places[4]}]
    assert close({places[0]}, together) == set(places[:3])
    assert close(set(), together) == set()


def test_rounds_that_may_be_raced_with_keep_their_order():
    text = write("for s in slots:\n    if s.used:\n        s.num = 1").replace("(marked=True)", "")
    program = program_of(text)
    check_equivariance(program)
    plain, reduced = search(program)
    assert verdicts(plain) == verdicts(reduced)
