"""The code of a template as one of its threads runs it: who it is is a number there.

What a place is, is then often known: `files[$me]` is one element for each thread.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Memory, Thread
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Block,
    Const,
    ContainerOf,
    Current,
    Expr,
    Local,
    Me,
    ObjectRoot,
    Place,
    PointerRoot,
    ThreadOf,
)
from modelcheck.ir.ops import OPS
from modelcheck.ir.rebuild import map_end, map_instr, map_place
from modelcheck.ir.traverse import assigned_local
from modelcheck.ir.types import PtrType, RangeType, ThreadIdType

Known = tuple[tuple[str, int], ...]  # locals, and what they hold


class Instances:
    """The blocks of one program: `Me` is a number in them, and so is `Current` in a place.

    Elsewhere `Current` stays what it is, so that threads which ask the same are seen to.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self._blocks: dict[tuple[int, str, Known], Block] = {}
        self._types = {t.name: local_types(t.body) for t in memory.program.templates}

    def block(self, thread: Thread, block: Block, known: Known = ()) -> Block:
        """A block of its template as one thread runs it, where some locals are known before it."""
        key = (thread.number, block.label, known)
        found = self._blocks.get(key)
        if found is None:
            found = self._blocks[key] = self._make(thread, block, known)
        return found

    def step(
        self, thread: Thread, blocks: Collection[Block], entry: str, known: Known
    ) -> list[Block]:
        """The blocks of a step as one thread runs it that stands at `entry`, where some locals are
        known.

        Soundness: what the step itself assigns is known up to there in the block where it begins,
        and nowhere behind that; attacked by `test_stances.py`.
        """
        assigned = {assigned_local(instr) for block in blocks for instr in block.instrs}
        kept = tuple(one for one in known if one[0] not in assigned)
        return [
            self.block(thread, block, known if block.label == entry else kept) for block in blocks
        ]

    def _make(self, thread: Thread, block: Block, known: Known) -> Block:
        last = max(len(self.memory.threads) - 1, 0)
        current = Const(thread.number + 1, ThreadIdType())
        me = Const(thread.index, RangeType(0, last))
        types = self._types[thread.template]
        held = {name: Const(value, types[name]) for name, value in known}

        def on_expr(expr: Expr) -> Expr:
            if isinstance(expr, Local):
                return held.get(expr.name, expr)
            return me if isinstance(expr, Me) else self._fold(expr)

        def in_place(expr: Expr) -> Expr:
            return current if isinstance(expr, Current) else on_expr(expr)

        def on_place(place: Place) -> Place:
            made = map_place(place, in_place)
            root = made.root
            if isinstance(root, PointerRoot):
                return self._find_named(made, root)
            if root.index is not None:
                return made
            is_local = self.memory.lookup.object(root.object).kind == "local"
            return replace(made, root=replace(root, index=me)) if is_local else made

        instrs = []
        for instr in block.instrs:
            instrs.append(map_instr(instr, on_expr, on_place))
            if (local := assigned_local(instr)) is not None:
                held.pop(local, None)
        return replace(block, instrs=tuple(instrs), end=map_end(block.end, on_expr, on_place))

    def _find_named(self, place: Place, root: PointerRoot) -> Place:
        """The place by its object's name, where it is known what its pointer points to."""
        if not isinstance(root.pointer, Const) or not root.pointer.value:
            return place
        known = self.memory.places(root.struct)[root.pointer.value - 1]
        obj = self.memory.lookup.object(known.object)
        is_one = obj.count is None and obj.kind in ("shared", "pool")
        index = None if is_one else Const(known.element, RangeType(0, known.element))
        inside = (
            part if isinstance(part, str) else Const(part, RangeType(0, part))
            for part in known.path
        )
        return Place(ObjectRoot(known.object, index), (*inside, *place.path))

    def _fold(self, expr: Expr) -> Expr:
        match expr:
            case Apply(op, args):
                numbers = [arg.value for arg in args if isinstance(arg, Const)]
                if len(numbers) == len(args):
                    return Const(int(OPS[op].meaning(*numbers)), expr.type)
            case ThreadOf(template, Const(copy)):
                first = self.memory.threads_of(template)[0].number
                return Const(first + copy + 1, ThreadIdType())
            case ContainerOf(Const(value, PtrType(struct)), outer, path):
                table = self.memory.container_table(struct, outer, path)
                return Const(table[value], PtrType(outer))
            case AddressOf(place):
                number = self.memory.pointer_number(place).constant
                if number is not None:
                    return Const(number, PtrType(self.memory.lookup.struct_at(place)))
            case _:
                pass
        return expr
