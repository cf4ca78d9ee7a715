"""Walking and rebuilding expressions, places, instructions and graphs, one node kind at a time.

Every other module that looks into a program goes through here, so a new kind of node shows up as
a type error in this file (`assert_never`) and nowhere else.  Nothing here knows what a node
means: these functions must reach every part of a node, whatever it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from operator import is_
from typing import assert_never

from modelcheck.ir.nodes import (
    AddressOf,
    Alive,
    Apply,
    Assert,
    Assign,
    Block,
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
    Root,
    SetInterrupts,
    Spawn,
    StartsObject,
    Store,
    Terminator,
    ThreadOf,
    Wait,
)

OnExpr = Callable[[Expr], Expr]
OnPlace = Callable[[Place], Place]


# ---------------------------------------------------------------------------------------------
# Looking


def parts_of_place(place: Place) -> tuple[Expr, ...]:
    """The expressions directly in a place: its pointer or index, then its element numbers."""
    root = place.root.pointer if isinstance(place.root, PointerRoot) else place.root.index
    if not place.path:
        return () if root is None else (root,)
    items = [item for item in place.path if not isinstance(item, str)]
    return tuple(items) if root is None else (root, *items)


def place_in(expr: Expr) -> Place | None:
    """The place an expression looks at, if it has one."""
    match expr:
        case Apply() | Const() | Local() | Me() | Current() | ContainerOf() | StartsObject():
            return None
        case Read() | AddressOf() | Alive() | IsInitialised() | QueueLength() | QueueContains():
            return expr.place
        case IsFinished() | HasFreeThread() | HasFreeSlot() | ThreadOf():
            return None
        case _:
            assert_never(expr)


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression, those of its place included, in order."""
    match expr:
        case Const() | Local():
            return ()
        case Apply():
            return expr.args
        case Read() | AddressOf() | Alive() | IsInitialised() | QueueLength():
            return parts_of_place(expr.place)
        case Me() | Current() | HasFreeThread() | HasFreeSlot():
            return ()
        case QueueContains():
            return (*parts_of_place(expr.place), expr.value)
        case ContainerOf():
            return (expr.pointer, *(item for item in expr.path if not isinstance(item, str)))
        case StartsObject():
            return (expr.pointer,)
        case IsFinished():
            return (expr.thread,)
        case ThreadOf():
            return (expr.copy,)
        case _:
            assert_never(expr)


def walk(expr: Expr) -> Iterator[Expr]:
    """An expression and everything in it, outermost first."""
    return iter(list_exprs((expr,)))


def list_exprs(exprs: Iterable[Expr]) -> list[Expr]:
    """Some expressions and everything in them, each before its parts."""
    found: list[Expr] = []
    work = list(exprs)
    work.reverse()
    while work:
        expr = work.pop()
        found.append(expr)
        if not isinstance(expr, Const | Local):
            work.extend(reversed(parts_of(expr)))
    return found


def walk_place(place: Place) -> Iterator[Expr]:
    """Every expression in a place, nested ones too."""
    return iter(list_exprs(parts_of_place(place)))


def values_of(node: Instr | Terminator) -> tuple[Expr, ...]:
    """The outermost expressions of an instruction or terminator, without those in its place."""
    match node:
        case Jump() | Load():
            return ()
        case Assign() | Store():
            return (node.value,)
        case Check() | Assert() | Wait() | Branch():
            return (node.condition,)
        case QueueOp():
            return () if node.value is None else (node.value,)
        case Free() | Discard():
            return (node.pointer,)
        case Spawn():
            return node.arguments
        case SetInterrupts():
            return (node.on,)
        case Return():
            return (node.value,)
        case Choose() | New() | Enter() | Leave() | Crash() | Precedes() | End():
            return ()
        case _:
            assert_never(node)


def places_of(node: Instr | Terminator) -> tuple[Place, ...]:
    """The outermost places of an instruction, the subject of a check included."""
    match node:
        case Jump() | Assign() | Branch():
            return ()
        case Load() | Store() | QueueOp():
            return (node.place,)
        case Check() | Assert():
            return () if node.subject is None else (node.subject,)
        case Precedes():
            return (node.first, node.second)
        case Wait() | Choose() | New() | Free() | Discard() | Enter() | Leave():
            return ()
        case Spawn() | Crash() | SetInterrupts() | End() | Return():
            return ()
        case _:
            assert_never(node)


def walk_node(node: Instr | Terminator) -> Iterator[Expr]:
    """Every expression in an instruction or terminator, nested ones and those in places too."""
    return iter(list_node_exprs(node))


def list_node_exprs(node: Instr | Terminator) -> list[Expr]:
    """What `walk_node` comes by, as a list."""
    outermost: list[Expr] = []
    for place in places_of(node):
        outermost += parts_of_place(place)
    outermost += values_of(node)
    return list_exprs(outermost) if outermost else outermost


def every_place(node: Instr | Terminator) -> Iterator[Place]:
    """Every place in an instruction or terminator: its own and those its expressions look at."""
    yield from places_of(node)
    for expr in list_node_exprs(node):
        place = place_in(expr)
        if place is not None:
            yield place


def locals_in(exprs: Iterable[Expr]) -> frozenset[str]:
    """The locals whose values some expressions use."""
    return frozenset([e.name for e in list_exprs(exprs) if isinstance(e, Local)])


def used_locals(node: Instr | Terminator) -> frozenset[str]:
    """The locals whose values an instruction or terminator uses."""
    return frozenset([e.name for e in list_node_exprs(node) if isinstance(e, Local)])


def assigned_local(instr: Instr) -> str | None:
    """The local an instruction sets, if any (every kind sets at most one)."""
    match instr:
        case Assign() | Load() | QueueOp() | Choose() | New() | Spawn():
            return instr.local
        case Store() | Check() | Assert() | Wait() | Free() | Discard() | Enter() | Leave():
            return None
        case Crash() | Precedes() | SetInterrupts():
            return None
        case _:
            assert_never(instr)


Look = Read | QueueLength | QueueContains
"""The expressions that look at a place and say how."""


def is_access(expr: Expr) -> bool:
    """Whether an expression, apart from its parts, touches shared memory."""
    return isinstance(expr, Look) and expr.kind.is_access


def has_access(exprs: Iterable[Expr]) -> bool:
    """Whether evaluating some expressions touches shared memory (a look of an accessing kind)."""
    return any(map(is_access, list_exprs(exprs)))


# ---------------------------------------------------------------------------------------------
# Rebuilding


def same_expr(expr: Expr) -> Expr:
    """The expression itself."""
    return expr


def same_place(place: Place) -> Place:
    """The place itself."""
    return place


# What comes out unchanged is the very same object: nothing is made anew for it, and whoever
# compares or remembers nodes knows it at once.


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
            same = condition is instr.condition and subject is old
            return instr if same else replace(instr, condition=condition, subject=subject)
        case Load():
            place = map_place(instr.place, on_expr, on_place)
            return instr if place is instr.place else replace(instr, place=place)
        case Store():
            place = map_place(instr.place, on_expr, on_place)
            value = map_expr(instr.value, on_expr, on_place)
            same = place is instr.place and value is instr.value
            return instr if same else replace(instr, place=place, value=value)
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
            return end if condition is end.condition else replace(end, condition=condition)
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
            return end if target == end.target else replace(end, target=target)
        case Branch():
            then, other = on_label(end.then), on_label(end.other)
            if then == other and not has_access((end.condition,)):
                return Jump(then, span=end.span)
            same = then == end.then and other == end.other
            return end if same else replace(end, then=then, other=other)
        case End() | Return():
            return end
        case _:
            assert_never(end)


# ---------------------------------------------------------------------------------------------
# Graphs


def successors(end: Terminator) -> tuple[str, ...]:
    """The labels control may go to."""
    match end:
        case Jump():
            return (end.target,)
        case Branch():
            return (end.then, end.other)
        case End() | Return():
            return ()
        case _:
            assert_never(end)


def nodes_of(block: Block) -> tuple[Instr | Terminator, ...]:
    """A block's instructions, then its terminator."""
    return (*block.instrs, block.end)


def reachable_blocks(body: Body) -> tuple[Block, ...]:
    """The blocks that control can reach from the entry, in source order.

    Branches on constants are followed one way only.
    """
    by_label = {block.label: block for block in body.blocks}
    found = {body.entry}
    work = [body.entry]
    while work:
        for label in live_successors(by_label[work.pop()].end):
            if label not in found:
                found.add(label)
                work.append(label)
    return tuple(block for block in body.blocks if block.label in found)


def live_successors(end: Terminator) -> tuple[str, ...]:
    """The labels control may go to, where a branch on a constant goes one way only."""
    if isinstance(end, Branch) and isinstance(end.condition, Const):
        return (end.then if end.condition.value else end.other,)
    return successors(end)


def drop_unreachable(body: Body) -> Body:
    """The body without the blocks that control cannot reach."""
    kept = reachable_blocks(body)
    return body if len(kept) == len(body.blocks) else replace(body, blocks=kept)


def predecessors(blocks: Iterable[Block]) -> dict[str, list[str]]:
    """For each label, the labels of the given blocks that lead there."""
    found: dict[str, list[str]] = {}
    for block in blocks:
        for label in dict.fromkeys(live_successors(block.end)):
            found.setdefault(label, []).append(block.label)
    return found


class Regions:
    """The blocks of steps in one graph."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._by_label = {block.label: block for block in blocks}
        self._numbers = {label: number for number, label in enumerate(self._by_label)}

    def inner(self, label: str) -> tuple[Block, ...]:
        """A block that begins a step and the `inner` blocks that continue it, in source order."""
        blocks = self._by_label
        found = {label}
        work = [label]
        while work:
            for target in live_successors(blocks[work.pop()].end):
                if target not in found and blocks[target].inner:
                    found.add(target)
                    work.append(target)
        return tuple([blocks[name] for name in sorted(found, key=self._numbers.__getitem__)])
