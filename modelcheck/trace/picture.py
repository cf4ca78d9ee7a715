"""Story → picture: lanes, rows, bars, arrows and marks, each computed once.

The picture has no coordinates and no colours, only rows counted from 0 downwards and lanes
counted from 0 to the right.  Every writer (text, DOT, SVG) draws what stands here and adds no
fact of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from modelcheck.explore.result import omit_sizes
from modelcheck.trace.events import (
    SourceLine,
    StepEvent,
    Story,
    Waiting,
    cite_elsewhere,
    describe_effects,
    describe_place,
)
from modelcheck.trace.locks import describe_order, describe_waiting
from modelcheck.trace.reason import Reason
from modelcheck.trace.source import is_shown_library
from modelcheck.trace.why import LIFETIME_FAULTS, any_holds, explain_failure, find_free


@dataclass(frozen=True, slots=True)
class Heading:
    """What is said around the picture: the run it comes from and what the run covered.

    `settings` are ("closers", "1") pairs, `replay` the command that shows the trace again,
    `minimal` what was proven about the length, `scope` the parts of the scope line.  The first
    line says the settings, so the last one does not repeat them.
    """

    path: str
    settings: tuple[tuple[str, str], ...] = ()
    variant: str | None = None
    counts: str = ""
    minimal: str = "no"
    scope: tuple[str, ...] = ()
    replay: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One thread: its name and the rows in which it runs; `start` -1: from the beginning."""

    thread: int
    name: str
    start: int
    end: int
    ended: bool


LineRole = Literal["does", "inside", "change", "read", "lock", "life", "tag"]


@dataclass(frozen=True, slots=True)
class RowLine:
    """One line of text in a row."""

    text: str
    role: LineRole


RowKind = Literal["step", "wait", "race", "order"]


@dataclass(frozen=True, slots=True)
class Row:
    """One step (or one blocked thread, one of two racing accesses, or a thread that comes to a
    lock) of one lane.

    `does` is the source text, `inside` the library's place and text, `effects` what it did.
    `tag` is the label of a mark ("" for none); `failed` is the step that fails; `switch` says that
    the row before belongs to another thread.
    """

    lane: int
    kind: RowKind
    number: int | None
    at: SourceLine
    does: str
    inside: str
    effects: tuple[RowLine, ...]
    switch: bool
    failed: bool = False
    tag: str = ""

    @property
    def lines(self) -> tuple[RowLine, ...]:
        """All lines of the row from top to bottom."""
        first = (RowLine(self.does, "does"),)
        inside = (RowLine(self.inside, "inside"),) if self.inside else ()
        tag = (RowLine(self.tag, "tag"),) if self.tag else ()
        return (*first, *inside, *self.effects, *tag)


BarKind = Literal["lock", "life", "freed"]


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasts from row `first` to row `last`, both included.

    A lock bar lies on its owner's `lane`, `track` counting outwards; object bars (`lane` -1)
    have a column each, numbered by `track`.  `first` -1: since before the first row; `open`:
    it goes on after the last row.
    """

    kind: BarKind
    lane: int
    track: int
    name: str
    first: int
    last: int
    open: bool


ArrowKind = Literal["reads", "free-use", "waits", "race"]


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one row to another.  It runs down the gutter left of lane `gutter`, on `track`."""

    kind: ArrowKind
    source: int
    target: int
    label: str
    gutter: int
    track: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """All there is to draw.  `verdict` is the first word of it.

    A violation with several traces (the orders of a cycle) has a picture for each: `part` of
    `parts`, with what `part_title` says.  They share heading and reason.
    """

    verdict: str
    heading: Heading
    reason: Reason
    start: tuple[str, ...]
    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    arrows: tuple[Arrow, ...]
    part: int = 1
    parts: int = 1
    part_title: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """The user's files that rows come from, the spec itself first."""
        found = dict.fromkeys(row.at.path for row in self.rows)
        found.pop(self.heading.path, None)
        return (self.heading.path, *found)

    def cite_frame(self, line: SourceLine) -> str:
        """`line 31` of the spec itself, else with the file: `kernel/mutex.py:77`."""
        if line.path == self.heading.path:
            return self.cite_line(line)
        return str(line) if is_shown_library(line.path) else self._cite_file(line)

    def _cite_file(self, line: SourceLine) -> str:
        return f"{line.path.rpartition('/')[2]}:{line.line}"

    def cite(self, line: SourceLine) -> str:
        """`31`, or `file.py:31` where the rows come from several files."""
        if len(self.files) == 1:
            return str(line.line)
        return self._cite_file(line)

    def cite_line(self, line: SourceLine) -> str:
        """`line 31`, or `file.py:31` where the rows come from several files."""
        return ("line " if len(self.files) == 1 else "") + self.cite(line)

    @property
    def title(self) -> str:
        """The complete first line."""
        settings = [f"{name}={value}" for name, value in self.heading.settings]
        if self.heading.variant:
            settings.append(f"variant={self.heading.variant}")
        return "  ".join(filter(None, (self.verdict, self.heading.path, " ".join(settings))))

    @property
    def closing(self) -> tuple[str, ...]:
        """The last lines: how to see it again, and what was searched."""
        heading = self.heading
        scope = omit_sizes(heading.scope) if heading.settings else heading.scope
        facts = filter(None, (heading.counts, f"minimal: {heading.minimal}", *scope))
        replay = (f"replay: {heading.replay}",) if heading.replay else ()
        return (*replay, "; ".join(facts))


