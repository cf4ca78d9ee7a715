"""Tokens → types, places, expressions, instructions: the inverse of `show`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast, get_args

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
    ObjectRoot,
    Place,
    PointerRoot,
    Precedes,
    QueueContains,
    QueueLength,
    QueueOp,
    QueueVerb,
    Read,
    Return,
    Root,
    SetInterrupts,
    Spawn,
    StartsObject,
    Store,
    Terminator,
    ThreadOf,
    Wait,
)
from modelcheck.ir.text.tokens import Cursor
from modelcheck.ir.types import (
    BOOL,
    FN,
    THREAD_ID,
    ArrayOf,
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

SETTABLE = ("irqs", "softirqs")
KINDS = {kind.value: kind for kind in Kind}


class NodeReader:
    """Reads the nodes of one line; `enums` are the enums declared so far, by name."""

    def __init__(self, line: Cursor, enums: dict[str, EnumType]) -> None:
        self.line = line
        self.enums = enums

    def comma_list(self, read: Callable[[], str], opening: str = "(") -> tuple[str, ...]:
        """What `read` reads, between parentheses and commas."""
        self.line.expect(opening)
        found: list[str] = []
        while not self.line.accept(")"):
            if found:
                self.line.expect(",")
            found.append(read())
        return tuple(found)

    def _look(self) -> Kind:
        """How a queue is looked at; nothing said: no access."""
        return self.kind() if self.line.accept(",") else Kind.SILENT

    def kind(self) -> Kind:
        """The kind of an access."""
        word = self.line.take()
        if word not in KINDS:
            raise self.line.error(f"`{word}` is no kind of access")
        return KINDS[word]

    # ------------------------------------------------------------------------ types

    def scalar(self) -> ScalarType:
        """A type that is a scalar's."""
        found = self.type()
        if isinstance(found, Embedded | ArrayOf | QueueOf):
            raise self.line.error(f"{found!r} is no scalar type")
        return found

    def object_type(self) -> ScalarType | Embedded:
        """A type that an object may have."""
        found = self.type()
        if isinstance(found, ArrayOf | QueueOf):
            raise self.line.error(f"{found!r} is no object's type")
        return found

    def type(self) -> ValueType:
        """Any type."""
        word = self.line.take()
        match word:
            case "Bool":
                return BOOL
            case "ThreadId":
                return THREAD_ID
            case "Fn":
                return FN
            case "Int":
                self.line.expect("[")
                lo = self.line.integer()
                self.line.expect("..")
                hi = self.line.integer()
                self.line.expect("]")
                return RangeType(lo, hi)
            case "enum":
                return self.enum()
            case "struct":
                return Embedded(self.line.name())
            case "Ptr" | "Set" | "Array" | "Queue":
                return self._made_of(word)
        if word[:1] == "U" and word[1:].isdecimal():
            return WordType(int(word[1:]))
        raise self.line.error(f"`{word}` is no type")

    def enum(self) -> EnumType:
        """An enum: with its members, or one that was declared."""
        name = self.line.name()
        if self.line.peek() == "(":
            return EnumType(name, self.comma_list(self.line.name))
        if name not in self.enums:
            raise self.line.error(f"no enum is called `{name}`")
        return self.enums[name]

    def _made_of(self, word: str) -> ValueType:
        """A type with arguments."""
        self.line.expect("[")
        found: ValueType
        match word:
            case "Ptr":
                found = PtrType(self.line.name())
            case "Set":
                # Whatever was printed had one of the element types a set may have.
                found = SetType(self.scalar())  # type: ignore[arg-type]
            case "Array":
                element = self.type()
                self.line.expect(",")
                found = ArrayOf(element, self.line.integer())
            case _:
                scalar = self.scalar()
                self.line.expect(",")
                found = QueueOf(scalar, self.line.integer())
        self.line.expect("]")
        return found

    # ------------------------------------------------------------------------ places

    def place(self) -> Place:
        """A place."""
        root: Root
        if self.line.accept("{"):
            struct = self.line.name()
            root = PointerRoot(self.expr(), struct)
            self.line.expect("}")
            return Place(root, self.path())
        root = ObjectRoot(self.line.name())
        if self.line.accept("[") and not self.line.accept("]"):
            root = ObjectRoot(root.object, self.expr())
            self.line.expect("]")
        return Place(root, self.path())

    def path(self) -> tuple[str | Expr, ...]:
        """Field names and element numbers, as many as there are."""
        parts: list[str | Expr] = []
        while True:
            if self.line.accept("."):
                parts.append(self.line.name())
            elif self.line.accept("["):
                parts.append(self.expr())
                self.line.expect("]")
            else:
                return tuple(parts)

    # ------------------------------------------------------------------------ expressions

    def expr(self) -> Expr:
        """An expression."""
        kind, word = self.line.kind(), self.line.peek()
        if kind == "local":
            return Local(self.line.local())
        if kind == "special":
            return self._special(self.line.take())
        if kind == "number":
            value = self.line.integer()
            return Const(value, self.scalar() if self.line.accept(":") else RangeType(value, value))
        if word in ("True", "False") and self.line.peek(1) != ":":  # else a member of an enum
            self.line.take()
            return Const(int(word == "True"), BOOL)
        if self.line.accept("("):
            left = self.expr()
            op = self.line.take()
            args = (left, self.expr())
            self.line.expect(")")
            return self._typed(op, args)
        name = self.line.name()
        if self.line.accept(":"):
            return self._named_constant(name, self.scalar())
        return self._typed(name, self._arguments())

    def _typed(self, op: str, args: tuple[Expr, ...]) -> Apply:
        return Apply(op, args, self.scalar() if self.line.accept(":") else BOOL)

    def _named_constant(self, name: str, type_: ScalarType) -> Const:
        if isinstance(type_, EnumType):
            if name not in type_.members:
                raise self.line.error(f"`{name}` is no member of {type_.name}")
            return Const(type_.members.index(name), type_)
        if name != "None":
            raise self.line.error(f"`{name}` is no constant")
        return Const(0, type_)

    def _arguments(self) -> tuple[Expr, ...]:
        self.line.expect("(")
        found: list[Expr] = []
        while not self.line.accept(")"):
            if found:
                self.line.expect(",")
            found.append(self.expr())
        return tuple(found)

    def _special(self, word: str) -> Expr:
        """What begins with `$`: everything that is neither value nor operator."""
        if word == "$me":
            return Me()
        if word == "$current":
            return Current()
        self.line.expect("(")
        found = self._special_call(word)
        self.line.expect(")")
        return found

    def _special_call(self, word: str) -> Expr:
        match word:
            case "$thread":
                template = self.line.name()
                self.line.expect(",")
                return ThreadOf(template, self.expr())
            case "$read":
                kind = self.kind()
                return Read(self.place(), kind)
            case "$address":
                return AddressOf(self.place())
            case "$container":
                pointer = self.expr()
                self.line.expect(",")
                outer = self.line.name()
                return ContainerOf(pointer, outer, self.path())
            case "$alive" | "$stable":
                return Alive(self.place(), stable=word == "$stable")
            case "$initialised":
                return IsInitialised(self.place())
            case "$whole":
                struct = self.line.name()
                return StartsObject(self.expr(), struct)
            case "$length":
                return QueueLength(self.place(), self._look())
            case "$contains":
                place = self.place()
                self.line.expect(",")
                return QueueContains(place, self.expr(), self._look())
            case "$finished":
                return IsFinished(self.expr())
            case "$free_thread":
                return HasFreeThread(self.line.name())
            case "$free_slot":
                return HasFreeSlot(self.line.name())
            case _:
                raise self.line.error(f"`{word}` is no expression")

    # ------------------------------------------------------------------------ instructions

    def node(self) -> Instr | Terminator:
        """The instruction or terminator that the line is, with its span."""
        found = self._setting() if self.line.kind() == "local" else self._plain(self.line.take())
        self.line.finish()
        return replace(found, span=self.line.span)

    def _setting(self) -> Instr:
        """An instruction that sets a local."""
        local = self.line.local()
        self.line.expect("=")
        # No operator is called like one of these words, so an expression cannot begin with one.
        if self.line.accept("load"):
            kind = self.kind()
            return Load(local, self.place(), kind)
        if self.line.accept("queue"):
            return self._queue(local)
        if self.line.accept("choose"):
            return Choose(local, self.line.integer())
        if self.line.accept("new"):
            return New(local, self.line.name())
        if self.line.accept("spawn"):
            template = self.line.name()
            return Spawn(local, template, self._arguments())
        return Assign(local, self.expr())

    def _queue(self, local: str | None) -> QueueOp:
        kind = self.kind()
        place = self.place()
        verb = self.line.take()
        if verb not in get_args(QueueVerb):
            raise self.line.error(f"a queue cannot `{verb}`")
        self.line.expect("(")
        value = None if self.line.peek() == ")" else self.expr()
        self.line.expect(")")
        return QueueOp(cast("QueueVerb", verb), place, kind, value, local)

    def _subject(self) -> Place | None:
        return self.place() if self.line.accept("of") else None

    def _says(self) -> str:
        return self.line.string() if self.line.accept("says") else ""

    def _plain(self, word: str) -> Instr | Terminator:
        """An instruction that sets no local, or a terminator."""
        line = self.line
        match word:
            case "store":
                kind = self.kind()
                place = self.place()
                line.expect("=")
                return Store(place, self.expr(), kind)
            case "queue":
                return self._queue(None)
            case "check":
                condition = self.expr()
                line.expect("else")
                return Check(condition, line.string(), self._subject(), self._says())
            case "assert":
                condition = self.expr()
                line.expect("else")
                property_, subject = line.string(), self._subject()
                return Assert(condition, property_, self._says(), subject)
            case "wait":
                idle = line.accept("idle")
                return Wait(self.expr(), idle=idle)
            case "free" | "discard":
                line.expect("{")
                struct = line.name()
                pointer = self.expr()
                line.expect("}")
                return (Free if word == "free" else Discard)(pointer, struct)
            case "enter":
                return Enter(line.name())
            case "leave":
                return Leave(line.name())
            case "crash":
                return Crash()
            case "precedes":
                property_, first = line.string(), self.place()
                line.expect(",")
                second = self.place()
                return Precedes(property_, first, second, line.accept("nested"))
            case "set":
                which = line.take()
                if which not in SETTABLE:
                    raise line.error(f"`{which}` cannot be set")
                line.expect("=")
                return SetInterrupts("irqs" if which == "irqs" else "softirqs", self.expr())
            case "jump":
                return Jump(line.name())
            case "if":
                condition = self.expr()
                line.expect("jump")
                then = line.name()
                line.expect("else")
                return Branch(condition, then, line.name())
            case "end":
                return End()
            case "return":
                return Return(self.expr())
            case _:
                raise line.error(f"`{word}` begins no instruction")
