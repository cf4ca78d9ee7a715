"""What makes a single instruction, expression or place of a program legal.

The part of `verify` that looks at one node at a time: its names resolve, its types agree, and it
may stand in the kind of body it stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from modelcheck.diagnostics import InternalError
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
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
    Expr,
    Free,
    HasFreeSlot,
    HasFreeThread,
    Instr,
    IsFinished,
    IsInitialised,
    Jump,
    Kind,
    Leave,
    Load,
    Local,
    Me,
    New,
    Object,
    ObjectRoot,
    Place,
    PointerRoot,
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
    Template,
    Terminator,
    ThreadOf,
    Wait,
)
from modelcheck.ir.ops import OPS
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ValueType,
    WordType,
)

RULES: Mapping[str, str] = {
    "unique names": "no two declarations of one sort, fields, locals or blocks share a name",
    "names resolve": "every name is declared",
    "finite structs": "no struct contains itself",
    "small sets": "a set has at most 63 possible elements",
    "objects": "an object has what its kind needs, and nothing else",
    "constant starts": "a start value is a constant or the address of a fixed place",
    "starts fit": "what a place starts with is a value of its type",
    "templates": "parameters are locals, Spawn is for spawned ones, copies and targets match",
    "properties": "a property has a body, which only looks; an `assert` property has none",
    "locations": "a location begins a step of a thread; what lives there is a local",
    "ends": "Return stands in properties only, End in threads and the initial code only",
    "operators": "an operator is in ops.OPS and has as many arguments as it takes",
    "types agree": "a value has the type that the place, local, operator or node wants",
    "running thread": "Me, Current and the own `local` objects need a thread that runs the code",
    "kinds": "loads acquire, stores release, an RMW is atomic, GHOST is for ghosts, a silent store "
    "for what nobody else knows",
    "local work": "local work touches no shared memory",
    "one access": "a plain step touches shared memory once",
    "waits": "a Wait stands at the beginning of its step, in an atomic block or behind a Choose",
}
"""What is demanded of a program, by the name that a failure gives."""

BodyKind = Literal["thread", "initial", "property"]


class Broken(Exception):  # noqa: N818 - no error of the user's, and never leaves `verify`
    """A rule that a node breaks, before it is known where the node stands."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def demand(rule: str, holds: object, message: str) -> None:
    """Raise `Broken` unless something holds."""
    if not holds:
        raise Broken(rule, message)


def agree(found: ScalarType, wanted: ScalarType) -> bool:
    """Whether a value of one type may stand where another is wanted, ranges apart."""
    if found is wanted:
        return True
    match found, wanted:
        case (WordType() | RangeType(), WordType() | RangeType()):
            return True
        case SetType(a), SetType(b):
            return agree(a, b)
        case _:
            return found == wanted


def comparable(a: ScalarType, b: ScalarType) -> bool:
    """Whether two values may be compared: numbers may stand for anything but a Bool."""
    if isinstance(a, BoolType) or isinstance(b, BoolType):
        return a == b
    return agree(a, b) or any(isinstance(t, WordType | RangeType) for t in (a, b))


