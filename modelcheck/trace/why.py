"""Story → the reason of its failure, spelled out.

Every report has a headline and rows "role, step, thread, line, what".  The shapes are those a
kernel developer knows: KASAN's used/freed/allocated, lockdep's chain of who waits for whom,
KCSAN's two accesses.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelcheck.trace.events import Failure, SourceLine, StepEvent, Story, Waiting

LIFETIME_FAULTS = ("use-after-free", "double-free")


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One fact: `role` says what it is in the story ("used", "freed", "waits", "reads", …).

    `step` is None where the fact is no step of the trace (a blocked thread, a value read).
    """

    role: str
    what: str
    step: int | None = None
    thread: str = ""
    at: SourceLine | None = None
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the property fails: a sentence, and the facts it rests on."""

    headline: str
    rows: tuple[ReasonRow, ...] = ()


def explain_failure(story: Story, minimal: str = "no") -> Reason:
    """The reason of a story's failure.

    `minimal` is what was proven about the length of the trace: only with "steps" is it called
    the shortest.
    """
    failure = story.failure
    headline = _headline(story, minimal)
    if failure.property in LIFETIME_FAULTS:
        return Reason(headline, _lifetime_rows(story))
    if failure.property == "deadlock":
        return Reason(headline, _waiting_rows(story))
    if failure.ending == "race":
        return Reason(headline, _race_rows(story))
    if failure.property == "leak":
        return Reason(headline, _leak_rows(story))
    if failure.property == "stuck":
        return Reason(headline, _stuck_rows(story))
    return Reason(headline, _observed_rows(story))


def find_free(story: Story, name: str) -> StepEvent | None:
    """The last step that ended the life of the object that `name` is or lies in."""
    return next((s for s in reversed(story.steps) if any_holds(s.freed, name)), None)


def find_allocation(story: Story, name: str) -> StepEvent | None:
    """The last step that began the life of the object that `name` is or lies in."""
    return next((s for s in reversed(story.steps) if any_holds(s.allocated, name)), None)


def any_holds(objects: tuple[str, ...], name: str) -> bool:
    """Whether one of `objects` is `name` or the object that `name` is a part of."""
    return any(name == o or name.startswith((f"{o}.", f"{o}[")) for o in objects)


def _headline(story: Story, minimal: str) -> str:
    failure = story.failure
    of = f" of {failure.object}" if failure.object else ""
    on = f" on {failure.object}" if failure.object else ""
    where = f" (line {failure.declared.line})" if failure.declared else ""
    name = f"`{failure.property}`{where}"
    match failure.kind, failure.ending:
        case "reachable", _:
            text = f"reachable {name} holds {_after(story)}"
        case ("invariant" | "final") as kind, "step":
            text = f"{kind} {name} fails in {_last_step(story)}"
        case "invariant", _:
            text = f"invariant {name} is false {_after(story)}"
        case "final", _:
            text = f"final {name} is false {_after(story)}, with every thread finished or idle"
        case "assert", _:
            text = f"assert {name} is false in {_last_step(story)}"
        case _, "step":
            text = f"{failure.property}{of} in {_last_step(story)}"
        case _, "edge":
            text = f"{failure.property}: one order of the cycle, recorded in {_last_step(story)}"
        case _, "race":
            text = f"{failure.property}{on}: two steps can each come next {_after(story)}"
        case _:
            text = f"{failure.property}{of} {_after(story)}"
    return text + _proven(minimal)


def _proven(minimal: str) -> str:
    match minimal:
        case "steps":
            return " (shortest)"
        case "switches":
            return " (fewest thread switches)"
        case _:
            return ""


def _after(story: Story) -> str:
    count = len(story.steps)
    if count == 0:
        return "in the initial state"
    return f"after {count} step{'s' if count > 1 else ''}"


def _last_step(story: Story) -> str:
    return f"step {story.steps[-1].number}" if story.steps else "the initial state"


def _step_row(story: Story, role: str, event: StepEvent, what: str = "") -> ReasonRow:
    return ReasonRow(
        role,
        what or event.at.text,
        event.number,
        story.threads[event.thread],
        event.at,
        f"in {event.routine}" if event.inside and event.routine else "",
    )


def _detail_row(failure: Failure) -> tuple[ReasonRow, ...]:
    return (ReasonRow("says", failure.detail),) if failure.detail else ()


def _lifetime_rows(story: Story) -> tuple[ReasonRow, ...]:
    failure = story.failure
    rows = list(_detail_row(failure))
    if story.steps:
        role = "freed again" if failure.property == "double-free" else "used"
        rows.append(_step_row(story, role, story.steps[-1]))
    earlier = Story(story.threads, story.alive, story.steps[:-1], failure)
    freed = find_free(earlier, failure.object)
    if freed is not None:
        rows.append(_step_row(story, "freed", freed))
    allocated = find_allocation(story, failure.object)
    if allocated is not None:
        rows.append(_step_row(story, "allocated", allocated))
    elif any_holds(story.objects, failure.object):
        rows.append(ReasonRow("allocated", "alive from the start"))
    return tuple(rows)


def describe_waiting(story: Story, waiting: Waiting) -> str:
    """What a thread waits for: the holder of a lock, or the values its condition looks at."""
    if waiting.idle:
        return "idle: at rest, with no work"
    if waiting.holders:
        return "; ".join(
            f"waits for {lock}, held by {story.threads[thread]}" for lock, thread in waiting.holders
        )
    if waiting.reads:
        return "waits while " + ", ".join(f"{r.place} is {r.value}" for r in waiting.reads)
    return "waits"


def _waiting_rows(story: Story) -> tuple[ReasonRow, ...]:
    """Where threads wait for each other in a circle: the circle.  Who waits for what stands in
    the rows of the blocked threads.
    """
    held_by = {w.thread: {thread for _, thread in w.holders} for w in story.waiting}
    for waiting in story.waiting:
        circle = [waiting.thread]
        while (following := sorted(held_by.get(circle[-1], ()))) and following[0] not in circle:
            circle.append(following[0])
        if following and following[0] == waiting.thread:
            names = [story.threads[thread] for thread in (*circle, waiting.thread)]
            return (ReasonRow("cycle", " -> ".join(names)),)
    return ()


def _stuck_rows(story: Story) -> tuple[ReasonRow, ...]:
    what = story.failure.detail or "from here no state follows in which every thread is at rest"
    return (ReasonRow("says", what), *_waiting_rows(story))


def _race_rows(story: Story) -> tuple[ReasonRow, ...]:
    rows = []
    for event in story.racing:
        accesses = [
            f"{'writes' if a.write else 'reads'} {a.place} ({a.kind})"
            for a in (*event.writes, *event.reads)
            if not story.failure.object or any_holds((story.failure.object,), a.place)
        ]
        row = _step_row(story, "access", event, f"{', '.join(accesses)}: {event.at.text}")
        rows.append(ReasonRow(row.role, row.what, None, row.thread, row.at, row.inside))
    return tuple(rows)


def _leak_rows(story: Story) -> tuple[ReasonRow, ...]:
    allocated = find_allocation(story, story.failure.object)
    rows = list(_detail_row(story.failure))
    if allocated is not None:
        rows.append(_step_row(story, "allocated", allocated))
    rows.append(ReasonRow("says", "nothing shared leads to it any more, and it was never freed"))
    return tuple(rows)


def _observed_rows(story: Story) -> tuple[ReasonRow, ...]:
    seen = dict.fromkeys((a.place, a.value) for a in story.failure.observed)
    facts = tuple(ReasonRow("reads", f"{place} is {value}") for place, value in seen)
    return (*_detail_row(story.failure), *facts)
