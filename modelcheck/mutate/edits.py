"""Edits of a spec's text: something else stands at a place; all other lines keep their numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """`new` stands where the text from a line and column to another did.

    Lines count from 1, columns from 0 and in characters, as in `Source.tree`.
    """

    line: int
    col: int
    end_line: int
    end_col: int
    new: str


def replace_node(node: ast.stmt | ast.expr, new: str) -> Edit:
    """Something else in place of a statement or expression."""
    return Edit(node.lineno, node.col_offset, find_end(node)[0], find_end(node)[1], new)


def drop_node(node: ast.stmt) -> Edit:
    """A statement becomes `pass`."""
    return replace_node(node, "pass")


def append_lines(text: str, more: str) -> Edit:
    """Lines behind the last one of a text: none of the others moves."""
    lines = text.split("\n")
    last = len(lines)
    return Edit(last, len(lines[-1]), last, len(lines[-1]), f"\n{more}\n")


def find_end(node: ast.stmt | ast.expr) -> tuple[int, int]:
    """The line and column behind a node."""
    line, col = node.end_lineno, node.end_col_offset
    if line is None or col is None:
        raise ValueError("a node that was read has an end")
    return line, col


def cut(text: str, line: int, col: int, end_line: int, end_col: int) -> str:
    """The part of a text between two places."""
    lines = text.split("\n")[line - 1 : end_line]
    lines[-1] = lines[-1][:end_col]
    lines[0] = lines[0][col:]
    return "\n".join(lines)


def cut_node(text: str, node: ast.stmt | ast.expr) -> str:
    """The text of a node."""
    return cut(text, node.lineno, node.col_offset, *find_end(node))


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; where one has fewer lines than it replaces, empty ones follow.

    The edits must not overlap.
    """
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda e: (e.line, e.col), reverse=True):
        first, last = edit.line - 1, edit.end_line - 1
        new = (lines[first][: edit.col] + edit.new + lines[last][edit.end_col :]).split("\n")
        missing = last - first + 1 - len(new)
        lines[first : last + 1] = [*new, *[""] * missing]
    return "\n".join(lines)
