"""Story and rows → the arrows between rows and the bars along them, each with its track."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from modelcheck.trace.events import Failure, StepEvent, Story, Waiting
from modelcheck.trace.picture import Arrow, ArrowKind, Bar, BarKind, Row, RowLine
from modelcheck.trace.reason import Reason
from modelcheck.trace.why import LIFETIME_FAULTS, any_holds, find_free

STEP = re.compile(r"\bstep (\d+)")  # as a sentence names it
LOUD = ("lock", "wake", "life")  # roles of lines that make a row worth its room


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """Row `reader` sees in `place` what row `writer` of another thread wrote."""

    writer: int
    reader: int
    place: str


def find_reads(story: Story, rows: tuple[Row, ...]) -> tuple[ReadFrom, ...]:
    """Who reads whose write: across threads, the latest write, each write once per reader."""
    found: list[ReadFrom] = []
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
                found.append(ReadFrom(source, row, access.place))
        if isinstance(event, StepEvent):
            places = {c.place for c in event.changes} | {w.place for w in event.writes}
            writer |= dict.fromkeys(sorted(places), row)
    return tuple(found)


def join_reads(reads: Iterable[ReadFrom], rows: tuple[Row, ...]) -> list[Arrow]:
    """One arrow for all that a step reads of what another wrote."""
    places: dict[tuple[int, int], list[str]] = {}
    for read in reads:
        places.setdefault((read.writer, read.reader), []).append(read.place)
    return [
        Arrow("reads", writer, reader, ", ".join(names), 0)
        for (writer, reader), names in places.items()
        if rows[reader].kind == "step"
    ]


def cite_writers(rows: tuple[Row, ...], reads: tuple[ReadFrom, ...]) -> tuple[Row, ...]:
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


def find_other_arrows(story: Story, rows: tuple[Row, ...]) -> list[Arrow]:
    """From a free to the use, from a waiter to the holder, between racing accesses."""
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


def find_links(story: Story, rows: tuple[Row, ...]) -> list[Arrow]:
    """Who lets whom go on: each step of a thread with the last one that woke it since its own step
    before, or that let go of the lock it takes.
    """
    found: dict[tuple[int, int], Arrow] = {}

    def note(kind: ArrowKind, source: int, target: int, label: str = "") -> None:
        if rows[source].lane != rows[target].lane:
            found[source, target] = Arrow(kind, source, target, label, 0)

    woke: dict[int, int] = {}  # a thread's last waker
    freed: dict[str, int] = {}  # a lock's last release
    given: dict[int, tuple[int, str]] = {}  # to a thread, by the step of another one
    for row, event in enumerate(story.steps):
        if event.thread in woke:
            note("wakes", woke.pop(event.thread), row)
        if event.thread in given:
            source, lock = given.pop(event.thread)
            note("hands over", source, row, lock)
        for lock, thread in event.taken:
            if thread != event.thread:
                given[thread] = (row, lock)
            elif lock in freed:
                note("hands over", freed.pop(lock), row, lock)
        woke |= dict.fromkeys(event.woken, row)
        freed |= dict.fromkeys(event.released, row)
    return [found[key] for key in sorted(found)]


def route_arrows(arrows: list[Arrow], rows: tuple[Row, ...]) -> tuple[Arrow, ...]:
    """Give every arrow the gutter beside its target's lane, on the side it comes from, and a
    track of its own there among the arrows whose rows overlap; one for all between the same rows.
    """
    tracks: dict[tuple[int, int], int] = {}
    busy: dict[tuple[int, int], list[tuple[int, int]]] = {}
    routed: list[Arrow] = []
    for arrow in sorted(arrows, key=lambda a: (min(a.source, a.target), a.source, a.target)):
        source, target = rows[arrow.source].lane, rows[arrow.target].lane
        gutter = target if source < target else target + 1
        top, bottom = sorted((arrow.source, arrow.target))
        track = tracks.get((arrow.source, arrow.target), 0)
        is_new = (arrow.source, arrow.target) not in tracks
        while is_new and any(top <= b and t <= bottom for t, b in busy.get((gutter, track), ())):
            track += 1
        tracks[arrow.source, arrow.target] = track
        busy.setdefault((gutter, track), []).append((top, bottom))
        routed.append(replace(arrow, gutter=gutter, track=track))
    return tuple(routed)


def mark_quiet(
    story: Story, rows: tuple[Row, ...], arrows: Iterable[Arrow], reason: Reason
) -> tuple[Row, ...]:
    """The rows, those steps marked that may be told in few words: no arrow begins or ends there,
    the reason names none of them, nothing is locked, woken, born, freed, entered, waited for or
    chosen, the object that the failure is about is not seen, and no place is changed that an arrow
    leads to.
    """
    told = {end for arrow in arrows for end in (arrow.source, arrow.target)}
    shared = {
        place for arrow in arrows if arrow.kind == "reads" for place in arrow.label.split(", ")
    }
    for index, event in enumerate(story.steps):
        if _is_loud(event, story.failure) or any(c.place in shared for c in event.changes):
            told.add(index)
    named = {row.step for row in reason.rows if row.step is not None}
    named |= {int(number) for row in reason.rows for number in STEP.findall(row.what)}
    return tuple(
        row
        if row.kind != "step"
        else replace(
            row,
            quiet=not row.failed
            and index not in told
            and row.number not in named
            and not any(line.role in LOUD for line in row.effects),
        )
        for index, row in enumerate(rows)
    )


def _is_loud(event: StepEvent, failure: Failure) -> bool:
    """Whether a step chooses something that is told, begins or ends a section or a thread, waits
    for something of the library, or sees what the failure is about.
    """
    if event.notes or event.entered or event.left or event.started:
        return True
    if event.inside is not None and event.inside.text.startswith("wait_until("):
        return True  # it could have waited there: for a grace period, for work
    name = find_root(failure.object)
    texts = [value for _, value in event.known]
    for access in (*event.reads, *event.writes):
        texts += (access.place, access.value)
    for change in event.changes:
        texts += (change.place, change.old, change.new)
    return bool(name) and any(find_root(text) == name for text in texts)


def find_root(name: str) -> str:
    """The object that a name leads to: `psi_triggers[0]` of `psi_triggers[0].event_wait.lock`."""
    return name.partition(".")[0]


def find_lock_bars(story: Story, lane_of: dict[int, int], rows: int) -> list[Bar]:
    """A bar on a thread's lane for as long as it holds a lock or is a reader."""
    bars: list[Bar] = []
    open_bars: dict[tuple[str, int | None], Bar] = {}  # a lock has no thread: one owner only

    def begin(kind: BarKind, name: str, thread: int, row: int) -> None:
        lane = lane_of.get(thread)
        if lane is None:
            return
        used = {bar.track for bar in open_bars.values() if bar.lane == lane}
        track = next(n for n in range(len(used) + 1) if n not in used)
        key = (name, None if kind == "lock" else thread)
        open_bars[key] = Bar(kind, lane, track, name, row, rows - 1, open=True)

    for lock, thread in story.held:
        begin("lock", lock, thread, -1)
    for section, thread in story.reading:
        begin("read", section, thread, -1)
    for row, event in enumerate(story.steps):
        ended = [(lock, None) for lock in event.released]
        ending = [open_bars.pop(key) for key in (*ended, *event.left) if key in open_bars]
        bars += [replace(bar, last=row, open=False) for bar in ending]
        for lock, thread in event.taken:
            begin("lock", lock, thread, row)
        for section, thread in event.entered:
            begin("read", section, thread, row)
    bars += open_bars.values()
    return sorted(bars, key=lambda bar: (bar.lane, bar.first, bar.track))


def find_life_bars(story: Story, rows: int) -> list[Bar]:
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
