"""What folds, and what must stay as it is."""

import pytest
from small_programs import (
    GHOST,
    NODE,
    NULL,
    ONCE,
    PLAIN,
    SILENT,
    apply,
    at,
    block,
    body,
    chain,
    find_block,
    instrs_of,
    load,
    local,
    num,
    program,
    step,
    store,
    through,
)

from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Assert,
    Assign,
    Body,
    Branch,
    Check,
    Choose,
    Const,
    ContainerOf,
    Current,
    End,
    Field,
    Free,
    IsFinished,
    IsInitialised,
    Jump,
    LocalVar,
    Me,
    New,
    Object,
    Property,
    QueueOp,
    Read,
    Return,
    Spawn,
    StartsObject,
    Struct,
    Template,
    ThreadOf,
    Wait,
)
from modelcheck.ir.passes.fold import fold
from modelcheck.ir.types import BOOL, THREAD_ID, U8, Embedded, RangeType

TRUE, FALSE = Const(1, BOOL), Const(0, BOOL)
X_N, Y_N = at("x", "n"), at("y", "n")
ACCESS = Read(X_N, ONCE)
TOUCHES = apply("==", ACCESS, num(1))
UNKNOWN = apply("==", local("s"), num(1))
ONE = Const(1, RangeType(1, 1))
POOL = Object("pool", "pool", Embedded("Node"), count=2)
NAMES_POOL = New("p", "pool")


def folded(expr, *others, **more):
    """What an expression whose value is stored becomes."""
    given = program(chain(store(X_N, expr)), *others, **more)
    return instrs_of(fold(given))[-1].value


# -- expressions


def test_constants_are_computed():
    assert folded(apply("+", num(2), num(3), type=U8)) == num(5)
    assert folded(apply("wrap8", num(300), type=U8)) == num(44)
    assert folded(apply("<", num(2), num(3))) == TRUE
    assert folded(apply("+", apply("*", num(2), num(3), type=U8), num(1), type=U8)) == num(7)


@pytest.mark.parametrize(
    ("expr", "simple"),
    [
        (apply("and", TRUE, UNKNOWN), UNKNOWN),
        (apply("and", UNKNOWN, TRUE), UNKNOWN),
        (apply("and", FALSE, UNKNOWN), FALSE),
        (apply("and", UNKNOWN, FALSE), FALSE),
        (apply("or", FALSE, UNKNOWN), UNKNOWN),
        (apply("or", UNKNOWN, FALSE), UNKNOWN),
        (apply("or", TRUE, UNKNOWN), TRUE),
        (apply("or", UNKNOWN, TRUE), TRUE),
        (apply("not", apply("not", UNKNOWN)), UNKNOWN),
        (apply("ite", TRUE, local("v"), local("w"), type=U8), local("v")),
        (apply("ite", FALSE, local("v"), local("w"), type=U8), local("w")),
        (apply("ite", UNKNOWN, local("v"), local("v"), type=U8), local("v")),
        (apply("==", local("v"), local("v")), TRUE),
        (apply("!=", local("v"), local("v")), FALSE),
        (apply("==", AddressOf(at("x")), NULL), FALSE),
        (apply("!=", AddressOf(at("x")), NULL), TRUE),
        (apply("!=", NULL, AddressOf(at("x"))), TRUE),
        (apply("!=", Current(), Const(0, THREAD_ID)), TRUE),
        (apply("==", ThreadOf("t0", Me()), Const(0, THREAD_ID)), FALSE),
        (apply("==", AddressOf(at("x")), AddressOf(at("y"))), FALSE),
        (apply("==", AddressOf(at("x")), AddressOf(at("x"))), TRUE),
        (IsFinished(Current()), FALSE),
        (AddressOf(through("p")), local("p")),
        (Read(through(AddressOf(at("x")), "m")), Read(at("x", "m"))),
    ],
)
def test_safe_identities(expr, simple):
    assert folded(expr) == simple