def draw_picture(story: Story, heading: Heading, part: int = 1, parts: int = 1) -> Picture:
    """Compute lanes, rows, bars, arrows and marks of a story, which may be one of several."""
    lanes = _find_lanes(story)
    lane_of = {lane.thread: number for number, lane in enumerate(lanes)}
    rows = _find_rows(story, lane_of)
    reads = _find_reads(story, rows)
    arrows = [*_join_reads(reads, rows), *_find_other_arrows(story, rows)]
    return Picture(
        "REACHED" if story.failure.kind == "reachable" else "VIOLATED",
        heading,
        explain_failure(story, heading.minimal),
        story.initial,
        lanes,
        _cite_writers(rows, reads),
        (*_find_lock_bars(story, lane_of, len(rows)), *_find_life_bars(story, len(rows))),
        _route_arrows(arrows, rows),
        part,
        parts,
        _describe_part(story, part, parts),
    )


def _describe_part(story: Story, part: int, parts: int) -> str:
    order = story.failure.order
    if parts == 1:
        return ""
    return f"order {part} of {parts}" + (
        f": {order.thread} {describe_order(order)}" if order is not None else ""
    )


def _list_extra(story: Story) -> tuple[StepEvent | Waiting, ...]:
    """What stands below the steps: blocked threads, accesses that can come next, the call that
    records an order.
    """
    order = story.failure.order
    comes = (order.place,) if order is not None and order.place is not None else ()
    return (*story.waiting, *story.racing, *comes)


def _find_lanes(story: Story) -> tuple[Lane, ...]:
    """A lane for every thread that takes part, in order of thread number."""
    taking_part: tuple[StepEvent | Waiting, ...] = (*story.steps, *_list_extra(story))
    busy = {event.thread for event in taking_part}
    busy |= {thread for waiting in story.waiting for _, thread in waiting.holders}
    busy |= {thread for waiting in story.waiting for thread in waiting.handlers}
    last_row = len(taking_part) - 1
    start = dict.fromkeys(story.alive, -1)
    end: dict[int, int] = {}
    for row, event in enumerate(story.steps):
        start |= {t: row for t in event.started if t not in start}
        end = {t: r for t, r in end.items() if t not in event.started}
        end |= dict.fromkeys(event.ended, row)
    return tuple(
        Lane(t, story.threads[t], start.get(t, -1), end.get(t, last_row), t in end)
        for t in sorted(busy)
    )


def _find_rows(story: Story, lane_of: dict[int, int]) -> tuple[Row, ...]:
    rows: list[Row] = []
    before: int | None = None
    for event in story.steps:
        last = event is story.steps[-1]
        rows.append(
            Row(
                lane_of[event.thread],
                "step",
                event.number,
                event.at,
                event.at.text,
                _describe_inside(event),
                _effect_lines(event, story.threads),
                switch=before not in (None, event.thread),
                failed=last and _marks_step(story),
                tag=_failure_tag(story) if last and _marks_step(story) else "",
            )
        )
        before = event.thread
    rows += [_make_extra_row(story, event, lane_of, before) for event in _list_extra(story)]
    return tuple(rows)


def _make_extra_row(
    story: Story, event: StepEvent | Waiting, lane_of: dict[int, int], before: int | None
) -> Row:
    order = story.failure.order
    is_order = order is not None and event is order.place
    kind: RowKind = "order" if is_order else "wait" if isinstance(event, Waiting) else "race"
    if isinstance(event, StepEvent):
        tag = _failure_tag(story)
    elif order is not None and is_order:
        tag = f"{story.failure.property}: {describe_order(order)}"
    else:
        tag = describe_waiting(story, event)
    return Row(
        lane_of[event.thread],
        kind,
        None,
        event.at,
        event.at.text,
        _describe_inside(event),
        _effect_lines(event, story.threads) if isinstance(event, StepEvent) else (),
        switch=not is_order or before not in (None, event.thread),
        failed=kind != "wait",
        tag=tag,
    )


