"""A program's text says everything about it: printing and parsing are inverses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_programs import increments, many_shapes, pool_and_mutex

from modelcheck.diagnostics import NOWHERE, InternalError, Span
from modelcheck.ir import nodes as ir
from modelcheck.ir.ops import OPS
from modelcheck.ir.text import parse_program, print_program, show_node
from modelcheck.ir.types import (
    BOOL,
    FN,
    THREAD_ID,
    U8,
    ArrayOf,
    Embedded,
    EnumType,
    PtrType,
    QueueOf,
    RangeType,
    SetType,
    WordType,
)

# ---------------------------------------------------------------------------------------------
# Generated nodes: legal or not, the text must carry them

# Names as the front end makes them, words of the text itself, and what must be quoted.
names = st.sampled_from(
    [
        "x",
        "files",
        "end",
        "enum",
        "None",
        "True",
        "v.2",
        "a b",
        "",
        "é",
        '"',
        "min",
        "me",
        "a-b",
        "; ",
    ]
) | st.text(max_size=4)
numbers = st.integers(-(1 << 63), 1 << 63)
small = st.integers(0, 5)
spans = st.just(NOWHERE) | st.builds(Span, names, small, small, small, small)
elements = st.one_of(
    st.sampled_from([BOOL, THREAD_ID]),
    st.builds(RangeType, numbers, numbers),
    st.builds(EnumType, names, st.lists(names, max_size=3).map(tuple)),
    st.builds(PtrType, names),
)
scalars = st.one_of(elements, st.just(FN), st.builds(WordType, small), st.builds(SetType, elements))
value_types = st.recursive(
    st.one_of(scalars, st.builds(Embedded, names), st.builds(QueueOf, scalars, small)),
    lambda inner: st.builds(ArrayOf, inner, small),
    max_leaves=2,
)
kinds = st.sampled_from(ir.Kind)


def optional(strategy):
    return st.none() | strategy


def paths(inner):
    return st.lists(names | inner, max_size=3).map(tuple)


def places(inner):
    roots = st.builds(ir.ObjectRoot, names, optional(inner)) | st.builds(
        ir.PointerRoot, inner, names
    )
    return st.builds(ir.Place, roots, paths(inner))


def compound(inner):
    place = places(inner)
    arguments = st.lists(inner, max_size=3).map(tuple)
    applied = st.builds(ir.Apply, st.sampled_from(sorted(OPS)) | names, arguments, scalars)
    return st.one_of(
        applied,
        st.builds(ir.ThreadOf, names, inner),
        st.builds(ir.Read, place, kinds),
        st.builds(ir.AddressOf, place),
        st.builds(ir.ContainerOf, inner, names, paths(inner)),
        st.builds(ir.Alive, place, st.booleans()),
        st.builds(ir.IsInitialised, place),
        st.builds(ir.StartsObject, inner, names),
        st.builds(ir.QueueLength, place),
        st.builds(ir.QueueContains, place, inner),
        st.builds(ir.IsFinished, inner),
    )


constants = st.builds(ir.Const, small | numbers, scalars)
leaves = st.one_of(
    constants,
    st.builds(ir.Local, names),
    st.just(ir.Me()),
    st.just(ir.Current()),
    st.builds(ir.HasFreeThread, names),
    st.builds(ir.HasFreeSlot, names),
)
exprs = st.recursive(leaves, compound, max_leaves=4)
somewhere = places(exprs)


def node(kind, *parts):
    return st.tuples(st.tuples(*parts), spans).map(lambda made: kind(*made[0], span=made[1]))


verbs = st.sampled_from(["append", "appendleft", "popleft", "pop", "remove", "clear", "read"])
instrs = st.one_of(
    node(ir.Assign, names, exprs),
    node(ir.Load, names, somewhere, kinds),
    node(ir.Store, somewhere, exprs, kinds),
    node(ir.QueueOp, verbs, somewhere, kinds, optional(exprs), optional(names)),
    node(ir.Check, exprs, names, optional(somewhere), names),
    node(ir.Assert, exprs, names, names, optional(somewhere)),
    node(ir.Wait, exprs, st.booleans()),
    node(ir.Choose, names, small),
    node(ir.New, names, names),
    node(ir.Free, exprs, names),
    node(ir.Discard, exprs, names),
    node(ir.Enter, names),
    node(ir.Leave, names),
    node(ir.Spawn, names, names, st.lists(exprs, max_size=2).map(tuple)),
    node(ir.Crash),
    node(ir.Precedes, names, somewhere, somewhere, st.booleans()),
    node(ir.SetInterrupts, st.sampled_from(["irqs", "softirqs"]), exprs),
)
ends = st.one_of(
    node(ir.Jump, names), node(ir.Branch, exprs, names, names), node(ir.End), node(ir.Return, exprs)
)
steps = st.builds(
    ir.StepInfo,
    span=spans,
    calls=st.lists(spans, max_size=2).map(tuple),
    routine=names,
    text=names,
    label=names,
    because=names,
)
name_lists = st.lists(names, max_size=2).map(tuple)
flags = st.booleans()
blocks = st.builds(
    ir.Block,
    names,
    st.lists(instrs, max_size=3).map(tuple),
    ends,
    step=optional(steps),
    atomic=flags,
    rmw=names,
    inner=flags,
    rest=flags,
    live=name_lists,
)
bodies = st.builds(
    ir.Body,
    names,
    st.lists(blocks, max_size=2).map(tuple),
    st.lists(st.builds(ir.LocalVar, names, scalars, names), max_size=2).map(tuple),
)
fields = st.builds(ir.Field, names, value_types, numbers, flags, flags)
structs = st.builds(ir.Struct, names, st.lists(fields, max_size=2).map(tuple), flags, flags, spans)
objects = st.builds(
    ir.Object,
    names,
    st.sampled_from(["shared", "pool", "per_thread", "local"]),
    scalars | st.builds(Embedded, names),
    count=optional(small),
    template=names,
    reuse=flags,
    stable=name_lists,
    ghost=flags,
    durable=flags,
    start=st.lists(st.tuples(small, paths(exprs), constants), max_size=1).map(tuple),
    mortal=flags,
    span=spans,
)
templates = st.builds(
    ir.Template,
    names,
    small,
    bodies,
    spawned=flags,
    parameters=name_lists,
    context=st.sampled_from(["task", "kthread", "softirq", "hardirq"]),
    interrupts=names,
    span=spans,
)
properties = st.builds(
    ir.Property,
    names,
    st.sampled_from(["invariant", "final", "reachable", "assert"]),
    optional(bodies),
    names,
    spans,
)


def some(strategy):
    return st.lists(strategy, max_size=2).map(tuple)


programs = st.builds(
    ir.Program,
    names,
    some(structs),
    some(objects),
    some(templates),
    bodies,
    some(properties),
    some(st.builds(ir.Allow, names, names, names)),
    name_lists,
    some(st.builds(ir.Setting, names, names, names)),
    doc=names,
    path=names,
)


def around(*instrs_, end=None):
    """A program that has these nodes in it."""
    block = ir.Block("a", instrs_, end or ir.End())
    return ir.Program("p", (), (), (), ir.Body("a", (block,)), ())


def assert_round_trip(program):
    text = print_program(program)
    again = parse_program(text)
    assert again == program
    assert print_program(again) == text


@settings(max_examples=60, deadline=None)
@given(programs)
def test_any_program_comes_back_from_its_text(program):
    assert_round_trip(program)


@settings(max_examples=200, deadline=None)
@given(instrs)
def test_any_instruction_comes_back_with_its_span(instr):
    program = around(instr)
    assert_round_trip(program)
    (found,) = parse_program(print_program(program)).initial.blocks[0].instrs
    assert found.span == instr.span


@settings(max_examples=100, deadline=None)
@given(ends)
def test_any_terminator_comes_back(end):
    assert_round_trip(around(end=end))


# ---------------------------------------------------------------------------------------------
# What it looks like


@pytest.mark.parametrize("make", [increments, pool_and_mutex, many_shapes])
def test_hand_built_programs_come_back(make):
    assert_round_trip(make())


def test_increments_as_text(golden):
    golden("ir/increments.ir", print_program(increments()))


def test_pool_and_mutex_as_text(golden):
    golden("ir/pool-and-mutex.ir", print_program(pool_and_mutex()))


def test_enums_of_one_name_are_kept_apart():
    one, two = EnumType("Mode", ("A", "B")), EnumType("Mode", ("A", "C"))
    program = around(
        ir.Assign("v", ir.Const(1, one)),
        ir.Assign("v", ir.Const(1, two)),
        ir.Assign("v", ir.Const(2, one)),
    )
    assert_round_trip(program)
    assert "enum Mode(A, C)" in print_program(program)


def test_a_member_that_is_there_twice_is_printed_as_its_number():
    assert_round_trip(around(ir.Assign("v", ir.Const(1, EnumType("E", ("A", "A"))))))


@pytest.mark.parametrize("word", ["True", "False", "None"])
def test_a_member_that_is_called_like_a_constant_is_the_member(word):
    end = ir.Branch(ir.Const(0, EnumType("E", (word, "A"))), "a", "a")
    assert_round_trip(around(end=end))


def test_indentation_and_empty_lines_mean_nothing():
    text = print_program(pool_and_mutex())
    bare = "\n".join(line.strip() for line in text.split("\n") if line.strip())
    assert parse_program(bare) == pool_and_mutex()


def test_show_node_is_one_line_with_its_span():
    place = ir.Place(ir.ObjectRoot("files", ir.Me()), ("released",))
    store = ir.Store(place, ir.Const(1, BOOL), ir.Kind.PLAIN, span=Span("a.py", 3, 5, 3, 9))
    assert show_node(store) == "store plain files[$me].released = True ; a.py:3:5-3:9"
    add = ir.Apply("+", (ir.Local("v"), ir.Const(1, U8)), U8)
    assert show_node(ir.Return(ir.Apply("<", (add, ir.Const(3, RangeType(3, 3))), BOOL))) == (
        "return ((%v + 1:U8):U8 < 3)"
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("frobnicate", "begins no instruction"),
        ("store loud x = 1", "is no kind of access"),
        ("%v = load plain", "expected a name"),
        ("%v = 1:Nothing", "is no type"),
        ("%v = READ:enum Mode", "no enum is called"),
        ("%v = 1 2", "did not expect"),
        ("wait ?", "cannot read"),
        ("crash ; nowhere", "is no place in a source"),
        ("set nmis = True", "cannot be set"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(line, complaint):
    text = f'program "p"\ninitial\n  entry a\n  block a\n    {line}\n    end\n'
    with pytest.raises(InternalError, match=rf"line 5 .*{complaint}"):
        parse_program(text)
