"""Text of a spec → where its conditions stand.

A program branches in more places than its spec: for lives, for loops that were unrolled, in what
stands for a routine.  Only what a reader of the spec knows as a condition is worth a remark.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from modelcheck.diagnostics import Span
from modelcheck.explore.looked import HalfBranch, Ran

Position = tuple[int, int, int, int]  # line and column of its beginning and of its end


def list_halves(ran: Ran, sources: Mapping[str, str]) -> list[HalfBranch]:
    """The conditions of the spec and of the library that only ever went one way."""
    known: dict[str, frozenset[Position]] = {}
    found = []
    for half in ran.halves:
        span = half.span
        if span.path not in known:
            known[span.path] = find_conditions(sources.get(span.path, ""))
        if _position(span) in known[span.path]:
            found.append(half)
    return found


def find_conditions(text: str) -> frozenset[Position]:
    """What is tested: by `if`, `while`, `assert`, an operand of `and`, `or` and `not`, a condition
    or element of a generator.

    What `a if b else c` asks is part of an expression, and no program says which way it went; of
    `match` the lines of its cases say it.
    """
    tree = ast.parse(text)
    return frozenset(
        (node.lineno, node.col_offset + 1, node.end_lineno or 0, (node.end_col_offset or 0) + 1)
        for outer in ast.walk(tree)
        for node in _list_tested(outer)
    )


def _list_tested(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.If() | ast.While() | ast.Assert():
            yield node.test
        case ast.BoolOp():
            yield node
            yield from node.values
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.comprehension():
            yield from node.ifs
        case ast.GeneratorExp() | ast.SetComp():
            yield node.elt


def _position(span: Span) -> Position:
    return span.line, span.col, span.end_line, span.end_col
