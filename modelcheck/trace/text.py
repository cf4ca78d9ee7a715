"""Picture → text: a table of steps for a terminal or a mail.

One step is one row: number, thread, line, what it does, what changes.  A row of dashes stands
where another thread goes on, `=>` before the step that fails.  ASCII only, whatever the spec
holds apart from it, because it is pasted into mails.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest

from modelcheck.trace.picture import Picture, Row

DOES_WIDTH = 46  # a longer line pushes its changes below itself
Cells = tuple[str, str, str, str, str]
HEAD: Cells = ("step", "thread", "line", "does", "changes")


def write_text(picture: Picture) -> str:
    """The whole report: first line, reason, steps, replay command, counts."""
    lines = [picture.title, f"  {picture.reason.headline}"]
    lines += [f"  {line}".rstrip() for line in write_steps(picture).splitlines()]
    lines += [f"  {line}" for line in picture.closing]
    return "\n".join(lines) + "\n"


def write_steps(picture: Picture) -> str:
    """The steps and the facts behind the failure, without heading and counts."""
    return "\n".join((*_write_table(picture), *_write_reason(picture))) + "\n"


def _write_table(picture: Picture) -> Iterator[str]:
    for line in picture.start:
        yield f"start: {line}"
    if not picture.rows:
        return
    cells = [_list_cells(picture, row) for row in picture.rows]
    flat: list[Cells] = [HEAD, *(line for row in cells for line in row)]
    widths = [max(len(line[column]) for line in flat) for column in range(4)]
    widths[3] = min(widths[3], DOES_WIDTH)
    yield _join_cells(HEAD, widths)
    rule = "-" * min(sum(widths) + 8 + max(len(line[4]) for line in flat), 78)
    for row, lines in zip(picture.rows, cells, strict=True):
        if row.switch:
            yield rule
        for cell in lines:
            yield _join_cells(cell, widths)


def _join_cells(cells: Cells, widths: list[int]) -> str:
    number, thread, line, does, changes = cells
    left = f"{number:>{widths[0]}}  {thread:<{widths[1]}}  {line:>{widths[2]}}  "
    return f"{left}{does:<{widths[3]}}  {changes}".rstrip()


def _list_cells(picture: Picture, row: Row) -> list[Cells]:
    """The lines of one row: what it does and its library place left, its effects right."""
    number = "" if row.number is None else str(row.number)
    mark = "=>" if row.failed or row.kind == "wait" else ""
    first = (
        " ".join(filter(None, (mark, number))),
        picture.lanes[row.lane].name,
        picture.cite(row.at),
    )
    left = textwrap.wrap(row.does, DOES_WIDTH, subsequent_indent="    ") or [""]
    left += [f"  {row.inside}"] if row.inside else []
    right = [line.text for line in row.effects]
    cells: list[Cells] = []
    for does, changes in zip_longest(left, right, fillvalue=""):
        head = ("", "", "") if cells else first
        if changes and len(does) > DOES_WIDTH:
            cells += [(*head, does, ""), ("", "", "", "", changes)]
        else:
            cells.append((*head, does, changes))
    if row.tag:
        cells.append(("", "", "", _describe_tag(row), ""))
    return cells


def _describe_tag(row: Row) -> str:
    return f"  VIOLATED: {row.tag}" if row.failed else f"  {row.tag}"


def _write_reason(picture: Picture) -> Iterator[str]:
    if not picture.reason.rows:
        return
    yield ""
    rows = [
        (
            row.role,
            f"step {row.step}" if row.step is not None else "",
            row.thread,
            picture.cite_line(row.at) if row.at else "",
            row.inside,
        )
        for row in picture.reason.rows
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells, row in zip(rows, picture.reason.rows, strict=True):
        left = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True) if width]
        yield "  ".join((*left, row.what)).rstrip()
