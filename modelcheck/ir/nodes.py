"""The program: what a spec means, as data.

A program is a set of structs and objects (the shared memory), thread templates (one control-flow
graph each, instantiated `count` times) and properties.  A graph is made of basic blocks.  A
block that is a *location* (`Block.rest`) is where a thread may stand between two steps; a *step*
is everything from one location to the next: its block, then the local blocks that follow.  So
every location has exactly one step, whose choices (`Choose`) make several transitions of it.

Every value is an integer (see `types.py`).  Expressions are total: whatever can go wrong is tested
by a `Check` before it, which is why a backend never has to invent a fault of its own.

All nodes are frozen and hashable; spans take no part in equality.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import Literal

from modelcheck.diagnostics import NOWHERE, Span
from modelcheck.ir.types import ArrayOf, Embedded, QueueOf, ScalarType, ValueType
from modelcheck.records import record

# ---------------------------------------------------------------------------------------------
# Accesses


class Kind(Enum):
    """How an access is made.  Under `sc` the kinds differ in one thing: only PLAIN ones race."""

    PLAIN = "plain"
    ONCE = "once"  # READ_ONCE, WRITE_ONCE, and the condition of a wait
    ACQUIRE = "acquire"
    RELEASE = "release"
    DEPENDENT = "dependent"  # rcu_dereference
    RMW = "rmw"  # part of a read-modify-write; the order stands on the step
    GHOST = "ghost"  # no access at all: ghosts exist for properties only
    SILENT = "silent"  # no access: frozen fields, observers, asserts, properties

    @property
    def is_access(self) -> bool:
        """Whether it counts as touching shared memory (a step, a footprint entry)."""
        return self not in (Kind.GHOST, Kind.SILENT)


@record(frozen=True, slots=True)
class ObjectRoot:
    """A declared object, or its element `index` (counted from 0) where it has several.

    For a `per_thread` object the index is the thread's number among all; for a `local` object it
    is the number of the template's copy, and None means that of the thread that runs the code.
    """

    object: str
    index: Expr | None = None


@record(frozen=True, slots=True)
class PointerRoot:
    """The struct that `pointer` (a `PtrType(struct)` value, not null) points to."""

    pointer: Expr
    struct: str


Root = ObjectRoot | PointerRoot


@record(frozen=True, slots=True)
class Place:
    """Where something is stored: a root, then field names (str) and element numbers (Expr).

    An element number selects in an array, or counts from the front in a queue.
    """

    root: Root
    path: tuple[str | Expr, ...] = ()


# ---------------------------------------------------------------------------------------------
# Expressions


@record(frozen=True, slots=True)
class Const:
    """A value of a type: Const(1, U8), Const(2, an enum), Const(0, a pointer type) = None."""

    value: int
    type: ScalarType


@record(frozen=True, slots=True)
class Local:
    """The current value of one of the thread's locals (arguments and temporaries too)."""

    name: str


@record(frozen=True, slots=True)
class Me:
    """The thread's number among those of its template, from 0."""


@record(frozen=True, slots=True)
class Current:
    """The running thread as a ThreadId value (its number among all threads, plus 1)."""


@record(frozen=True, slots=True)
class ThreadOf:
    """Copy `copy` of a template (in range), as a ThreadId value."""

    template: str
    copy: Expr


@record(frozen=True, slots=True)
class Read:
    """What a scalar place holds.  Only inside one step, never across its end."""

    place: Place
    kind: Kind = Kind.SILENT


@record(frozen=True, slots=True)
class AddressOf:
    """A pointer to a place whose type is a struct."""

    place: Place


@record(frozen=True, slots=True)
class ContainerOf:
    """The struct `outer` around the struct that `pointer` points to as its field `path`; or null
    where it points to a place that is not such a field (`path` has field names and constant
    indices only).
    """

    pointer: Expr
    outer: str
    path: tuple[str | Expr, ...]


@record(frozen=True, slots=True)
class Alive:
    """Whether the object around `place` lives (Bool).  A pointer root must not be null.

    With `stable`, a slot of a type-stable pool that was freed but not discarded counts too, where
    `place` is the whole slot or lies in one of the pool's stable fields.  Whether it does depends
    on where a pointer root leads, so it is asked when the step runs.
    """

    place: Place
    stable: bool = False


