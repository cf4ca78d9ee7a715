"""What goes because nothing can notice, and what must stay."""

import pytest
from small_programs import (
    GHOST,
    NODE,
    NOTHING,
    SILENT,
    apply,
    at,
    block,
    body,
    chain,
    instrs_of,
    load,
    local,
    num,
    program,
    step,
    store,
    through,
    with_rest,
)

from modelcheck.ir.nodes import (
    AddressOf,
    Allow,
    Assert,
    Assign,
    Check,
    Choose,
    Const,
    ContainerOf,
    Current,
    Enter,
    HasFreeThread,
    IsFinished,
    Leave,
    Load,
    New,
    Object,
    Precedes,
    Property,
    Read,
    Return,
    Spawn,
    Store,
    Template,
    ThreadOf,
)
from modelcheck.ir.passes.prune import prune
from modelcheck.ir.types import THREAD_ID, U8, Embedded, PtrType, RangeType, SetType

USE = with_rest(chain(load("v", at("x", "n"))), "s0")
ONE = Const(1, RangeType(1, 1))


def names(items):
    return [item.name for item in items]


def fields_of(result, struct="Node"):
    return next((names(s.fields) for s in result.structs if s.name == struct), None)


# -- blocks and locals


def test_unreachable_blocks_and_unused_locals_go():
    given = with_rest(body(step("s", load("v", at("x", "n"))), step("t", store(at("x", "m")))), "s")
    result = prune(program(given)).templates[0].body
    assert [b.label for b in result.blocks] == ["s"]
    assert names(result.locals) == ["v"]


def test_parameters_stay():
    spawned = Template("w", 1, USE, spawned=True, parameters=("w",))
    spawner = with_rest(chain(Spawn("v", "w", (num(1),))), "s0")
    result = prune(program(spawner, spawned))
    assert "w" in names(result.templates[1].body.locals)


def test_routines_keep_their_numbers():
    assert prune(program(USE, routines=("f", "g"))).routines == ("f", "g")


# -- templates


def kept_templates(*given, **more):
    return names(prune(program(USE, *given, **more)).templates)


def test_a_thread_that_only_assigns_its_locals_goes():
    assert kept_templates(body(block("s", Assign("v", num(1))))) == ["t0"]


def test_a_template_nobody_spawns_goes():
    assert kept_templates(Template("w", 2, USE, spawned=True)) == ["t0"]


@pytest.mark.parametrize(
    "instr",
    [
        Assert(apply("==", local("v"), num(1)), "p"),
        Check(apply("==", local("v"), num(1)), "range", None),
        store(at("x", "g"), 1, GHOST),
        Choose("v", 2),
        Precedes("order", at("x"), at("x")),
    ],
)
def test_a_thread_whose_local_work_can_be_noticed_stays(instr):
    assert kept_templates(body(block("s", instr))) == ["t0", "t1"]


def test_a_thread_that_may_never_end_stays():
    ring = body(block("s", to="t"), block("t", Assign("v", num(1)), to="s"))
    assert kept_templates(ring) == ["t0", "t1"]


def test_a_thread_with_a_location_stays():
    assert kept_templates(with_rest(body(step("s")), "s")) == ["t0", "t1"]


@pytest.mark.parametrize(
    "expr", [IsFinished(ThreadOf("t2", num(0))), HasFreeThread("t2"), ThreadOf("t2", num(0))]
)
def test_a_template_that_is_named_stays(expr):
    use = with_rest(chain(Assign("b", expr)), "s0")
    assert kept_templates(use, NOTHING) == ["t0", "t1", "t2"]


def test_a_template_that_is_interrupted_stays():
    handler = Template("h", 1, USE, interrupts="t1")
    assert kept_templates(NOTHING, handler) == ["t0", "t1", "h"]


@pytest.mark.parametrize(
    "expr",
    [
        Const(2, THREAD_ID),
        Const(6, SetType(THREAD_ID)),
        apply("+", local("v"), num(1), type=THREAD_ID),
        Read(at("own", "n", index=local("v")), SILENT),
    ],
)
def test_threads_keep_their_numbers_where_the_program_counts_them(expr):
    own = Object("own", "per_thread", Embedded("Node"))
    use = with_rest(chain(Assign("v", expr)), "s0")
    assert kept_templates(NOTHING, use, objects=(own,)) == ["t0", "t1", "t2"]


def test_ones_own_number_is_no_number():
    own = Object("own", "per_thread", Embedded("Node"))
    mine = Read(at("own", "n", index=apply("-", Current(), ONE, type=U8)), SILENT)
    use = with_rest(chain(Assign("v", mine)), "s0")
    assert kept_templates(NOTHING, use, objects=(own,)) == ["t0", "t2"]


def test_local_objects_go_with_their_template():
    stack = Object("stack", "local", Embedded("Node"), template="t1")
    result = prune(program(USE, body(block("s", Enter("stack"))), objects=(stack,)))
    assert names(result.objects) == ["x"]


# -- memory


