"""Orders: a recorded order that cannot be part of a cycle goes, and a branch that was there for it.

Taking a lock records an order after every lock that may be held, nearly none of which can ever be
part of a cycle: with them goes a branch for every lock of the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import product

from modelcheck.ir.classes import find_class
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Block, Body, Branch, Jump, Place, PointerRoot, Precedes, Program
from modelcheck.ir.passes.bodies import map_bodies, with_blocks, with_code
from modelcheck.ir.passes.notes import Notes
from modelcheck.ir.traverse import has_access

Edge = tuple[str, str, str]  # property, before, after


def orders(program: Program, notes: Notes | None = None) -> Program:
    """Drop the orders that no cycle can contain.

    Soundness: every order that a run records is one of `_list_edges`, so a cycle of a run is a
    cycle of theirs; what lies on none of these is on none of those.  Attacked by
    `test_orders_pass.py`.
    """
    notes = notes or Notes()
    bodies = (program.initial, *(template.body for template in program.templates))
    found = frozenset(order for body in bodies for order in notes.orders(body))
    if not found:
        return program
    kept = _find_kept(program, found, notes)

    def drop(body: Body) -> Body:
        return body if kept.issuperset(notes.orders(body)) else _drop_orders(body, kept)

    return map_bodies(program, lambda template: drop(template.body), drop)


def _find_kept(program: Program, found: frozenset[Precedes], notes: Notes) -> frozenset[Precedes]:
    """The orders that may be part of a cycle."""
    threads = tuple((template.name, template.count) for template in program.templates)
    known = notes.edges.under((program.structs, program.objects, threads))
    recorder = _Recorder(program)
    edges = {order: known.get(order, recorder.edges) for order in found}
    cyclic = find_cyclic({edge for of_one in edges.values() for edge in of_one})
    return frozenset(o for o, of_one in edges.items() if not of_one.isdisjoint(cyclic))


class _Recorder:
    """What the orders of one program can record."""

    def __init__(self, program: Program) -> None:
        self.program = program

    @cached_property
    def memory(self) -> Memory:
        """Made only where an order is not known yet."""
        return Memory(self.program)

    def edges(self, order: Precedes) -> frozenset[Edge]:
        """All that one instruction can record."""
        return frozenset(_list_edges(self.memory, order))


def _list_edges(memory: Memory, order: Precedes) -> Iterator[Edge]:
    """All that one instruction can record."""
    ends = (_list_classes(memory, order.first), _list_classes(memory, order.second))
    for before, after in product(*ends):
        if not (order.nested and before == after):
            yield order.property, before, after


def _list_classes(memory: Memory, place: Place) -> list[str]:
    """What the class of a place may be: where a pointer decides, that of any place it may name."""
    found = find_class(memory.lookup, place)
    if found or not isinstance(place.root, PointerRoot):
        return [found]
    return [known.order_class for known in memory.places(place.root.struct)]


def find_cyclic(edges: Iterable[Edge]) -> frozenset[Edge]:
    """The edges that lie on a cycle of edges of one property."""
    after: dict[tuple[str, str], set[str]] = {}
    for property_, one, two in edges:
        after.setdefault((property_, one), set()).add(two)
    return frozenset(
        (property_, one, two)
        for (property_, one), following in after.items()
        for two in following
        if _leads_to(after, property_, two, one)
    )


def _leads_to(
    after: Mapping[tuple[str, str], set[str]], property_: str, start: str, end: str
) -> bool:
    seen, todo = {start}, [start]
    while todo:
        found = todo.pop()
        if found == end:
            return True
        fresh = after.get((property_, found), set()) - seen
        seen |= fresh
        todo.extend(fresh)
    return False


# ---------------------------------------------------------------------------------------------
# Bodies


def _drop_orders(body: Body, kept: frozenset[Precedes]) -> Body:
    blocks = [_without_orders(block, kept) for block in body.blocks]
    if all(new is old for new, old in zip(blocks, body.blocks, strict=True)):
        return body
    by_label = {block.label: block for block in blocks}
    return with_blocks(body, [_straighten(block, by_label) for block in blocks])


def _without_orders(block: Block, kept: frozenset[Precedes]) -> Block:
    instrs = [i for i in block.instrs if not isinstance(i, Precedes) or i in kept]
    return with_code(block, instrs, block.end)


def _straighten(block: Block, by_label: Mapping[str, Block]) -> Block:
    """A branch whose arms do nothing and meet is no branch."""
    match block.end:
        case Branch(condition, then, other) if not has_access((condition,)):
            then, other = _follow(then, by_label), _follow(other, by_label)
            if then == other:
                return with_code(block, block.instrs, Jump(then, span=block.end.span))
    return block


def _follow(label: str, by_label: Mapping[str, Block]) -> str:
    """Where one comes from a block on without doing anything, and without beginning a step."""
    seen = set()
    while label not in seen:
        seen.add(label)
        block = by_label[label]
        match block.end:
            case Jump(target) if not block.instrs and block.step is None:
                label = target
            case _:
                break
    return label
