"""The text of a program → the program: the inverse of `write`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast, get_args

from modelcheck.ir.nodes import (
    Allow,
    Block,
    Body,
    Branch,
    Context,
    End,
    Expr,
    Field,
    Instr,
    Jump,
    LocalVar,
    Object,
    ObjectKind,
    Program,
    Property,
    PropertyKind,
    Return,
    Setting,
    StepInfo,
    Struct,
    Template,
)
from modelcheck.ir.text.read_nodes import NodeReader
from modelcheck.ir.text.tokens import Cursor
from modelcheck.ir.types import EnumType

T = TypeVar("T")


def parse_program(text: str) -> Program:
    """The program that `print_program` printed.

    Raises InternalError with the number of the line that cannot be read.
    """
    return _Reader(text).program()


class _Reader:
    """Reads line by line; the first word of a line says what it is."""

    def __init__(self, text: str) -> None:
        numbered = enumerate(text.split("\n"), 1)
        self.lines = [Cursor(line, number) for number, line in numbered if line.strip()]
        self.lines.append(Cursor("", len(self.lines) + 1))
        self.at = 0
        self.enums: dict[str, EnumType] = {}

    @property
    def line(self) -> Cursor:
        return self.lines[self.at]

    @property
    def nodes(self) -> NodeReader:
        return NodeReader(self.line, self.enums)

    def next(self) -> None:
        """Go on to the next line; this one must be done."""
        self.line.finish()
        self.at += 1

    def many(self, word: str, read: Callable[[], T]) -> tuple[T, ...]:
        """All lines (or groups of them) here that begin with a word."""
        found: list[T] = []
        while self.line.accept(word):
            found.append(read())
        return tuple(found)

    def one(self, word: str) -> str:
        """A line that is a word and a string, or nothing."""
        if not self.line.accept(word):
            return ""
        found = self.line.string()
        self.next()
        return found

    # ------------------------------------------------------------------------ declarations

    def program(self) -> Program:
        self.line.expect("program")
        name = self.line.string()
        self.next()
        path, doc = self.one("path"), self.one("doc")
        settings = self.many("setting", self.setting)
        allows = self.many("allow", self.allow)
        routines = self.many("routine", self.routine)
        self.many("enum", self.enum)
        structs = self.many("struct", self.struct)
        objects = self.many("object", self.object)
        templates = self.many("template", self.template)
        self.line.expect("initial")
        self.next()
        initial = self.body()
        properties = self.many("property", self.property)
        self.line.finish()
        if self.at != len(self.lines) - 1:
            raise self.line.error("nothing may follow the properties")
        return Program(
            name,
            structs,
            objects,
            templates,
            initial,
            properties,
            allows,
            routines,
            settings,
            doc=doc,
            path=path,
        )

    def setting(self) -> Setting:
        name = self.line.string()
        self.line.expect("=")
        value = self.line.string()
        self.line.expect("default")
        default = self.line.string()
        self.next()
        return Setting(name, value, default)

    def allow(self) -> Allow:
        check = self.line.string()
        self.line.expect("on")
        on = self.line.string()
        self.line.expect("because")
        because = self.line.string()
        self.next()
        return Allow(check, on, because)

    def routine(self) -> str:
        name = self.line.string()
        self.next()
        return name

    def enum(self) -> None:
        enum = self.nodes.enum()
        self.enums[enum.name] = enum
        self.next()

    def struct(self) -> Struct:
        name, marked = self.line.name(), self.line.accept("marked")
        library, span = self.line.accept("library"), self.line.span
        self.next()
        return Struct(name, self.many("field", self.field), marked, library, span)

    def field(self) -> Field:
        name = self.line.name()
        self.line.expect(":")
        type_ = self.nodes.type()
        start = self.line.integer() if self.line.accept("=") else 0
        ghost, durable = self.line.accept("ghost"), self.line.accept("durable")
        self.next()
        return Field(name, type_, start, ghost, durable)

    def object(self) -> Object:
        line = self.line
        name = line.name()
        line.expect(":")
        kind = self.word(get_args(ObjectKind))
        type_ = self.nodes.object_type()
        count = line.integer() if line.accept("count") else None
        template = line.name() if line.accept("template") else ""
        reuse = line.accept("reuse")
        stable = self.nodes.comma_list(line.name) if line.accept("stable") else ()
        ghost, durable, immortal = (line.accept(w) for w in ("ghost", "durable", "immortal"))
        self.next()
        return Object(
            name,
            cast("ObjectKind", kind),
            type_,
            count,
            template,
            reuse,
            stable,
            ghost,
            durable,
            self.many("start", self.start),
            not immortal,
            line.span,
        )

    def start(self) -> tuple[int, tuple[str | Expr, ...], Expr]:
        element = self.line.integer()
        self.line.expect("at")
        path = self.nodes.path()
        self.line.expect("=")
        value = self.nodes.expr()
        self.next()
        return element, path, value

    def word(self, allowed: tuple[str, ...]) -> str:
        """One of some words."""
        word = self.line.take()
        if word not in allowed:
            raise self.line.error(f"`{word}` is none of {', '.join(allowed)}")
        return word

    def template(self) -> Template:
        line = self.line
        name = line.name()
        line.expect("count")
        count = line.integer()
        spawned = line.accept("spawned")
        parameters = self.nodes.comma_list(line.local) if line.accept("parameters") else ()
        context = self.word(get_args(Context)) if line.accept("context") else "task"
        interrupts = line.name() if line.accept("interrupts") else ""
        self.next()
        return Template(
            name,
            count,
            self.body(),
            spawned,
            parameters,
            cast("Context", context),
            interrupts,
            line.span,
        )

    def property(self) -> Property:
        line = self.line
        name = line.name()
        line.expect(":")
        kind = self.word(get_args(PropertyKind))
        doc = line.string() if line.accept("doc") else ""
        self.next()
        body = self.body() if self.line.peek() == "entry" else None
        return Property(name, cast("PropertyKind", kind), body, doc, line.span)

    # ------------------------------------------------------------------------ graphs

    def body(self) -> Body:
        self.line.expect("entry")
        entry = self.line.name()
        self.next()
        locals_ = self.many("local", self.local)
        return Body(entry, self.many("block", self.block), locals_)

    def local(self) -> LocalVar:
        name = self.line.local()
        self.line.expect(":")
        type_ = self.nodes.scalar()
        shown = self.line.string() if self.line.accept("shown") else ""
        self.next()
        return LocalVar(name, type_, shown)

    def block(self) -> Block:
        line = self.line
        label = line.name()
        rest, inner, atomic = (line.accept(word) for word in ("rest", "inner", "atomic"))
        rmw = line.string() if line.accept("rmw") else ""
        live = self.nodes.comma_list(line.local) if line.accept("live") else ()
        self.next()
        step = self.step() if self.line.accept("step") else None
        instrs: list[Instr] = []
        while True:
            node = self.nodes.node()
            self.next()
            if isinstance(node, Jump | Branch | End | Return):
                return Block(label, tuple(instrs), node, step, atomic, rmw, inner, rest, live)
            instrs.append(node)

    def step(self) -> StepInfo:
        line = self.line
        text = line.string() if line.kind() == "string" else ""
        routine = line.string() if line.accept("in") else ""
        label = line.string() if line.accept("label") else ""
        because = line.string() if line.accept("because") else ""
        self.next()
        calls = []
        while self.line.accept("via"):
            calls.append(self.line.span)
            self.next()
        return StepInfo(
            span=line.span,
            calls=tuple(calls),
            routine=routine,
            text=text,
            label=label,
            because=because,
        )
