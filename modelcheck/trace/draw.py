"""Story → picture: lanes and rows, and what the marks between them make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from modelcheck.trace.events import (
    StepEvent,
    Story,
    Waiting,
    cite_elsewhere,
    describe_effects,
    describe_place,
    leave_out_unrelated,
)
from modelcheck.trace.locks import describe_leaving, describe_order, describe_waiting
from modelcheck.trace.marks import (
    cite_writers,
    find_life_bars,
    find_links,
    find_lock_bars,
    find_other_arrows,
    find_reads,
    join_reads,
    mark_quiet,
    route_arrows,
)
from modelcheck.trace.names import OWNERS, join_names
from modelcheck.trace.picture import (
    Heading,
    Lane,
    LineRole,
    Picture,
    Row,
    RowKind,
    RowLine,
    Verdict,
)
from modelcheck.trace.reason import list_need_rows
from modelcheck.trace.source import is_shown_library
from modelcheck.trace.why import explain_failure


def draw_picture(story: Story, heading: Heading, part: int = 1, parts: int = 1) -> Picture:
    """Compute lanes, rows, bars, arrows and marks of a story, which may be one of several.

    Of the steps that play no part only a line in the reason is left.
    """
    story = leave_out_unrelated(story)
    lanes = _find_lanes(story)
    lane_of = {lane.thread: number for number, lane in enumerate(lanes)}
    rows = _find_rows(story, lane_of)
    reads = find_reads(story, rows)
    arrows = [*join_reads(reads, rows), *find_links(story, rows), *find_other_arrows(story, rows)]
    needs = () if heading.needs is None else tuple(list_need_rows(story, heading.needs))
    reason = explain_failure(story, heading.minimal)
    reason = replace(reason, rows=(*needs, *reason.rows))
    return Picture(
        _find_verdict(story),
        heading,
        reason,
        story.initial,
        lanes,
        mark_quiet(story, cite_writers(rows, reads), arrows, reason),
        (*find_lock_bars(story, lane_of, len(rows)), *find_life_bars(story, len(rows))),
        route_arrows(arrows, rows),
        part,
        parts,
        _describe_part(story, part, parts),
    )


def _describe_part(story: Story, part: int, parts: int) -> str:
    order = story.failure.order
    if parts == 1:
        return ""
    return f"order {part} of {parts}, in a run of its own" + (
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
    left: StepEvent | None = None
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
                (*_effect_lines(event, story.threads), *_list_dropped(story, event)),
                switch=before not in (None, event.thread),
                failed=last and _marks_step(story),
                tag=_failure_tag(story) if last and _marks_step(story) else "",
                why=describe_leaving(story, left),
                routine=_find_routine(event),
                called=_find_called(event),
            )
        )
        before, left = event.thread, event
    rows += [_make_extra_row(story, event, lane_of, before) for event in _list_extra(story)]
    return tuple(rows)


def _find_routine(event: StepEvent) -> str:
    """The routine of the spec's own in which a step runs."""
    own = (frame.routine for frame in event.stack if not is_shown_library(frame.at.path))
    return next(own, "")


def _find_called(event: StepEvent) -> str:
    """What the routine of the spec's own called of the library, if that is where the step is."""
    library = takewhile(lambda frame: is_shown_library(frame.at.path), event.stack)
    return next((frame.routine for frame in reversed(tuple(library))), "")


def _list_dropped(story: Story, event: StepEvent) -> Iterator[RowLine]:
    """What the thread of a step did after it, if that plays no part: how many steps."""
    last = next(e for e in reversed(story.steps) if e.thread == event.thread)
    count = dict(story.dropped).get(event.thread, 0)
    if event is last and count:
        yield RowLine(f"... {count} unrelated step{'s' if count > 1 else ''}", "inside")


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
        why=_describe_end(story, kind) if event is _list_extra(story)[0] else "",
        quiet=isinstance(event, Waiting) and event.idle,
    )


def _describe_end(story: Story, kind: RowKind) -> str:
    """What holds after the last step, above what stands below the steps."""
    if kind == "race":
        return "each of these two can come next"
    if kind == "wait" and story.failure.property == "deadlock":
        running = {w.thread for w in story.waiting}
        ended = {e.thread for e in story.steps} - running
        names = join_names(story.threads[thread] for thread in sorted(ended))
        return f"{names} finished; now no thread can go on" if names else "now no thread can go on"
    return ""


def _describe_inside(event: StepEvent | Waiting) -> str:
    """Where in the library, and what stands there unless the effects say it: locks and lives."""
    place = describe_place(event)
    if event.inside is None or not event.inside.text:
        return place
    if isinstance(event, Waiting):
        says_all = bool(event.holders)
    else:
        says_all = bool(event.taken or event.released or event.freed or event.allocated)
    if says_all:
        return place
    return f"{place}: {event.inside.text}"


def _marks_step(story: Story) -> bool:
    """Whether the last step itself is to be marked: what stands below the steps is marked there."""
    return not _list_extra(story) and _find_verdict(story) == "VIOLATED"


def _find_verdict(story: Story) -> Verdict:
    """A violation is shown, a state that satisfies a `reachable`, or a run for its own sake."""
    if story.failure.kind == "sample":
        return "SAMPLE"
    is_reached = story.failure.kind == "reachable" and not story.failure.detail
    return "REACHED" if is_reached else "VIOLATED"


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
        case "reachable", _:
            return f"{failure.property} fails after this step"
        case _:
            return f"{failure.property}{of} after this step"


def _effect_lines(event: StepEvent, threads: tuple[str, ...]) -> tuple[RowLine, ...]:
    locks = [*(lock for lock, _ in event.taken), *event.released]
    owners = {f"{lock}.{field}" for lock in locks for field in OWNERS}
    lines = [
        *(RowLine(f"releases {lock}", "lock") for lock in event.released),
        *(
            RowLine(
                f"takes {lock}" if to == event.thread else f"hands {lock} to {threads[to]}", "lock"
            )
            for lock, to in event.taken
        ),
    ]
    lines += (RowLine(f"leaves {section}", "lock") for section, _ in event.left)
    lines += (RowLine(f"enters {section}", "lock") for section, _ in event.entered)
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
    if event.woken:
        woken = join_names(threads[other] for other in event.woken)
        lines.append(RowLine(f"lets {woken} go on", "wake"))
    return tuple(lines)