@pytest.mark.parametrize(
    "expr",
    [
        apply("and", FALSE, TOUCHES),
        apply("and", TOUCHES, FALSE),
        apply("or", TRUE, TOUCHES),
        apply("or", TOUCHES, TRUE),
        apply("ite", TRUE, num(1), ACCESS, type=U8),
        apply("ite", TOUCHES, num(1), num(1), type=U8),
        apply("==", ACCESS, ACCESS),
        apply("!=", AddressOf(through(Read(at("x", "next"), ONCE), "node", struct="Outer")), NULL),
        apply("==", AddressOf(at("x", index=local("v"))), AddressOf(at("x", index=local("w")))),
        apply("==", AddressOf(through("p")), AddressOf(at("x"))),
        apply("==", local("p"), NULL),
        Alive(through(Read(at("x", "next"), ONCE), "n")),
        IsInitialised(through(Read(at("x", "next"), ONCE), "n")),
        StartsObject(Read(at("x", "next"), ONCE), "Node"),
        IsFinished(ThreadOf("t0", local("v"))),
    ],
)
def test_an_access_is_never_dropped_and_nothing_is_guessed(expr):
    result = folded(expr)
    assert not isinstance(result, Const)
    assert str(result).count("Kind.ONCE") == str(expr).count("Kind.ONCE")


def test_elements_with_different_constant_indices_are_different():
    two = (Object("x", "shared", Embedded("Node"), count=2),)
    first, second = (AddressOf(at("x", index=num(i))) for i in (0, 1))
    assert folded(apply("==", first, second), objects=two) == FALSE


def test_me_is_0_only_where_there_is_one_thread():
    use = chain(store(X_N, Me()))
    assert folded(Me()) == Const(0, RangeType(0, 0))
    assert instrs_of(fold(program(Template("t", 2, use))))[0].value == Me()


def test_container_of_a_known_field_is_the_struct_around_it():
    outer = (Object("o", "shared", Embedded("Outer")),)
    inside = ContainerOf(AddressOf(at("o", "node")), "Outer", ("node",))
    assert folded(inside, objects=outer) == AddressOf(at("o"))
    elsewhere = ContainerOf(AddressOf(at("x")), "Outer", ("node",))
    assert folded(elsewhere, objects=outer) == elsewhere
    other = Object("other", "shared", Embedded("Other"))
    struct = Struct("Other", (Field("node", Embedded("Node")),))
    alike = ContainerOf(AddressOf(at("other", "node")), "Outer", ("node",))
    assert folded(alike, objects=(*outer, other), structs=(struct,)) == alike
    unknown = ContainerOf(local("p"), "Outer", ("node",))
    assert folded(unknown, objects=outer) == unknown


# -- facts about memory


def test_alive_is_true_of_what_is_not_mortal():
    assert folded(Alive(X_N)) == TRUE
    assert folded(Alive(through("p", "n"))) == TRUE


def test_alive_stays_where_something_may_be_mortal():
    mortal = (Object("x", "shared", Embedded("Node"), mortal=True),)
    assert folded(Alive(X_N), objects=mortal) == Alive(X_N)
    assert folded(Alive(through("p", "n")), objects=mortal) == Alive(through("p", "n"))
    assert folded(Alive(Y_N), objects=mortal) == TRUE


def test_alive_counts_what_a_struct_is_embedded_in():
    around = (Object("o", "shared", Embedded("Outer"), mortal=True),)
    names_it = chain(load("v", at("o", "k")))
    given = Alive(through("p", "n"))
    assert folded(given, names_it, objects=around) == given


def test_ones_own_per_thread_object_is_alive():
    own = (Object("own", "per_thread", Embedded("Node")),)
    mine = at("own", "n", index=apply("-", Current(), ONE, type=U8))
    other = at("own", "n", index=apply("-", ThreadOf("t0", num(0)), ONE, type=U8))
    assert folded(Alive(mine), objects=own) == TRUE
    assert folded(Alive(other), objects=own) == Alive(other)


