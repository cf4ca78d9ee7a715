"""The kind of every expression of a program, and what each use of it does to its sort.

One walk over all bodies fills the `Sorts`; asked again later, a kind is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from modelcheck.diagnostics import NOWHERE, Span
from modelcheck.ir.alias import Aliases
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Assert,
    Assign,
    Body,
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
    Leave,
    Load,
    Local,
    Me,
    New,
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
    Terminator,
    ThreadOf,
    Wait,
)
from modelcheck.ir.ops import LOGIC
from modelcheck.ir.types import (
    ArrayOf,
    Embedded,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    WordType,
)
from modelcheck.reduce.sorts import FREE, PLAIN, Key, Kind, Sorts

_THREAD = Kind("thread")
_SYMMETRIC = ("&", "|", "^")
_ORDERED = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose code is looked at: `template` is empty in a property."""

    name: str
    template: str
    locals: Mapping[str, ScalarType]


@dataclass(frozen=True, slots=True)
class Threshold:
    """An index that is compared in order with a constant: harmless if that is outside its range."""

    kind: Kind
    op: str
    value: int
    span: Span

    def parts(self, sorts: Sorts, numbers: range) -> bool:
        """Whether the comparison tells any two of the numbers of its family apart."""
        below = self.value if self.op in ("<", ">=") else self.value + 1
        return numbers.start < sorts.number(self.kind, below) < numbers.stop


@dataclass(frozen=True, slots=True)
class Choice:
    """A number that is chosen among the first `count`."""

    kind: Kind
    count: int
    span: Span

    def leaves_out(self, sorts: Sorts, numbers: range) -> bool:
        """Whether only some of the numbers of its family are chosen among."""
        first = sorts.number(self.kind, 0)
        return first > numbers.start or first + self.count < numbers.stop


