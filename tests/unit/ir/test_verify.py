"""Each rule for legal programs fires on a program that breaks it, and on no other."""

import re
from dataclasses import replace

import pytest
from ir_programs import (
    BOOL,
    EMPTY,
    MODE,
    THREAD_ID,
    U8,
    at,
    increments,
    many_shapes,
    pool_and_mutex,
)

from modelcheck.diagnostics import InternalError
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Assign,
    Block,
    Body,
    Branch,
    Choose,
    Const,
    ContainerOf,
    Crash,
    Current,
    End,
    Enter,
    Field,
    Free,
    HasFreeThread,
    IsFinished,
    Jump,
    Kind,
    Load,
    Local,
    LocalVar,
    Me,
    New,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    Property,
    QueueOp,
    Read,
    Return,
    SetInterrupts,
    Spawn,
    StepInfo,
    Store,
    Struct,
    Template,
    Wait,
)
from modelcheck.ir.types import ArrayOf, Embedded, PtrType, QueueOf, RangeType, SetType
from modelcheck.ir.verify import RULES, verify

STEP = StepInfo(span=at(1))
X = Place(ObjectRoot("x"))
GHOST = Place(ObjectRoot("g"))
ONE = Const(1, U8)
TRUE = Const(1, BOOL)
ITEM = PtrType("Item")
VALUE = Place(PointerRoot(Local("p"), "Item"), ("value",))
ITEMS = Object("items", "pool", Embedded("Item"), count=2)
OBJECTS = (
    Object("x", "shared", U8),
    Object("g", "shared", U8, ghost=True),
    Object("many", "shared", U8, count=2),
    ITEMS,
    Object("q", "shared", Embedded("Holder")),
    Object("own", "local", Embedded("Item"), template="run"),
    Object("foreign", "local", Embedded("Item"), template="slot"),
)
STRUCTS = (
    Struct("Item", (Field("value", U8), Field("seen", U8, ghost=True))),
    Struct("Holder", (Field("queue", QueueOf(U8, 2)), Field("item", Embedded("Item")))),
)
LOCALS = (
    LocalVar("v", U8),
    LocalVar("b", BOOL),
    LocalVar("p", ITEM),
    LocalVar("old", ITEM),
    LocalVar("t", THREAD_ID),
)
SLOT = Template("slot", 1, replace(EMPTY, locals=(LocalVar("a", U8),)), True, ("a",))


def program_of(*blocks, structs=STRUCTS, objects=OBJECTS, **changes):
    """A program with one thread of these blocks."""
    run = Template("run", 2, Body(blocks[0].label, blocks, LOCALS))
    made = Program("broken", structs, objects, (run, SLOT), EMPTY, ())
    return replace(made, **changes)


def step(*instrs, end=None, label="a", **flags):
    """A block that begins a step."""
    return Block(label, instrs, end or End(), step=STEP, **flags)


def plain(*instrs, **flags):
    """A program whose thread does this in one plain step."""
    return program_of(step(*instrs, **flags))


def local(*instrs):
    """A program whose thread does this as local work."""
    return program_of(Block("a", instrs, End()))


def atomic(*instrs):
    return program_of(step(*instrs, atomic=True))


def templates(*made):
    """A program with these templates, and no objects that belong to others."""
    return program_of(step(), objects=(), templates=made)


def declared(obj, **changes):
    return program_of(step(), objects=(*OBJECTS, obj), **changes)


def with_property(body, kind="final"):
    return program_of(step(), properties=(Property("fine", kind, body),))


def judged(*instrs, end=None):
    """A program with a property whose body is this."""
    block = Block("a", instrs, end or Return(TRUE))
    return with_property(Body("a", (block,), LOCALS))


def load(place, kind=Kind.PLAIN):
    return Load("v", place, kind)


def store(place, kind=Kind.PLAIN, value=ONE):
    return Store(place, value, kind)


def apply(op, *args, type=U8):
    return Assign("b" if type == BOOL else "v", Apply(op, args, type))


NEW = New("p", "items")
CYCLE = Struct("Loop", (Field("again", ArrayOf(Embedded("Loop"), 2)),))
FIVE = Const(5, RangeType(5, 9))
FROM_FIVE = Struct("P", (Field("grid", ArrayOf(RangeType(5, 9), 2)),))
HUGE = Struct("Huge", (Field("set", SetType(RangeType(0, 63))),))

