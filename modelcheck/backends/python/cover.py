"""Which parts of a program's code ran: notes that generated functions make while they run.

A note is the number of a *point*: a block was entered, a branch was taken one way, the right side
of an `or` was asked.  What a way through a step noted counts only if the way came to its end: a
thread that has to wait has done nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from modelcheck.ir.nodes import Block, Expr

Part = Literal["block", "true", "false", "right"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Point:
    """A part of the body of a template or property (`owner`; of the start: the empty name).

    `block` is the block with that label, entered; `true` and `false` are the two ways out of its
    branch; `right` is the right side of `expr`, an `or` anywhere in the body.
    """

    owner: str
    part: Part
    label: str = ""
    expr: Expr | None = None


@dataclass(slots=True)
class Cover:
    """All points of a program by number, and how often each was come to."""

    numbers: dict[Point, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    log: list[int] = field(default_factory=list)

    def number(self, point: Point) -> int:
        """The number of a point, which begins with a count of 0."""
        if point not in self.numbers:
            self.numbers[point] = len(self.counts)
            self.counts.append(0)
        return self.numbers[point]

    def count(self, point: Point) -> int:
        """How often a point was come to; 0 for one that is in no function."""
        number = self.numbers.get(point)
        return 0 if number is None else self.counts[number]

    def counting(self, run: Callable[..., T], *, judges: bool = False) -> Callable[..., T]:
        """The same function, its notes counted; of a step (or start) only where it is enabled."""
        log, counts = self.log, self.counts

        def counted(*arguments: object) -> T:
            log.clear()
            result = run(*arguments)
            if judges or not isinstance(result, int):
                for number in log:
                    counts[number] += 1
            return result

        return counted


@dataclass(frozen=True, slots=True)
class BodyCover:
    """The points of one body, as they are written into its functions."""

    cover: Cover
    owner: str

    def write_block(self, block: Block) -> str:
        """The statement that notes that a block is entered."""
        return self._write(Point(self.owner, "block", block.label))

    def write_branch(self, block: Block, *, took: bool) -> str:
        """The statement that notes which way a branch goes."""
        return self._write(Point(self.owner, "true" if took else "false", block.label))

    def write_right(self, expr: Expr) -> str:
        """An expression, false, that notes that the right side of an `or` is asked."""
        return self._write(Point(self.owner, "right", expr=expr))

    def _write(self, point: Point) -> str:
        return f"note({self.cover.number(point)})"