class Kinds:
    """The kinds of one program's expressions.

    Soundness: an operator that is not listed here breaks the sorts of all its arguments, so a new
    one can only cost reduction; tests/reduce/test_symmetry_traps.py has a program for each way of
    telling two threads or elements apart.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.lookup = memory.lookup
        self.sorts = Sorts()
        self.thresholds: list[Threshold] = []
        self.choices: list[Choice] = []
        self.aliases = Aliases(memory.program)
        self._span = NOWHERE

    # -----------------------------------------------------------------------------------------
    # Kinds of what is stored

    def of_type(self, type_: ScalarType, key: Key) -> Kind:
        """The kind of a local or field of a type; `key` is its sort if it is a number."""
        match type_:
            case ThreadIdType():
                return _THREAD
            case PtrType(struct):
                return Kind("place", struct=struct)
            case RangeType() | WordType():
                return self.sorts.kind(key)
            case SetType(ThreadIdType()):
                return Kind("thread", is_set=True)
            case SetType(PtrType(struct)):
                return Kind("place", struct=struct, is_set=True)
            case SetType(RangeType()):
                return self.sorts.kind(key, is_set=True)
            case _:
                return PLAIN

    def of_local(self, scope: Scope, name: str) -> Kind:
        """The kind of a local."""
        return self.of_type(scope.locals[name], ("local", scope.name, name))

    def of_place(self, place: Place) -> Kind:
        """The kind of what is stored at a place: a scalar, or the elements of a queue."""
        type_ = self.lookup.place_type(place)
        if isinstance(type_, QueueOf):
            type_ = type_.element
        if isinstance(type_, Embedded | ArrayOf):
            return PLAIN
        cell = self.aliases.cell(place)
        return self.of_type(type_, ("cell", cell.struct, cell.name))

    # -----------------------------------------------------------------------------------------
    # Kinds of expressions

    def of(self, expr: Expr, scope: Scope) -> Kind:
        """The kind of an expression; its parts are looked at too."""
        match expr:
            case Const(_, type_):
                if isinstance(type_, RangeType | WordType):
                    return FREE
                if isinstance(type_, SetType) and isinstance(type_.element, RangeType):
                    return FREE
                return self.of_type(type_, ())
            case Local(name):
                return self.of_local(scope, name)
            case Me():
                return self.sorts.kind(("me", scope.template))
            case Current():
                return _THREAD
            case ThreadOf(template, copy):
                self.meet(copy, self.sorts.kind(("me", template)), scope)
                return _THREAD
            case Read(place):
                self.visit_place(place, scope)
                return self.of_place(place)
            case AddressOf(place):
                self.visit_place(place, scope)
                return Kind("place", struct=self.lookup.struct_at(place))
            case ContainerOf(pointer, outer, _):
                self.of(pointer, scope)
                return Kind("place", struct=outer)
            case StartsObject(pointer, _):
                self.of(pointer, scope)
                return PLAIN
            case QueueContains(place, value):
                self.visit_place(place, scope)
                self.meet(value, self.of_place(place), scope)
                return PLAIN
            case Alive(place) | IsInitialised(place) | QueueLength(place):
                self.visit_place(place, scope)
                return PLAIN
            case IsFinished(thread):
                self.meet(thread, _THREAD, scope)
                return PLAIN
            case HasFreeThread() | HasFreeSlot():
                return PLAIN
            case Apply(op, args):
                return self._of_apply(op, args, scope)
            case _:
                assert_never(expr)

    def _of_apply(self, op: str, args: tuple[Expr, ...], scope: Scope) -> Kind:
        kinds = [self.of(arg, scope) for arg in args]
        if op in LOGIC:
            return PLAIN
        if op in ("==", "!="):
            self._join(*kinds)
            return PLAIN
        if op in _ORDERED:
            self._compare(op, args, kinds)
            return PLAIN
        if op == "ite":
            self._tie_places(args, scope)
            return self._join(kinds[1], kinds[2])
        if (added := self._add_constant(op, args, kinds)) is not None:
            return added
        if op == "-" and isinstance(args[1], Const) and args[1].value == 1:
            whole = kinds[0]
            if whole.names in ("thread", "place") and not (whole.is_set or whole.shift):
                return Kind(whole.names, (), whole.struct, -1)
        if op == "popcount" and kinds[0].is_set:
            return PLAIN
        if op in ("bit-test", "bit-set", "bit-clear"):
            return self._use_bits(op, kinds)
        if op in _SYMMETRIC and any(kind.is_set for kind in kinds):
            return self._join(*kinds)
        for kind in kinds:
            self.spoil(kind, f"it is counted with (`{op}`)")
        return PLAIN

    def _add_constant(self, op: str, args: tuple[Expr, ...], kinds: list[Kind]) -> Kind | None:
        """The kind of `$me + 2`: an index with another beginning; None for anything else.

        Soundness: only of what holds no constant itself, which would have to be renamed inside
        (tests/reduce/test_symmetry_traps.py: sums of what is chosen by number).
        """
        if op == "+" and isinstance(args[0], Const):
            args, kinds = args[::-1], kinds[::-1]
        if op not in ("+", "-") or len(args) != 2 or not isinstance(args[0], Local | Me):
            return None
        kind, added = kinds[0], args[1]
        if kind.names != "index" or kind.is_set or not isinstance(added, Const):
            return None
        return replace(kind, shift=kind.shift + (added.value if op == "+" else -added.value))

    def _tie_places(self, args: tuple[Expr, ...], scope: Scope) -> None:
        """`ite($me == 2, nodes[0].rcu, …)` gives a thread its place: the two go together.

        A wrong guess costs a reduction at most: whether they do is checked like all else.
        """
        match args[:2]:
            case (
                Apply("==", (Me(), Const(copy))),
                AddressOf(Place(ObjectRoot(name, Const(element)))),
            ) if self.lookup.object(name).kind in ("shared", "pool"):
                me = ("me", scope.template)
                self.sorts.unite(me, ("object", name), copy - element, self._span)
            case _:
                return

    def _compare(self, op: str, args: tuple[Expr, ...], kinds: list[Kind]) -> None:
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
        for kind, other, seen in ((kinds[0], args[1], op), (kinds[1], args[0], turned[op])):
            if kind.names == "index" and not kind.is_set and isinstance(other, Const):
                self.thresholds.append(Threshold(kind, seen, other.value, self._span))
            else:
                self.spoil(kind, "it is compared in order")

    def _use_bits(self, op: str, kinds: list[Kind]) -> Kind:
        of_set, of_bit = kinds
        if of_set == FREE and of_bit.names == "index":
            of_set = replace(of_bit, is_set=True)
        if not of_set.is_set:
            for kind in kinds:
                self.spoil(kind, "it is used as bits of a number")
            return PLAIN
        shift = of_set.shift if of_set.names == "index" else -1
        self._join(Kind(of_set.names, of_set.sort, of_set.struct, shift), of_bit)
        return PLAIN if op == "bit-test" else of_set

    def _join(self, a: Kind, b: Kind) -> Kind:
        """Values of two kinds meet: they name the same, or both are broken."""
        if FREE in (a, b):
            return b if a == FREE else a
        if a.names == "index" and b.names == "index" and a.is_set == b.is_set:
            self.sorts.unite(a.sort, b.sort, b.shift - a.shift, self._span)
            root, first = self.sorts.locate(a.sort)
            return Kind("index", root, shift=a.shift - first, is_set=a.is_set)
        if (a.names, a.struct, a.shift, a.is_set) != (b.names, b.struct, b.shift, b.is_set):
            for kind in (a, b):
                self.spoil(kind, "it is used as a plain number")
            return PLAIN
        return a

    def meet(self, expr: Expr, wanted: Kind, scope: Scope) -> None:
        """The value of an expression goes where values of the kind `wanted` are."""
        self._join(wanted, self.of(expr, scope))

    def spoil(self, kind: Kind, why: str, span: Span | None = None) -> None:
        """The names that values of a kind are must not be exchanged."""
        span = span or self._span
        match kind.names:
            case "index":
                self.sorts.spoil(kind.sort, why, span)
            case "thread":
                for template in self.memory.program.templates:
                    self.sorts.spoil(("me", template.name), why, span)
            case "place":
                for obj in self.aliases.objects_with(kind.struct):
                    if obj.kind in ("shared", "pool"):
                        self.sorts.spoil(("object", obj.name), why, span)
                    elif obj.kind == "local":
                        self.sorts.spoil(("me", obj.template), why, span)
                    else:
                        self.spoil(_THREAD, why, span)
            case "nothing" | "free":
                return
            case _:
                assert_never(kind.names)

    # -----------------------------------------------------------------------------------------
    # Places, instructions, bodies

    def kind_of_root(self, root: ObjectRoot) -> Kind:
        """What the index of an object's element names."""
        obj = self.lookup.object(root.object)
        match obj.kind:
            case "shared" | "pool":
                return self.sorts.kind(("object", obj.name))
            case "per_thread":
                return Kind("thread", shift=-1)
            case "local":
                return self.sorts.kind(("me", obj.template))
            case _:
                assert_never(obj.kind)

    def visit_place(self, place: Place, scope: Scope) -> None:
        """Look at the expressions in a place."""
        root = place.root
        if isinstance(root, PointerRoot):
            self.meet(root.pointer, Kind("place", struct=root.struct), scope)
        elif root.index is not None:
            self.meet(root.index, self.kind_of_root(root), scope)
        for part in place.path:
            if not isinstance(part, str):
                self.spoil(self.of(part, scope), "it indexes an array or queue inside a struct")

    def visit(self, node: Instr | Terminator, scope: Scope) -> None:
        """Look at an instruction or terminator."""
        self._span = node.span
        match node:
            case Assign(local, value):
                self.meet(value, self.of_local(scope, local), scope)
            case Load(local, place, _):
                self.visit_place(place, scope)
                self._join(self.of_local(scope, local), self.of_place(place))
            case Store(place, value, _):
                self.visit_place(place, scope)
                self.meet(value, self.of_place(place), scope)
            case QueueOp(_, place, _, value, taken):
                self.visit_place(place, scope)
                if value is not None:
                    self.meet(value, self.of_place(place), scope)
                if taken is not None:
                    self._join(self.of_local(scope, taken), self.of_place(place))
            case Check(condition, _, subject) | Assert(condition, _, _, subject):
                self.of(condition, scope)
                if subject is not None:
                    self.visit_place(subject, scope)
            case Wait(condition) | Branch(condition) | Return(condition):
                self.of(condition, scope)
            case Free(pointer, _) | Discard(pointer, _):
                self.of(pointer, scope)
            case Spawn(_, template, arguments):
                body = self.lookup.template(template)
                inside = scope_of(body.name, body.name, body.body)
                for parameter, argument in zip(body.parameters, arguments, strict=True):
                    self.meet(argument, self.of_local(inside, parameter), scope)
            case Precedes(_, first, second):
                self.visit_place(first, scope)
                self.visit_place(second, scope)
            case SetInterrupts(_, on):
                self.of(on, scope)
            case Choose(local, count):
                kind = self.of_local(scope, local)
                if kind.names == "index" and not kind.is_set:
                    self.choices.append(Choice(kind, count, node.span))
                else:
                    self.spoil(kind, "it is chosen as a plain number")
            case New() | Enter() | Leave() | Crash() | Jump() | End():
                return
            case _:
                assert_never(node)

    def visit_body(self, body: Body, scope: Scope) -> None:
        """Look at all of a body."""
        for block in body.blocks:
            for instr in block.instrs:
                self.visit(instr, scope)
            self.visit(block.end, scope)


def scope_of(name: str, template: str, body: Body) -> Scope:
    """The scope of a body."""
    return Scope(name, template, {local.name: local.type for local in body.locals})


__all__ = ["Kinds", "Scope", "Threshold", "scope_of"]
