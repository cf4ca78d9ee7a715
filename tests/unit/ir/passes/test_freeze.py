"""What counts as frozen and as mortal: one test for each condition."""

import pytest
from small_programs import (
    GHOST,
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
    find_object,
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
    Assert,
    Assign,
    Branch,
    Const,
    Crash,
    Current,
    Enter,
    Field,
    Free,
    Leave,
    Load,
    New,
    Object,
    Property,
    QueueContains,
    QueueLength,
    QueueOp,
    Read,
    Return,
    Spawn,
    Struct,
    Template,
    Wait,
)
from modelcheck.ir.passes.freeze import freeze
from modelcheck.ir.types import BOOL, U8, Embedded, RangeType

LOAD = load("v", at("x", "n"))
VARIED = (  # two elements of which one starts as 1: frozen loads of it are no constants
    Object(
        "x", "shared", Embedded("Node"), count=2, mortal=False, start=((1, ("n",), Const(1, U8)),)
    ),
)
ANY_X = load("v", at("x", "n", index=local("w")))


def is_frozen(given):
    """Whether the load that is the first step of the first thread has become local."""
    [first, *_] = instrs_of(freeze(given))
    return isinstance(first, Assign)


def test_load_of_a_field_nothing_stores_is_its_start_value():
    [only] = instrs_of(freeze(program(chain(LOAD))))
    assert only == Assign("v", num(0))


def test_load_of_elements_that_start_differently_is_silent():
    [only] = instrs_of(freeze(program(chain(ANY_X), objects=VARIED)))
    assert only == Assign("v", Read(ANY_X.place, SILENT))


def test_load_of_a_known_element_is_its_own_start_value():
    first = load("v", at("x", "n", index=num(1)))
    assert instrs_of(freeze(program(chain(first), objects=VARIED))) == [Assign("v", num(1))]


def test_array_elements_start_one_by_one():
    objects = (
        Object(
            "x",
            "shared",
            Embedded("Node"),
            mortal=False,
            start=((0, ("a", Const(2, U8)), Const(7, U8)),),
        ),
    )
    loads = chain(
        load("v", at("x", "a", num(0))),
        load("v", at("x", "a", num(2))),
        load("v", at("x", "a", local("w"))),
    )
    first, second, third = instrs_of(freeze(program(loads, objects=objects)))
    assert (first.value, second.value) == (num(0), num(7))
    assert third.value == Read(at("x", "a", local("w")), SILENT)


def test_frozen_pointer_is_what_it_starts_as():
    y = AddressOf(at("y"))
    objects = (Object("x", "shared", Embedded("Node"), start=((0, ("next",), y),)),)
    given = program(chain(load("p", at("x", "next"))), objects=objects)
    assert instrs_of(freeze(given)) == [Assign("p", y)]


def test_read_in_a_wait_becomes_silent():
    read = Read(ANY_X.place, ONCE)
    wait = Wait(apply("==", read, num(1)))
    [only] = instrs_of(freeze(program(chain(wait), objects=VARIED)))
    assert only.condition.args[0] == Read(ANY_X.place, SILENT)


def test_ghost_reads_stay_ghost_reads():
    objects = (
        Object("x", "shared", Embedded("Node"), count=2, start=((1, ("g",), Const(1, U8)),)),
    )
    read = Read(at("x", "g", index=local("w")), GHOST)
    given = program(chain(Assign("v", read)), objects=objects)
    assert instrs_of(freeze(given)) == [Assign("v", read)]


def test_load_of_a_scalar_object_is_frozen_by_name():
    one, two = (Object(n, "shared", U8, mortal=False) for n in ("one", "two"))
    given = program(
        chain(load("v", at("one")), load("v", at("two")), store(at("two"))), objects=(one, two)
    )
    loads = instrs_of(freeze(given))[:2]
    assert [type(i) for i in loads] == [Assign, Load]


@pytest.mark.parametrize(
    "writer",
    [
        chain(store(at("x", "n"))),
        chain(store(at("y", "n"))),  # the granule is the field, not the object
        chain(store(through("p", "n"))),
        chain(store(at("x", "n"), kind=SILENT)),
    ],
)
def test_a_store_of_the_field_anywhere_keeps_the_access(writer):
    assert not is_frozen(program(chain(LOAD), writer))


def test_a_store_of_another_field_does_not():
    assert is_frozen(program(chain(LOAD), chain(store(at("x", "m")))))


def test_a_store_that_nothing_reaches_does_not():
    dead = body(step("s0"), step("s1", store(at("x", "n"))))
    assert is_frozen(program(chain(LOAD), dead))


def test_a_store_in_a_template_nobody_spawns_does_not():
    writer = Template("w", 1, chain(store(at("x", "n"))), spawned=True)
    assert is_frozen(program(chain(LOAD), writer))


