"""What a step means of a set or of an owner: its own bit, a bit, or all of it."""

from __future__ import annotations

import re

import pytest

from modelcheck.ir.alias import Aliases, Index
from modelcheck.ir.bits import find_shadows
from modelcheck.ir.dependence import Footprints, MemoryPart, may_depend
from tests.checking import program_of

TEXT = """
    @struct(marked=True)
    class Lock:
        owner: ThreadId
        holder: ThreadId = ghost()
        inside: Set[ThreadId]
        {more}

    @struct
    class Plain:
        owner: ThreadId
        inside: Set[ThreadId]

    lock = shared(Lock)
    plain = shared(Plain)
    locks = shared(Lock, count=2)
    n = shared(U8)

    @thread(count=2)
    def first():
        {first}

    @thread
    def second():
        {second}
"""


def indent(text, by=8):
    named = re.sub(r"(assert .*)", r'\1, "mine"', text.strip())
    return named.replace("\n", "\n" + " " * by)


ALL = """
WRITE_ONCE(lock.owner, None)
lock.inside.clear()
plain.inside.clear()
plain.owner = current()
WRITE_ONCE(n, 1)
WRITE_ONCE(locks[1].owner, None)
"""


def make(first, second=ALL, more=""):
    return program_of(TEXT.format(first=indent(first), second=indent(second), more=more))


def parts_of(program, template="first"):
    """What the first step of a template reads and writes: object, path and bit."""
    found = next(t for t in program.templates if t.name == template)
    label = next(b.label for b in found.body.blocks if b.rest)
    footprint = Footprints(program).of_step(found, label)
    return tuple(
        {p.pattern.path for p in parts if isinstance(p, MemoryPart)}
        for parts in (footprint.reads, footprint.writes)
    )


OWN = Index.OWN
GIVES_BACK = """
with atomic():
    assert lock.owner == current()
    lock.owner = None
"""
TAKES = """
with atomic():
    wait_until(lock.owner is None)
    lock.owner = current()
"""


@pytest.mark.parametrize(
    ("code", "reads", "writes"),
    [
        ("lock.inside.add(current())", set(), {("inside", OWN)}),
        ("lock.inside.discard(current())", set(), {("inside", OWN)}),
        ("lock.inside.clear()", set(), {("inside",)}),
        ("plain.inside.add(current())", {("inside",)}, {("inside",)}),
        ("assert current() in lock.inside", {("inside", OWN)}, set()),
        ("assert len(lock.inside) == 0", {("inside",)}, set()),
        ("assert lock.owner == current()", {("owner", OWN)}, set()),
        ("assert lock.owner is not None", {("owner",)}, set()),
        ("lock.owner = current()", set(), {("owner",)}),
        ("lock.owner = None", set(), {("owner",)}),
        (GIVES_BACK, {("owner", OWN)}, {("owner", OWN)}),
        (TAKES, {("owner",)}, {("owner", OWN)}),
        (TAKES.replace("lock", "plain"), {("owner",)}, {("owner",)}),
        (GIVES_BACK.replace("== current()", "!= current()"), {("owner", OWN)}, {("owner",)}),
        (GIVES_BACK.replace("lock.owner = None", "plain.owner = None"), None, {("owner",)}),
    ],
)
def test_this_is_what_a_step_means(code, reads, writes):
    found = parts_of(make(code))
    assert found[1] == writes
    if reads is not None:
        assert found[0] == reads


def test_another_place_is_not_the_one_that_was_asked():
    code = """
with atomic():
    i = READ_ONCE(n)
    assert locks[i].owner == current()
    {again}
    locks[i].owner = None
"""
    assert parts_of(make(code.format(again="pass")))[1] == {("owner", OWN)}
    assert parts_of(make(code.format(again="i = READ_ONCE(n)")))[1] == {("owner",)}


def test_a_load_that_nobody_uses_concerns_plain_stores_only():
    assert parts_of(make("READ_ONCE(lock.owner)"))[0] == set()
    assert parts_of(make("READ_ONCE(plain.owner)", "plain.owner = None"))[0] == {("owner",)}
    assert parts_of(make("plain.owner", "plain.owner = None"))[0] == {("owner",)}
    used = "mine = READ_ONCE(lock.owner)\nassert mine is None"
    assert parts_of(make(used))[0] == {("owner",)}


PAIR = """
with atomic():
    wait_until(lock.owner is None)
    lock.owner = current()
    lock.holder = current()
"""
BACK = """
with atomic():
    assert lock.owner == current()
    lock.owner = None
    lock.holder = None
"""
APART = PAIR.replace("    lock.holder = current()\n", "")


def shadows(*bodies, **more):
    program = make(*bodies, **more)
    return {cell.name: to for cell, to in find_shadows(program, Aliases(program)).items()}


def test_a_ghost_that_follows_another_field_is_its_shadow():
    assert shadows(PAIR, BACK) == {"holder": "owner"}


@pytest.mark.parametrize(
    "second",
    [
        "WRITE_ONCE(lock.owner, None)",
        "with atomic():\n    READ_ONCE(lock.owner)\n    lock.holder = None",
        BACK.replace("lock.holder = None", "lock.holder = current()"),
        BACK.replace("    lock.holder = None\n", ""),
        BACK + "crash()",
    ],
)
def test_a_ghost_that_can_differ_is_no_shadow(second):
    assert shadows(PAIR, second) == {}


def test_who_gives_a_lock_back_does_not_disturb_who_asks_whether_it_is_his():
    asks = "assert lock.owner != current()"
    program = make(GIVES_BACK, asks)
    footprints = Footprints(program)
    one, other = (
        footprints.of_step(t, next(b.label for b in t.body.blocks if b.rest))
        for t in program.templates
    )
    assert not may_depend(one, other)
    program = make("WRITE_ONCE(lock.owner, None)", asks)
    footprints = Footprints(program)
    one, other = (
        footprints.of_step(t, next(b.label for b in t.body.blocks if b.rest))
        for t in program.templates
    )
    assert may_depend(one, other)
