"""Whole random programs: memory, threads, initial code, properties."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from modelcheck.checks import BUILT_IN
from modelcheck.ir.nodes import (
    Alive,
    Allow,
    Apply,
    Assign,
    Body,
    Check,
    Choose,
    Const,
    End,
    Expr,
    HasFreeSlot,
    IsFinished,
    IsInitialised,
    Kind,
    Local,
    New,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
    Program,
    Property,
    QueueLength,
    Read,
    Return,
    Store,
    Template,
    ThreadOf,
)
from modelcheck.ir.types import BOOL, Embedded, EnumType, PtrType
from random_programs.ir_builder import (
    NODE,
    SMALL,
    TRUE,
    Code,
    address,
    differs,
    equal,
    less,
    negate,
    null,
    number,
)
from random_programs.ir_code import CodeMaker
from random_programs.ir_memory import Shared, make_shared
from random_programs.ir_values import NUMBERS


def make_program(seed: int) -> Program:
    """The random program with that seed, as the front end would hand it to the passes."""
    rng = Random(seed)
    shared = make_shared(rng)
    plan = plan_threads(rng, shared)
    asserts: set[str] = set()
    templates: list[Template] = []
    workers: list[Template] = []
    declared = [(one.name, one.count) for one in plan]
    threads = sum(one.count for one in plan)
    for one in plan:
        code = Code(one.name)
        stack = ""
        if one.role == "main" and shared.has("local") and rng.random() < 0.6:
            stack = f"{one.name}.part"
            shared.objects.append(Object(stack, "local", Embedded("Part"), template=one.name))
        spawns = workers if one.role == "main" else []
        maker = CodeMaker(rng, shared, code, one.count, declared, spawns, stack, asserts)
        parameters: tuple[str, ...] = ()
        if one.role == "worker":
            types = [SMALL, NODE] if shared.nodes or shared.pools else [SMALL]
            parameters = tuple(code.local(of) for of in types[: rng.choice((0, 1, 2))])
        length = choose_length(rng, one.role, threads)
        if one.role == "main" and shared.has("loop") and rng.random() < 0.85:
            maker.for_ever(min(length, 4))
        else:
            for _ in range(length):
                maker.statement()
        template = Template(
            one.name,
            one.count,
            code.finish(End()),
            spawned=one.role == "worker",
            parameters=parameters,
            context="task" if one.role in ("main", "worker") else one.role,
            interrupts=one.interrupts,
        )
        templates.append(template)
        if one.role == "worker":
            workers.append(template)
    return Program(
        f"random-{seed}",
        tuple(shared.structs),
        tuple(shared.objects),
        tuple(templates),
        make_initial(rng, shared),
        (
            *make_properties(rng, shared, declared),
            *(Property(n, "assert") for n in sorted(asserts)),
        ),
        make_allows(rng, shared),
    )


@dataclass(frozen=True)
class Planned:
    """A template to make: its copies, what it does, on whose CPU it runs if it is a handler."""

    name: str
    count: int
    role: str
    interrupts: str = ""


SHAPES = ((1, 1), (2,), (1, 1, 1), (2, 1), (3,), (2, 2), (1, 1, 1, 1), (5,))
SHAPE_WEIGHTS = (6, 4, 4, 5, 3, 1, 1, 1)


def plan_threads(rng: Random, shared: Shared) -> list[Planned]:
    """The templates; workers first, for others spawn them."""
    plan: list[Planned] = []
    if shared.has("spawn"):
        plan.append(Planned("worker", rng.choice((1, 1, 2)), "worker"))
    shape = rng.choices(SHAPES, SHAPE_WEIGHTS)[0]
    if shared.has("interrupt"):
        shape = rng.choice(((1,), (1, 1), (1, 1), (2,)))
    plan += [Planned(f"main{i}", count, "main") for i, count in enumerate(shape)]
    if shared.has("interrupt"):
        role = rng.choice(("hardirq", "softirq"))
        plan.append(Planned("handler", shape[0], role, "main0"))
        if rng.random() < 0.4:
            plan.append(Planned("nested", shape[0], "hardirq", "handler"))
    return plan


def choose_length(rng: Random, role: str, threads: int) -> int:
    """How many statements a thread has: the more threads there are the fewer."""
    if role != "main" or threads > 3:
        return rng.choice((1, 2, 2))
    return rng.choice((2, 3, 4) if threads == 3 else (3, 4, 5, 6))


def make_allows(rng: Random, shared: Shared) -> tuple[Allow, ...]:
    """What is not to be reported: everywhere, or of an object, a struct or a field."""
    if not shared.has("allow"):
        return ()
    found = []
    fields = [f"{s.name}.{f.name}" for s in shared.structs for f in s.fields]
    names = [o.name for o in shared.objects] + [s.name for s in shared.structs]
    for check in rng.sample(BUILT_IN, rng.choice((1, 2, 3))):
        on = rng.choice((*fields, *names, *names, ""))
        found.append(Allow(check, on, "random"))
    if rng.random() < 0.5:
        found.append(Allow("data-race", rng.choice((*fields, *names)), "random"))
    return tuple(found)


def make_initial(rng: Random, shared: Shared) -> Body:
    """Links and choices before the first state."""
    code = Code("initial")
    if shared.has("initial"):
        if rng.random() < 0.6:
            plain = [(p, of) for p, of in shared.scalars if of in (SMALL, BOOL)]
            place, of = rng.choice(plain)
            name = code.local(of)
            code.emit(Choose(name, 2), Store(place, Local(name), Kind.PLAIN))
        heads = shared.of_type(NODE)
        if heads and shared.nodes:
            place = rng.choice(heads)
            code.emit(Store(place, address(rng.choice(shared.nodes)), Kind.PLAIN))
        elif heads and shared.pools:
            place = rng.choice(heads)
            pool = shared.pools[0]
            whole = Place(ObjectRoot(pool, number(0)))
            code.emit(Check(HasFreeSlot(pool), "capacity", whole))
            name = code.local(NODE)
            code.emit(New(name, pool))
            value = Place(PointerRoot(Local(name), "Node"), ("v",))
            code.emit(Store(value, number(1), Kind.SILENT), Store(place, Local(name), Kind.PLAIN))
    return code.finish(End())


# ---------------------------------------------------------------------- properties


def make_properties(rng: Random, shared: Shared, threads: list[tuple[str, int]]) -> list[Property]:
    found: list[Property] = []
    kinds = [("invariant", 0.5), ("invariant", 0.3), ("final", 0.85), ("reachable", 0.4)]
    for i, (kind, share) in enumerate(kinds):
        if rng.random() < share:
            found.append(Property(f"{kind}{i}", kind, make_body(rng, shared, threads, kind)))
    return found


def make_body(rng: Random, shared: Shared, threads: list[tuple[str, int]], kind: str) -> Body:
    code = Code("property")
    result = code.local(BOOL, hidden=True)
    code.emit(Assign(result, TRUE))
    pool_nodes = bool(shared.pools) and rng.random() < 0.4
    heads = shared.of_type(NODE)
    if pool_nodes:
        # Every live node of the pool.
        pool = next(o for o in shared.objects if o.name == "pool")
        for i in range(pool.count or 1):
            place = Place(ObjectRoot("pool", number(i)), ("v",))

            def look(place=place) -> None:
                if rng.random() < 0.5:
                    code.emit(Check(IsInitialised(place), "uninitialised", place))
                    holds = less(Read(place), number(2))
                else:
                    holds = equal(IsInitialised(place), TRUE)
                code.emit(Assign(result, Apply("and", (Local(result), holds), BOOL)))

            code.fork(Alive(place), look)
    elif heads and rng.random() < 0.4:
        # What a shared pointer leads to, if to anything.
        pointer = Read(rng.choice(heads))
        place = Place(PointerRoot(pointer, "Node"), ("v",))

        def follow() -> None:
            code.check_pointer(pointer, "Node")
            code.check_alive(place, stable="v" in shared.stable)
            code.check_initialised(place)
            code.emit(Assign(result, less(Read(place), number(rng.choice((1, 2))))))

        if rng.random() < 0.8:
            code.fork(differs(pointer, null(NODE)), follow)
        else:
            follow()
    else:
        parts = [claim(rng, shared, threads) for _ in range(rng.choice((1, 2)))]
        joined = parts[0]
        if len(parts) > 1:
            joined = Apply("or" if kind != "reachable" else "and", (parts[0], parts[1]), BOOL)
        code.emit(Assign(result, joined))
    return code.finish(Return(Local(result)))


def claim(rng: Random, shared: Shared, threads: list[tuple[str, int]]) -> Expr:
    """Something about shared memory."""
    choices: list[Expr] = []
    for place, of in (*shared.scalars, *shared.ghosts):
        kind = Kind.GHOST if (place, of) in shared.ghosts else Kind.SILENT
        read = Read(place, kind)
        if of == BOOL:
            choices += [read, negate(read)]
        elif of in NUMBERS:
            choices += [less(read, number(2)), equal(read, number(rng.randint(0, 2)))]
        elif isinstance(of, PtrType):
            choices.append(rng.choice((equal, differs))(read, null(of)))
        elif isinstance(of, EnumType):
            choices.append(differs(read, Const(rng.randint(0, 2), of)))
    for place, of in shared.queues:
        choices.append(less(QueueLength(place), number(of.capacity)))
    name, count = rng.choice(threads)
    choices.append(IsFinished(ThreadOf(name, number(rng.randrange(count)))))
    return rng.choice(choices)
