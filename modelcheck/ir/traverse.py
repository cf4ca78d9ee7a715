"""Walking expressions, places, instructions and graphs, one node kind at a time.

Every other module that looks into a program goes through here or, to change it, through `rebuild`:
a new kind of node shows up as a type error in these two (`assert_never`) and nowhere else.  Nothing
here knows what a node means: these functions must reach every part of a node, whatever it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
        case Apply():  # most of those that have any
            return expr.args
        case Const() | Local():
            return ()
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


_LEAVES = frozenset((Const, Local, Me, Current))
"""What surely has no parts: most expressions are such."""


def list_exprs(exprs: Iterable[Expr]) -> list[Expr]:
    """Some expressions and everything in them, each before its parts."""
    found: list[Expr] = []
    work = list(exprs)
    work.reverse()
    while work:
        expr = work.pop()
        found.append(expr)
        if type(expr) not in _LEAVES and (parts := parts_of(expr)):
            work += parts[::-1]
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
    ends = {block.label: block.end for block in body.blocks}
    found = {body.entry}
    work = [body.entry]
    while work:
        end = ends[work.pop()]
        # Half of the blocks that the front end makes only jump.
        for label in (end.target,) if isinstance(end, Jump) else live_successors(end):
            if label not in found:
                found.add(label)
                work.append(label)
    return tuple([block for block in body.blocks if block.label in found])


def live_successors(end: Terminator) -> tuple[str, ...]:
    """The labels control may go to, where a branch on a constant goes one way only."""
    match end:
        case Jump():
            return (end.target,)
        case Branch():
            if isinstance(end.condition, Const):
                return (end.then if end.condition.value else end.other,)
            return (end.then, end.other)
        case End() | Return():
            return ()
        case _:
            assert_never(end)


def drop_unreachable(body: Body) -> Body:
    """The body without the blocks that control cannot reach."""
    kept = reachable_blocks(body)
    return body if len(kept) == len(body.blocks) else replace(body, blocks=kept)


def predecessors(blocks: Iterable[Block]) -> dict[str, list[str]]:
    """For each label, the labels of the given blocks that lead there."""
    found: dict[str, list[str]] = {}
    for block in blocks:
        targets = live_successors(block.end)
        for label in dict.fromkeys(targets) if len(targets) > 1 else targets:
            found.setdefault(label, []).append(block.label)
    return found


class Regions:
    """The blocks of steps in one graph."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._by_label = {block.label: block for block in blocks}
        self._numbers = {label: number for number, label in enumerate(self._by_label)}

    def inner(self, label: str) -> tuple[Block, ...]:
        """A block that begins a step and the `inner` blocks that continue it, in source order."""
        return self._follow(label, lambda block: block.inner)

    def step(self, label: str) -> tuple[Block, ...]:
        """A location and the local blocks behind it up to the next locations, in source order."""
        return self._follow(label, lambda block: not block.rest, successors)

    def _follow(
        self,
        label: str,
        belongs: Callable[[Block], bool],
        leads_to: Callable[[Terminator], tuple[str, ...]] = live_successors,
    ) -> tuple[Block, ...]:
        blocks = self._by_label
        found = {label}
        work = [label]
        while work:
            for target in leads_to(blocks[work.pop()].end):
                if target not in found and belongs(blocks[target]):
                    found.add(target)
                    work.append(target)
        return tuple([blocks[name] for name in sorted(found, key=self._numbers.__getitem__)])
