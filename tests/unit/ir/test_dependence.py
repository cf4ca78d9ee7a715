"""Which steps of different threads may notice each other: a test per node, then programs."""

from dataclasses import replace

import pytest
from small_programs import (
    GHOST,
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

from modelcheck.ir.alias import Index
from modelcheck.ir.dependence import Footprints, MemoryPart, ThreadPart, may_depend
from modelcheck.ir.nodes import (
    Alive,
    Assert,
    Assign,
    Check,
    Const,
    Crash,
    Current,
    Enter,
    Free,
    HasFreeSlot,
    HasFreeThread,
    IsFinished,
    New,
    Object,
    Precedes,
    Read,
    SetInterrupts,
    Spawn,
    Template,
    ThreadOf,
    Wait,
)
from modelcheck.ir.types import BOOL, Embedded, RangeType
from tests.checking import program_of

TRUE = Const(1, BOOL)
X_N, Y_M = at("x", "n"), at("y", "m")
OBJECTS = (
    Object("own", "per_thread", Embedded("Node")),
    Object("stack", "local", Embedded("Node"), template="slot"),
    Object("pool", "pool", Embedded("Node"), count=2),
)
OWN = Const(1, RangeType(1, 1))


def own(*path):
    """The running thread's own element of `own`."""
    return at("own", *path, index=apply("-", Current(), OWN, type=RangeType(0, 9)))


def others(*path):
    return at("own", *path, index=local("v"))


def begins(*instrs, ends=False, label="s"):
    """A step, then a location where the thread ends; with `ends` it ends with the step."""
    first = step(label, *instrs, to=None if ends else "rest", rest=True)
    return body(first) if ends else body(first, step("rest", rest=True))


def template(name, *instrs, count=2, ends=False, start=(), **more):
    made = begins(*instrs, ends=ends)
    if start:
        made = replace(made, entry="start", blocks=(block("start", *start, to="s"), *made.blocks))
    return Template(name, count, made, **more)


SLOT = template("slot", spawned=True)


def depend(one, other, *more):
    """Whether the first steps of two templates of one program may depend, seen from both sides."""
    footprints = Footprints(program(one, other, *more, objects=OBJECTS))
    a, b = footprints.of_step(one, "s"), footprints.of_step(other, "s")
    assert may_depend(a, b) == may_depend(b, a)
    return may_depend(a, b)


def pair(one, other):
    """Whether two instructions, of threads that go on, may depend."""
    return depend(template("a", *one), template("b", *other), SLOT)


def ask(expr):
    return (Assign("b", expr),)


LOOK = apply("==", Read(X_N, SILENT), num(1))
SPAWN = (Spawn("t", "slot", ()),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((store(X_N),), (load("v", X_N),)),
        ((store(X_N),), (Assert(LOOK, "p"),)),
        ((store(X_N),), (Wait(LOOK),)),
        ((store(X_N),), (Check(LOOK, "range", None),)),
        ((store(at("x", "next")),), (Check(TRUE, "f", through(Read(at("x", "next")), "n")),)),
        ((store(at("x", "next")),), (Precedes("p", through(Read(at("x", "next")), "n"), Y_M),)),
        ((store(at("x", "g"), kind=GHOST),), (load("v", at("x", "g"), GHOST),)),
        ((Free(local("p"), "Node"),), (load("v", X_N),)),
        ((New("p", "pool"),), ask(HasFreeSlot("pool"))),
        ((Crash(),), ()),
        (SPAWN, ask(HasFreeThread("slot"))),
        (SPAWN, ask(IsFinished(ThreadOf("slot", num(0))))),
        (SPAWN, ask(IsFinished(local("t")))),
        (SPAWN, SPAWN),
        (SPAWN, (load("v", others("n")),)),
        (SPAWN, ask(Alive(others("n")))),
        (SPAWN, (store(through("p", "n")),)),
    ],
)
def test_these_may_depend(one, other):
    assert pair(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((load("v", X_N),), (load("v", X_N),)),
        ((Assert(LOOK, "p"),), (Wait(LOOK),)),
        ((store(X_N),), (store(Y_M),)),
        ((store(X_N),), (Check(TRUE, "use-after-free", X_N),)),
        ((store(own("n")),), (store(own("n")),)),
        (SPAWN, (load("v", X_N),)),
        (SPAWN, ask(IsFinished(ThreadOf("a", num(0))))),
        ((SetInterrupts("irqs", TRUE),), (SetInterrupts("irqs", TRUE),)),
        (ask(IsFinished(Current())), ask(IsFinished(Current()))),
    ],
)
def test_these_do_not(one, other):
    assert not pair(one, other)


# -- the end of a thread


@pytest.mark.parametrize(
    "asked",
    [
        IsFinished(ThreadOf("a", num(0))),
        IsFinished(ThreadOf("a", local("v"))),
        IsFinished(local("t")),
        Alive(others("n")),
        Read(others("n"), SILENT),
    ],
)
def test_the_end_of_a_thread_is_noticed(asked):
    asking = template("b", *ask(asked))
    assert depend(template("a", ends=True), asking)
    assert not depend(template("a"), asking)


def test_the_end_of_a_template_with_slots_is_noticed():
    for asked in (ask(HasFreeThread("slot")), SPAWN):
        assert depend(replace(template("slot", ends=True), spawned=True), template("b", *asked))


def test_the_end_of_others_is_not():
    asking = template("b", *ask(IsFinished(ThreadOf("b", num(0)))))
    assert not depend(template("a", ends=True), asking)


def test_local_objects_die_with_their_thread():
    ending = replace(template("slot", ends=True), spawned=True)
    assert depend(ending, template("b", store(through("p", "n"))))
    assert not depend(replace(ending, name="other"), template("b", load("v", X_N)), SLOT)


# -- spawned threads


def test_steps_of_a_spawned_thread_need_its_spawn():
    assert depend(template("a", *SPAWN), SLOT)
    assert not depend(template("a", store(X_N)), SLOT)


def test_a_spawn_does_the_local_work_of_the_thread():
    """Up to the first location, and what that spawns in turn."""
    watched = template("b", load("v", at("x", "g"), GHOST))
    ghost = store(at("x", "g"), kind=GHOST)
    quiet = template("slot", ghost, spawned=True)
    busy = template("slot", spawned=True, start=(ghost,))
    assert not depend(template("a", *SPAWN), watched, quiet)
    assert depend(template("a", *SPAWN), watched, busy)
    middle = template("middle", spawned=True, start=SPAWN)
    first = template("a", Spawn("t", "middle", ()))
    assert depend(first, watched, middle, busy)
    assert depend(template("a", Spawn("t", "again", ())), watched, busy, again())


def again():
    """A template whose threads spawn one another, and one that stores a ghost."""
    both = (Spawn("t", "again", ()), *SPAWN)
    return template("again", spawned=True, start=both)


def test_what_the_spawned_thread_calls_its_own_is_anyones():
    busy = template("slot", spawned=True, start=(Enter("stack"), store(own("g"), kind=GHOST)))
    look = template("b", load("v", others("g"), GHOST))
    assert depend(template("a", *SPAWN), look, busy)
    inside = template("slot", store(at("stack", "n")), spawned=True)
    footprints = Footprints(program(template("a", *SPAWN), busy, objects=OBJECTS))
    spawning = footprints.of_step(template("a", *SPAWN), "s")
    assert may_depend(spawning, Footprints(program(inside, objects=OBJECTS)).of_step(inside, "s"))


# -- interrupts


def handlers(context="hardirq", **more):
    return template("handler", store(X_N), interrupts="a", context=context, **more)


@pytest.mark.parametrize("context", ["hardirq", "softirq"])
def test_flags_let_a_handler_start(context):
    a = template("a", SetInterrupts("irqs", TRUE))
    assert depend(a, handlers(context))
    # Each also is the target's step.
    parts = Footprints(program(a, handlers(context))).of_step(handlers(context), "s").reads
    asked = {part.aspect for part in parts if isinstance(part, ThreadPart)}
    assert asked == {"ended", "irqs"} | ({"softirqs"} if context == "softirq" else set())


def test_a_target_stands_still_while_its_handler_runs():
    assert depend(template("a", store(Y_M)), handlers())
    assert not depend(template("b", store(Y_M)), handlers(), template("a"))


def test_an_ended_target_stops_no_handler():
    assert depend(template("a", ends=True), handlers())


def test_only_the_first_step_and_the_end_of_a_handler_matter_to_its_target():
    three = body(
        step("s", store(X_N), to="t", rest=True),
        step("t", store(X_N), to="u", rest=True),
        step("u", store(X_N), rest=True),
    )
    target, handler = template("a", store(Y_M)), Template("handler", 1, three, interrupts="a")
    footprints = Footprints(program(target, handler))
    other = footprints.of_step(target, "s")
    found = {label: may_depend(footprints.of_step(handler, label), other) for label in "stu"}
    assert found == {"s": True, "t": False, "u": True}


def test_a_spawned_threads_bit_is_not_its_spawners():
    made = program_of("""
        @struct(marked=True)
        class Room:
            inside: Set[ThreadId] = ghost()

        room = shared(Room)
        done = shared(Bool)

        @thread(spawned=1)
        def worker():
            room.inside.add(current())
            WRITE_ONCE(done, True)

        @thread
        def spawner():
            spawn(worker)
            WRITE_ONCE(done, False)

        @invariant
        def true():
            return not done or len(room.inside) > 0
    """)
    spawning = next(t for t in made.templates if t.name == "spawner")
    label = next(b.label for b in spawning.body.blocks if b.rest)
    writes = Footprints(made).of_step(spawning, label).writes
    bits = {p.pattern.path for p in writes if isinstance(p, MemoryPart) and p.pattern.path}
    assert ("inside", Index.ANY) in bits
    assert ("inside", Index.OWN) not in bits
