"""Picture → text: a table of steps for a terminal or a mail.

One step is one row: number, thread, line, what it does, what changes.  A row of dashes stands
where another thread goes on and says why, `=>` before the step that fails.  ASCII only, whatever
the spec holds apart from it, because it is pasted into mails.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from modelcheck.trace.columns import write_columns
from modelcheck.trace.fold import fold_quiet
from modelcheck.trace.picture import Picture, Row
from modelcheck.trace.reason import NEEDS, ReasonRow
from modelcheck.trace.source import is_shown_library

DOES_WIDTH = 46  # a longer line pushes its changes below itself
NEED_WIDTH = 88  # a longer one goes over two lines
PLACE_WIDTH = 60  # of the text of a line below the headline
MOST_PLACES = 4  # there
HEAD_NEEDS = 2  # orderings there: with the places they are ten lines
Cells = tuple[str, str, str, str, str]
HEAD: Cells = ("step", "thread", "line", "does", "changes")


def write_text(picture: Picture, *, columns: int | None = None, all_steps: bool = False) -> str:
    """The whole report: first line, reason, steps, replay command, counts.

    With `columns` the steps have a column for each thread, so many characters wide in all.
    Quiet steps of a long trace are told together, unless `all_steps` are asked for.
    Of a violation with several traces the first has the heading, the last the reason: one after
    the other they are one report.
    """
    picture = picture if all_steps else fold_quiet(picture)
    lines = []
    if picture.part == 1:
        lines += [picture.title, f"  {picture.reason.headline}"]
        lines += [f"  {line}" for line in (*_write_places(picture), *_write_needs(picture))]
    lines += [f"  {line}".rstrip() for line in _write_part(picture, columns)]
    if picture.part == picture.parts:
        lines += [f"  {line}".rstrip() for line in _write_reason(picture)]
        lines += [f"  {line}" for line in picture.closing]
    return "\n".join(lines) + "\n"


def write_steps(picture: Picture) -> str:
    """The steps and the facts behind the failure, without heading and counts."""
    return "\n".join((*write_table(picture), *_write_reason(picture))) + "\n"


def _write_places(picture: Picture) -> Iterator[str]:
    """Below the headline, a line for each stack that stands below the steps: who was where."""
    rows = [row for row in picture.reason.rows if row.stack][:MOST_PLACES]
    cells = []
    for row in rows:
        frame = next((f for f in row.stack if not is_shown_library(f.at.path)), row.stack[-1])
        step = f"step {row.step}" if row.step is not None else ""
        text = textwrap.shorten(frame.at.text, PLACE_WIDTH, placeholder=" ...")
        cells.append((row.role, step, row.thread, picture.cite_frame(frame.at), text))
    yield from _align(cells) if cells else ()


def _align(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as lines with columns; one that is empty everywhere takes no room."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        shown = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True) if width]
        yield "  ".join(shown).rstrip()


def _write_needs(picture: Picture) -> Iterator[str]:
    """The first orderings that the trace needs, below the headline."""
    label = "needs:"
    rows = [row for row in picture.reason.rows if row.role == NEEDS]
    for number, row in enumerate(rows[:HEAD_NEEDS], 1):
        is_last = number == HEAD_NEEDS < len(rows)
        what = f"{row.what}; {len(rows) - number} more below" if is_last else row.what
        first, before, second = what.partition(" before ")
        if len(what) <= NEED_WIDTH or not before:
            yield f"{label:<6} {what}"
        else:
            yield f"{label:<6} {first}"
            yield f"{'':<9} {before.strip()} {second}"
        label = ""


def _write_part(picture: Picture, columns: int | None) -> Iterator[str]:
    if picture.parts > 1:
        yield ""
        yield f"{picture.part_title}:"
    yield from write_table(picture) if columns is None else write_columns(picture, columns)


def write_table(picture: Picture) -> Iterator[str]:
    """The steps alone, a line for each row and those below it."""
    for line in picture.start:
        yield f"start: {line}"
    if not picture.rows:
        return
    is_long = any(row.kind == "fold" for row in picture.rows)
    cells = [
        _list_cells(picture, row, is_brief=is_long and row.quiet and row.kind == "step")
        for row in picture.rows
    ]
    flat: list[Cells] = [HEAD, *(line for row in cells for line in row)]
    widths = [max(len(line[column]) for line in flat) for column in range(4)]
    widths[3] = min(widths[3], DOES_WIDTH)
    yield _join_cells(HEAD, widths)
    rule = "-" * min(sum(widths) + 8 + max(len(line[4]) for line in flat), 78)
    for row, lines in zip(picture.rows, cells, strict=True):
        if row.switch:
            yield f"-- {row.why} {rule[len(row.why) + 4 :]}".rstrip() if row.why else rule
        for cell in lines:
            yield _join_cells(cell, widths)


def _join_cells(cells: Cells, widths: list[int]) -> str:
    number, thread, line, does, changes = cells
    left = f"{number:>{widths[0]}}  {thread:<{widths[1]}}  {line:>{widths[2]}}  "
    return f"{left}{does:<{widths[3]}}  {changes}".rstrip()


def _list_cells(picture: Picture, row: Row, *, is_brief: bool) -> list[Cells]:
    """The lines of one row: what it does and its library place left, its effects right."""
    mark = "=>" if row.is_marked else ""
    first = (
        " ".join(filter(None, (mark, row.label))),
        picture.lanes[row.lane].name,
        "" if row.kind == "fold" else picture.cite(row.at),
    )
    left = _wrap(row.does, "", "    ") or [""]
    left += [] if is_brief else _wrap(row.inside, "  ", "    ")
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


def _wrap(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text,
        DOES_WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _describe_tag(row: Row) -> str:
    return f"  VIOLATED: {row.tag}" if row.failed else f"  {row.tag}"


def _write_reason(picture: Picture) -> Iterator[str]:
    """The facts in columns, then each stack below its sentence, then what can happen."""
    reason = picture.reason
    needs = [row for row in reason.rows if row.role == NEEDS]
    facts = [row for row in reason.rows if not row.stack and row.role != NEEDS]
    facts += needs[HEAD_NEEDS:]
    if facts:
        yield ""
        yield from _write_facts(picture, facts)
    for row in reason.rows:
        if row.stack:
            yield ""
            yield from write_stack(picture, row)
    if reason.scenario:
        yield ""
        yield from reason.scenario
    if reason.rows and any(row.stack for row in reason.rows):
        yield ""


def _write_facts(picture: Picture, facts: list[ReasonRow]) -> Iterator[str]:
    rows = [
        (
            row.role,
            f"step {row.step}" if row.step is not None else "",
            row.thread,
            picture.cite_line(row.at) if row.at else "",
            row.what,
        )
        for row in facts
    ]
    yield from _align(rows)


def write_stack(picture: Picture, row: ReasonRow) -> Iterator[str]:
    """A sentence, and below it the calls, innermost first: routine, place, text."""
    yield f"{row.what}:"
    cells = [(f.routine, picture.cite_frame(f.at), f.at.text) for f in row.stack]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for routine, place, text in cells:
        left = [f"{routine:<{widths[0]}}"] if widths[0] else []
        yield "  " + "  ".join((*left, f"{place:<{widths[1]}}", text)).rstrip()
