"""Rebuilding expressions, places, instructions and terminators, one node kind at a time.

What comes out unchanged is the very same object: nothing is made anew for it, and whoever compares
or remembers nodes knows it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import is_
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
    PointerRoot,
    Precedes,
    QueueContains,
    QueueLength,
    QueueOp,
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
from modelcheck.ir.traverse import has_access

OnExpr = Callable[[Expr], Expr]
OnPlace = Callable[[Place], Place]


def same_expr(expr: Expr) -> Expr:
    """The expression itself."""
    return expr


def same_place(place: Place) -> Place:
    """The place itself."""
    return place


def map_expr(expr: Expr, on_expr: OnExpr, on_place: OnPlace = same_place) -> Expr:
    """Rebuild an expression from its leaves up: `on_place` is applied to each place whose parts
    are done, then `on_expr` to each expression whose parts are done.
    """
    return on_expr(_map_parts(expr, on_expr, on_place))


def _map_parts(expr: Expr, on_expr: OnExpr, on_place: OnPlace) -> Expr:
    match expr:
        case Const() | Local():
            return expr
        case Apply():
            args = map_exprs(expr.args, on_expr, on_place)
            return expr if args is expr.args else Apply(expr.op, args, expr.type)
        case Read() | AddressOf() | Alive() | IsInitialised() | QueueLength():
            place = map_place(expr.place, on_expr, on_place)
            return expr if place is expr.place else replace(expr, place=place)
        case Me() | Current() | HasFreeThread() | HasFreeSlot():
            return expr
        case QueueContains():
            place = map_place(expr.place, on_expr, on_place)
            value = map_expr(expr.value, on_expr, on_place)
            same = place is expr.place and value is expr.value
            return expr if same else replace(expr, place=place, value=value)
        case ContainerOf():
            path = _map_path(expr.path, on_expr, on_place)
            pointer = map_expr(expr.pointer, on_expr, on_place)
            same = path is expr.path and pointer is expr.pointer
            return expr if same else replace(expr, pointer=pointer, path=path)
        case StartsObject():
            pointer = map_expr(expr.pointer, on_expr, on_place)
            return expr if pointer is expr.pointer else replace(expr, pointer=pointer)
        case IsFinished():
            thread = map_expr(expr.thread, on_expr, on_place)
            return expr if thread is expr.thread else IsFinished(thread)
        case ThreadOf():
            copy = map_expr(expr.copy, on_expr, on_place)
            return expr if copy is expr.copy else replace(expr, copy=copy)
        case _:
            assert_never(expr)


def map_exprs(
    exprs: tuple[Expr, ...], on_expr: OnExpr, on_place: OnPlace = same_place
) -> tuple[Expr, ...]:
    """Rebuild several expressions; see `map_expr`."""
    new = [on_expr(_map_parts(expr, on_expr, on_place)) for expr in exprs]
    return exprs if all(map(is_, new, exprs)) else tuple(new)


def _map_path(
    path: tuple[str | Expr, ...], on_expr: OnExpr, on_place: OnPlace
) -> tuple[str | Expr, ...]:
    new = [p if isinstance(p, str) else map_expr(p, on_expr, on_place) for p in path]
    return path if all(map(is_, new, path)) else tuple(new)


def map_place(place: Place, on_expr: OnExpr, on_place: OnPlace = same_place) -> Place:
    """Rebuild a place from the leaves up; see `map_expr`."""
    root: Root = place.root
    match root:
        case ObjectRoot(name, index):
            if index is not None:
                new = map_expr(index, on_expr, on_place)
                root = root if new is index else ObjectRoot(name, new)
        case PointerRoot(pointer, struct):
            new = map_expr(pointer, on_expr, on_place)
            root = root if new is pointer else PointerRoot(new, struct)
        case _:
            assert_never(root)
    path = _map_path(place.path, on_expr, on_place) if place.path else place.path
    same = root is place.root and path is place.path
    return on_place(place if same else Place(root, path))


def map_instr(instr: Instr, on_expr: OnExpr, on_place: OnPlace = same_place) -> Instr:
    """Rebuild an instruction's expressions and places; see `map_expr`.  Its span stays."""
    match instr:
        case Assign():
            value = map_expr(instr.value, on_expr, on_place)
            return instr if value is instr.value else Assign(instr.local, value, span=instr.span)
        case Check() | Assert():
            old = instr.subject
            subject = None if old is None else map_place(old, on_expr, on_place)
            condition = map_expr(instr.condition, on_expr, on_place)
            if condition is instr.condition and subject is old:
                return instr
            if isinstance(instr, Check):
                return Check(condition, instr.fault, subject, instr.message, span=instr.span)
            return Assert(condition, instr.property, instr.detail, subject, span=instr.span)
        case Load():
            place = map_place(instr.place, on_expr, on_place)
            same = place is instr.place
            return instr if same else Load(instr.local, place, instr.kind, span=instr.span)
        case Store():
            place = map_place(instr.place, on_expr, on_place)
            value = map_expr(instr.value, on_expr, on_place)
            same = place is instr.place and value is instr.value
            return instr if same else Store(place, value, instr.kind, span=instr.span)
        case QueueOp():
            place = map_place(instr.place, on_expr, on_place)
            put = None if instr.value is None else map_expr(instr.value, on_expr, on_place)
            same = place is instr.place and put is instr.value
            return instr if same else replace(instr, place=place, value=put)
        case Wait():
            condition = map_expr(instr.condition, on_expr, on_place)
            return instr if condition is instr.condition else replace(instr, condition=condition)
        case Free() | Discard():
            pointer = map_expr(instr.pointer, on_expr, on_place)
            return instr if pointer is instr.pointer else replace(instr, pointer=pointer)
        case Spawn():
            arguments = map_exprs(instr.arguments, on_expr, on_place)
            return instr if arguments is instr.arguments else replace(instr, arguments=arguments)
        case Precedes():
            first = map_place(instr.first, on_expr, on_place)
            second = map_place(instr.second, on_expr, on_place)
            same = first is instr.first and second is instr.second
            return instr if same else replace(instr, first=first, second=second)
        case SetInterrupts():
            on = map_expr(instr.on, on_expr, on_place)
            return instr if on is instr.on else replace(instr, on=on)
        case Choose() | New() | Enter() | Leave() | Crash():
            return instr
        case _:
            assert_never(instr)


def map_end(end: Terminator, on_expr: OnExpr, on_place: OnPlace = same_place) -> Terminator:
    """Rebuild a terminator's expressions; see `map_expr`."""
    match end:
        case Branch():
            condition = map_expr(end.condition, on_expr, on_place)
            if condition is end.condition:
                return end
            return Branch(condition, end.then, end.other, span=end.span)
        case Return():
            value = map_expr(end.value, on_expr, on_place)
            return end if value is end.value else replace(end, value=value)
        case Jump() | End():
            return end
        case _:
            assert_never(end)


def map_targets(end: Terminator, on_label: Callable[[str], str]) -> Terminator:
    """Rebuild a terminator with other targets; a branch to one place becomes a jump only where
    its condition is no access.
    """
    match end:
        case Jump():
            target = on_label(end.target)
            return end if target == end.target else Jump(target, span=end.span)
        case Branch():
            then, other = on_label(end.then), on_label(end.other)
            if then == other and not has_access((end.condition,)):
                return Jump(then, span=end.span)
            same = then == end.then and other == end.other
            return end if same else Branch(end.condition, then, other, span=end.span)
        case End() | Return():
            return end
        case _:
            assert_never(end)