def test_initialised_is_true_outside_pools():
    assert folded(IsInitialised(X_N)) == TRUE
    assert folded(IsInitialised(through("p", "n"))) == TRUE
    names_it = chain(NAMES_POOL)
    through_p, in_pool = IsInitialised(through("p", "n")), IsInitialised(at("pool", "n", index=ONE))
    assert folded(through_p, names_it, objects=(POOL,)) == through_p
    assert folded(in_pool, objects=(POOL,)) == in_pool


def test_starts_object_of_known_shapes():
    objects = (
        Object("o", "shared", Embedded("Outer")),
        Object("stack", "local", Embedded("Node"), template="t0"),
        Object("ghost", "shared", Embedded("Node"), ghost=True),
    )
    assert folded(StartsObject(AddressOf(at("x")), "Node"), objects=objects) == TRUE
    assert folded(StartsObject(AddressOf(at("o", "node")), "Node"), objects=objects) == FALSE
    assert folded(StartsObject(AddressOf(at("stack")), "Node"), objects=objects) == FALSE
    ghost = StartsObject(AddressOf(at("ghost")), "Node")
    assert folded(ghost, objects=objects) == ghost


def test_starts_object_of_a_pointer_needs_all_places_alike():
    unknown = StartsObject(local("p"), "Node")
    embedded = Object("o", "shared", Embedded("Outer"))
    names_it = chain(load("v", at("o", "k")))
    assert folded(unknown) == TRUE
    assert folded(unknown, names_it, objects=(embedded,)) == unknown


# -- checks and branches


def test_checks_that_hold_always_go():
    given = chain((Check(TRUE, "range", None), Assert(TRUE, "p"), store(X_N)))
    assert instrs_of(fold(program(given))) == [store(X_N)]


@pytest.mark.parametrize("condition", [FALSE, UNKNOWN, Alive(at("pool", "n", index=ONE))])
def test_checks_that_may_fail_stay(condition):
    checks = [Check(condition, "range", None), Assert(condition, "p")]
    given = program(chain((*checks, store(X_N))), objects=(POOL,))
    assert instrs_of(fold(given))[:2] == checks


def test_a_wait_is_never_dropped():
    assert instrs_of(fold(program(chain(Wait(TRUE))))) == [Wait(TRUE)]


@pytest.mark.parametrize(("numbers", "kept"), [((1, 2), "t"), ((2, 1), "u")])
def test_a_branch_on_a_constant_is_a_jump_and_the_other_way_goes(numbers, kept):
    given = body(
        step("s", store(X_N), end=Branch(apply("<", *map(num, numbers)), "t", "u")),
        step("t", store(X_N, 2)),
        step("u", store(X_N, 3)),
    )
    result = fold(program(given)).templates[0].body
    assert [b.label for b in result.blocks] == ["s", kept]
    assert result.blocks[0].end == Jump(kept)


def test_a_branch_with_an_access_keeps_it():
    given = body(
        step("s", end=Branch(TOUCHES, "e", "e")), block("e", store(at("x", "g"), 1, GHOST))
    )
    assert find_block(fold(program(given)), "s").end == Branch(TOUCHES, "e", "e")


def test_properties_and_initial_code_fold_too():
    look = body(block("r", end=Return(apply("==", num(1), num(1)))))
    initial = body(block("i", store(X_N, apply("+", num(1), num(1), type=U8))))
    given = program(initial=initial, properties=(Property("p", "invariant", look),))
    result = fold(given)
    assert result.properties[0].body.blocks[0].end == Return(TRUE)
    assert result.initial.blocks[0].instrs == (store(X_N, 2),)


# -- locals


def test_a_constant_travels_along_the_graph():
    given = chain((store(X_N), Assign("v", num(4))), store(Y_N, local("v")))
    assert instrs_of(fold(program(given))) == [store(X_N), store(Y_N, 4)]


