"""What is in a node or a body, found out once and kept from pass to pass.

Most nodes come through a pass as the very same object (`traverse` sees to that), so what was
listed for one pass need not be listed again for the next.  Everything here follows from the node
or body alone; what needs the declarations too is a `Memo`, which forgets when they change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from modelcheck.ir.alias import Cell
from modelcheck.ir.nodes import (
    Apply,
    Block,
    Body,
    Branch,
    Const,
    Crash,
    Discard,
    End,
    Expr,
    Free,
    Instr,
    Jump,
    Local,
    Place,
    Precedes,
    Return,
    Spawn,
    Terminator,
)
from modelcheck.ir.traverse import (
    Look,
    assigned_local,
    is_access,
    list_node_exprs,
    nodes_of,
    place_in,
    places_of,
    reachable_blocks,
)

Key = TypeVar("Key")
Value = TypeVar("Value")
Given = TypeVar("Given")
Entry = TypeVar("Entry")

Constants = Mapping[str, Expr]
"""Locals whose value is known; see `fold`."""

Name = tuple[str, ...]
"""Something that code names, its sort first; see `mentions`."""


class _Table(Generic[Entry]):
    """Entries by which object they are about, while some facts stay the same."""

    def __init__(self) -> None:
        # An entry keeps its object: while that lives no other has its id.
        self._known: dict[int, Entry] = {}
        self._facts: object = None

    def under(self, facts: object) -> Self:
        """The same, emptied if the facts that a function also looks at are other ones now."""
        if facts != self._facts:
            self._known.clear()
            self._facts = facts
        return self


class Memo(_Table[tuple[Key, Value]], Generic[Key, Value]):
    """The values of a function, by which object its argument is, while some facts stay the same."""

    def get(self, argument: Key, function: Callable[[Key], Value]) -> Value:
        """The value for an argument, from the function where it is not known yet."""
        known = self._known.get(id(argument))
        if known is None:
            known = self._known[id(argument)] = (argument, function(argument))
        return known[1]


class LastMemo(_Table[tuple[Key, Given, Value]], Generic[Key, Given, Value]):
    """As `Memo`, of a function of two arguments: its last value for each first one (by which
    object it is), where the second is equal again.
    """

    def get(self, argument: Key, given: Given, function: Callable[[Key, Given], Value]) -> Value:
        """The value for two arguments, from the function where it is not known."""
        known = self._known.get(id(argument))
        if known is None or known[1] != given:
            value = function(argument, given)
            known = self._known[id(argument)] = (argument, given, value)
        return known[2]


@dataclass(slots=True, eq=False)  # not frozen: one is made for every node, three times as fast
class Note:
    """What is in one instruction or terminator.  Never changed once it is made.

    `exprs` is what `walk_node` and `places` what `every_place` comes by; `locals` are the names of
    the locals it uses, each as often as it does; `assigned` the local it sets; `sees` whether one
    of its expressions looks into a place (`traverse.Look`), `looks` whether that is an access;
    `is_plain` that its expressions are constants and locals, all of them.
    """

    node: Instr | Terminator
    exprs: tuple[Expr, ...]
    places: tuple[Place, ...]
    locals: tuple[str, ...]
    used: frozenset[str]
    assigned: str | None
    sees: bool
    looks: bool
    is_plain: bool


def take_note(node: Instr | Terminator) -> Note:
    """Find out what is in a node."""
    if isinstance(node, Jump):
        return Note(node, (), (), (), frozenset(), None, sees=False, looks=False, is_plain=True)
    exprs = list_node_exprs(node)
    places = list(places_of(node))
    names: list[str] = []
    sees = looks = False
    is_plain = True
    for expr in exprs:
        if isinstance(expr, Local):
            names.append(expr.name)
            continue
        if isinstance(expr, Const):
            continue
        is_plain = False
        place = None if isinstance(expr, Apply) else place_in(expr)
        if place is not None:
            places.append(place)
            sees = sees or isinstance(expr, Look)
            looks = looks or is_access(expr)
    assigned = None if isinstance(node, _ENDS) else assigned_local(node)
    used = frozenset(names)
    return Note(
        node,
        tuple(exprs),
        tuple(places),
        tuple(names),
        used,
        assigned,
        sees=sees,
        looks=looks,
        is_plain=is_plain,
    )


_ENDS = (Jump, Branch, End, Return)


class Notes:
    """The notes of one run of the passes."""

    def __init__(self) -> None:
        # By id: a note keeps its node, a block stands beside its notes.
        self._nodes: dict[int, Note] = {}
        self._blocks: dict[int, tuple[Block, tuple[Note, ...]]] = {}
        self._reachable = Memo[Body, tuple[Block, ...]]()
        self._code = Memo[Body, tuple[Block, ...]]()
        self._nodes_of = Memo[Body, tuple[Instr | Terminator, ...]]()
        self._spawns = Memo[Body, tuple[Spawn, ...]]()
        self._deaths = Memo[Body, tuple[Free | Discard | Crash, ...]]()
        self._orders = Memo[Body, tuple[Precedes, ...]]()
        # What passes remember of nodes, blocks and bodies.
        self.names = Memo[Instr | Terminator, frozenset[Name]]()
        self.names_in_block = Memo[Block, frozenset[Name]]()
        self.names_in = Memo[Body, frozenset[Name]]()
        self.stored = Memo[Body, frozenset[Cell]]()
        self.about_stacks = Memo[Block, tuple[Note, ...]]()
        self.escaping_in = Memo[Body, frozenset[str]]()
        self.named_when_dead = Memo[Body, frozenset[str]]()
        self.frozen_blocks = Memo[Block, Block]()
        self.frozen_bodies = Memo[Body, Body]()
        self.edges = Memo[Precedes, frozenset[tuple[str, str, str]]]()
        self.folded = {True: Memo[Instr, Instr](), False: Memo[Instr, Instr]()}
        self.folded_ends = {
            True: Memo[Terminator, Terminator](),
            False: Memo[Terminator, Terminator](),
        }
        self.folded_bodies = {True: Memo[Body, Body](), False: Memo[Body, Body]()}
        self.folded_blocks = {
            True: LastMemo[Block, Constants, tuple[Block, Constants]](),
            False: LastMemo[Block, Constants, tuple[Block, Constants]](),
        }
        self.moved = {
            True: LastMemo[Block, frozenset[str], Block](),
            False: LastMemo[Block, frozenset[str], Block](),
        }

    def of(self, node: Instr | Terminator) -> Note:
        """What is in a node."""
        note = self._nodes.get(id(node))
        if note is None:
            note = self._nodes[id(node)] = take_note(node)
        return note

    def in_block(self, block: Block) -> tuple[Note, ...]:
        """What is in a block's instructions, then its terminator."""
        known = self._blocks.get(id(block))
        if known is None:
            notes = tuple([self.of(node) for node in nodes_of(block)])
            known = self._blocks[id(block)] = (block, notes)
        return known[1]

    def reachable(self, body: Body) -> tuple[Block, ...]:
        """The blocks that control can reach from the entry, in source order."""
        return self._reachable.get(body, reachable_blocks)

    def code(self, body: Body) -> tuple[Block, ...]:
        """Those of them that do more than jump: half of what the front end makes does not."""
        return self._code.get(body, self._list_code)

    def nodes(self, body: Body) -> tuple[Instr | Terminator, ...]:
        """The instructions and terminators of a body that control can reach, but for jumps of
        blocks that do nothing else.
        """
        return self._nodes_of.get(body, self._list_nodes)

    def spawns(self, body: Body) -> tuple[Spawn, ...]:
        """The spawns of a body that control can reach."""
        return self._spawns.get(body, self._list_spawns)

    def deaths(self, body: Body) -> tuple[Free | Discard | Crash, ...]:
        """What ends lives of objects, in a body, where control can reach it."""
        return self._deaths.get(body, self._list_deaths)

    def orders(self, body: Body) -> tuple[Precedes, ...]:
        """The orders that a body records, also where control cannot reach them."""
        return self._orders.get(body, _list_orders)

    def _list_nodes(self, body: Body) -> tuple[Instr | Terminator, ...]:
        return tuple([node for block in self.code(body) for node in nodes_of(block)])

    def _list_code(self, body: Body) -> tuple[Block, ...]:
        blocks = self.reachable(body)
        return tuple([b for b in blocks if b.instrs or not isinstance(b.end, Jump)])

    def _list_spawns(self, body: Body) -> tuple[Spawn, ...]:
        return tuple([node for node in self.nodes(body) if isinstance(node, Spawn)])

    def _list_deaths(self, body: Body) -> tuple[Free | Discard | Crash, ...]:
        return tuple(
            [node for node in self.nodes(body) if isinstance(node, Free | Discard | Crash)]
        )


def _list_orders(body: Body) -> tuple[Precedes, ...]:
    return tuple([i for block in body.blocks for i in block.instrs if isinstance(i, Precedes)])
