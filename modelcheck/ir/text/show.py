"""Types, places, expressions, instructions → one line of text each.

Everything is printed so that it can be read back without knowing the declarations.
"""

from __future__ import annotations

import json
import re
from typing import assert_never

from modelcheck.diagnostics import NOWHERE, Span
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
from modelcheck.ir.ops import OPS
from modelcheck.ir.types import (
    BOOL,
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    FnType,
    PtrType,
    QueueOf,
    RangeType,
    ScalarType,
    SetType,
    ThreadIdType,
    ValueType,
    WordType,
)

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LOCAL_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]*")
SAFE_PATH = re.compile(r"[\w./+-]([\w ./+:-]*[\w./+-])?", re.ASCII)
INFIX = frozenset(symbol for symbol, op in OPS.items() if op.arity == 2 and not symbol[0].isalpha())
INFIX |= {"and", "or"}


def show_name(name: str) -> str:
    """A name as it is, or quoted where it could be taken for something else."""
    return name if NAME.fullmatch(name) else json.dumps(name)


def show_local(name: str) -> str:
    """The name of a local."""
    return "%" + (name if LOCAL_NAME.fullmatch(name) else json.dumps(name))


def show_span(span: Span) -> str:
    """A place in the source, to stand at the end of a line; empty for none."""
    if span == NOWHERE:
        return ""
    path = span.path if SAFE_PATH.fullmatch(span.path) else json.dumps(span.path)
    has_end = (span.end_line, span.end_col) != (0, 0)
    end = f"-{span.end_line}:{span.end_col}" if has_end else ""
    return f" ; {path}:{span.line}:{span.col}{end}"


