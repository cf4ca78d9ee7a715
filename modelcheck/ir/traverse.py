"""Walking and rebuilding expressions, places, instructions and graphs, one node kind at a time.

Every other module that looks into a program goes through here, so a new kind of node shows up as
a type error in this file (`assert_never`) and nowhere else.  Nothing here knows what a node
means: these functions must reach every part of a node, whatever it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
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
    items = (item for item in place.path if not isinstance(item, str))
    return ((root,) if root is not None else ()) + tuple(items)


def place_in(expr: Expr) -> Place | None:
    """The place an expression looks at, if it has one."""
    match expr:
        case Read() | AddressOf() | Alive() | IsInitialised() | QueueLength() | QueueContains():
            return expr.place
        case Const() | Local() | Me() | Current() | Apply() | ContainerOf() | StartsObject():
            return None
        case IsFinished() | HasFreeThread() | HasFreeSlot() | ThreadOf():
            return None
        case _:
            assert_never(expr)


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression, those of its place included, in order."""
    match expr:
        case Const() | Local() | Me() | Current() | HasFreeThread() | HasFreeSlot():
            return ()
        case Read() | AddressOf() | Alive() | IsInitialised() | QueueLength():
            return parts_of_place(expr.place)
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
        case Apply():
            return expr.args
        case _:
            assert_never(expr)


def walk(expr: Expr) -> Iterator[Expr]:
    """An expression and everything in it, outermost first."""
    yield expr
    for part in parts_of(expr):
        yield from walk(part)


def walk_place(place: Place) -> Iterator[Expr]:
    """Every expression in a place, nested ones too."""
    for part in parts_of_place(place):
        yield from walk(part)


def values_of(node: Instr | Terminator) -> tuple[Expr, ...]:
    """The outermost expressions of an instruction or terminator, without those in its place."""
    match node:
        case Assign() | Store():
            return (node.value,)
        case QueueOp():
            return () if node.value is None else (node.value,)
        case Check() | Assert() | Wait() | Branch():
            return (node.condition,)
        case Free() | Discard():
            return (node.pointer,)
        case Spawn():
            return node.arguments
        case SetInterrupts():
            return (node.on,)
        case Return():
            return (node.value,)
        case Load() | Choose() | New() | Enter() | Leave() | Crash() | Precedes() | Jump() | End():
            return ()
        case _:
            assert_never(node)


def places_of(node: Instr | Terminator) -> tuple[Place, ...]:
    """The outermost places of an instruction, the subject of a check included."""
    match node:
        case Load() | Store() | QueueOp():
            return (node.place,)
        case Check() | Assert():
            return () if node.subject is None else (node.subject,)
        case Precedes():
            return (node.first, node.second)
        case Assign() | Wait() | Choose() | New() | Free() | Discard() | Enter() | Leave():
            return ()
        case Spawn() | Crash() | SetInterrupts() | Jump() | Branch() | End() | Return():
            return ()
        case _:
            assert_never(node)


def walk_node(node: Instr | Terminator) -> Iterator[Expr]:
    """Every expression in an instruction or terminator, nested ones and those in places too."""
    for place in places_of(node):
        yield from walk_place(place)
    for value in values_of(node):
        yield from walk(value)


def every_place(node: Instr | Terminator) -> Iterator[Place]:
    """Every place in an instruction or terminator: its own and those its expressions look at."""
    yield from places_of(node)
    for expr in walk_node(node):
        place = place_in(expr)
        if place is not None:
            yield place


def locals_in(exprs: Iterable[Expr]) -> frozenset[str]:
    """The locals whose values some expressions use."""
    return frozenset(e.name for expr in exprs for e in walk(expr) if isinstance(e, Local))


def used_locals(node: Instr | Terminator) -> frozenset[str]:
    """The locals whose values an instruction or terminator uses."""
    return frozenset(e.name for e in walk_node(node) if isinstance(e, Local))


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


def has_access(exprs: Iterable[Expr]) -> bool:
    """Whether evaluating some expressions touches shared memory (a look of an accessing kind)."""
    return any(isinstance(e, Look) and e.kind.is_access for expr in exprs for e in walk(expr))