@record(frozen=True, slots=True)
class IsInitialised:
    """Whether a scalar place (for a queue: its length) has been written since its object was
    allocated (Bool).
    """

    place: Place


@record(frozen=True, slots=True)
class StartsObject:
    """Whether `pointer` (PtrType(struct), not null) points to the whole of something that can be
    freed: a pool slot or a shared object, not an embedded field or a `local` (Bool).
    """

    pointer: Expr
    struct: str


@record(frozen=True, slots=True)
class QueueLength:
    """How many elements a queue holds."""

    place: Place
    kind: Kind = Kind.SILENT  # in a wait: the access that looking at the queue is


@record(frozen=True, slots=True)
class QueueContains:
    """Whether a queue holds a value (Bool)."""

    place: Place
    value: Expr
    kind: Kind = Kind.SILENT


@record(frozen=True, slots=True)
class IsFinished:
    """Whether a thread (a ThreadId value, not None) has ended or was never spawned (Bool)."""

    thread: Expr


@record(frozen=True, slots=True)
class HasFreeThread:
    """Whether `Spawn` of this template would find an ended slot (Bool)."""

    template: str


@record(frozen=True, slots=True)
class HasFreeSlot:
    """Whether `New` on this pool would find a slot (Bool)."""

    pool: str


@record(frozen=True, slots=True)
class Apply:
    """An operator of `ops.OPS` on values; `type` is the type of the result."""

    op: str
    args: tuple[Expr, ...]
    type: ScalarType


Expr = (
    Const
    | Local
    | Me
    | Current
    | ThreadOf
    | Read
    | AddressOf
    | ContainerOf
    | Alive
    | IsInitialised
    | StartsObject
    | QueueLength
    | QueueContains
    | IsFinished
    | HasFreeThread
    | HasFreeSlot
    | Apply
)

# ---------------------------------------------------------------------------------------------
# Instructions


@record(frozen=True, slots=True, kw_only=True)
class Node:
    """What an instruction carries besides its meaning: where it came from."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, slots=True)
class Assign(Node):
    """local := value.  The value fits the local's type (checked or wrapped before)."""

    local: str
    value: Expr


@record(frozen=True, slots=True)
class Load(Node):
    """local := what a scalar place holds; an access unless `kind` says otherwise."""

    local: str
    place: Place
    kind: Kind


@record(frozen=True, slots=True)
class Store(Node):
    """place := value, for a scalar place.  The value fits the place's type."""

    place: Place
    value: Expr
    kind: Kind


QueueVerb = Literal["append", "appendleft", "popleft", "pop", "remove", "clear", "read"]


@record(frozen=True, slots=True)
class QueueOp(Node):
    """One operation on a queue: one access, a write unless it is `read`.

    `append appendleft remove` take `value`; `popleft pop` put the element into `local`;
    `remove` of an absent value does nothing (a Check before it says so).  `read` is an access
    without effect: it stands for what a condition or `len` looks at.
    """

    verb: QueueVerb
    place: Place
    kind: Kind
    value: Expr | None = None
    local: str | None = None


@record(frozen=True, slots=True)
class Check(Node):
    """The step fails with the built-in fault `fault` unless `condition` holds.

    `subject` is the place concerned: a report names its object, and a `PointerRoot` subject
    is resolved through the pointer's value where that is not null.
    """

    condition: Expr
    fault: str
    subject: Place | None
    message: str = field(default="", compare=False)


@record(frozen=True, slots=True)
class Assert(Node):
    """The step fails with property `property` unless `condition` holds.

    Also carries the library's checks (`lock-misuse`, `refcount`, …).  `subject` as in Check.
    """

    condition: Expr
    property: str
    detail: str = ""
    subject: Place | None = None


@record(frozen=True, slots=True)
class Wait(Node):
    """The step is disabled (for the choices made so far) unless `condition` holds.

    `idle`: a thread that waits here counts as being at rest.  Behind a `Choose` it filters the
    choices, in local work too.
    """

    condition: Expr
    idle: bool = False