def test_an_address_travels_into_the_place_it_names():
    given = chain((store(X_N), Assign("p", AddressOf(at("y")))), store(through("p", "n")))
    assert instrs_of(fold(program(given)))[-1] == store(Y_N)


def test_me_travels_too():
    given = chain((store(X_N), Assign("v", Me())), store(Y_N, local("v")))
    assert instrs_of(fold(program(Template("t", 2, given))))[-1] == store(Y_N, Me())


def both_ways(first, second, *, then=None):
    """`v` assigned in one way or the other, then stored in y.n; what is stored."""
    one = block("t", *first, to="e")
    other = block("u", *second, to="e")
    given = body(
        step("s", load("s", X_N), end=Branch(local("b"), "t", "u")),
        one,
        other,
        step("e", store(Y_N, local("v"))),
    )
    return instrs_of(fold(program(given)))[-1].value


def test_a_constant_must_come_on_every_way():
    four, five = Assign("v", num(4)), Assign("v", num(5))
    assert both_ways([four], [four]) == num(4)
    assert both_ways([four], [five]) == local("v")
    assert both_ways([four], []) == local("v")
    assert both_ways([four], [load("v", X_N, GHOST)]) == local("v")


def test_a_loop_that_changes_it_makes_it_unknown():
    plus = Assign("v", apply("+", local("v"), num(1), type=U8))
    given = body(
        step("s", store(X_N), Assign("v", num(0)), to="t"),
        step("t", store(Y_N, local("v")), plus, to="t"),
    )
    assert find_block(fold(program(given)), "t").instrs == (store(Y_N, local("v")), plus)


@pytest.mark.parametrize(
    "setter",
    [
        load("v", X_N),
        QueueOp("popleft", at("x", "q"), PLAIN, local="v"),
        Choose("v", 2),
        New("v", "pool"),
        Spawn("v", "t0", ()),
    ],
)
def test_everything_that_sets_a_local_makes_it_unknown(setter):
    given = chain((store(X_N), Assign("v", num(1)), setter), store(Y_N, local("v")))
    result = instrs_of(fold(program(given, objects=(POOL,))))
    assert result[-1] == store(Y_N, local("v"))


def test_a_loop_back_to_the_entry_tells_nothing_about_the_first_round():
    given = body(step("s", store(Y_N, local("v")), Assign("v", num(1)), to="s"))
    assert instrs_of(fold(program(given))) == [store(Y_N, local("v")), Assign("v", num(1))]


def test_parameters_are_unknown():
    given = chain(store(Y_N, local("v")))
    spawned = Template("t", 1, given, spawned=True, parameters=("v",))
    assert instrs_of(fold(program(spawned)))[-1].value == local("v")


# -- temporaries


def moved(*instrs, temporaries=("t",), end=None, **more):
    """The instructions of one block after folding, with `t` a temporary."""
    names = [LocalVar(name, U8) for name in temporaries]
    shown = [LocalVar(name, U8, shown=name) for name in ("v", "w", "s")]
    pointers = [LocalVar("p", NODE, shown="p")]
    given = Body("b", (step("b", *instrs, end=end),), (*names, *shown, *pointers))
    return instrs_of(fold(program(given, **more)))


SUM = apply("+", local("v"), num(1), type=U8)
LOOK = Read(at("x", "m"), SILENT)


def test_a_temporary_used_once_moves_into_its_use():
    assert moved(Assign("t", SUM), store(X_N, local("t"))) == [store(X_N, SUM)]


def test_a_chain_of_temporaries_moves():
    more = apply("*", local("t"), num(2), type=U8)
    instrs = Assign("t", SUM), Assign("u", more), store(X_N, local("u"))
    all_in_one = apply("*", SUM, num(2), type=U8)
    assert moved(*instrs, temporaries=("t", "u")) == [store(X_N, all_in_one)]


