"""The code of a template as one of its threads runs it: who it is is a number there.

What a place is, is then often known: `files[$me]` is one element for each thread.
"""

from __future__ import annotations

from dataclasses import replace

from modelcheck.ir.memory import Memory, Thread
from modelcheck.ir.nodes import (
    AddressOf,
    Apply,
    Block,
    Const,
    Current,
    Expr,
    Me,
    ObjectRoot,
    Place,
    PointerRoot,
    ThreadOf,
)
from modelcheck.ir.ops import OPS
from modelcheck.ir.rebuild import map_end, map_instr, map_place
from modelcheck.ir.types import PtrType, RangeType, ThreadIdType


class Instances:
    """The blocks of one program: `Me` is a number in them, and so is `Current` in a place.

    Elsewhere `Current` stays what it is, so that threads which ask the same are seen to.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._blocks: dict[tuple[int, str], Block] = {}

    def block(self, thread: Thread, block: Block) -> Block:
        """A block of its template as one thread runs it."""
        key = (thread.number, block.label)
        found = self._blocks.get(key)
        if found is None:
            found = self._blocks[key] = self._make(thread, block)
        return found

    def _make(self, thread: Thread, block: Block) -> Block:
        last = max(len(self._memory.threads) - 1, 0)
        current = Const(thread.number + 1, ThreadIdType())
        me = Const(thread.index, RangeType(0, last))

        def on_expr(expr: Expr) -> Expr:
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
            is_local = self._memory.lookup.object(root.object).kind == "local"
            return replace(made, root=replace(root, index=me)) if is_local else made

        instrs = tuple(map_instr(instr, on_expr, on_place) for instr in block.instrs)
        return replace(block, instrs=instrs, end=map_end(block.end, on_expr, on_place))

    def _find_named(self, place: Place, root: PointerRoot) -> Place:
        """The place by its object's name, where it is known what its pointer points to."""
        if not isinstance(root.pointer, Const) or not root.pointer.value:
            return place
        known = self._memory.places(root.struct)[root.pointer.value - 1]
        obj = self._memory.lookup.object(known.object)
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
                first = self._memory.threads_of(template)[0].number
                return Const(first + copy + 1, ThreadIdType())
            case AddressOf(place):
                number = self._memory.pointer_number(place).constant
                if number is not None:
                    return Const(number, PtrType(self._memory.lookup.struct_at(place)))
            case _:
                pass
        return expr