def test_a_store_in_a_template_that_is_spawned_does():
    writer = Template("w", 1, chain(store(at("x", "n"))), spawned=True)
    assert not is_frozen(program(chain(LOAD, Spawn("v", "w", ())), writer))


def test_a_store_in_a_template_spawned_by_a_spawned_one_does():
    writer = Template("w", 1, chain(store(at("x", "n"))), spawned=True)
    between = Template("b", 1, chain(Spawn("v", "w", ())), spawned=True)
    assert not is_frozen(program(chain(LOAD, Spawn("v", "b", ())), between, writer))


@pytest.mark.parametrize("verb", ["append", "appendleft", "popleft", "pop", "remove", "clear"])
def test_queue_writes_keep_the_queue_an_access(verb):
    read = QueueOp("read", at("x", "q"), PLAIN)
    write = QueueOp(verb, at("x", "q"), PLAIN, value=num(1), local="v")
    assert instrs_of(freeze(program(chain(read, write)))) == [read, write]


def test_reading_a_queue_that_stays_empty_is_no_access():
    place = at("x", "q")
    looks = Assign("v", QueueLength(place)), Assign("b", QueueContains(place, num(1)))
    given = program(chain((QueueOp("read", place, PLAIN), *looks)))
    assert instrs_of(freeze(given)) == [
        Assign("v", Const(0, RangeType(0, 2))),
        Assign("b", Const(0, BOOL)),
    ]


def test_a_queue_that_the_initial_code_fills_is_not_empty():
    place = at("x", "q")
    initial = body(block("i", QueueOp("append", place, SILENT, value=num(1))))
    look = Assign("v", QueueLength(place))
    assert instrs_of(freeze(program(chain(look), initial=initial))) == [look]


def test_what_the_initial_code_stores_is_frozen_but_no_constant():
    initial = body(block("i", store(at("x", "n"))))
    [only] = instrs_of(freeze(program(chain(LOAD), initial=initial)))
    assert only == Assign("v", Read(at("x", "n"), SILENT))


def test_crash_puts_back_what_the_initial_code_stored():
    initial = body(block("i", store(at("x", "n"))))
    assert is_frozen(program(chain(LOAD), initial=initial))
    assert not is_frozen(program(chain(LOAD), chain(Crash()), initial=initial))


@pytest.mark.parametrize(
    "other",
    [
        Object("other", "pool", Embedded("Node"), count=1),
        Object("other", "per_thread", Embedded("Node")),
        Object("other", "local", Embedded("Node"), template="t0"),
        Object("other", "pool", Embedded("Outer"), count=1),
    ],
)
def test_a_field_that_lies_in_mortal_memory_too_is_not_frozen(other):
    path = ("node", "m") if other.type == Embedded("Outer") else ("m",)
    use = load("v", at("other", *path))
    assert not is_frozen(program(chain(LOAD, use), objects=(other,)))


def test_memory_that_nothing_names_does_not_count():
    other = Object("other", "pool", Embedded("Node"), count=1)
    assert is_frozen(program(chain(LOAD), objects=(other,)))


def test_a_field_of_a_struct_that_is_freed_is_not_frozen():
    free = Free(local("p"), "Node")
    assert not is_frozen(program(chain(LOAD, free)))
    assert not is_frozen(program(chain(LOAD), initial=body(block("i", free))))


def test_freeing_another_struct_does_not_matter():
    other = Object("o", "shared", Embedded("Other"))
    given = program(
        chain(LOAD, (load("w", at("o", "k")), Free(local("p"), "Other"))),
        objects=(other,),
        structs=(Struct("Other", (Field("k", U8),)),),
    )
    assert is_frozen(given)


def test_freeing_what_the_struct_is_embedded_in_does():
    other = Object("o", "shared", Embedded("Outer"))
    given = program(
        chain(LOAD, (load("w", at("o", "k")), Free(local("p"), "Outer"))), objects=(other,)
    )
    assert not is_frozen(given)


def test_properties_see_the_constant_too():
    look = body(block("r", end=Return(apply("==", Read(at("x", "n")), num(0)))))
    given = program(chain(store(at("x", "m"))), properties=(Property("p", "invariant", look),))
    [only] = freeze(given).properties[0].body.blocks
    assert only.end.value.args[0] == num(0)


def test_a_step_whose_access_froze_is_none_any_more():
    observer = Assign("w", Read(at("x", "m"), SILENT))
    given = program(chain((LOAD, observer), store(at("x", "m"))))
    result = freeze(given)
    assert find_block(result, "s0").step is None
    assert find_block(result, "s1").step is not None


@pytest.mark.parametrize(
    "more", [Wait(Const(1, BOOL)), New("p", "x"), Free(NULL, "Outer"), load("w", at("x", "m"))]
)
def test_a_step_that_does_something_else_stays_one(more):
    given = program(chain((LOAD, more), store(at("x", "m"))))
    assert find_block(freeze(given), "s0").step is not None


