"""A spec → its mutants: each the spec's text with one mistake in it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from modelcheck.frontend import Spec
from modelcheck.mutate.edits import apply_edits, find_end
from modelcheck.mutate.mutators import MUTATORS, Found, Way, find_in_routine
from modelcheck.mutate.syntax import Syntax


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spec with one mistake.

    `statement` is what the spec says there; of several equal ones that a mutator finds in a
    routine, `nth` counts.  `instead` says in words what is done to it.  `lines` are those that are
    edited, `heads` the first and last line of each statement that is meant, without blocks in it.
    `text` is the whole spec.
    """

    routine: str
    mutator: str
    way: Way
    statement: str
    nth: int
    instead: str
    lines: tuple[int, ...]
    heads: tuple[tuple[int, int], ...]
    text: str

    @property
    def line(self) -> int:
        """Where it is told."""
        return self.heads[0][0]


def find_mutants(
    spec: Spec, mutators: Collection[str] = tuple(MUTATORS), lines: Collection[int] = ()
) -> list[Mutant]:
    """All mutants of a spec's own routines, by line, then in the order of `MUTATORS`.

    With `lines` only those told at one of them.  Two that have one text are one.
    """
    syntax = Syntax(spec)
    made: dict[str, Mutant] = {}
    for routine in syntax.list_tested():
        found = list(find_in_routine(syntax, routine))
        count = Counter((f.mutator, f.statement) for f in found)
        seen: Counter[tuple[str, str]] = Counter()
        for one in found:
            name = one.mutator, one.statement
            seen[name] += 1
            nth = seen[name] if count[name] > 1 else 1
            text = apply_edits(syntax.text, one.edits)
            made.setdefault(text, _make(routine, one, nth, text))
    order = {name: index for index, name in enumerate(MUTATORS)}
    chosen = [
        mutant
        for mutant in made.values()
        if mutant.mutator in mutators and (not lines or mutant.line in lines)
    ]
    return sorted(chosen, key=lambda m: (m.line, order[m.mutator]))


def _make(routine: ast.FunctionDef, found: Found, nth: int, text: str) -> Mutant:
    edits = [e for e in found.edits if (e.line, e.col) != (e.end_line, e.end_col)]
    return Mutant(
        routine.name,
        found.mutator,
        found.way,
        found.statement,
        nth,
        found.instead,
        tuple(n for e in edits for n in range(e.line, e.end_line + 1)),
        tuple((node.lineno, _find_head_end(node)) for node in found.heads),
        text,
    )


def _find_head_end(node: ast.stmt) -> int:
    match node:
        case ast.If(test=part) | ast.While(test=part) | ast.For(iter=part):
            return find_end(part)[0]
        case ast.Match(subject=part):
            return find_end(part)[0]
        case ast.With(items=items):
            return find_end(items[-1].context_expr)[0]
    return find_end(node)[0]