LEGAL = {
    "several accesses in an atomic step": atomic(load(X), store(X), load(GHOST, Kind.GHOST)),
    "a wait and a store in an atomic step": atomic(
        Wait(Apply("==", (Read(X, Kind.RMW), ONE), BOOL)), store(X, Kind.RMW)
    ),
    "an access, then local work": plain(load(X), apply("+", Local("v"), ONE)),
    "an access and ghosts": plain(store(X), store(GHOST, Kind.GHOST)),
    "a silent store to what is new": plain(NEW, store(VALUE, Kind.SILENT)),
    "a silent store to an own object": local(
        Enter("own"), store(Place(ObjectRoot("own"), ("value",)), Kind.SILENT)
    ),
    "a choice that a wait filters": local(
        Choose("v", 2), Wait(Apply("<", (Local("v"), ONE), BOOL))
    ),
    "a wait behind a choice two blocks before": program_of(
        Block("a", (Choose("v", 2),), Jump("b")),
        Block("b", (), Jump("c")),
        Block("c", (Wait(TRUE),), End()),
    ),
    "inner blocks go on": program_of(
        step(load(X, Kind.ONCE), end=Jump("b")),
        Block("b", (load(X, Kind.ONCE),), End(), inner=True),
    ),
    "a set of 63": program_of(
        step(), structs=(*STRUCTS, Struct("Big", (Field("set", SetType(RangeType(0, 62))),)))
    ),
    "increments": increments(),
    "a pool": pool_and_mutex(),
    "all shapes": many_shapes(),
}