def test_a_step_that_never_had_an_access_stays_one():
    look = Assert(apply("==", Read(at("x", "m"), SILENT), num(1)), "p")
    given = program(chain(look, store(at("x", "m"))))
    assert find_block(freeze(given), "s0").step is not None


# -- mortality


def mortal(given, name="x"):
    return find_object(freeze(given), name).mortal


def test_shared_objects_are_mortal_only_where_freed():
    assert not mortal(program(chain(store(at("x", "n")))))
    assert mortal(program(chain(Free(local("p"), "Node"))))
    assert mortal(
        program(chain(store(at("x", "n"))), initial=body(block("i", Free(local("p"), "Node"))))
    )


def test_freeing_a_known_object_ends_no_other():
    given = program(chain(Free(AddressOf(at("y")), "Node")))
    assert mortal(given, "y")
    assert not mortal(given, "x")


def test_free_that_nothing_reaches_ends_nothing():
    assert not mortal(program(body(step("s0"), step("s1", Free(local("p"), "Node")))))


def test_pools_and_per_thread_objects_are_mortal():
    objects = (
        Object("pool", "pool", Embedded("Node"), count=1, mortal=False),
        Object("own", "per_thread", Embedded("Node"), mortal=False),
    )
    given = program(chain(store(at("x", "n"))), objects=objects)
    assert mortal(given, "pool")
    assert mortal(given, "own")


def test_ghost_objects_are_never_mortal():
    objects = (
        Object("ghost", "shared", Embedded("Node"), ghost=True),
        Object("own", "per_thread", Embedded("Node"), ghost=True),
    )
    given = program(chain(Free(local("p"), "Node")), objects=objects)
    assert not mortal(given, "ghost")
    assert not mortal(given, "own")


STACK = (Object("stack", "local", Embedded("Node"), template="t0"),)
USE = load("v", at("stack", "n"))


def stack_is_mortal(*instrs):
    return mortal(program(chain(*instrs), objects=STACK), "stack")


def test_a_local_object_used_by_name_alone_is_immortal():
    through_address = load("v", through(AddressOf(at("stack")), "n"))
    assert not stack_is_mortal(Enter("stack"), USE, through_address, Leave("stack"))


@pytest.mark.parametrize(
    "escape",
    [
        store(at("x", "next"), AddressOf(at("stack"))),
        Assign("p", AddressOf(at("stack"))),
        Assign("b", apply("==", AddressOf(at("stack")), local("p"))),
        Spawn("v", "t0", (AddressOf(at("stack")),)),
        QueueOp("append", at("x", "q"), PLAIN, value=AddressOf(at("stack"))),
    ],
)
def test_a_local_object_whose_address_is_used_is_mortal(escape):
    assert stack_is_mortal(Enter("stack"), escape, Leave("stack"))


def test_a_local_object_named_after_it_was_left_is_mortal():
    assert stack_is_mortal(Enter("stack"), Leave("stack"), USE)


def test_a_local_object_left_on_one_way_only_is_mortal_behind_it():
    given = body(
        step("s0", Enter("stack"), end=Branch(local("b"), "s1", "s2")),
        step("s1", Leave("stack"), to="s2"),
        step("s2", USE),
    )
    assert mortal(program(given, objects=STACK), "stack")


def test_a_local_object_of_another_thread_is_mortal():
    other = load("v", at("stack", "n", index=num(0)))
    assert stack_is_mortal(Enter("stack"), other, Leave("stack"))


# -- what is a thread's own


OWN = apply("-", Current(), Const(1, RangeType(1, 1)), type=RangeType(0, 1))
TASKS = Object("tasks", "per_thread", Embedded("Node"))


def looks_at(place, kind=SILENT):
    return Assert(apply("==", Read(place, kind), num(0)), "p")


def is_known(*bodies, place, kind=SILENT):
    """Whether an assert of the first thread knows the value it looks at."""
    given = program(chain(looks_at(place, kind)), *bodies, objects=(TASKS,))
    [only] = instrs_of(freeze(given))
    return only.condition.args[0] == num(0)


def test_a_look_at_a_field_of_its_own_that_nothing_stores():
    assert is_known(place=at("tasks", "n", index=OWN))


def test_an_access_to_a_field_of_its_own_stays_one():
    assert not is_known(place=at("tasks", "n", index=OWN), kind=ONCE)


def test_a_field_of_its_own_that_some_thread_stores_is_not_known():
    assert not is_known(
        chain(store(at("tasks", "n", index=OWN))), place=at("tasks", "n", index=OWN)
    )


def test_another_threads_field_is_not_known():
    assert not is_known(place=at("tasks", "n", index=num(1)))