@dataclass(frozen=True, slots=True)
class NodeChecker:
    """Checks the nodes of one body; `template` is None outside a thread."""

    lookup: Lookup
    kind: BodyKind
    locals: Mapping[str, ScalarType]
    template: Template | None
    allocated: frozenset[str]  # locals that a New sets

    # ------------------------------------------------------------------------ places

    # What is checked of every expression words its complaint only when there is one.

    def place(self, place: Place) -> ValueType:
        """Check a place; its type."""
        root = place.root
        match root:
            case ObjectRoot(name, index):
                obj = self._object(name)
                if index is not None:
                    self.number(index)
                elif obj.kind == "local":
                    own = self.template is not None and self.template.name == obj.template
                    demand("running thread", own, f"`{name}` is a local of another thread")
                elif obj.count is not None or obj.kind == "per_thread":
                    raise Broken("objects", f"`{name}` needs an index")
            case PointerRoot(pointer, struct):
                self._pointer(pointer, struct)
            case _:
                assert_never(root)
        for part in place.path:
            if not isinstance(part, str):
                self.number(part)
        try:
            return self.lookup.place_type(place)
        except InternalError as error:
            raise Broken("names resolve", str(error)) from None

    def _object(self, name: str) -> Object:
        found = self.lookup.objects.get(name)
        if found is None:
            raise Broken("names resolve", f"no object is called `{name}`")
        return found

    def scalar_place(self, place: Place) -> ScalarType:
        """Check a place that must hold a scalar; its type."""
        found = self.place(place)
        if isinstance(found, Embedded | ArrayOf | QueueOf):
            raise Broken("types agree", f"a scalar is wanted, not {found!r}")
        return found

    def queue_place(self, place: Place) -> QueueOf:
        """Check a place that must be a queue; its type."""
        found = self.place(place)
        if not isinstance(found, QueueOf):
            raise Broken("types agree", f"a queue is wanted, not {found!r}")
        return found

    def is_ghost(self, place: Place) -> bool:
        """Whether a place is a ghost's."""
        root = place.root
        if isinstance(root, PointerRoot) and isinstance(root.pointer, AddressOf):
            if self.is_ghost(root.pointer.place):
                return True
        elif isinstance(root, ObjectRoot) and self.lookup.object(root.object).ghost:
            return True
        outer: ValueType = self.lookup.root_type(root)
        for part in place.path:
            if isinstance(outer, Embedded) and isinstance(part, str):
                fields = self.lookup.struct(outer.struct).fields
                if any(field.name == part and field.ghost for field in fields):
                    return True
            outer = self.lookup.inner_type(outer, part)
        return False

    # ------------------------------------------------------------------------ expressions

    def want(self, expr: Expr, wanted: ScalarType) -> None:
        """Check an expression that must have a type."""
        found = self.expr(expr)
        if not agree(found, wanted):
            raise Broken("types agree", f"{found!r} where {wanted!r} is wanted")

    def number(self, expr: Expr) -> None:
        """Check an expression that must be an element number."""
        found = self.expr(expr)
        demand("types agree", found != BOOL, "a Bool is no element number")

    def expr(self, expr: Expr) -> ScalarType:
        """Check an expression; its type."""
        match expr:
            case Const(value, type_):
                self._constant(value, type_)
                return type_
            case Local(name):
                return self._local(name)
            case Apply(op, args, type_):
                self._apply(op, args, type_)
                return type_
            case Read(place, kind):
                found = self.scalar_place(place)
                self._load_kind(place, kind)
                return found
            case Me() | Current():
                demand("running thread", self.kind == "thread", "no thread runs this code")
            case ThreadOf(template, copy):
                self._template(template)
                self.number(copy)
            case AddressOf(place):
                struct = self.place(place)
                demand("types agree", isinstance(struct, Embedded), "only a struct has an address")
            case ContainerOf(pointer, outer, path):
                self._container(pointer, outer, path)
            case Alive(place):
                self.place(place)
            case QueueLength(place):
                self.queue_place(place)
            case IsInitialised(place):
                if not isinstance(self.place(place), QueueOf):
                    self.scalar_place(place)
            case StartsObject(pointer, struct):
                self._pointer(pointer, struct)
            case QueueContains(place, value):
                self.want(value, self.queue_place(place).element)
            case IsFinished(thread):
                self.want(thread, THREAD_ID)
            case HasFreeThread(template):
                spawned = self._template(template).spawned
                demand("templates", spawned, f"`{template}` is not spawned")
            case HasFreeSlot(pool):
                self._pool(pool)
            case _:
                assert_never(expr)
        return self.lookup.expr_type(expr, self.locals)

    def _local(self, name: str) -> ScalarType:
        found = self.locals.get(name)
        if found is None:
            raise Broken("names resolve", f"no local is called `{name}`")
        return found

    def _constant(self, value: int, type_: ScalarType) -> None:
        match type_:
            case BoolType():
                if value not in (0, 1):
                    raise Broken("types agree", f"{value} is no Bool")
            case EnumType(name, members):
                demand("types agree", 0 <= value < len(members), f"{value} is no `{name}`")
            case PtrType(struct):
                self._struct(struct)
            case _:
                return

    def _struct(self, name: str) -> None:
        if name not in self.lookup.structs:
            raise Broken("names resolve", f"no struct is called `{name}`")

    def _template(self, name: str) -> Template:
        found = name in self.lookup.templates
        demand("names resolve", found, f"no template is called `{name}`")
        return self.lookup.template(name)

    def _pool(self, name: str) -> Embedded:
        obj = self._object(name)
        if obj.kind != "pool" or not isinstance(obj.type, Embedded):
            raise Broken("objects", f"`{name}` is no pool")
        return obj.type

    def _pointer(self, pointer: Expr, struct: str) -> None:
        self._struct(struct)
        self.want(pointer, PtrType(struct))

    def _container(self, pointer: Expr, outer: str, path: tuple[str | Expr, ...]) -> None:
        self._struct(outer)
        constant = all(isinstance(part, str | Const) for part in path)
        demand("types agree", constant, "the path of ContainerOf is not constant")
        inner = self.place(Place(PointerRoot(Const(0, PtrType(outer)), outer), path))
        if not isinstance(inner, Embedded):
            raise Broken("types agree", "the path of ContainerOf leads to no struct")
        self.want(pointer, PtrType(inner.struct))

    def _apply(self, op: str, args: tuple[Expr, ...], type_: ScalarType) -> None:
        row = OPS.get(op)
        if row is None:
            raise Broken("operators", f"no operator is called `{op}`")
        demand("operators", len(args) == row.arity, f"`{op}` takes {row.arity} arguments")
        types = [self.expr(arg) for arg in args]
        for sort, found in zip((*row.args, row.result), (*types, type_), strict=True):
            if sort != "any" and (sort == "bool") != isinstance(found, BoolType):
                raise Broken("types agree", f"`{op}` has {found!r} where its row says {sort}")
        if op in ("==", "!=") and not comparable(*types):
            raise Broken("types agree", f"{types[0]!r} is compared to {types[1]!r}")
        if op == "ite" and not all(comparable(found, type_) for found in types[1:]):
            raise Broken("types agree", f"the arms of `ite` are no {type_!r}")

    # ------------------------------------------------------------------------ kinds

    def _load_kind(self, place: Place, kind: Kind) -> None:
        demand("kinds", kind is not Kind.RELEASE, "a load does not release")
        if kind is Kind.GHOST:
            demand("kinds", self.is_ghost(place), "GHOST says that a place is a ghost's")
        if self.kind == "property":
            demand("properties", not kind.is_access, "a property accesses nothing")

    def _store_kind(self, place: Place, kind: Kind) -> None:
        """Soundness: a store that says it is no access is invisible to races and reductions."""
        loads = (Kind.ACQUIRE, Kind.DEPENDENT)
        demand("kinds", kind not in loads, f"a store cannot be `{kind.value}`")
        demand("properties", self.kind != "property", "a property changes nothing")
        if kind is Kind.GHOST:
            demand("kinds", self.is_ghost(place), "GHOST says that a place is a ghost's")
        if kind is Kind.SILENT and self.kind == "thread":
            demand("kinds", self._is_own(place), "a silent store to what others may know")

    def _is_own(self, place: Place) -> bool:
        """Whether a place is in an object that begins to live here, or a ghost's."""
        match place.root:
            case PointerRoot(Local(name), _) if name in self.allocated:
                return True
            case ObjectRoot(name, None) if self.lookup.object(name).kind == "local":
                return True
            case _:
                return self.is_ghost(place)

    # ------------------------------------------------------------------------ instructions

    def sets(self, local: str, type_: ScalarType) -> None:
        """Check that a local is there and takes values of a type."""
        wanted = self._local(local)
        if not agree(type_, wanted):
            raise Broken("types agree", f"{type_!r} where {wanted!r} is wanted")

    def instr(self, instr: Instr) -> None:
        """Check an instruction by itself."""
        match instr:
            case Assign(local, value):
                self.sets(local, self.expr(value))
            case Load(local, place, kind):
                self.sets(local, self.scalar_place(place))
                self._load_kind(place, kind)
            case Store(place, value, kind):
                self.want(value, self.scalar_place(place))
                self._store_kind(place, kind)
            case QueueOp():
                self._queue_op(instr)
            case Check(condition) | Assert(condition):
                self.want(condition, BOOL)
                if instr.subject is not None:
                    self.place(instr.subject)
            case Wait(condition):
                self._only_in_code("Wait")
                self.want(condition, BOOL)
            case Choose(local, count):
                self._only_in_code("Choose")
                self._local(local)
                demand("types agree", count >= 1, "there is nothing to choose")
            case New(local, pool):
                self._only_in_code("New")
                self.sets(local, PtrType(self._pool(pool).struct))
            case Free(pointer, struct) | Discard(pointer, struct):
                self._only_in_code("Free")
                self._pointer(pointer, struct)
            case Enter(name) | Leave(name):
                self._own_object(name)
            case Spawn(local, template, arguments):
                self._spawn(local, template, arguments)
            case Crash():
                demand("running thread", self.kind == "thread", "no thread survives this crash")
            case Precedes(_, first, second, _):
                self._only_in_code("Precedes")
                self.place(first)
                self.place(second)
            case SetInterrupts(_, on):
                demand("running thread", self.kind == "thread", "no thread runs this code")
                self.want(on, BOOL)
            case _:
                assert_never(instr)

    def _only_in_code(self, what: str) -> None:
        demand("properties", self.kind != "property", f"{what} has no place in a property")

    def _queue_op(self, instr: QueueOp) -> None:
        element = self.queue_place(instr.place).element
        takes, gives = (
            instr.verb in ("append", "appendleft", "remove"),
            instr.verb in ("pop", "popleft"),
        )
        fits = takes == (instr.value is not None) and gives == (instr.local is not None)
        demand("types agree", fits, f"`{instr.verb}` has the wrong operands")
        if instr.value is not None:
            self.want(instr.value, element)
        if instr.local is not None:
            self.sets(instr.local, element)
        if instr.verb == "read":
            self._load_kind(instr.place, instr.kind)
        else:
            demand("properties", self.kind != "property", "a property changes nothing")
            if instr.kind is Kind.GHOST:
                demand("kinds", self.is_ghost(instr.place), "GHOST says that a place is a ghost's")
            silent = instr.kind is Kind.SILENT and self.kind == "thread"
            own = not silent or self._is_own(instr.place)
            demand("kinds", own, "a silent change of what others may know")

    def _own_object(self, name: str) -> None:
        obj = self._object(name)
        demand("objects", obj.kind == "local", f"`{name}` is no local object")
        own = self.template is not None and self.template.name == obj.template
        demand("running thread", own, f"`{name}` is a local of another thread")

    def _spawn(self, local: str, name: str, arguments: tuple[Expr, ...]) -> None:
        self._only_in_code("Spawn")
        self.sets(local, THREAD_ID)
        template = self._template(name)
        demand("templates", template.spawned, f"`{name}` is not spawned")
        fits = len(arguments) == len(template.parameters)
        demand("templates", fits, f"`{name}` takes {len(template.parameters)} arguments")
        types = {var.name: var.type for var in template.body.locals}
        for parameter, argument in zip(template.parameters, arguments, strict=True):
            self.want(argument, types[parameter])

    def end(self, end: Terminator) -> None:
        """Check a terminator by itself; its targets are the graph's affair."""
        match end:
            case Jump():
                return
            case Branch(condition):
                self.want(condition, BOOL)
            case End():
                demand("ends", self.kind != "property", "a property ends in Return")
            case Return(value):
                demand("ends", self.kind == "property", "only a property returns")
                self.want(value, BOOL)
            case _:
                assert_never(end)
