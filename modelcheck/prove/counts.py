"""Counts: what numbers in shared memory have to do with how many threads stand where.

Every equation `c0 + c1·x1 + … + w1·n1 + … = 0` between shared numbers x and the numbers n of
threads at locations that holds in all states of small programs (their affine hull; Karr, Acta
Informatica 1976) is a conjecture for any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from modelcheck.ir.memory import UNINITIALISED, Memory, Slot
from modelcheck.ir.types import BoolType, RangeType, WordType
from modelcheck.prove.patterns import is_shared

Stand = tuple[str, int]  # a template and a location (or ended)
Column = str | Stand  # a shared slot's name, or threads that stand somewhere
MOST_COLUMNS = 400


@dataclass(frozen=True, slots=True)
class Equation:
    """The sum of the terms and the constant is 0."""

    terms: tuple[tuple[Column, int], ...]
    constant: int

    @property
    def greatest(self) -> int:
        """Of its numbers the greatest, whatever its sign."""
        return max(abs(n) for n in (self.constant, *(factor for _, factor in self.terms)))


def is_number(slot: Slot) -> bool:
    """Whether a slot is shared and can be counted with (a Bool counts as 0 or 1)."""
    is_scalar = isinstance(slot.type, BoolType | WordType | RangeType) or slot.role in (
        "queue-length",
        "status",
    )
    return is_shared(slot) and is_scalar and not slot.may_be_uninitialised


def read_columns(memory: Memory, state: Sequence[int]) -> dict[Column, int]:
    """The numbers of a state."""
    found: dict[Column, int] = {
        slot.name: state[slot.number]
        for slot in memory.slots
        if is_number(slot) and state[slot.number] != UNINITIALISED
    }
    for thread in memory.threads:
        stand = thread.template, state[thread.pc]
        found[stand] = found.get(stand, 0) + 1
    return found


def find_equations(rows: Iterable[Mapping[Column, int]]) -> list[Equation]:
    """The equations that hold in all rows, each with a slot that no other one has, if it has any
    slot at all.
    """
    distinct = {tuple(sorted(row.items(), key=str)): row for row in rows}
    columns = sorted({c for row in distinct.values() for c in row}, key=_rank)
    if len(columns) > MOST_COLUMNS:
        return []
    # A solution v of M·v = 0, for the rows with a 1 behind them, is an equation.
    matrix = [
        [Fraction(row.get(column, 0)) for column in columns] + [Fraction(1)]
        for row in distinct.values()
    ]
    basis = _null_space(matrix, len(columns) + 1)
    # Solved for the slots, which come first.
    reduced = _reduce(basis, len(columns) + 1)[0]
    return [_scale(row, columns) for row in reduced]


def _rank(column: Column) -> tuple[bool, str]:
    return isinstance(column, tuple), str(column)


def _reduce(
    rows: Sequence[Sequence[Fraction]], width: int
) -> tuple[list[list[Fraction]], list[int]]:
    """Gauss and Jordan: the rows that are left, and the column of each one's leading 1."""
    left = [list(row) for row in rows]
    pivots: list[int] = []
    done = 0
    for column in range(width):
        found = next((i for i in range(done, len(left)) if left[i][column]), None)
        if found is None:
            continue
        left[done], left[found] = left[found], left[done]
        lead = left[done][column]
        left[done] = [value / lead for value in left[done]]
        for i, row in enumerate(left):
            if i != done and row[column]:
                factor = row[column]
                left[i] = [a - factor * b for a, b in zip(row, left[done], strict=True)]
        pivots.append(column)
        done += 1
    return left[:done], pivots


def _null_space(rows: Sequence[Sequence[Fraction]], width: int) -> list[list[Fraction]]:
    reduced, pivots = _reduce(rows, width)
    basis = []
    for free in (column for column in range(width) if column not in pivots):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for row, pivot in zip(reduced, pivots, strict=True):
            vector[pivot] = -row[free]
        basis.append(vector)
    return basis


def _scale(row: Sequence[Fraction], columns: Sequence[Column]) -> Equation:
    """An equation of whole numbers."""
    factor = lcm(*(value.denominator for value in row))
    whole = [int(value * factor) for value in row]
    terms = tuple((c, n) for c, n in zip(columns, whole, strict=False) if n)
    return Equation(terms, whole[-1])
