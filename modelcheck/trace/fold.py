"""Picture → picture in which steps that nothing points to are told in few words, many at a time.

Most steps of a long trace only bring a thread to where it matters.  Nothing is left out of the
trace: the steps are in the file that `check -o` writes, on the page, and in full with
`--all-steps`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from modelcheck.trace.picture import Arrow, Bar, Lane, Picture, Row

FEW_ROWS = 12  # a trace of so many rows is told whole
LEAST_FOLDED = 3  # fewer rows take no more room than the one that would stand for them
MOST_ROUTINES = 4  # that are named; the others are not


def fold_quiet(picture: Picture) -> Picture:
    """The picture with each run of quiet rows of a lane as one row of the kind "fold".

    Bars and arrows go from and to the rows that stand for theirs.  No arrow ends in a quiet row,
    and no bar begins or ends there.
    """
    if len(picture.rows) <= FEW_ROWS:
        return picture
    rows: list[Row] = []
    place: list[int] = []  # by row of the picture, the row that stands for it
    for run in _list_runs(picture.rows):
        kept = [_fold(picture, run)] if len(run) >= LEAST_FOLDED and _is_foldable(run[0]) else run
        place += [len(rows) + min(n, len(kept) - 1) for n in range(len(run))]
        rows += kept
    if len(rows) == len(picture.rows):
        return picture

    def find(row: int) -> int:
        return row if row < 0 else place[row]

    def move_lane(lane: Lane) -> Lane:
        return replace(lane, start=find(lane.start), end=find(lane.end))

    def move_bar(bar: Bar) -> Bar:
        return replace(bar, first=find(bar.first), last=find(bar.last))

    def move_arrow(arrow: Arrow) -> Arrow:
        return replace(arrow, source=find(arrow.source), target=find(arrow.target))

    return replace(
        picture,
        rows=tuple(rows),
        lanes=tuple(map(move_lane, picture.lanes)),
        bars=tuple(map(move_bar, picture.bars)),
        arrows=tuple(map(move_arrow, picture.arrows)),
    )


def _list_runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Neighbouring steps of one thread between two switches that are all quiet, or all not."""
    switches = 0
    keys: list[tuple[int, bool]] = []
    for row in rows:
        switches += row.switch
        keys.append((switches, _is_foldable(row)))
    for _, run in groupby(zip(keys, rows, strict=True), key=lambda pair: pair[0]):
        yield [row for _, row in run]


def _is_foldable(row: Row) -> bool:
    """A step; a thread at rest is quiet, too, and is seen."""
    return row.quiet and row.kind == "step"


def _fold(picture: Picture, run: Sequence[Row]) -> Row:
    first, last = run[0], run[-1]
    cited = [picture.cite(row.at) for row in run]
    places = {"in": (row.routine for row in run), "calls": (row.called for row in run)}
    inside = [f"{word} {names}" for word, found in places.items() if (names := _list_names(found))]
    return replace(
        first,
        kind="fold",
        number=None,
        span=(first.number or 0, last.number or 0),
        does=f"... {len(run)} steps: lines {', '.join(_list_lines(cited))}",
        inside="; ".join(inside),
        effects=(),
    )


def _list_names(found: Iterable[str]) -> str:
    names = list(dict.fromkeys(name for name in found if name))
    more = ["..."] if len(names) > MOST_ROUTINES else []
    return ", ".join((*names[:MOST_ROUTINES], *more))


def _list_lines(cited: Sequence[str]) -> Iterator[str]:
    """Lines in the order in which they run, one that runs several times in a row only once."""
    for line, _ in groupby(cited):
        yield line
