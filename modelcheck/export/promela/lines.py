"""Lines of a text and the shapes that statements come in, in Promela and in C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Lines:
    """Lines of Promela with their indentation; `;` goes between statements by itself, Promela
    takes one too many.

    Conditions are what `Dialect.condition` makes of them.
    """

    lines: list[str] = field(default_factory=list)
    depth: int = 0

    def line(self, text: str) -> None:
        """Append one line."""
        self.lines.append("  " * self.depth + text)

    def say(self, statement: str) -> None:
        """Append a statement."""
        self.line(f"{statement};")

    @contextmanager
    def inside(self, head: str, tail: str) -> Iterator[None]:
        """A line that opens, an indented part, a line that closes."""
        self.line(head)
        self.depth += 1
        yield
        self.depth -= 1
        self.line(tail)

    # ------------------------------------------------------------------------ statements

    def failure(self, variable: str) -> str:
        """The assertion that the variable, always 0, is not: the property does not hold."""
        return f"assert({variable})"

    def code(self, statement: str) -> None:
        """A statement of C."""
        self.say(f"c_code {{ {statement}; }}")

    def asks(self, condition: str) -> str:
        """A condition that is C already."""
        return f"c_expr {{ {condition} }}"

    def label(self, name: str) -> None:
        """A place to go to."""
        self.line(f"{name}: skip;")

    def choose(self, condition: str, then: str, other: str = "skip") -> None:
        """One of two statements."""
        self.line(f"if :: {condition} -> {then}")
        self.line(f":: else -> {other}")
        self.line("fi;")

    @contextmanager
    def loop(self, condition: str) -> Iterator[None]:
        """What is done while a condition holds."""
        with self.inside("do", "od;"):
            self.line(f":: {condition} ->")
            yield
            self.line(":: else -> break")

    @contextmanager
    def cases(self, other: str = "skip") -> Iterator[None]:
        """Cases of which one holds at most, each begun with `case`; `other` where none does."""
        with self.inside("if", "fi;"):
            yield
            self.line(f":: else -> {other}")

    def case(self, condition: str) -> None:
        """The next case."""
        self.line(f":: {condition} ->")


class CLines(Lines):
    """The same in C."""

    __slots__ = ()

    def say(self, statement: str) -> None:
        """Append a statement, if it does anything."""
        if statement != "skip":
            self.line(f"{statement.removeprefix('skip; ')};")

    def failure(self, variable: str) -> str:
        """What SPIN makes of an assertion."""
        return f'spin_assert(0, "{variable}", 0, 0, (Trans *) 0)'

    def code(self, statement: str) -> None:
        """A statement."""
        self.say(statement)

    def asks(self, condition: str) -> str:
        """A condition."""
        return condition

    def label(self, name: str) -> None:
        """A place to go to."""
        self.line(f"{name}: ;")

    def choose(self, condition: str, then: str, other: str = "skip") -> None:
        """One of two statements."""
        with self.inside(f"if ({condition}) {{", "}"):
            self.say(then)
        if other != "skip":
            with self.inside("else {", "}"):
                self.say(other)

    @contextmanager
    def loop(self, condition: str) -> Iterator[None]:
        """What is done while a condition holds."""
        with self.inside(f"while ({condition}) {{", "}"):
            yield

    @contextmanager
    def cases(self, other: str = "skip") -> Iterator[None]:
        """Cases of which one holds at most."""
        with self.inside("if (0) {", "}"):
            yield
        if other != "skip":
            with self.inside("else {", "}"):
                self.say(other)

    def case(self, condition: str) -> None:
        """The next case."""
        self.line(f"}} else if ({condition}) {{")
