"""Between which numbers a program's values lie: what a backend without exact integers asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from modelcheck.ir.lookup import local_types
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Apply, Body, Const, Expr, Local, Program, Read, ThreadOf
from modelcheck.ir.traverse import nodes_of, walk_node
from modelcheck.ir.types import ArrayOf, ScalarType


def bounds_of(memory: Memory, bodies: Iterable[Body]) -> tuple[int, int]:
    """The least and the greatest number that a slot, local, constant or intermediate value of some
    code can have (UNINITIALISED apart), or that tells one thread, object or element from another.

    Soundness: a value outside would wrap silently in SPIN or in a bit vector of z3; every type that
    a slot, a constant or an intermediate value has is asked.  Attacked by `test_dialect.py`, and by
    the agreement of the backends.
    """
    lowest = min((slot.lo for slot in memory.slots), default=0)
    highest = max((slot.hi for slot in memory.slots), default=0)
    highest = max(highest, len(memory.threads), *_list_counts(memory.program))
    for body in bodies:
        types = local_types(body)
        bounds = [memory.domain(type_) for type_ in types.values()]
        for block in body.blocks:
            for node in nodes_of(block):
                bounds += [
                    _find_bounds(memory, expr, types)
                    for expr in walk_node(node)
                    if not isinstance(expr, Read | Local)  # those of slots and locals
                ]
        highest = max([highest, *(hi for _, hi in bounds)])
        lowest = min([lowest, *(lo for lo, _ in bounds)])
    return lowest, highest


def _list_counts(program: Program) -> Iterator[int]:
    """How many there are of everything that an index can choose from."""
    yield from (obj.count for obj in program.objects if obj.count is not None)
    for struct in program.structs:
        for field in struct.fields:
            type_ = field.type
            while isinstance(type_, ArrayOf):
                yield type_.count
                type_ = type_.element


def _find_bounds(memory: Memory, expr: Expr, types: Mapping[str, ScalarType]) -> tuple[int, int]:
    """Between what an expression's value lies: what its type says, or less for sums of threads'
    numbers, whose type is as wide as the front end's arithmetic.

    Soundness: a bound that is too narrow lets a value wrap in SPIN; only sums and differences of
    what has bounds itself are narrowed.
    """
    match expr:
        case ThreadOf():
            return 1, len(memory.threads)
        case Apply("+" | "-" as op, (left, right), type_):
            first, second = _find_bounds(memory, left, types), _find_bounds(memory, right, types)
            if op == "-":
                second = -second[1], -second[0]
            lo, hi = memory.domain(type_)
            return max(lo, first[0] + second[0]), min(hi, first[1] + second[1])
        case Const(value):
            return value, value
        case _:
            return memory.domain(memory.lookup.expr_type(expr, types))