def _describe_inside(event: StepEvent | Waiting) -> str:
    """Where in the library, and what stands there unless the effects say it: locks and lives."""
    place = describe_place(event)
    if event.inside is None or not event.inside.text:
        return place
    if isinstance(event, StepEvent) and (
        event.taken or event.released or event.freed or event.allocated
    ):
        return place
    return f"{place}: {event.inside.text}"


def _marks_step(story: Story) -> bool:
    """Whether the last step itself is to be marked: what stands below the steps is marked there."""
    return not _list_extra(story) and story.failure.kind != "reachable"


def _failure_tag(story: Story) -> str:
    """What fails, and on which line if that is not the row's own."""
    own = story.steps[-1].at if story.steps else None
    return _name_failure(story) + (cite_elsewhere(story.failure.at, own) if own else "")


def _name_failure(story: Story) -> str:
    failure = story.failure
    of = f" of {failure.object}" if failure.object else ""
    match failure.kind, failure.ending:
        case _, "race":
            return failure.property + (f" on {failure.object}" if failure.object else "")
        case _, "edge":
            return f"{failure.property}: this order is part of a circle"
        case "assert", "step":
            return f"assert {failure.property} is false"
        case _, "step":
            return f"{failure.property}{of}"
        case (("invariant" | "final"), _):
            return f"{failure.property} is false after this step"
        case _:
            return f"{failure.property}{of} after this step"


def _effect_lines(event: StepEvent, threads: tuple[str, ...]) -> tuple[RowLine, ...]:
    locks = [*(lock for lock, _ in event.taken), *event.released]
    owners = {f"{lock}.owner" for lock in locks}
    lines = [
        *(RowLine(f"releases {lock}", "lock") for lock in event.released),
        *(
            RowLine(
                f"takes {lock}" if to == event.thread else f"hands {lock} to {threads[to]}", "lock"
            )
            for lock, to in event.taken
        ),
    ]
    for text in describe_effects(event):
        place = text.removeprefix("reads ").partition(" ")[0]
        if place in owners:
            continue
        if text.startswith("reads "):
            role: LineRole = "read"
        elif text.startswith(("allocates ", "frees ")):
            role = "life"
        else:
            role = "change"
        lines.append(RowLine(text, role))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class _ReadFrom:
    """Row `reader` sees in `place` what row `writer` of another thread wrote."""

    writer: int
    reader: int
    place: str


def _find_reads(story: Story, rows: tuple[Row, ...]) -> tuple[_ReadFrom, ...]:
    """Who reads whose write: across threads, the latest write, each write once per reader."""
    found: list[_ReadFrom] = []
    writer: dict[str, int] = {}
    known: set[tuple[int, str, int]] = set()
    events: tuple[StepEvent | Waiting, ...] = (*story.steps, *story.waiting)
    for row, event in enumerate(events):
        for access in event.reads:
            source = writer.get(access.place)
            if source is None or rows[source].lane == rows[row].lane:
                continue
            fact = (event.thread, access.place, source)
            if fact not in known:
                known.add(fact)
                found.append(_ReadFrom(source, row, access.place))
        if isinstance(event, StepEvent):
            places = {c.place for c in event.changes} | {w.place for w in event.writes}
            writer |= dict.fromkeys(sorted(places), row)
    return tuple(found)


def _join_reads(reads: Iterable[_ReadFrom], rows: tuple[Row, ...]) -> list[Arrow]:
    places: dict[tuple[int, int], list[str]] = {}
    for read in reads:
        places.setdefault((read.writer, read.reader), []).append(read.place)
    return [
        Arrow("reads", writer, reader, ", ".join(names), 0)
        for (writer, reader), names in places.items()
        if rows[reader].kind == "step"
    ]


def _cite_writers(rows: tuple[Row, ...], reads: tuple[_ReadFrom, ...]) -> tuple[Row, ...]:
    """Say in the text of a read which step wrote the value, where an arrow says so."""
    wrote = {(r.reader, r.place): rows[r.writer].number for r in reads}

    def cite(index: int, line: RowLine) -> RowLine:
        if line.role != "read":
            return line
        place = line.text.split(" ")[1]
        number = wrote.get((index, place))
        return line if number is None else replace(line, text=f"{line.text} (step {number})")

    return tuple(
        replace(row, effects=tuple(cite(index, line) for line in row.effects))
        for index, row in enumerate(rows)
    )