@record(frozen=True, slots=True)
class Choose(Node):
    """local := each of 0 … count-1; each is a transition of its own."""

    local: str
    count: int


@record(frozen=True, slots=True)
class New(Node):
    """local := pointer to a fresh slot of `pool`: the lowest never used one; with `reuse` any
    free one, each a choice.  Its scalar fields are uninitialised (stable ones keep their value),
    then `Store`s of kind SILENT set the given ones.  A `HasFreeSlot` check stands before it.
    """

    local: str
    pool: str


@record(frozen=True, slots=True)
class Free(Node):
    """The object that `pointer` (PtrType(struct)) is the whole of dies.  Checks before it say
    that it is not null, starts an object of a freeable kind (`StartsObject`) and
    is alive.
    """

    pointer: Expr
    struct: str


@record(frozen=True, slots=True)
class Discard(Node):
    """A free slot of a type-stable pool goes back to the page allocator for good."""

    pointer: Expr
    struct: str


@record(frozen=True, slots=True)
class Enter(Node):
    """A `local` object begins to live: its fields are put to their start values."""

    object: str


@record(frozen=True, slots=True)
class Leave(Node):
    """A `local` object dies with its routine."""

    object: str


@record(frozen=True, slots=True)
class Spawn(Node):
    """Start the lowest ended slot of `template` with `arguments` (one per parameter), including
    its local work up to its first location; local := its ThreadId.  A `HasFreeThread` check
    stands before it.
    """

    local: str
    template: str
    arguments: tuple[Expr, ...]


@record(frozen=True, slots=True)
class Crash(Node):
    """End every other thread; shared memory, except ghosts that are not per-thread and durable
    fields, back to its start values.  (The `@initial` code is inlined after it.)
    """


@record(frozen=True, slots=True)
class Precedes(Node):
    """Record for the whole run that `first`'s declaration comes before `second`'s; a cycle over
    all that was recorded under `property` violates it.  `nested`: not where both are of one
    declaration, whose instances have an order of their own.
    """

    property: str
    first: Place
    second: Place
    nested: bool = False


@record(frozen=True, slots=True)
class SetInterrupts(Node):
    """Allow or forbid `irqs` or `softirqs` on the running thread's CPU: one access."""

    which: Literal["irqs", "softirqs"]
    on: Expr


Instr = (
    Assign
    | Load
    | Store
    | QueueOp
    | Check
    | Assert
    | Wait
    | Choose
    | New
    | Free
    | Discard
    | Enter
    | Leave
    | Spawn
    | Crash
    | Precedes
    | SetInterrupts
)

# ---------------------------------------------------------------------------------------------
# Blocks


@record(frozen=True, slots=True)
class Jump(Node):
    """Go on at a block.  Where that block is a location, the step ends there."""

    target: str


@record(frozen=True, slots=True)
class Branch(Node):
    """Go on at one of two blocks."""

    condition: Expr
    then: str
    other: str


@record(frozen=True, slots=True)
class End(Node):
    """The thread has finished; its `per_thread` objects die."""


@record(frozen=True, slots=True)
class Return(Node):
    """The value of a property's body (Bool)."""

    value: Expr


Terminator = Jump | Branch | End | Return


@record(frozen=True, slots=True, kw_only=True)
class StepInfo:
    """What the source says about a step: nothing here changes what it does.

    `calls` are the call sites, outermost first, through which library routines reached `span`.
    `text` is the source of the statement, for traces.
    """

    span: Span
    calls: tuple[Span, ...] = ()
    routine: str = ""
    text: str = ""
    label: str = ""
    because: str = ""