def test_a_temporary_used_twice_stays():
    instrs = [Assign("t", SUM), store(X_N, local("t")), store(at("x", "g"), local("t"), GHOST)]
    assert moved(*instrs) == instrs


def test_a_named_local_stays():
    instrs = [Assign("w", SUM), store(X_N, local("w"))]
    assert moved(*instrs) == instrs


def test_a_change_of_what_it_uses_keeps_it():
    instrs = [Assign("t", SUM), load("v", Y_N), store(X_N, apply("+", local("t"), local("v")))]
    assert moved(*instrs) == instrs


def test_another_value_for_it_keeps_them_apart():
    instrs = [Assign("t", SUM), load("t", Y_N), store(X_N, local("t"))]
    assert moved(*instrs) == instrs[1:]


@pytest.mark.parametrize(
    "change",
    [
        store(at("x", "m")),
        store(at("x", "g"), 1, GHOST),
        QueueOp("append", at("x", "q"), PLAIN, value=num(1)),
        New("p", "pool"),
        Free(local("p"), "Node"),
        Spawn("w", "t0", ()),
    ],
)
def test_a_change_of_memory_keeps_what_looks_at_it(change):
    instrs = [Assign("t", LOOK), change, store(X_N, local("t"))]
    assert moved(*instrs, objects=(POOL,)) == instrs


@pytest.mark.parametrize("between", [load("w", X_N), Choose("w", 2), Wait(UNKNOWN)])
def test_other_instructions_do_not(between):
    assert moved(Assign("t", LOOK), between, store(X_N, local("t"))) == [between, store(X_N, LOOK)]


def test_an_access_never_moves():
    instrs = [Assign("t", ACCESS), load("w", Y_N), store(X_N, local("t"))]
    assert moved(*instrs) == instrs


def test_a_temporary_moves_into_a_branch():
    given = Body(
        "b",
        (
            step("b", load("v", X_N), Assign("t", UNKNOWN), end=Branch(local("t"), "c", "d")),
            step("c", store(Y_N)),
            block("d"),
        ),
        (LocalVar("t", BOOL), LocalVar("v", U8), LocalVar("s", U8)),
    )
    assert find_block(fold(program(given)), "b").end == Branch(UNKNOWN, "c", "d")


# -- jumps


def test_empty_local_blocks_are_jumped_over():
    given = body(
        block("e", to="f"),
        block("f", to="s"),
        step("s", store(X_N), to="g"),
        block("g", to="h"),
        block("h"),
    )
    result = fold(program(given)).templates[0].body
    assert result.entry == "s"
    assert [(b.label, b.end) for b in result.blocks] == [("s", Jump("h")), ("h", End())]


def test_local_blocks_that_do_something_are_not_jumped_over():
    work = store(at("x", "g"), 1, GHOST)
    given = body(step("s", store(X_N), to="t"), block("t", work, to="u"), step("u", store(Y_N)))
    assert instrs_of(fold(program(given))) == [store(X_N), work, store(Y_N)]


def test_blocks_that_begin_a_step_are_not_jumped_over():
    given = body(step("s", to="t"), step("t", store(X_N)))
    assert [b.label for b in fold(program(given)).templates[0].body.blocks] == ["s", "t"]


def test_a_ring_of_empty_blocks_stays_for_the_run_to_report():
    given = body(step("s", store(X_N), to="a"), block("a", to="b"), block("b", to="a"))
    result = fold(program(given)).templates[0].body
    assert isinstance(result.blocks[0].end, Jump)
    ring = {b.label: b.end.target for b in result.blocks if b.label != "s"}
    assert set(ring) == set(ring.values())


def test_folding_keeps_spans_and_steps():
    given = program(chain((store(X_N), Assign("v", num(1))), store(Y_N, local("v"))))
    for before, after in zip(
        given.templates[0].body.blocks, fold(given).templates[0].body.blocks, strict=True
    ):
        assert before.step is after.step