# ---------------------------------------------------------------------------------------------
# Rebuilding


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
    def again(part: Expr) -> Expr:
        return map_expr(part, on_expr, on_place)

    match expr:
        case Const() | Local() | Me() | Current() | HasFreeThread() | HasFreeSlot():
            return expr
        case Read() | AddressOf() | Alive() | IsInitialised() | QueueLength():
            return replace(expr, place=map_place(expr.place, on_expr, on_place))
        case QueueContains():
            place = map_place(expr.place, on_expr, on_place)
            return replace(expr, place=place, value=again(expr.value))
        case ContainerOf():
            path = tuple(item if isinstance(item, str) else again(item) for item in expr.path)
            return replace(expr, pointer=again(expr.pointer), path=path)
        case StartsObject():
            return replace(expr, pointer=again(expr.pointer))
        case IsFinished():
            return replace(expr, thread=again(expr.thread))
        case ThreadOf():
            return replace(expr, copy=again(expr.copy))
        case Apply():
            return replace(expr, args=tuple(again(arg) for arg in expr.args))
        case _:
            assert_never(expr)


def map_place(place: Place, on_expr: OnExpr, on_place: OnPlace = same_place) -> Place:
    """Rebuild a place from the leaves up; see `map_expr`."""
    root: Root
    match place.root:
        case ObjectRoot(name, index):
            new = None if index is None else map_expr(index, on_expr, on_place)
            root = ObjectRoot(name, new)
        case PointerRoot(pointer, struct):
            root = PointerRoot(map_expr(pointer, on_expr, on_place), struct)
        case _:
            assert_never(place.root)
    path = tuple(
        item if isinstance(item, str) else map_expr(item, on_expr, on_place) for item in place.path
    )
    return on_place(Place(root, path))


def map_instr(instr: Instr, on_expr: OnExpr, on_place: OnPlace = same_place) -> Instr:
    """Rebuild an instruction's expressions and places; see `map_expr`.  Its span stays."""

    def expr(value: Expr) -> Expr:
        return map_expr(value, on_expr, on_place)

    def place(value: Place) -> Place:
        return map_place(value, on_expr, on_place)

    match instr:
        case Assign():
            return replace(instr, value=expr(instr.value))
        case Load():
            return replace(instr, place=place(instr.place))
        case Store():
            return replace(instr, place=place(instr.place), value=expr(instr.value))
        case QueueOp():
            value = None if instr.value is None else expr(instr.value)
            return replace(instr, place=place(instr.place), value=value)
        case Check() | Assert():
            subject = None if instr.subject is None else place(instr.subject)
            return replace(instr, condition=expr(instr.condition), subject=subject)
        case Wait():
            return replace(instr, condition=expr(instr.condition))
        case Free() | Discard():
            return replace(instr, pointer=expr(instr.pointer))
        case Spawn():
            return replace(instr, arguments=tuple(expr(a) for a in instr.arguments))
        case Precedes():
            return replace(instr, first=place(instr.first), second=place(instr.second))
        case SetInterrupts():
            return replace(instr, on=expr(instr.on))
        case Choose() | New() | Enter() | Leave() | Crash():
            return instr
        case _:
            assert_never(instr)


def map_end(end: Terminator, on_expr: OnExpr, on_place: OnPlace = same_place) -> Terminator:
    """Rebuild a terminator's expressions; see `map_expr`."""
    match end:
        case Branch():
            return replace(end, condition=map_expr(end.condition, on_expr, on_place))
        case Return():
            return replace(end, value=map_expr(end.value, on_expr, on_place))
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
            return replace(end, target=on_label(end.target))
        case Branch():
            then, other = on_label(end.then), on_label(end.other)
            if then == other and not has_access((end.condition,)):
                return Jump(then, span=end.span)
            return replace(end, then=then, other=other)
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
        for label in _live_successors(by_label[work.pop()].end):
            if label not in found:
                found.add(label)
                work.append(label)
    return tuple(block for block in body.blocks if block.label in found)


def _live_successors(end: Terminator) -> tuple[str, ...]:
    if isinstance(end, Branch) and isinstance(end.condition, Const):
        return (end.then if end.condition.value else end.other,)
    return successors(end)


def inner_region(blocks: Mapping[str, Block], label: str) -> tuple[Block, ...]:
    """A block that begins a step and the `inner` blocks that continue it, in source order."""
    found = {label}
    work = [label]
    while work:
        for target in _live_successors(blocks[work.pop()].end):
            if target not in found and blocks[target].inner:
                found.add(target)
                work.append(target)
    return tuple(block for block in blocks.values() if block.label in found)


def drop_unreachable(body: Body) -> Body:
    """The body without the blocks that control cannot reach."""
    kept = reachable_blocks(body)
    return body if len(kept) == len(body.blocks) else replace(body, blocks=kept)


def predecessors(blocks: Iterable[Block]) -> dict[str, list[str]]:
    """For each label, the labels of the given blocks that lead there."""
    found: dict[str, list[str]] = {}
    for block in blocks:
        for label in dict.fromkeys(_live_successors(block.end)):
            found.setdefault(label, []).append(block.label)
    return found
