"""Places to slot numbers and pointer values, as far as they are known before a run.

The one idea: both the slots and the places of a struct are numbered element by element, so an
index anywhere in a path contributes index times a constant, and only the pointer that a path
starts from needs a table.  An `Address` says that sum; a backend only has to write it down.
"""

from __future__ import annotations

from collections.abc import Callable

from modelcheck.ir.nodes import Const, Expr
from modelcheck.records import record


@record(frozen=True, slots=True)
class Term:
    """`index` times `stride`; the index is in 0 … count-1 wherever a Check came before."""

    index: Expr
    stride: int
    count: int


@record(frozen=True, slots=True)
class Address:
    """offset + table[pointer] + the sum of the terms.

    `table` is indexed by the pointer's value; its entry 0 (for None) is 0 and means nothing.
    Without a pointer it is empty.
    """

    offset: int
    terms: tuple[Term, ...] = ()
    pointer: Expr | None = None
    table: tuple[int, ...] = ()

    @property
    def constant(self) -> int | None:
        """The number, where it is the same whenever the place is looked at."""
        return None if self.terms or self.pointer is not None else self.offset

    def number(self, evaluate: Callable[[Expr], int]) -> int:
        """The number for the values that `evaluate` gives."""
        total = self.offset + sum(evaluate(t.index) * t.stride for t in self.terms)
        return total if self.pointer is None else total + self.table[evaluate(self.pointer)]


@record(frozen=True, slots=True)
class Life:
    """How to see whether the object around a place lives.

    It does if the status slot holds ALIVE and the thread it dies with has not ended; `status` and
    `thread` (a thread's number) are None where no object around can die that way, and -1 in
    their tables where the one pointed to can not.  `freed_counts` is 1 where FREED is good enough
    for `Alive(stable=True)`: the place lies in a stable field of a type-stable pool, or is a whole
    slot of one.
    """

    status: Address | None
    thread: Address | None
    freed_counts: Address

    @property
    def always(self) -> bool:
        """Whether nothing ends it."""
        return self.status is None and self.thread is None


def add_index(offset: int, terms: list[Term], index: Expr, stride: int, count: int) -> int:
    """Add an index to a sum under way: to the offset if it is constant, else to the terms.

    A constant index outside can only stand behind a Check that always fails, so any slot will do;
    likewise any index in an array of one that is not 0.
    """
    if isinstance(index, Const):
        return offset + index.value * stride if 0 <= index.value < count else offset
    if count > 1:
        terms.append(Term(index, stride, count))
    return offset
