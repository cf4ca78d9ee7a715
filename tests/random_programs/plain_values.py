"""Expressions of `plain`: what its code reads, asks and calls."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from random_programs.plain_memory import NUMBERS, SIZE

FORMS = ("thread", "threads", "atomic", "observer", "initial")
MODES = ("READ", "WRITE", "BOTH")


@dataclass
class Values:
    """What can be named here, and random expressions of it."""

    seed: int
    form: str = field(init=False)
    rng: random.Random = field(init=False)
    one_step: bool = False  # what stands here is one step
    names: list[str] = field(default_factory=list)  # numbers that can be read
    counts: list[str] = field(default_factory=list)  # of these those that can be assigned
    rows: list[str] = field(default_factory=lambda: ["rows[0]", "rows[1]"])
    pointers: list[str] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)  # locals that are arrays
    routines: list[str] = field(default_factory=list)  # (row, number) -> number
    orders: int = 0  # loops in any order; every one has six
    returns: bool = False  # a number is to be returned
    next: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.form = FORMS[self.seed % len(FORMS)]
        self.one_step = self.form in ("atomic", "observer")

    def fresh(self, stem: str) -> str:
        """A name that is not used yet."""
        self.next += 1
        return f"{stem}{self.next}"

    def row(self) -> str:
        """A row."""
        by_name = [f"rows[{name} % 2]" for name in self.names[-2:]]
        far = [f"{row}.next" for row in (*self.rows, *self.pointers)]
        row = self.rng.choice((*self.rows, *self.pointers, *self.pointers, *by_name, *far))
        return f"{row}.next" if self.rng.random() < 0.1 else row

    def small(self, limit: int) -> str:
        """A number below a limit."""
        if self.rng.random() < 0.5:
            return str(self.rng.randrange(limit))
        return f"({self.number(1)}) % {limit}"

    def byte(self) -> str:
        """A place of type U8."""
        row, index = self.row(), self.small(SIZE)
        at = ("a", "b", "inner.x", "cells[1]", f"inner.cells[{index}]")
        return f"{row}.{self.rng.choice(at)}"

    def cells(self) -> str:
        """An array."""
        row = self.row()
        return self.rng.choice((f"{row}.cells", f"{row}.cells", f"{row}.inner.cells", *self.arrays))

    def call(self) -> str:
        """A call that changes something."""
        rng, row = self.rng, self.row()
        match rng.randrange(5):
            case 0:
                return f"exchange({self.byte()}, {self.number(1)})"
            case 1:
                return f"{self.row()}.call({row}, ({self.number(1)}) % 256)"
            case 2 if self.routines:
                return f"{rng.choice(self.routines)}({row}, {self.number(1)} % 256)"
            case 3:
                order = [f"row={row}", f"amount={self.number(1)} % 256"]
                rng.shuffle(order)
                return f"{rng.choice(('bump', 'drop'))}({', '.join(order)})"
            case _:
                return f"bump({row}, {self.number(0)} % 256)"

    def number(self, depth: int = 2) -> str:
        """A number."""
        rng = self.rng
        if depth == 0 or rng.random() < 0.25:
            atoms = [str(rng.choice((0, 1, 2, 7, 255, 300))), f"{self.row()}.inner.x", "total"]
            atoms += [f"{self.row()}.{rng.choice(NUMBERS)}", *self.names, *self.names]
            return rng.choice(atoms)
        one, two = self.number(depth - 1), self.number(depth - 1)
        match rng.randrange(13 if self.one_step else 12):
            case 0:
                return f"{rng.choice(('min', 'max'))}({one}, {two})"
            case 1:
                return f"({one} if {self.truth(depth - 1)} else {two})"
            case 2:
                return f"{self.cells()}[{self.small(SIZE)}]"
            case 3:
                return f"({one} {rng.choice(('//', '%'))} ({two} % 5 + 1))"
            case 4:
                return f"({one} >> {self.small(4)})"
            case 5:
                return f"len({self.row()}.{rng.choice(('line', 'some', 'modes'))})"
            case 6:
                order = [f"high={one} % 256", f"low={two} % 256"]
                rng.shuffle(order)
                return f"pick({', '.join(order)})"
            case 7 | 8:
                return self.call()
            case 9:
                return f"({one} % 64 * {two})"
            case 10:
                return f"when(lambda: {self.truth(0)})"
            case 11:
                return f"({one} {rng.choice('+-&|^')} {two})"
            case _:
                name = self.fresh("g")
                over = rng.choice((self.cells(), f"{self.row()}.line", f"{self.row()}.some"))
                return f"sum({name} + 1 for {name} in {over} if {name} != {self.number(0)})"

    def truth(self, depth: int = 2) -> str:
        """A condition."""
        rng = self.rng
        one, two = self.number(min(depth, 1)), self.number(min(depth, 1))
        if depth == 0:
            return rng.choice((f"{self.row()}.on", f"{one} < {two}"))
        match rng.randrange(10 if self.one_step else 9):
            case 0:
                return f"not ({self.truth(depth - 1)})"
            case 1:
                word = rng.choice(("and", "or"))
                return f"({self.truth(depth - 1)} {word} {self.truth(depth - 1)})"
            case 2:
                return f"({one} {rng.choice(('<', '<='))} {two} < {self.number(1)})"
            case 3:
                word = rng.choice(("in", "not in"))
                return f"({one} {word} {self.row()}.{rng.choice(('line', 'some'))})"
            case 4:
                return f"{self.row()}.on"
            case 5:
                return f"({self.mode()} {rng.choice(('==', '!='))} {self.mode()})"
            case 6:
                return f"({self.row()} {rng.choice(('is', 'is not', '=='))} {self.row()})"
            case 7:
                return f"({self.mode()} in {self.row()}.modes)"
            case 8:
                return f"({one} {rng.choice(('<', '<=', '==', '!=', '>'))} {two})"
            case _:
                name = self.fresh("g")
                word = rng.choice(("all", "any"))
                return f"{word}({name} < {self.number(0)} for {name} in {self.cells()})"

    def mode(self) -> str:
        """A member of the enum."""
        known = f"Mode.{self.rng.choice(MODES)}"
        return self.rng.choice((known, f"{self.row()}.mode", f"{self.row()}.mode"))
