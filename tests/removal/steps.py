"""The steps of a spec's own code that can be removed from its text, each by itself.

The mutants of `modelcheck mutate` that take a step out, and nothing but that: a statement that
touches shared memory, a guard that looks at it and leaves, such a look that decides whether
something is done, and a lock with its unlock.  A statement whose value is used is skipped.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from modelcheck.frontend import Spec
from modelcheck.mutate.mutant import find_mutants
from modelcheck.mutate.mutators import Way
from modelcheck.mutate.syntax import Syntax


@dataclass(frozen=True, slots=True)
class Removal:
    """One step taken out: `text` is the spec without it.

    `statement` is what the spec says there; of several equal ones in a routine, `nth` counts.
    """

    spec: str
    routine: str
    statement: str
    nth: int
    way: Way
    lines: tuple[int, ...]
    text: str

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.spec, self.routine, self.statement, self.nth


@dataclass(frozen=True, slots=True)
class Skipped:
    """A step that cannot be removed by itself, and why."""

    routine: str
    line: int
    statement: str
    why: str


def find_removals(spec: Spec) -> tuple[list[Removal], list[Skipped]]:
    """All removals in a spec's own file, in the order of its text, and what was skipped."""
    removals = [
        Removal(spec.info.name, m.routine, m.statement, m.nth, m.way, m.lines, m.text)
        for m in find_mutants(spec)
        if m.way != "other"
    ]
    return removals, list(find_skipped(Syntax(spec)))


def find_skipped(syntax: Syntax):
    for routine in syntax.list_tested():
        for node in syntax.walk(routine.body):
            if not syntax.touches(node, routine):
                continue
            match node:
                case ast.Return():
                    yield skip(routine, node, ast.unparse(node), "its value is used")
                case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                    if not syntax.stores(node, routine):
                        yield skip(routine, node, ast.unparse(node), "its value is used")
                case ast.While(test=test):
                    yield skip(routine, node, f"while {ast.unparse(test)}:", "a loop")


def skip(routine, node, statement, why):
    return Skipped(routine.name, node.lineno, statement, why)
