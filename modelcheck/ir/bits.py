"""What of a place a step really looks at or changes, where that is less than all of it.

A set is many bits, and a `ThreadId` can be seen as one bit for each thread, of which one is set or
none.  Threads that add themselves to a set, or ask whether a lock is theirs, each mean their own
bit; so do threads that give back what they have.  Whoever asks whether a lock is free means all
bits.

* `x in s`, `s.add(x)`, `s.discard(x)` mean the bit of x;
* `owner == current()` means the bit of the running thread;
* so does a store of None or `current()` to a place of which the block itself has just asked that
  it is one of these two: no other thread's bit is set before or after.

A *shadow* is a field that always has the value of another one (the ghost `holder` of a lock that of
its `owner`): it is taken for that one.

A load whose value nobody uses looks at nothing.  Only data races concern it, so it counts where a
plain store may meet it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from modelcheck.ir.alias import Aliases, Cell, Index, Pattern
from modelcheck.ir.footprint import Access, expr_accesses, node_accesses
from modelcheck.ir.nodes import (
    Apply,
    Assert,
    Assign,
    Block,
    Body,
    Branch,
    Check,
    Const,
    Crash,
    Current,
    Expr,
    Instr,
    Kind,
    Load,
    Place,
    Precedes,
    Program,
    QueueOp,
    Read,
    Store,
    Terminator,
    Wait,
)
from modelcheck.ir.traverse import (
    assigned_local,
    locals_in,
    nodes_of,
    parts_of_place,
    places_of,
    used_locals,
    values_of,
    walk_place,
)
from modelcheck.ir.types import ThreadIdType

Bit = int | Index | None  # None: all of the place
Touched = tuple[Access, Bit]


class Bits:
    """Answers for one program."""

    def __init__(self, program: Program, aliases: Aliases) -> None:
        self.aliases = aliases
        self._used = {t.name: _list_used(t.body) for t in program.templates}
        self._plain = [
            pattern
            for body in (t.body for t in program.templates)
            for block in body.blocks
            for node in block.instrs
            if isinstance(node, Store | QueueOp) and node.kind is Kind.PLAIN
            for pattern in aliases.patterns(node.place)
        ]
        self._shadows = find_shadows(program, aliases)

    def patterns(self, access: Access, bit: Bit) -> Iterator[Pattern]:
        """What an access may denote, the shadows replaced."""
        place = access.place
        if access.aspect == "value" and self._shadows:
            place = self._replace_shadow(place)
        for pattern in self.aliases.patterns(place):
            yield pattern if bit is None else replace(pattern, path=(*pattern.path, bit))

    def _replace_shadow(self, place: Place) -> Place:
        name = self._shadows.get(self.aliases.cell(place))
        return place if name is None else replace(place, path=(*place.path[:-1], name))

    def list_touched(self, template: str | None, block: Block) -> Iterator[list[Touched]]:
        """What each node of a block does to memory, its terminator last.

        Soundness: a bit is told for a place only where no other bit of it is looked at or changed.
        `test_bits.py` says so node by node; `test_dependence_commutes.py` takes independent steps
        in both orders.
        """
        mine: set[Place] = set()  # None or the running thread
        for node in nodes_of(block):
            yield list(self.list_of_node(template, node, mine))
            self._update(mine, node)

    def list_of_node(
        self, template: str | None, node: Instr | Terminator, mine: Iterable[Place] = ()
    ) -> Iterator[Touched]:
        """The same for one node, where some places are known to be None or the running thread."""
        match node:
            case Store(place, Apply("bit-set" | "bit-clear", (Read(old, kind), index))) if (
                old == place and Kind.PLAIN not in (kind, node.kind)
            ):
                yield from self._look_into(place)
                yield from self._look(index)
                yield Access(place, True, node.kind, False), _find_bit(index)
            case Store(place, value, kind):
                yield from self._look_into(place)
                yield from self._look(value)
                is_own = kind is not Kind.PLAIN and _is_mine(value) and self._is_own(place, mine)
                yield Access(place, True, kind, False), Index.OWN if is_own else None
            case Load(local, place, kind) if self._is_useless(template, local, place, kind):
                yield from self._look_into(place)
            case Assign() | Check() | Assert() | Wait() | Branch():
                for value in values_of(node):
                    yield from self._look(value)
                if isinstance(node, Check | Assert):
                    for place in places_of(node):  # the subject is looked at to report it
                        yield from self._look_into(place)
            case _:
                yield from ((access, None) for access in node_accesses(node, conditional=False))
                if isinstance(node, Precedes):
                    for place in places_of(node):
                        yield from self._look_into(place)

    def _is_own(self, place: Place, mine: Iterable[Place]) -> bool:
        return self._replace_shadow(place) in mine

    def _is_useless(self, template: str | None, local: str, place: Place, kind: Kind) -> bool:
        """Whether a load is there only for whom it may race with."""
        if template is None or kind is Kind.PLAIN or not kind.is_access:
            return False
        if local in self._used[template]:
            return False
        patterns = self.aliases.patterns(place)
        return not any(_may_be_one(p, q) for p in patterns for q in self._plain)

    def _look_into(self, place: Place) -> Iterator[Touched]:
        for part in parts_of_place(place):
            yield from self._look(part)

    def _look(self, expr: Expr) -> Iterator[Touched]:
        """What evaluating an expression looks at."""
        match expr:
            case Apply("bit-test", (Read(place, kind), index)) if kind is not Kind.PLAIN:
                yield Access(place, False, kind, True), _find_bit(index)
                yield from self._look_into(place)
                yield from self._look(index)
            case Apply("==" | "!=", (Read(place, kind), Current())) | Apply(
                "==" | "!=", (Current(), Read(place, kind))
            ) if kind is not Kind.PLAIN:
                yield Access(place, False, kind, True), Index.OWN
                yield from self._look_into(place)
            case Apply():
                for part in expr.args:
                    yield from self._look(part)
            case _:
                yield from ((access, None) for access in expr_accesses(expr, conditional=True))

    def _update(self, mine: set[Place], node: Instr | Terminator) -> None:
        """Let what a node asks or changes count for those behind it."""
        match node:
            case Check(condition) | Assert(condition) | Wait(condition):
                mine.update(map(self._replace_shadow, _list_own(condition)))
                return
            case Store(place, value):
                # Where it may be one of those, and another value, all of that place is written.
                if _is_mine(value):
                    mine.add(self._replace_shadow(place))
            case Load() | Assign():
                pass
            case _:
                mine.clear()
        local = assigned_local(node) if not isinstance(node, Terminator) else None
        if local is not None:
            mine.difference_update([p for p in mine if local in locals_in(walk_place(p))])
        mine.difference_update([p for p in mine if not _is_fixed(p)])


def _may_be_one(p: Pattern, q: Pattern) -> bool:
    """Whether two patterns may have memory in common, also as one thread means them."""
    return p.may_meet(q) or (p.object == q.object and Index.OWN in (p.element, q.element))


def _is_fixed(place: Place) -> bool:
    """Whether a place is found without looking at memory that a store could change."""
    return not any(isinstance(part, Read) for part in walk_place(place))


def _is_mine(value: Expr) -> bool:
    """Whether a value is None, of the type ThreadId, or the running thread."""
    return isinstance(value, Current) or value == Const(0, ThreadIdType())


def _list_own(condition: Expr) -> Iterator[Place]:
    """The places that a condition says to be None or the running thread."""
    match condition:
        case Apply("and", parts):
            for part in parts:
                yield from _list_own(part)
        case Apply("==", (Read(place), other)) | Apply("==", (other, Read(place))):
            if _is_mine(other):
                yield place
        case _:
            return


def _find_bit(index: Expr) -> int | Index:
    match index:
        case Const(value):
            return value
        case Apply("-", (Current(), Const(1))):
            return Index.OWN
        case _:
            return Index.ANY


def _list_used(body: Body) -> frozenset[str]:
    return frozenset(
        name for block in body.blocks for node in nodes_of(block) for name in used_locals(node)
    )


# ---------------------------------------------------------------------------------------------
# Shadows


def find_shadows(program: Program, aliases: Aliases) -> Mapping[Cell, str]:
    """The fields that always have the value of another field of their struct, and which.

    A ghost of type ThreadId is one if, in all code, each store to it stands in one block with a
    store of the same value to the same object's other field, and the other way round; both start
    alike, in objects that nothing frees.

    Soundness: a store that is forgotten makes the two differ; `test_bits.py` tries each kind.
    """
    if any(
        isinstance(i, Crash) for t in program.templates for b in t.body.blocks for i in b.instrs
    ):
        return {}  # a crash forgets what is no ghost
    return {
        Cell(struct.name, field.name): other.name
        for struct in program.structs
        for field in struct.fields
        if field.ghost and field.type == ThreadIdType() and not field.start and not field.durable
        for other in struct.fields
        if not other.ghost and other.type == field.type and not other.start and not other.durable
        if _are_paired(program, aliases, struct.name, field.name, other.name)
    }


def _are_paired(program: Program, aliases: Aliases, struct: str, one: str, other: str) -> bool:
    objects = aliases.objects_with(struct)
    if any(obj.kind != "shared" or obj.mortal or obj.start for obj in objects):
        return False
    cells = Cell(struct, one), Cell(struct, other)
    if not all(_stores_none(block, aliases, cells) for block in program.initial.blocks):
        return False
    return all(
        _stores_both(block, aliases, cells)
        for template in program.templates
        for block in template.body.blocks
    )


def _list_stores(block: Block, aliases: Aliases, cells: Iterable[Cell]) -> Iterator[Store]:
    for instr in block.instrs:
        if not isinstance(instr, Store) or not instr.place.path:
            continue
        if isinstance(instr.place.path[-1], str) and aliases.cell(instr.place) in cells:
            yield instr


def _stores_none(block: Block, aliases: Aliases, cells: Iterable[Cell]) -> bool:
    stores = _list_stores(block, aliases, cells)
    return all(store.value == Const(0, ThreadIdType()) for store in stores)


def _stores_both(block: Block, aliases: Aliases, cells: tuple[Cell, Cell]) -> bool:
    """Whether the two cells are stored in pairs, of one object and with one value, one behind the
    other.
    """
    stores = list(_list_stores(block, aliases, cells))
    if len(stores) % 2:
        return False
    instrs = block.instrs
    for a, b in zip(stores[::2], stores[1::2], strict=True):
        same = (a.place.root, a.place.path[:-1], a.value) == (
            b.place.root,
            b.place.path[:-1],
            b.value,
        )
        if not same or aliases.cell(a.place) == aliases.cell(b.place):
            return False
        if instrs.index(b) != instrs.index(a) + 1:
            return False
        if not isinstance(a.value, Const | Current) or not _is_fixed(a.place):
            return False
    return True