@record(frozen=True, slots=True)
class Block:
    """Straight code with one way in.

    `step` is set where a step may begin: an access outside `atomic`, an `atomic`, a wait.
    `atomic` is set on every block of a `with atomic()` body (of other steps: not); `rmw` names
    the order of its read-modify-write.  `inner` blocks are never locations: they continue a step.
    `rest` (made by the pass `join`) says that the block is a location.
    `live` (made by the pass `liveness`) are the locals that are part of the state while a
    thread stands here; all others read as 0 when the step begins.
    """

    label: str
    instrs: tuple[Instr, ...]
    end: Terminator
    step: StepInfo | None = None
    atomic: bool = False
    rmw: str = ""
    inner: bool = False
    rest: bool = False
    live: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class Body:
    """Blocks with one entry.  Labels are unique within it; order is source order."""

    entry: str
    blocks: tuple[Block, ...]
    locals: tuple[LocalVar, ...] = ()


@record(frozen=True, slots=True)
class LocalVar:
    """A local of a body.  `shown` is the spec's name for it; temporaries have none."""

    name: str
    type: ScalarType
    shown: str = field(default="", compare=False)


# ---------------------------------------------------------------------------------------------
# Declarations


@record(frozen=True, slots=True)
class Field:
    """A field of a struct.  `start` is the value after `shared`/`local`, if not zero."""

    name: str
    type: ValueType
    start: int = 0
    ghost: bool = False
    durable: bool = False


@record(frozen=True, slots=True)
class Struct:
    """A struct type.  `marked`: none of its accesses is plain.  `library`: no lock's class is named
    after a field of it.
    """

    name: str
    fields: tuple[Field, ...]
    marked: bool = False
    library: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)


ObjectKind = Literal["shared", "pool", "per_thread", "local"]


@record(frozen=True, slots=True)
class Object:
    """Declared memory: `count` elements (None: a single one) of one type.

    A pool's count is its number of slots; a `per_thread` object has one element per thread
    (count None), a `local` object one per thread of `template`.
    `start` sets single scalars: (element number or 0, path, constant or AddressOf).
    `mortal`: something in the program may end its life (a pool, a freed shared object, a
    per-thread or local one that is looked at from outside); made by the pass `freeze`.
    """

    name: str
    kind: ObjectKind
    type: ScalarType | Embedded
    count: int | None = None
    template: str = ""
    reuse: bool = False
    stable: tuple[str, ...] = ()
    ghost: bool = False
    durable: bool = False
    start: tuple[tuple[int, tuple[str | Expr, ...], Expr], ...] = ()
    mortal: bool = True
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Context = Literal["task", "kthread", "softirq", "hardirq"]


@record(frozen=True, slots=True)
class Template:
    """A thread: `count` copies of one body.  `spawned`: they start ended, as slots for Spawn.

    `parameters` are the locals that Spawn sets, in order.  `interrupts`: the template on whose
    CPU it runs (copy i on copy i's, or all on the only one's).
    """

    name: str
    count: int
    body: Body
    spawned: bool = False
    parameters: tuple[str, ...] = ()
    context: Context = "task"
    interrupts: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


PropertyKind = Literal["invariant", "final", "reachable", "assert"]


@record(frozen=True, slots=True)
class Property:
    """A property of the spec.  `body` ends in Return on every path; a Check that fails in it
    violates it.  An `assert` property has no body: it is what `Assert` instructions name.
    """

    name: str
    kind: PropertyKind
    body: Body | None = None
    doc: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, slots=True)
class Allow:
    """A silenced built-in check: everywhere, or for one declaration `on` ("File.f_pos" or an
    object's name).
    """

    check: str
    on: str
    because: str


@record(frozen=True, slots=True)
class Setting:
    """A parameter or flag and the value this program was made with."""

    name: str
    value: str
    default: str


@record(frozen=True, slots=True)
class Program:
    """A spec under one variant.  `threads` are numbered template by template, in order.

    `initial` runs once, before the local work of the threads, on memory that holds the start
    values; its choices make several initial states.  `routines` are the Fn values 1, 2, ….
    """

    name: str
    structs: tuple[Struct, ...]
    objects: tuple[Object, ...]
    templates: tuple[Template, ...]
    initial: Body
    properties: tuple[Property, ...]
    allows: tuple[Allow, ...] = ()
    routines: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    doc: str = field(default="", compare=False)
    path: str = field(default="", compare=False)


__all__ = [name for name in globals() if name[:1].isupper()] + ["ArrayOf", "Embedded", "QueueOf"]
