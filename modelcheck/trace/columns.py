"""Picture → text with a column for each thread: who does what beside whom.

Time runs downwards, as in the pictures; `|` stands where a thread is there and does nothing.  The
table of `trace.text` is narrower and is what is pasted into mails; this is for few threads and wide
terminals.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from modelcheck.trace.picture import Picture, Row

LEAST = 26  # of a column; more threads than fit make the lines longer
_GAP = 2


def write_columns(picture: Picture, width: int) -> Iterator[str]:
    """The lines of the steps alone, at most `width` characters where columns of `LEAST` fit."""
    for line in picture.start:
        yield f"start: {line}"
    if not picture.rows:
        return
    numbers = [_number(row) for row in picture.rows]
    margin = max(len("step"), *map(len, numbers))
    lanes = len(picture.lanes)
    column = max(LEAST, (width - margin) // lanes - _GAP)
    yield _join("step", margin, [lane.name for lane in picture.lanes], column)
    rule = "-" * (margin + lanes * (column + _GAP))
    for at, (row, number) in enumerate(zip(picture.rows, numbers, strict=True)):
        if row.switch:
            yield f"-- {row.why} {rule[len(row.why) + 4 :]}".rstrip() if row.why else rule
        for i, text in enumerate(_list_lines(picture, row, column)):
            cells = [_mark(picture, lane, at) for lane in range(lanes)]
            cells[row.lane] = text
            yield _join(number if i == 0 else "", margin, cells, column)


def _join(number: str, margin: int, cells: list[str], column: int) -> str:
    gap = " " * _GAP
    return gap.join((f"{number:>{margin}}", *(f"{cell:<{column}}" for cell in cells))).rstrip()


def _number(row: Row) -> str:
    return " ".join(filter(None, ("=>" if row.is_marked else "", row.label)))


def _mark(picture: Picture, number: int, at: int) -> str:
    """Whether a thread is there beside a row of another."""
    lane = picture.lanes[number]
    return "|" if lane.start <= at and not (lane.ended and at > lane.end) else ""


def _list_lines(picture: Picture, row: Row, column: int) -> Iterator[str]:
    """What stands in the cell of a row, from top to bottom."""
    place = "" if row.kind == "fold" else f"{picture.cite(row.at)}: "
    yield from _wrap(f"{place}{row.does}", column, "", "    ")
    if row.inside:
        yield from _wrap(row.inside, column, "  ", "    ")
    for line in row.effects:
        yield from _wrap(line.text, column, "  * ", "    ")
    if row.tag:
        yield from _wrap(f"VIOLATED: {row.tag}" if row.failed else row.tag, column, "", "    ")


def _wrap(text: str, column: int, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text, column, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )
