"""Small programs, built by hand, for the tests of the program and its memory."""

from modelcheck.diagnostics import Span
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Assign,
    Block,
    Body,
    Branch,
    Check,
    Const,
    Current,
    End,
    Field,
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
    Read,
    Return,
    StepInfo,
    Store,
    Struct,
    Template,
    Wait,
)
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    U8,
    ArrayOf,
    Embedded,
    EnumType,
    PtrType,
    QueueOf,
    RangeType,
    SetType,
)

EMPTY = Body("start", (Block("start", (), End()),))
MODE = EnumType("Mode", ("READ", "WRITE"))


def at(line):
    return Span("spec.py", line, 5)


def step(line, text=""):
    return StepInfo(span=at(line), routine="run", text=text)


def increments(threads=2, rounds=2):
    """Each thread loads x and stores it plus one, so many times."""
    x = Place(ObjectRoot("x"))
    blocks = []
    for i in range(rounds):
        plus = Apply("wrap8", (Apply("+", (Local("v"), Const(1, U8)), U8),), U8)
        blocks += [
            Block(
                f"load{i}",
                (Load("v", x, Kind.ONCE, span=at(10)),),
                Jump(f"store{i}"),
                step=step(10, "v = x"),
                rest=True,
            ),
            Block(
                f"store{i}",
                (Store(x, plus, Kind.ONCE, span=at(11)),),
                Jump(f"load{i + 1}") if i + 1 < rounds else End(),
                step=step(11, "x = v + 1"),
                rest=True,
                live=("v",),
            ),
        ]
    body = Body("load0", tuple(blocks), (LocalVar("v", U8, shown="v"),))
    final = Block("all", (), Return(Apply("==", (Read(x), Const(threads * rounds, U8)), BOOL)))
    return Program(
        "increments",
        (),
        (Object("x", "shared", U8, mortal=False),),
        (Template("run", threads, body),),
        EMPTY,
        (Property("all_counted", "final", Body("all", (final,)), span=at(20)),),
    )


def pool_and_mutex():
    """Two threads allocate an item under a mutex and link it; a third waits for one."""
    mutex = Place(ObjectRoot("lock"), ("owner",))
    head = Place(ObjectRoot("list"), ("head",))
    item = PtrType("Item")
    free = Apply("==", (Read(mutex, Kind.RMW), Const(0, THREAD_ID)), BOOL)
    add = Body(
        "lock",
        (
            Block(
                "lock",
                (Wait(free, span=at(30)), Store(mutex, Current(), Kind.RMW, span=at(30))),
                Jump("new"),
                step=step(30, "mutex_lock(lock)"),
                atomic=True,
                rmw="acquire",
                rest=True,
            ),
            Block(
                "new",
                (
                    New("p", "items", span=at(31)),
                    Store(
                        Place(PointerRoot(Local("p"), "Item"), ("value",)),
                        Apply("wrap8", (Me(),), U8),
                        Kind.SILENT,
                        span=at(31),
                    ),
                ),
                Jump("link"),
                step=step(31, "p = new(Item)"),
                rest=True,
            ),
            Block(
                "link",
                (Store(head, Local("p"), Kind.PLAIN, span=at(32)),),
                Jump("unlock"),
                step=step(32),
                rest=True,
                live=("p",),
            ),
            Block(
                "unlock",
                (Store(mutex, Const(0, THREAD_ID), Kind.RELEASE, span=at(33)),),
                End(),
                step=step(33),
                rest=True,
            ),
        ),
        (LocalVar("p", item, shown="p"),),
    )
    value = Place(PointerRoot(Local("q"), "Item"), ("value",))
    watch = Body(
        "wait",
        (
            Block(
                "wait",
                (Wait(Apply("!=", (Read(head, Kind.ONCE), Const(0, item)), BOOL), idle=True),),
                Jump("look"),
                step=step(40),
                rest=True,
            ),
            Block("look", (Load("q", head, Kind.PLAIN),), Jump("test"), step=step(41), rest=True),
            Block(
                "test",
                (
                    Check(
                        Apply("!=", (Local("q"), Const(0, item)), BOOL),
                        "null-dereference",
                        value,
                    ),
                    Load("n", value, Kind.PLAIN),
                ),
                Branch(Apply(">", (Local("n"), Const(9, U8)), BOOL), "big", "small"),
                step=step(42),
                rest=True,
                live=("q",),
            ),
            Block("big", (Assign("n", Const(9, U8)),), Jump("small")),
            Block("small", (), End()),
        ),
        (LocalVar("q", item, shown="q"), LocalVar("n", U8)),
    )
    return Program(
        "pool-and-mutex",
        (
            Struct("Mutex", (Field("owner", THREAD_ID),)),
            Struct(
                "Item", (Field("value", U8), Field("next", item), Field("seen", U8, ghost=True))
            ),
            Struct("List", (Field("head", item), Field("count", U8, start=0))),
        ),
        (
            Object("lock", "shared", Embedded("Mutex"), mortal=False),
            Object("list", "shared", Embedded("List"), mortal=False),
            Object("items", "pool", Embedded("Item"), count=2),
        ),
        (Template("add", 2, add), Template("watch", 1, watch)),
        EMPTY,
        (),
    )


def many_shapes():
    """Every kind of object and value type at once; nothing runs."""
    inner = Struct("Wait", (Field("woken", BOOL), Field("by", THREAD_ID)))
    outer = Struct(
        "Trigger",
        (
            Field("mode", MODE, start=1),
            Field("waits", ArrayOf(Embedded("Wait"), 2)),
            Field("queue", QueueOf(PtrType("Wait"), 3)),
            Field("owners", SetType(THREAD_ID)),
            Field("level", RangeType(-2, 5), start=3),
            Field("ghosts", U8, start=4, ghost=True),
        ),
    )
    idle = Body(
        "a",
        (
            Block("a", (), Jump("b"), step=step(1), rest=True, live=("u",)),
            Block("b", (), End(), step=step(2), rest=True, live=("v", "w")),
        ),
        (
            LocalVar("u", U8, shown="u"),
            LocalVar("v", U8, shown="v"),
            LocalVar("w", U8, shown="w"),
            LocalVar("t", U8),
        ),
    )
    wait_of_2 = AddressOf(Place(ObjectRoot("trigger", Const(1, U8)), ("waits", Const(0, U8))))
    return Program(
        "many-shapes",
        (
            inner,
            outer,
            Struct("Cpu", (Field("wait", Embedded("Wait")), Field("at", PtrType("Wait")))),
        ),
        (
            Object("flags", "shared", MODE, count=3),
            Object(
                "trigger",
                "shared",
                Embedded("Trigger"),
                count=2,
                start=((1, ("mode",), Const(0, MODE)),),
            ),
            Object("slots", "pool", Embedded("Trigger"), count=2, reuse=True, stable=("mode",)),
            Object("cpu", "per_thread", Embedded("Cpu"), start=((0, ("at",), wait_of_2),)),
            Object("entry", "local", Embedded("Wait"), template="close"),
        ),
        (
            Template("close", 2, idle),
            Template("drain", 1, idle),
            Template("work", 1, idle, spawned=True),
        ),
        EMPTY,
        (),
    )
