"""Traversal reaches every part of every node, and rebuilding with nothing to do changes nothing."""

import dataclasses
import typing

import pytest
from small_programs import GHOST, PLAIN, apply, at, block, body, local, num, through

from modelcheck.diagnostics import Span
from modelcheck.ir import nodes
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Assert,
    Assign,
    Branch,
    Check,
    Choose,
    Const,
    ContainerOf,
    Crash,
    Current,
    Discard,
    End,
    Enter,
    Free,
    HasFreeSlot,
    HasFreeThread,
    IsFinished,
    IsInitialised,
    Jump,
    Leave,
    Load,
    Local,
    Me,
    New,
    Precedes,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    Return,
    SetInterrupts,
    Spawn,
    StartsObject,
    Store,
    ThreadOf,
    Wait,
)
from modelcheck.ir.rebuild import map_end, map_expr, map_instr, map_targets, same_expr
from modelcheck.ir.traverse import (
    Regions,
    assigned_local,
    every_place,
    has_access,
    parts_of,
    predecessors,
    reachable_blocks,
    successors,
    used_locals,
    walk,
)
from modelcheck.ir.types import BOOL

HERE = Span("spec.py", 7)
A, B, C = local("a"), local("b"), local("c")
PLACE = through(A, "a", B)

EXPRS = [
    Const(1, BOOL),
    A,
    Me(),
    Current(),
    ThreadOf("t", A),
    Read(PLACE),
    AddressOf(PLACE),
    ContainerOf(A, "Node", ("a", num(0))),
    Alive(PLACE),
    IsInitialised(PLACE),
    StartsObject(A, "Node"),
    QueueLength(PLACE),
    QueueContains(PLACE, C),
    IsFinished(A),
    HasFreeThread("t"),
    HasFreeSlot("pool"),
    apply("and", A, B),
]
INSTRS = [
    Assign("v", A, span=HERE),
    Load("v", PLACE, PLAIN, span=HERE),
    Store(PLACE, C, PLAIN, span=HERE),
    QueueOp("append", PLACE, PLAIN, value=C, span=HERE),
    QueueOp("pop", PLACE, PLAIN, local="v", span=HERE),
    Check(C, "range", PLACE, span=HERE),
    Assert(C, "p", subject=PLACE, span=HERE),
    Wait(A, span=HERE),
    Choose("v", 2, span=HERE),
    New("v", "pool", span=HERE),
    Free(A, "Node", span=HERE),
    Discard(A, "Node", span=HERE),
    Enter("o", span=HERE),
    Leave("o", span=HERE),
    Spawn("v", "t", (A, B), span=HERE),
    Crash(span=HERE),
    Precedes("order", PLACE, through(C), span=HERE),
    SetInterrupts("irqs", A, span=HERE),
]
ENDS = [Jump("s", span=HERE), Branch(A, "s", "t", span=HERE), End(span=HERE), Return(A, span=HERE)]


def locals_anywhere(value):
    """The names of all Local nodes inside a node, found without `traverse`."""
    if isinstance(value, Local):
        return {value.name}
    if dataclasses.is_dataclass(value):
        parts = [getattr(value, f.name) for f in dataclasses.fields(value)]
        return set().union(*map(locals_anywhere, parts))
    if isinstance(value, tuple):
        return set().union(*map(locals_anywhere, value))
    return set()


def test_the_examples_have_every_kind_of_node():
    assert {type(e) for e in EXPRS} == set(typing.get_args(nodes.Expr))
    assert {type(i) for i in INSTRS} == set(typing.get_args(nodes.Instr))
    assert {type(e) for e in ENDS} == set(typing.get_args(nodes.Terminator))


@pytest.mark.parametrize("node", [*EXPRS, *INSTRS, *ENDS], ids=lambda n: type(n).__name__)
def test_every_local_in_a_node_is_found(node):
    found = (
        {e.name for e in walk(node) if isinstance(e, Local)}
        if node in EXPRS
        else set(used_locals(node))
    )
    assert found == locals_anywhere(node)


@pytest.mark.parametrize("node", [*EXPRS, *INSTRS, *ENDS], ids=lambda n: type(n).__name__)
def test_rebuilding_replaces_every_local_and_keeps_the_rest(node):
    def renamed(expr):
        return local(expr.name + "2") if isinstance(expr, Local) else expr

    rebuild = map_expr if node in EXPRS else map_instr if node in INSTRS else map_end
    assert rebuild(node, same_expr) == node
    result = rebuild(node, renamed)
    assert locals_anywhere(result) == {name + "2" for name in locals_anywhere(node)}
    assert getattr(result, "span", None) == getattr(node, "span", None)


def test_places_are_rebuilt_from_the_inside():
    seen = []

    def on_place(place):
        seen.append(place)
        return place

    inner = through(A, "next")
    outer = through(Read(inner), "n")
    map_expr(Read(outer), same_expr, on_place)
    assert seen == [inner, outer]


def test_every_place_has_those_inside_expressions():
    inner = at("y", "m")
    store = Store(at("x", "a", Read(inner)), QueueLength(at("x", "q")), PLAIN)
    assert set(every_place(store)) == {store.place, inner, at("x", "q")}


def test_locals_are_set_where_a_field_says_so():
    for instr in INSTRS:
        assert assigned_local(instr) == getattr(instr, "local", None)


def test_ghost_and_silent_reads_are_no_access():
    assert not has_access([Read(PLACE), Read(PLACE, GHOST)])
    assert has_access([apply("and", A, Alive(through(Read(PLACE, PLAIN))))])


def test_parts_are_direct_only():
    assert parts_of(apply("and", apply("not", A), B)) == (apply("not", A), B)


# -- graphs


def test_reachable_blocks_follow_constant_branches_one_way():
    given = body(
        block("s", end=Branch(Const(0, BOOL), "t", "u")), block("t"), block("u"), block("w")
    )
    assert [b.label for b in reachable_blocks(given)] == ["s", "u"]
    assert predecessors(given.blocks) == {"u": ["s"]}


def test_an_inner_region_stops_at_other_steps():
    given = [block("s", to="t"), block("t", to="u", inner=True), block("u", to="t")]
    assert [b.label for b in Regions(given).inner("s")] == ["s", "t"]


def test_a_branch_to_one_place_becomes_a_jump_unless_it_is_an_access():
    assert map_targets(Branch(A, "s", "t"), lambda _: "u") == Jump("u")
    access = Branch(Read(PLACE, PLAIN), "s", "t")
    assert map_targets(access, lambda _: "u") == Branch(access.condition, "u", "u")


def test_successors_in_order():
    assert [successors(end) for end in ENDS] == [("s",), ("s", "t"), (), ()]