def test_memory_that_nothing_names_goes():
    result = prune(program(USE, objects=(Object("o", "shared", Embedded("Outer")),)))
    assert names(result.objects) == ["x"]
    assert names(result.structs) == ["Node"]
    assert fields_of(result) == ["n"]


def test_start_values_of_fields_that_went_go():
    start = ((0, ("n",), num(1)), (0, ("m",), num(2)))
    given = Object("x", "shared", Embedded("Node"), start=start)
    [result] = prune(program(USE, objects=(given,))).objects
    assert result.start == start[:1]


def kept_memory(*instrs, **more):
    """The objects and the fields of Node that stay beside `x.n`."""
    given = with_rest(chain(load("v", at("x", "n")), instrs), "s0")
    result = prune(program(given, **more))
    return names(result.objects), fields_of(result)


@pytest.mark.parametrize(
    "instr",
    [
        load("v", at("y", "m")),
        store(at("y", "m")),
        Assign("v", Read(at("y", "m"), SILENT)),
        Assert(apply("==", Read(at("y", "m"), SILENT), num(1)), "p"),
        store(at("x", "a", Read(at("y", "m"), SILENT))),
    ],
)
def test_what_code_names_stays(instr):
    objects, fields = kept_memory(instr)
    assert objects == ["x", "y"]
    assert "m" in fields


def test_an_object_whose_address_is_taken_stays():
    assert kept_memory(Assign("p", AddressOf(at("y"))))[0] == ["x", "y"]


def test_a_field_used_through_a_pointer_stays():
    assert kept_memory(load("v", through("p", "m")))[1] == ["n", "m"]


def test_what_properties_name_stays():
    look = body(block("r", end=Return(apply("==", Read(at("y", "g"), GHOST), num(0)))))
    objects, fields = kept_memory(properties=(Property("p", "final", look),))
    assert objects == ["x", "y"]
    assert fields == ["n", "g"]


def test_what_the_initial_code_names_stays():
    assert kept_memory(initial=body(block("i", store(at("y", "m")))))[0] == ["x", "y"]


def test_a_pool_that_is_allocated_from_stays():
    pool = Object("pool", "pool", Embedded("Node"), count=1)
    assert kept_memory(New("p", "pool"), objects=(pool,))[0] == ["x", "pool"]


def test_what_a_start_value_points_to_stays():
    start = ((0, ("next",), AddressOf(at("y"))),)
    linked = Object("x", "shared", Embedded("Node"), start=start)
    follow = load("p", at("x", "next")), load("v", through("p", "m"))
    assert kept_memory(*follow, objects=(linked,))[0] == ["y", "x"]
    assert kept_memory(objects=(linked,))[0] == ["x"]


def test_stable_fields_stay():
    pool = Object("pool", "pool", Embedded("Node"), count=1, stable=("m",))
    assert "m" in kept_memory(New("p", "pool"), objects=(pool,))[1]


def test_what_an_allow_names_stays():
    allows = (Allow("data-race", "Node.m", "why"), Allow("leak", "y", "why"))
    assert kept_memory(allows=allows) == (["x", "y"], ["n", "m"])


def test_a_field_that_container_of_goes_through_stays():
    outer = Object("o", "shared", Embedded("Outer"))
    inside = ContainerOf(AddressOf(at("o", "node")), "Outer", ("node",))
    given = with_rest(chain(load("v", at("x", "n")), Assign("w", inside)), "s0")
    result = prune(program(given, objects=(outer,)))
    assert fields_of(result, "Outer") == ["node"]


@pytest.mark.parametrize(
    "expr",
    [
        Const(2, NODE),
        Const(3, SetType(NODE)),
        apply("+", local("v"), num(1), type=NODE),
    ],
)
def test_memory_stays_where_pointers_are_made_from_numbers(expr):
    objects, fields = kept_memory(Assign("p", expr))
    assert objects == ["x", "y"]
    assert fields == ["n", "m", "g", "next", "q", "a"]


def test_a_choice_between_pointers_is_no_number():
    choice = apply("ite", local("b"), AddressOf(at("x")), local("p"), type=NODE)
    assert kept_memory(Assign("p", choice))[0] == ["x"]


def test_structs_that_types_name_stay():
    given = with_rest(chain((load("v", at("x", "n")), load("o", at("x", "m")))), "s0")
    from dataclasses import replace

    outer = replace(given.locals[0], name="o", type=PtrType("Outer"))
    given = replace(given, locals=(*given.locals, outer))
    assert "Outer" in names(prune(program(given)).structs)


def test_lives_of_objects_that_went_go_too():
    stack = Object("stack", "local", Embedded("Node"), template="t0")
    given = with_rest(chain((Enter("stack"), load("v", at("x", "n")), Leave("stack"))), "s0")
    assert [type(i) for i in instrs_of(prune(program(given, objects=(stack,))))] == [Load]


def test_lives_of_objects_that_stay_stay():
    stack = Object("stack", "local", Embedded("Node"), template="t0")
    use = Enter("stack"), store(at("stack", "n")), Leave("stack")
    result = prune(program(with_rest(chain(use), "s0"), objects=(stack,)))
    assert [type(i) for i in instrs_of(result)] == [Enter, Store, Leave]