class Shower:
    """Prints nodes; `enums` are the enums met on the way, to be declared once each."""

    def __init__(self) -> None:
        self.enums: dict[str, EnumType] = {}

    def type(self, type_: ValueType) -> str:
        """A type."""
        match type_:
            case BoolType():
                return "Bool"
            case WordType(bits):
                return f"U{bits}"
            case RangeType(lo, hi):
                return f"Int[{lo}..{hi}]"
            case EnumType(name, members):
                if self.enums.setdefault(name, type_) == type_:
                    return f"enum {show_name(name)}"
                return f"enum {show_name(name)}({', '.join(map(show_name, members))})"
            case ThreadIdType():
                return "ThreadId"
            case PtrType(struct):
                return f"Ptr[{show_name(struct)}]"
            case FnType():
                return "Fn"
            case SetType(element):
                return f"Set[{self.type(element)}]"
            case Embedded(struct):
                return f"struct {show_name(struct)}"
            case ArrayOf(element, count):
                return f"Array[{self.type(element)}, {count}]"
            case QueueOf(element, capacity):
                return f"Queue[{self.type(element)}, {capacity}]"
            case _:
                assert_never(type_)

    def constant(self, value: int, type_: ScalarType) -> str:
        """A value of a type."""
        match type_:
            case BoolType() if value in (0, 1):
                return str(bool(value))
            case RangeType(lo, hi) if lo == hi == value:
                return str(value)
            case ThreadIdType() | PtrType() | FnType() if value == 0:
                return f"None:{self.type(type_)}"
            case EnumType(_, members) if 0 <= value < len(members):
                # A member that is there twice would be read back as the first.
                if members.index(members[value]) == value:
                    return f"{show_name(members[value])}:{self.type(type_)}"
        return f"{value}:{self.type(type_)}"

    def place(self, place: Place) -> str:
        """A place."""
        match place.root:
            case ObjectRoot(name, index):
                text = show_name(name)
                if index is not None:
                    text += f"[{self.expr(index)}]"
                elif place.path and not isinstance(place.path[0], str):
                    text += "[]"  # the index that follows is none of the object's
            case PointerRoot(pointer, struct):
                text = f"{{{show_name(struct)} {self.expr(pointer)}}}"
            case _:
                assert_never(place.root)
        return text + self.path(place.path)

    def path(self, path: tuple[str | Expr, ...]) -> str:
        """Field names and element numbers."""
        return "".join(
            f".{show_name(part)}" if isinstance(part, str) else f"[{self.expr(part)}]"
            for part in path
        )

    def apply(self, node: Apply) -> str:
        """An operator on its arguments; the type is left out where the operator gives it."""
        args = [self.expr(arg) for arg in node.args]
        if node.op in INFIX and len(args) == 2:
            text = f"({args[0]} {node.op} {args[1]})"
        else:
            op = node.op if re.fullmatch(r"[a-z][a-z0-9-]*", node.op) else json.dumps(node.op)
            text = f"{op}({', '.join(args)})"
        is_bool = node.op in OPS and OPS[node.op].result == "bool" and node.type == BOOL
        return text if is_bool else f"{text}:{self.type(node.type)}"

    def expr(self, expr: Expr) -> str:
        """An expression."""
        match expr:
            case Const(value, type_):
                return self.constant(value, type_)
            case Local(name):
                return show_local(name)
            case Me():
                return "$me"
            case Current():
                return "$current"
            case ThreadOf(template, copy):
                return f"$thread({show_name(template)}, {self.expr(copy)})"
            case Read(place, kind):
                return f"$read({kind.value} {self.place(place)})"
            case AddressOf(place):
                return f"$address({self.place(place)})"
            case ContainerOf(pointer, outer, path):
                return f"$container({self.expr(pointer)}, {show_name(outer)}{self.path(path)})"
            case Alive(place, stable):
                return f"${'stable' if stable else 'alive'}({self.place(place)})"
            case IsInitialised(place):
                return f"$initialised({self.place(place)})"
            case StartsObject(pointer, struct):
                return f"$whole({show_name(struct)} {self.expr(pointer)})"
            case QueueLength(place, kind):
                return f"$length({self.place(place)}{_show_look(kind)})"
            case QueueContains(place, value, kind):
                return f"$contains({self.place(place)}, {self.expr(value)}{_show_look(kind)})"
            case IsFinished(thread):
                return f"$finished({self.expr(thread)})"
            case HasFreeThread(template):
                return f"$free_thread({show_name(template)})"
            case HasFreeSlot(pool):
                return f"$free_slot({show_name(pool)})"
            case Apply():
                return self.apply(expr)
            case _:
                assert_never(expr)

    def _subject(self, subject: Place | None) -> str:
        return "" if subject is None else f" of {self.place(subject)}"

    def instr(self, instr: Instr) -> str:
        """An instruction, without its span."""
        match instr:
            case Assign(local, value):
                return f"{show_local(local)} = {self.expr(value)}"
            case Load(local, place, kind):
                return f"{show_local(local)} = load {kind.value} {self.place(place)}"
            case Store(place, value, kind):
                return f"store {kind.value} {self.place(place)} = {self.expr(value)}"
            case QueueOp(verb, place, kind, value, local):
                to = "" if local is None else f"{show_local(local)} = "
                argument = "" if value is None else self.expr(value)
                return f"{to}queue {kind.value} {self.place(place)} {verb}({argument})"
            case Check(condition, fault, subject, message):
                text = f"check {self.expr(condition)} else {json.dumps(fault)}"
                text += self._subject(subject)
                return text + (f" says {json.dumps(message)}" if message else "")
            case Assert(condition, property_, detail, subject):
                text = f"assert {self.expr(condition)} else {json.dumps(property_)}"
                text += self._subject(subject)
                return text + (f" says {json.dumps(detail)}" if detail else "")
            case Wait(condition, idle):
                return f"wait {'idle ' if idle else ''}{self.expr(condition)}"
            case Choose(local, count):
                return f"{show_local(local)} = choose {count}"
            case New(local, pool):
                return f"{show_local(local)} = new {show_name(pool)}"
            case Free(pointer, struct):
                return f"free {{{show_name(struct)} {self.expr(pointer)}}}"
            case Discard(pointer, struct):
                return f"discard {{{show_name(struct)} {self.expr(pointer)}}}"
            case Enter(object_):
                return f"enter {show_name(object_)}"
            case Leave(object_):
                return f"leave {show_name(object_)}"
            case Spawn(local, template, arguments):
                args = ", ".join(self.expr(arg) for arg in arguments)
                return f"{show_local(local)} = spawn {show_name(template)}({args})"
            case Crash():
                return "crash"
            case Precedes(property_, first, second, nested):
                places = f"{self.place(first)}, {self.place(second)}"
                return f"precedes {json.dumps(property_)} {places}{' nested' if nested else ''}"
            case SetInterrupts(which, on):
                return f"set {which} = {self.expr(on)}"
            case _:
                assert_never(instr)

    def end(self, end: Terminator) -> str:
        """A terminator, without its span."""
        match end:
            case Jump(target):
                return f"jump {show_name(target)}"
            case Branch(condition, then, other):
                return f"if {self.expr(condition)} jump {show_name(then)} else {show_name(other)}"
            case End():
                return "end"
            case Return(value):
                return f"return {self.expr(value)}"
            case _:
                assert_never(end)


def show_node(node: Instr | Terminator) -> str:
    """An instruction or terminator in one line, its span included."""
    shower = Shower()
    if isinstance(node, Jump | Branch | End | Return):
        return shower.end(node) + show_span(node.span)
    return shower.instr(node) + show_span(node.span)


def _show_look(kind: Kind) -> str:
    """How a queue is looked at, where that is an access."""
    return "" if kind is Kind.SILENT else f", {kind.value}"