ILLEGAL = {
    "unique names": (
        program_of(step(), structs=(*STRUCTS, STRUCTS[0])),
        declared(OBJECTS[0]),
        program_of(step(end=Jump("a")), step()),
        templates(SLOT, SLOT),
        program_of(step(), structs=(*STRUCTS, Struct("S", (Field("f", U8), Field("f", U8))))),
        with_property(Body("a", (Block("a", (), Return(TRUE)),), (LOCALS[0], LOCALS[0]))),
    ),
    "names resolve": (
        plain(load(Place(ObjectRoot("nothing")))),
        plain(load(Place(ObjectRoot("q"), ("nothing",)))),
        plain(load(Place(ObjectRoot("x"), (ONE,)))),
        plain(Load("nothing", X, Kind.PLAIN)),
        plain(store(X, value=Local("nothing"))),
        plain(store(Place(PointerRoot(Local("p"), "Nothing"), ("value",)))),
        plain(end=Jump("nothing")),
        plain(end=Branch(TRUE, "a", "nothing")),
        plain(New("p", "nothing")),
        plain(Assign("b", HasFreeThread("nothing"))),
        program_of(step(), structs=(*STRUCTS, Struct("S", (Field("f", PtrType("Nothing")),)))),
        program_of(step(), structs=(*STRUCTS, Struct("S", (Field("f", Embedded("Nothing")),)))),
        declared(Object("o", "pool", Embedded("Item"), count=1, stable=("nothing",))),
        templates(SLOT, replace(SLOT, name="r", interrupts="nothing")),
        program_of(step(), initial=Body("nothing", EMPTY.blocks)),
    ),
    "finite structs": (program_of(step(), structs=(*STRUCTS, CYCLE)),),
    "small sets": (program_of(step(), structs=(*STRUCTS, HUGE)),),
    "objects": (
        declared(Object("o", "pool", Embedded("Item"))),
        declared(Object("o", "pool", U8, count=2)),
        declared(Object("o", "per_thread", U8, count=2)),
        declared(Object("o", "local", Embedded("Item"))),
        declared(Object("o", "shared", U8, template="run")),
        declared(Object("o", "shared", Embedded("Item"), stable=("value",))),
        declared(Object("o", "shared", Embedded("Item"), reuse=True)),
        plain(load(Place(ObjectRoot("many")))),
        plain(New("p", "q")),
        local(Enter("q")),
    ),
    "constant starts": (
        declared(Object("o", "shared", U8, start=((0, (), Local("v")),))),
        declared(Object("o", "shared", U8, start=((1, (), ONE),))),
        declared(
            Object(
                "o",
                "shared",
                Embedded("P"),
                start=((0, ("p",), AddressOf(Place(ObjectRoot("items", Local("v"))))),),
            ),
            structs=(*STRUCTS, Struct("P", (Field("p", ITEM),))),
        ),
    ),
    "starts fit": (
        declared(Object("o", "shared", RangeType(5, 9))),
        declared(Object("o", "shared", RangeType(5, 9), count=2, start=((1, (), FIVE),))),
        declared(Object("o", "shared", Embedded("P")), structs=(*STRUCTS, FROM_FIVE)),
        declared(Object("o", "pool", Embedded("P"), count=2), structs=(*STRUCTS, FROM_FIVE)),
        declared(Object("o", "per_thread", Embedded("P")), structs=(*STRUCTS, FROM_FIVE)),
    ),
    "templates": (
        plain(Spawn("t", "run", ())),
        plain(Spawn("t", "slot", ())),
        plain(Assign("b", HasFreeThread("run"))),
        templates(replace(SLOT, parameters=("nothing",))),
        templates(replace(SLOT, count=2), replace(SLOT, name="irq", count=3, interrupts="slot")),
        templates(replace(SLOT, count=0)),
    ),
    "properties": (
        judged(store(X)),
        judged(load(X, Kind.PLAIN)),
        judged(Choose("v", 2)),
        judged(Wait(TRUE)),
        judged(NEW),
        judged(QueueOp("clear", Place(ObjectRoot("q"), ("queue",)), Kind.PLAIN)),
        with_property(None),
        with_property(Body("a", (Block("a", (), Return(TRUE)),)), kind="assert"),
    ),
    "locations": (
        program_of(Block("a", (), End(), rest=True)),
        plain(rest=True, inner=True),
        plain(rest=True, live=("nothing",)),
        program_of(step(), initial=Body("a", (step(rest=True),))),
    ),
    "ends": (plain(end=Return(TRUE)), judged(end=End())),
    "operators": (
        plain(apply("frobnicate", ONE)),
        plain(apply("+", ONE)),
        plain(apply("neg", ONE, ONE)),
    ),
    "types agree": (
        plain(store(X, value=TRUE)),
        plain(store(X, value=Const(0, MODE))),
        plain(Assign("b", ONE)),
        plain(Load("t", X, Kind.PLAIN)),
        plain(load(Place(ObjectRoot("q"), ("queue",)))),
        plain(load(Place(ObjectRoot("q"), ("item",)))),
        plain(load(Place(ObjectRoot("many", TRUE)))),
        plain(apply("+", ONE, TRUE)),
        plain(apply("and", ONE, TRUE, type=BOOL)),
        plain(apply("==", ONE, TRUE, type=BOOL)),
        plain(apply("==", Local("p"), Local("t"), type=BOOL)),
        plain(apply("ite", TRUE, ONE, Const(0, MODE), type=MODE)),
        plain(apply("<", ONE, ONE)),
        plain(Wait(ONE)),
        plain(end=Branch(ONE, "a", "a")),
        plain(store(Place(PointerRoot(Local("t"), "Item"), ("value",)))),
        plain(Assign("p", AddressOf(X))),
        plain(Assign("p", ContainerOf(Local("p"), "Holder", ("queue",)))),
        plain(Assign("p", Const(0, PtrType("Holder")))),
        plain(Assign("b", IsFinished(ONE))),
        plain(Assign("b", Const(2, BOOL))),
        plain(Free(Local("t"), "Item")),
        plain(QueueOp("append", Place(ObjectRoot("q"), ("queue",)), Kind.PLAIN)),
        plain(QueueOp("append", Place(ObjectRoot("q"), ("queue",)), Kind.PLAIN, TRUE)),
        plain(QueueOp("popleft", Place(ObjectRoot("q"), ("queue",)), Kind.PLAIN, local="b")),
        plain(Spawn("t", "slot", (TRUE,))),
        plain(Choose("v", 0)),
        judged(end=Return(ONE)),
    ),
    "running thread": (
        judged(Assign("v", Me())),
        judged(Assign("t", Current())),
        judged(load(Place(ObjectRoot("own"), ("value",)), Kind.SILENT)),
        plain(load(Place(ObjectRoot("foreign"), ("value",)))),
        local(Enter("foreign")),
        program_of(step(), initial=Body("a", (Block("a", (Crash(),), End()),))),
        program_of(step(), initial=Body("a", (Block("a", (SetInterrupts("irqs", TRUE),), End()),))),
    ),
    "kinds": (
        plain(load(X, Kind.RELEASE)),
        plain(store(X, Kind.ACQUIRE)),
        plain(store(X, Kind.DEPENDENT)),
        plain(store(X, Kind.GHOST)),
        plain(load(X, Kind.GHOST)),
        plain(store(X, Kind.SILENT)),
        plain(Assign("p", Local("old")), store(VALUE, Kind.SILENT)),
        plain(QueueOp("clear", Place(ObjectRoot("q"), ("queue",)), Kind.SILENT)),
        plain(store(X, Kind.RMW)),
        plain(Wait(Apply("==", (Read(X, Kind.RMW), ONE), BOOL))),
    ),
    "local work": (
        local(load(X)),
        local(store(X)),
        local(NEW),
        local(Assign("v", Read(X, Kind.ONCE))),
        local(SetInterrupts("irqs", TRUE)),
        program_of(step(end=Jump("b")), Block("b", (store(X),), End())),
    ),
    "one access": (
        plain(load(X), store(X)),
        plain(NEW, store(VALUE, Kind.PLAIN)),
    ),
    "waits": (
        plain(store(X), Wait(TRUE)),
        local(Wait(TRUE)),
        program_of(step(end=Jump("b")), Block("b", (Wait(TRUE),), End())),
    ),
}


@pytest.mark.parametrize("program", LEGAL.values(), ids=LEGAL)
def test_legal_programs_pass(program):
    verify(program)


def test_every_rule_has_a_program_that_breaks_it():
    assert ILLEGAL.keys() == RULES.keys()


CASES = [(rule, i, program) for rule, made in ILLEGAL.items() for i, program in enumerate(made)]


@pytest.mark.parametrize(
    ("rule", "program"), [(r, p) for r, _, p in CASES], ids=[f"{r}-{i}" for r, i, _ in CASES]
)
def test_a_broken_rule_is_named(rule, program):
    with pytest.raises(InternalError, match=re.escape(f"breaks the rule `{rule}`")):
        verify(program)


def test_the_message_says_pass_place_and_node():
    with pytest.raises(InternalError) as caught:
        verify(local(Load("v", X, Kind.PLAIN, span=at(7))), after="fold")
    message = str(caught.value)
    assert "program `broken` after `fold` breaks the rule `local work`" in message
    assert "template `run`: block `a`: `%v = load plain x ; spec.py:7:5`" in message