def _find_other_arrows(story: Story, rows: tuple[Row, ...]) -> list[Arrow]:
    arrows: list[Arrow] = []
    failure = story.failure
    if failure.property in LIFETIME_FAULTS and len(story.steps) > 1:
        earlier = replace(story, steps=story.steps[:-1])
        freed = find_free(earlier, failure.object)
        if freed is not None:
            source = story.steps.index(freed)
            arrows.append(Arrow("free-use", source, len(story.steps) - 1, failure.object, 0))
    row_of = {w.thread: len(story.steps) + n for n, w in enumerate(story.waiting)}
    arrows += [
        Arrow("waits", row_of[waiting.thread], row_of[holder], lock, 0)
        for waiting in story.waiting
        for lock, holder in waiting.holders
        if holder in row_of and holder != waiting.thread
    ]
    arrows += [
        Arrow("waits", row_of[waiting.thread], row_of[handler], "interrupted", 0)
        for waiting in story.waiting
        for handler in waiting.handlers
        if handler in row_of
    ]
    if len(story.racing) == 2:
        arrows.append(Arrow("race", len(rows) - 2, len(rows) - 1, failure.object, 0))
    return arrows


def _route_arrows(arrows: list[Arrow], rows: tuple[Row, ...]) -> tuple[Arrow, ...]:
    """Give every arrow the gutter beside its target's lane, on the side it comes from, and a
    track of its own there among the arrows whose rows overlap.
    """
    busy: dict[tuple[int, int], list[tuple[int, int]]] = {}
    routed: list[Arrow] = []
    for arrow in sorted(arrows, key=lambda a: (min(a.source, a.target), a.source, a.target)):
        source, target = rows[arrow.source].lane, rows[arrow.target].lane
        gutter = target if source < target else target + 1
        top, bottom = sorted((arrow.source, arrow.target))
        track = 0
        while any(top <= b and t <= bottom for t, b in busy.get((gutter, track), ())):
            track += 1
        busy.setdefault((gutter, track), []).append((top, bottom))
        routed.append(replace(arrow, gutter=gutter, track=track))
    return tuple(routed)


def _find_lock_bars(story: Story, lane_of: dict[int, int], rows: int) -> list[Bar]:
    bars: list[Bar] = []
    open_bars: dict[str, Bar] = {}

    def take(lock: str, thread: int, row: int) -> None:
        lane = lane_of.get(thread)
        if lane is None:
            return
        used = {bar.track for bar in open_bars.values() if bar.lane == lane}
        track = next(n for n in range(len(used) + 1) if n not in used)
        open_bars[lock] = Bar("lock", lane, track, lock, row, rows - 1, open=True)

    for lock, thread in story.held:
        take(lock, thread, -1)
    for row, event in enumerate(story.steps):
        ending = [open_bars.pop(lock) for lock in event.released if lock in open_bars]
        bars += [replace(bar, last=row, open=False) for bar in ending]
        for lock, thread in event.taken:
            take(lock, thread, row)
    bars += open_bars.values()
    return sorted(bars, key=lambda bar: (bar.lane, bar.first, bar.track))


def _find_life_bars(story: Story, rows: int) -> list[Bar]:
    """A column for each object that begins or ends its life here, or that the failure is about.

    Behind the end of a life comes a stub, as far as the use that fails or one row.
    """
    failure = story.failure
    touched = {n for event in story.steps for n in (*event.allocated, *event.freed)}
    concerned = {n for n in story.objects if any_holds((n,), failure.object)}
    names = [n for n in story.objects if n in touched | concerned]
    names += [n for event in story.steps for n in event.allocated]
    column = {name: n for n, name in enumerate(dict.fromkeys(names))}
    open_bars = {n: Bar("life", -1, column[n], n, -1, rows - 1, open=True) for n in column}
    alive = {n for n in story.objects if n in column}
    bars: list[Bar] = []
    for row, event in enumerate(story.steps):
        for name in event.freed:
            if name in alive:
                alive.discard(name)
                bars.append(replace(open_bars[name], last=row, open=False))
                used = failure.property in LIFETIME_FAULTS and any_holds((name,), failure.object)
                last = len(story.steps) - 1 if used else min(row + 1, rows - 1)
                if last > row:
                    bars.append(Bar("freed", -1, column[name], name, row, last, open=False))
        for name in event.allocated:
            alive.add(name)
            open_bars[name] = replace(open_bars[name], first=row)
    bars += [open_bars[name] for name in column if name in alive]
    return sorted(bars, key=lambda bar: (bar.track, bar.first, bar.last))
