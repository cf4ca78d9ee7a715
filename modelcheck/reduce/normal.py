"""Code in a normal form, with its constants renamed: two texts of one form do the same.

What can be told apart only by its order and is not noticed is put in one order: the parts of `and`
and `or` (as decision diagrams), of sums, of unions; a chain `x == 0 … x == 1 …` over an index.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import assert_never

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
    Leave,
    Load,
    Local,
    Me,
    New,
    ObjectRoot,
    Place,
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
from modelcheck.ir.traverse import has_access
from modelcheck.ir.types import BoolType, PtrType, RangeType, SetType, ThreadIdType
from modelcheck.reduce.decisions import FALSE, TRUE, Decisions
from modelcheck.reduce.kinds import Kinds, Scope, scope_of
from modelcheck.reduce.renaming import Renaming
from modelcheck.reduce.sorts import FREE, PLAIN, Key, Kind

Form = Hashable
_THREAD = Kind("thread")
_COMMUTATIVE = ("*", "&", "|", "^", "==")


class Normal:
    """Writes the code of one scope under one renaming of the sort `root`.

    `keeps_order`: where another thread could tell in which order memory is looked at (a data
    race), conditions that look at it keep theirs.  `known` are the locals whose values are known
    (where code is followed way by way); of others nothing is, if `unknown`, else they are 0.

    Soundness: two forms that are equal although the texts differ would make a program look
    symmetric that is not; tests/reduce/test_symmetry_traps.py has near misses, and
    tests/reduce/test_symmetry_agreement.py compares verdicts with and without.
    """

    def __init__(
        self,
        kinds: Kinds,
        scope: Scope,
        renaming: Renaming,
        root: Key,
        decisions: Decisions,
        *,
        keeps_order: bool = False,
        known: Mapping[str, Form] | None = None,
        unknown: bool = False,
    ) -> None:
        self._kinds = kinds
        self._scope = scope
        self._renaming = renaming
        self._root = root
        self._decisions = decisions
        self._keeps_order = keeps_order
        self._known = known
        self._unknown = unknown

    # -----------------------------------------------------------------------------------------
    # Values

    def value(self, expr: Expr, wanted: Kind = PLAIN) -> Form:
        """The form of an expression whose value goes where values of the kind `wanted` are."""
        if isinstance(expr, Const):
            return "const", self._rename(expr, wanted)
        if isinstance(expr, Local) and self._known is not None:
            return self._find_known(expr.name)
        if self._is_bool(expr):
            if self._keeps_order and has_access((expr,)):
                return self._ordered(expr)
            return "bool", self.condition(expr)
        return self._term(expr, wanted)

    def of_assigned(self, local: str, expr: Expr) -> Form:
        """The form of a value that a local gets."""
        return self.value(expr, self._kinds.of_local(self._scope, local))

    def condition(self, expr: Expr) -> int:
        """A Bool as a decision diagram."""
        decisions = self._decisions
        match expr:
            case Const(value):
                return TRUE if value else FALSE
            case Apply("and", args):
                return decisions.all_of([self.condition(arg) for arg in args])
            case Apply("or", args):
                return decisions.any_of([self.condition(arg) for arg in args])
            case Apply("not", (part,)):
                return decisions.negate(self.condition(part))
            case Apply("ite", (test, then, other)):
                return decisions.choose(*map(self.condition, (test, then, other)))
            case Apply("!=", (a, b), type_):
                return decisions.negate(self.condition(Apply("==", (a, b), type_)))
            case Local(name) if self._known is not None:
                match self._find_known(name):
                    case ("bool", int(number)):
                        return number
                    case ("const", known):
                        return TRUE if known else FALSE
                    case form:
                        return decisions.atom(form)
            case _:
                return decisions.atom(self._term(expr, PLAIN))

    def _find_known(self, name: str) -> Form:
        if self._known is not None and name in self._known:
            return self._known[name]
        if not self._unknown:
            return "const", 0
        if isinstance(self._scope.locals[name], BoolType):
            return "bool", self._decisions.atom(("local", name))
        return "local", name

    def _is_bool(self, expr: Expr) -> bool:
        return isinstance(self._kinds.lookup.expr_type(expr, self._scope.locals), BoolType)

    def _rename(self, const: Const, wanted: Kind) -> int:
        """A constant's value, renamed as what it names."""
        renaming, value = self._renaming, const.value
        match const.type:
            case ThreadIdType() | PtrType() | SetType(ThreadIdType() | PtrType()):
                return renaming.value(const.type, value)
            case _:
                pass
        shift = 1 if wanted.is_set else -wanted.shift

        def rename(number: int) -> int:
            if wanted.names == "thread":
                return renaming.thread_id(number + shift) - shift
            if wanted.names == "place":
                return renaming.pointer(wanted.struct, number + shift) - shift
            if wanted.names == "index":
                return self._rename_index(number, wanted)
            return number

        return renaming.mask(value, rename) if wanted.is_set else rename(value)

    def _rename_index(self, value: int, kind: Kind) -> int:
        """A value of an index, renamed where it is of the family that is."""
        sorts = self._kinds.sorts
        if sorts.find(kind.sort) != self._root:
            return value
        return sorts.value(kind, self._renaming.index(sorts.number(kind, value)))

    def _term(self, expr: Expr, wanted: Kind) -> Form:
        match expr:
            case Local(name):
                return "local", name
            case Me():
                return ("me",)
            case Current():
                return ("current",)
            case ThreadOf(template, copy):
                return (
                    "thread",
                    template,
                    self.value(copy, self._kinds.sorts.kind(("me", template))),
                )
            case Read(place, kind):
                return "read", self.place(place), kind
            case AddressOf(place):
                return "address", self.place(place)
            case ContainerOf(pointer, outer, path):
                return "container", self._own(pointer), outer, tuple(map(repr, path))
            case Alive(place, stable):
                return "alive", self._around(place, stable), stable
            case IsInitialised(place):
                return "initialised", self.place(place)
            case StartsObject(pointer, struct):
                return "starts", self._own(pointer), struct
            case QueueLength(place, kind):
                return "length", self.place(place), kind
            case QueueContains(place, value, kind):
                wanted = self._kinds.of_place(place)
                return "contains", self.place(place), self.value(value, wanted), kind
            case IsFinished(thread):
                return "finished", self.value(thread, _THREAD)
            case HasFreeThread(template):
                return "free-thread", template
            case HasFreeSlot(pool):
                return "free-slot", pool
            case Apply(op, args):
                return self._apply(op, args, expr, wanted)
            case Const():
                return "const", self._rename(expr, wanted)
            case _:
                assert_never(expr)

    def _own(self, expr: Expr) -> Form:
        """A value where nothing but its own kind is wanted."""
        return self.value(expr, self._kinds.of(expr, self._scope))

    def _apply(self, op: str, args: tuple[Expr, ...], expr: Apply, wanted: Kind) -> Form:
        if op == "ite":
            if cases := self._cases(expr, wanted):
                return cases
            test, then, other = args
            return op, self.value(test), self.value(then, wanted), self.value(other, wanted)
        if op in ("+", "-"):
            return self._sum(expr)
        wants = self._wants(op, args, wanted)
        parts = tuple(self.value(a, want) for a, want in zip(args, wants, strict=True))
        if op in ("min", "max"):
            return op, _sort(parts)
        if op == "bit-set":
            return _add_member(*parts)
        return op, _sort(parts) if op in _COMMUTATIVE else parts

    def _wants(self, op: str, args: tuple[Expr, ...], wanted: Kind) -> tuple[Kind, ...]:
        """What a constant among the arguments of an operator names."""
        if len(args) != 2:
            return (PLAIN,) * len(args)
        first, second = (self._kinds.of(arg, self._scope) for arg in args)
        if op in ("==", "!=", "&", "|", "^"):
            known = next((k for k in (first, second) if k not in (FREE, PLAIN)), PLAIN)
            if op in ("&", "|", "^") and not known.is_set:
                known = wanted if wanted.is_set else PLAIN
            return known, known
        if op in ("bit-test", "bit-set", "bit-clear"):
            of_set = first if first.is_set else wanted
            if not of_set.is_set:
                of_set = Kind(second.names, second.sort, second.struct, is_set=True)
            shift = 0 if of_set.names == "index" else -1
            return of_set, Kind(of_set.names, of_set.sort, of_set.struct, shift)
        return PLAIN, PLAIN

    def _sum(self, expr: Apply) -> Form:
        """A sum: its constants together, the rest in one order."""
        total, terms = 0, []
        for sign, part in _list_terms(expr, 1):
            match self.value(part):
                case ("const", int(value)):
                    total += sign * value
                case ("sum", int(value), tuple(inner)):
                    total += sign * value
                    terms += [(sign * s, form) for s, form in inner]
                case form:
                    terms.append((sign, form))
        if not terms:
            return "const", total
        return "sum", total, _sort(terms)

    def _cases(self, expr: Expr, wanted: Kind) -> Form:
        """`ite(x == 0, a, ite(x == 1, b, c))` over an index x; empty if it is none."""
        chosen: Expr | None = None
        cases: dict[int, Form] = {}
        while isinstance(expr, Apply) and expr.op == "ite":
            found = self._split_test(expr.args[0])
            if found is None or (chosen is not None and found[0] != chosen):
                break
            chosen = found[0]
            cases.setdefault(found[1], self.value(expr.args[1], wanted))
            expr = expr.args[2]
        if chosen is None:
            return ()
        values = self._list_values(chosen)
        missing = set(values or ()) - set(cases)
        rest: Form = None
        if values is not None and len(missing) == 1:
            cases[missing.pop()] = self.value(expr, wanted)
        elif values is None or missing:
            rest = self.value(expr, wanted)
        return "cases", self.value(chosen), self._sort_cases(chosen, cases), rest

    def _list_values(self, chosen: Expr) -> range | None:
        """All values of an index; None where it may have others than numbers from 0."""
        if isinstance(chosen, Me):
            return range(self._kinds.lookup.template(self._scope.template).count)
        type_ = self._kinds.lookup.expr_type(chosen, self._scope.locals)
        if isinstance(type_, RangeType) and type_.lo == 0:
            return range(type_.hi + 1)
        return None

    def _sort_cases(self, chosen: Expr, cases: Mapping[int, Form]) -> Form:
        kind = self._kinds.of(chosen, self._scope)
        return _sort((self._rename_index(value, kind), form) for value, form in cases.items())

    def _split_test(self, expr: Expr) -> tuple[Expr, int] | None:
        """The two sides of `x == 0`, where x is an index of what is renamed."""
        match expr:
            case Apply("==", (Local() | Me() as x, Const(value))) | Apply(
                "==", (Const(value), Local() | Me() as x)
            ):
                if (
                    isinstance(x, Local)
                    and self._known is not None
                    and (x.name in self._known or not self._unknown)
                ):
                    return None
                kind = self._kinds.of(x, self._scope)
                if kind.names != "index" or kind.is_set:
                    return None
                return (x, value) if self._kinds.sorts.find(kind.sort) == self._root else None
            case _:
                return None

    def _ordered(self, expr: Expr) -> Form:
        """A condition that looks at memory in an order that may be noticed."""
        match expr:
            case Apply("or", _):
                parts = list(_flatten("or", expr))
                if cases := self._exclusive(parts):
                    return cases
                return "or", tuple(map(self.value, parts))
            case Apply("and", _):
                return "and", tuple(map(self.value, _flatten("and", expr)))
            case Apply("not", (part,)):
                return "not", self.value(part)
            case _:
                return self._term(expr, PLAIN)

    def _exclusive(self, parts: list[Expr]) -> Form:
        """`x == 0 and a or x == 1 and b` looks at one of a and b only, in whatever order."""
        chosen: Expr | None = None
        cases: dict[int, Form] = {}
        for part in parts:
            first, *rest = _flatten("and", part)
            found = self._split_test(first)
            if found is None or found[1] in cases or (chosen is not None and found[0] != chosen):
                return ()
            chosen = found[0]
            cases[found[1]] = tuple(map(self.value, rest))
        if chosen is None:
            return ()
        return "any case", self.value(chosen), self._sort_cases(chosen, cases)

    # -----------------------------------------------------------------------------------------
    # Places and instructions

    def place(self, place: Place) -> Form:
        """The form of a place."""
        root = place.root
        path = tuple(p if isinstance(p, str) else self.value(p) for p in place.path)
        if not isinstance(root, ObjectRoot):
            return "through", self.value(root.pointer, Kind("place", struct=root.struct)), path
        if root.index is None:
            return "in", root.object, None, path
        wanted = self._kinds.kind_of_root(root)
        return "in", root.object, self.value(root.index, wanted), path

    def _around(self, place: Place, stable: bool) -> Form:
        """The form of what tells whether an object lives: any part of a named one says the same."""
        if stable or not isinstance(place.root, ObjectRoot):
            return self.place(place)
        return self.place(Place(place.root))

    def failure(self, node: Check | Assert) -> Form:
        """What a report says of a check that fails."""
        about = None if node.subject is None else self._subject(node.subject)
        return (node.fault if isinstance(node, Check) else node.property), about

    def _subject(self, place: Place) -> Form:
        """The form of what a check is about, which only a report says: a constant element is any
        (`capacity` of a pool names its first).
        """
        root = place.root
        if isinstance(root, ObjectRoot) and isinstance(root.index, Const):
            return "in", root.object, place.path
        return self.place(place)

    def node(self, node: Instr | Terminator) -> Form:
        """The form of an instruction or terminator."""
        kinds, scope = self._kinds, self._scope
        match node:
            case Assign(local, value):
                return "assign", local, self.value(value, kinds.of_local(scope, local))
            case Load(local, place, kind):
                return "load", local, self.place(place), kind
            case Store(place, value, kind):
                return "store", self.place(place), self.value(value, kinds.of_place(place)), kind
            case QueueOp(verb, place, kind, value, local):
                put = None if value is None else self.value(value, kinds.of_place(place))
                return verb, self.place(place), kind, put, local
            case Check(condition, fault, subject):
                about = None if subject is None else self._subject(subject)
                return "check", self.value(condition), fault, about
            case Assert(condition, name, _, subject):
                about = None if subject is None else self._subject(subject)
                return "assert", self.value(condition), name, about
            case Wait(condition, idle):
                return "wait", self.value(condition), idle
            case Free(pointer, struct) | Discard(pointer, struct):
                return type(node).__name__, self._own(pointer), struct
            case Spawn(local, template, arguments):
                body = kinds.lookup.template(template)
                inside = scope_of(body.name, body.name, body.body)
                given = tuple(
                    self.value(argument, kinds.of_local(inside, parameter))
                    for parameter, argument in zip(body.parameters, arguments, strict=True)
                )
                return "spawn", local, template, given
            case Precedes(name, first, second, nested):
                return "precedes", name, self.place(first), self.place(second), nested
            case SetInterrupts(which, on):
                return "interrupts", which, self.value(on)
            case Branch(condition, then, other):
                return "branch", self.value(condition), then, other
            case Return(value):
                return "return", self.value(value)
            case Choose() | New() | Enter() | Leave() | Crash() | Jump() | End():
                return node
            case _:
                assert_never(node)


def _sort(forms: Iterable[Form]) -> tuple[Form, ...]:
    """Forms whose order says nothing."""
    return tuple(sorted(forms, key=repr))


def _add_member(whole: Form, member: Form) -> Form:
    """A set with one more member: in whatever order they were added."""
    match whole:
        case ("with", base, tuple(members)):
            return "with", base, _sort({*members, member})
        case _:
            return "with", whole, (member,)


def _flatten(op: str, expr: Expr) -> Iterator[Expr]:
    """The parts of nested `and`s or `or`s, in order."""
    if isinstance(expr, Apply) and expr.op == op:
        for arg in expr.args:
            yield from _flatten(op, arg)
    else:
        yield expr


def _list_terms(expr: Expr, sign: int) -> Iterator[tuple[int, Expr]]:
    if isinstance(expr, Apply) and expr.op in ("+", "-"):
        yield from _list_terms(expr.args[0], sign)
        yield from _list_terms(expr.args[1], sign if expr.op == "+" else -sign)
    else:
        yield sign, expr
