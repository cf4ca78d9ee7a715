"""What a step may touch, and which places may be the same memory."""

import pytest
from small_programs import (
    GHOST,
    ONCE,
    PLAIN,
    SILENT,
    apply,
    at,
    block,
    body,
    load,
    local,
    num,
    program,
    step,
    store,
    through,
)

from modelcheck.ir.alias import Aliases
from modelcheck.ir.footprint import Access, accesses, may_conflict, may_overlap, step_region
from modelcheck.ir.nodes import (
    Alive,
    Assert,
    Assign,
    Branch,
    Check,
    Const,
    Current,
    Discard,
    Enter,
    Free,
    HasFreeSlot,
    IsInitialised,
    Leave,
    Me,
    New,
    Object,
    ObjectRoot,
    Place,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    Template,
    ThreadOf,
    Wait,
)
from modelcheck.ir.types import U8, Embedded, RangeType

X_N, Y_M = at("x", "n"), at("y", "m")
ONE = Const(1, RangeType(1, 1))


def touched(*instrs):
    """What one block with these instructions touches."""
    return accesses((step("s", *instrs),), "s")


def read(place, kind=SILENT, *, conditional=False, aspect="value"):
    return Access(place, False, kind, conditional, aspect)


def write(place, kind=SILENT, *, conditional=False, aspect="value"):
    return Access(place, True, kind, conditional, aspect)


# -- regions


def test_a_region_ends_at_locations():
    given = body(
        step("s", end=Branch(local("b"), "t", "u"), rest=True),
        block("t", to="w"),
        block("u", to="w"),
        step("w", to="s", rest=True),
    )
    assert [b.label for b in step_region(given, "s")] == ["s", "t", "u"]
    assert [b.label for b in step_region(given, "w")] == ["w"]


def test_a_region_may_come_back_to_where_it_began():
    given = body(step("s", to="t", rest=True), block("t", to="s"))
    assert [b.label for b in step_region(given, "s")] == ["s", "t"]


# -- accesses


@pytest.mark.parametrize(
    ("instr", "expected"),
    [
        (load("v", X_N), [read(X_N, PLAIN)]),
        (store(X_N, kind=ONCE), [write(X_N, ONCE)]),
        (store(X_N, Read(Y_M, GHOST)), [read(Y_M, GHOST), write(X_N, PLAIN)]),
        (load("v", at("x", "a", Read(Y_M))), [read(Y_M), read(at("x", "a", Read(Y_M)), PLAIN)]),
        (QueueOp("read", X_N, PLAIN), [read(X_N, PLAIN)]),
        (QueueOp("append", X_N, PLAIN, value=Read(Y_M)), [read(Y_M), write(X_N, PLAIN)]),
        (QueueOp("popleft", X_N, PLAIN, local="v"), [write(X_N, PLAIN)]),
        (Assign("v", Read(X_N, ONCE)), [read(X_N, ONCE)]),
        (Wait(apply("==", Read(X_N, ONCE), num(1))), [read(X_N, ONCE)]),
        (Assert(apply("==", Read(X_N), num(1)), "p"), [read(X_N)]),
        (Check(IsInitialised(X_N), "uninitialised", Y_M), [read(X_N)]),
        (Check(Alive(X_N), "use-after-free", X_N), [read(X_N, aspect="life")]),
        (Assign("v", QueueLength(X_N)), [read(X_N)]),
        (Assign("v", QueueContains(X_N, Read(Y_M))), [read(X_N), read(Y_M)]),
        (Assign("v", HasFreeSlot("y")), [read(at("y"), aspect="life")]),
        (New("p", "y"), [write(at("y"), aspect="all")]),
        (Enter("y"), [write(at("y"), aspect="all")]),
        (Leave("y"), [write(at("y"), aspect="all")]),
        (Free(local("p"), "Node"), [write(through("p"), aspect="all")]),
        (Discard(local("p"), "Node"), [write(through("p"), aspect="all")]),
    ],
)
def test_every_kind_of_access_is_listed(instr, expected):
    assert list(touched(instr)) == expected


def test_a_pointer_kept_in_memory_is_read_too():
    head = Read(at("y", "next"), ONCE)
    place = through(head, "n")
    assert list(touched(load("v", place))) == [read(at("y", "next"), ONCE), read(place, PLAIN)]


def test_terminators_count():
    region = (step("s", end=Branch(apply("==", Read(X_N, ONCE), num(1)), "t", "t")),)
    assert list(accesses(region, "s")) == [read(X_N, ONCE)]


def test_what_only_some_ways_do_is_conditional():
    region = (
        step("s", load("v", X_N), end=Branch(local("b"), "t", "e")),
        block("t", store(X_N), to="e"),
        block("e", store(Y_M)),
    )
    assert [a.conditional for a in accesses(region, "s")] == [False, True, False]


def test_a_way_that_ends_early_makes_the_rest_conditional():
    region = (
        step("s", load("v", X_N), end=Branch(local("b"), "t", "e")),
        block("t"),
        block("e", store(Y_M)),
    )
    assert [a.conditional for a in accesses(region, "s")] == [False, True]


def test_a_way_out_to_a_location_makes_the_rest_conditional():
    region = (step("s", end=Branch(local("b"), "elsewhere", "e")), block("e", store(Y_M)))
    assert [a.conditional for a in accesses(region, "s")] == [True]


@pytest.mark.parametrize("op", ["and", "or"])
def test_right_operands_are_conditional(op):
    both = apply(op, Read(X_N, ONCE), Read(Y_M, ONCE))
    assert list(touched(Wait(both))) == [read(X_N, ONCE), read(Y_M, ONCE, conditional=True)]


def test_arms_of_a_choice_are_conditional():
    choice = apply("ite", Read(X_N), Read(Y_M), Read(X_N), type=U8)
    assert [a.conditional for a in touched(Assign("v", choice))] == [False, True, True]


# -- overlap

OBJECTS = (
    Object("many", "shared", Embedded("Node"), count=3),
    Object("pool", "pool", Embedded("Node"), count=2),
    Object("outer", "shared", Embedded("Outer")),
    Object("own", "per_thread", Embedded("Node")),
    Object("stack", "local", Embedded("Node"), template="t"),
    Object("flag", "shared", U8),
)
PROGRAM = program(
    Template("first", 2, body(block("s"))), Template("t", 2, body(block("s"))), objects=OBJECTS
)
ALIASES = Aliases(PROGRAM)


def own(index):
    return at("own", "n", index=apply("-", index, ONE, type=U8))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (X_N, X_N),
        (at("flag"), at("flag")),
        (at("many", "n", index=num(1)), at("many", "n", index=num(1))),
        (at("many", "n", index=num(1)), at("many", "n", index=local("v"))),
        (at("many", "n", index=Me()), at("many", "n", index=Me())),
        (at("x", "a", num(0)), at("x", "a", local("v"))),
        (at("x", "a"), at("x", "a", num(0))),
        (at("x"), X_N),
        (through("p", "n"), X_N),
        (through("p", "n"), through("s", "n")),
        (through("p", "n"), at("pool", "n", index=num(1))),
        (through("p", "n"), at("outer", "node", "n")),
        (through("p", "node", "n", struct="Outer"), through("s", "n")),
        (at("x", "q"), at("x", "q", num(0))),
        (at("x", "q", num(0)), at("x", "q", num(1))),
        (through("p", "n"), at("stack", "n")),
        (at("stack", "n", index=num(1)), at("stack", "n")),
        (through("p", "n"), own(Current())),
        (own(Current()), own(local("v"))),
        (own(ThreadOf("t", num(0))), own(Current())),
        (own(ThreadOf("t", num(0))), at("own", "n", index=num(2))),
        (own(ThreadOf("t", num(0))), own(ThreadOf("t", local("v")))),
    ],
)
def test_these_may_be_the_same_memory(a, b):
    assert may_overlap(ALIASES, a, b)
    assert may_overlap(ALIASES, b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (X_N, at("x", "m")),
        (X_N, at("y", "n")),
        (at("many", "n", index=num(1)), at("many", "n", index=num(2))),
        (at("x", "a", num(0)), at("x", "a", num(1))),
        (through("p", "n"), through("s", "m")),
        (through("p", "k", struct="Outer"), through("s", "n")),
        (through("p", "node", "n", struct="Outer"), X_N),
        (through("p", "n"), at("flag")),
        (at("x", "q"), at("x", "a")),
        (at("stack", "n"), at("stack", "n")),
        (own(Current()), own(Current())),
        (own(ThreadOf("first", num(0))), own(ThreadOf("t", num(0)))),
        (own(ThreadOf("t", num(0))), own(ThreadOf("t", num(1)))),
    ],
)
def test_these_never_are(a, b):
    assert not may_overlap(ALIASES, a, b)
    assert not may_overlap(ALIASES, b, a)


# -- conflicts


def test_two_reads_do_not_conflict():
    assert not may_conflict(ALIASES, read(X_N), read(X_N))
    assert may_conflict(ALIASES, read(X_N), write(X_N))
    assert may_conflict(ALIASES, write(X_N), write(X_N))


def test_life_and_value_do_not_meet():
    life = read(through("p", "n"), aspect="life")
    assert not may_conflict(ALIASES, life, write(through("s", "n")))


def test_what_ends_a_life_meets_both():
    free = write(through("p"), aspect="all")
    for other in (read(through("s", "n")), read(through("s", "n"), aspect="life"), free):
        assert may_conflict(ALIASES, free, other)
        assert may_conflict(ALIASES, other, free)


def test_a_life_is_that_of_the_whole_element():
    free = write(through("p", struct="Outer"), aspect="all")
    assert may_conflict(ALIASES, free, read(through("s", "n"), aspect="life"))
    assert not may_conflict(ALIASES, free, read(X_N, aspect="life"))


def test_a_new_slot_meets_its_pool():
    new = write(Place(ObjectRoot("pool")), aspect="all")
    assert may_conflict(ALIASES, new, read(at("pool", "n", index=num(1))))
    assert may_conflict(ALIASES, new, read(Place(ObjectRoot("pool")), aspect="life"))
    assert not may_conflict(ALIASES, new, read(X_N))


def test_pointers_reach_only_what_is_named():
    narrow = Aliases(PROGRAM, {"x"})
    assert may_overlap(narrow, through("p", "n"), X_N)
    assert not may_overlap(narrow, through("p", "n"), at("y", "n"))
