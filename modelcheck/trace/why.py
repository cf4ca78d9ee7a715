"""Story → the reason of its failure, spelled out.

Every report has a headline and rows "role, step, thread, line, what".  The shapes are those a
kernel developer knows: KASAN's used/freed/allocated, lockdep's chain of who waits for whom,
KCSAN's two accesses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from modelcheck.trace.events import Access, Stack, StepEvent, Story, find_stack
from modelcheck.trace.locks import (
    MISSED,
    describe_cycle,
    find_circle,
    list_order_rows,
    list_scenario,
    list_waiting_rows,
)
from modelcheck.trace.names import join_names
from modelcheck.trace.reason import Reason, ReasonRow, find_last_change, make_step_row

LIFETIME_FAULTS = ("use-after-free", "double-free")


def explain_failure(story: Story, minimal: str = "no") -> Reason:
    """The reason of a story's failure.

    `minimal` is what was proven about the length of the trace: only with "steps" is it called
    the shortest, only with "switches" the one of the fewest switches.
    """
    reason = _explain(story, _headline(story, minimal))
    return replace(reason, rows=(*_list_left_out_rows(story), *reason.rows))


def _explain(story: Story, headline: str) -> Reason:
    failure = story.failure
    if failure.kind == "sample":
        what = "no step on it fails or races, no state breaks a property"
        what += "; of other runs it says nothing"
        return Reason(headline, (*_list_detail_rows(story), ReasonRow("says", what)))
    if failure.property in LIFETIME_FAULTS:
        return Reason(headline, tuple(_list_lifetime_rows(story)))
    if failure.property == "deadlock":
        return Reason(headline, tuple(list_waiting_rows(story)))
    if failure.ending == "race":
        return Reason(headline, tuple(_list_race_rows(story)))
    if failure.ending == "edge" and failure.order is not None:
        return Reason(headline, tuple(list_order_rows(story)), list_scenario(story))
    if failure.property == "leak":
        return Reason(headline, tuple(_list_leak_rows(story)))
    if failure.property == "stuck":
        return Reason(headline, tuple(_list_stuck_rows(story)))
    if failure.kind in ("built in", "assert") and failure.ending == "step":
        return Reason(headline, tuple(_list_check_rows(story)))
    return Reason(headline, tuple(_list_observed_rows(story)))


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
            verb = "fails" if failure.detail else "holds"  # it cannot be evaluated, or it is so
            text = f"reachable {name} {verb} {_after(story)}"
        case "sample", _:
            steps = f"{len(story.steps)} step{'s' if len(story.steps) != 1 else ''}"
            return f"a run of {steps}" + ("" if failure.detail else " that comes to rest")
        case ("invariant" | "final") as kind, "step":
            text = f"{kind} {name} fails in {_last_step(story)}"
        case "invariant", _:
            text = f"invariant {name} is false {_after(story)}"
        case "final", _:
            text = f"final {name} is false {_after(story)}, with every thread finished or idle"
        case "assert", _:
            text = f"assert {name} is false in {_last_step(story)}"
        case _, "step":
            says = f": {failure.detail}," if _is_said(story) else ""
            text = f"{failure.property}{of}{says} in {_last_step(story)}{_freed(story)}"
        case _, "edge":
            text = f"{failure.property}: {describe_cycle(failure.object)}"
        case _, "race":
            text = f"{failure.property}{on}: two steps can each come next {_after(story)}"
        case _:
            text = f"{failure.property}{of} {_after(story)}{_blocked(story)}"
    return text + _proven(minimal)


def _proven(minimal: str) -> str:
    match minimal:
        case "steps":
            return " (shortest)"
        case "switches":
            return " (fewest switches)"
        case _:
            return ""


def _after(story: Story) -> str:
    count = len(story.steps) + len(story.left_out)
    if count == 0:
        return "in the initial state"
    return f"after {count} step{'s' if count > 1 else ''}"


def _blocked(story: Story) -> str:
    """Of a deadlock, who is in it."""
    names = [story.threads[w.thread] for w in story.waiting if not w.idle]
    if story.failure.property != "deadlock" or not names:
        return ""
    circle = {story.threads[thread] for thread in find_circle(story)}
    if len(circle) > 1:
        return f": {join_names([n for n in names if n in circle])} wait for each other"
    text = f": {join_names(names)} wait{'s' if len(names) == 1 else ''}, and no thread can go on"
    missed = [row for row in list_waiting_rows(story) if row.role == MISSED]
    return f"{text}; nobody wakes it after step {missed[0].step}" if missed else text


def _freed(story: Story) -> str:
    """Of a use after a free, where the free was."""
    freed = _find_earlier_free(story) if story.failure.property in LIFETIME_FAULTS else None
    return f", freed in step {freed.number} by {story.threads[freed.thread]}" if freed else ""


def _find_earlier_free(story: Story) -> StepEvent | None:
    return find_free(replace(story, steps=story.steps[:-1]), story.failure.object)


def _last_step(story: Story) -> str:
    return f"step {story.steps[-1].number}" if story.steps else "the initial state"


def _is_said(story: Story) -> bool:
    """Whether the headline says what the check has to say."""
    failure = story.failure
    return bool(failure.detail) and (failure.kind, failure.ending) == ("built in", "step")


def _list_left_out_rows(story: Story) -> Iterator[ReasonRow]:
    """That steps are not shown, whose they are, and what they are for."""
    shown = {event.thread for event in story.steps}
    for thread, number in story.dropped:
        if thread not in shown:  # else its last row says so
            steps = f"{number} unrelated step{'s' if number > 1 else ''}"
            yield ReasonRow("left out", f"... {steps} of {story.threads[thread]}")
    counts = Counter(story.threads[event.thread] for event in story.left_out)
    if counts:
        steps = f"{len(story.left_out)} unrelated step{'s' if len(story.left_out) > 1 else ''}"
        whose = f" of {next(iter(counts))} to the end"
        if len(counts) > 1:
            each = (f"{number} of {name}" for name, number in counts.items())
            whose = f" to the end: {', '.join(each)}"
        yield ReasonRow("then", f"... {steps}{whose}")


def _list_detail_rows(story: Story) -> Iterator[ReasonRow]:
    if story.failure.detail and not _is_said(story):
        yield ReasonRow("says", story.failure.detail)


def _list_lifetime_rows(story: Story) -> Iterator[ReasonRow]:
    """KASAN's three stacks: used here, freed there, allocated there."""
    failure, threads = story.failure, story.threads
    yield from _list_detail_rows(story)
    if story.steps:
        role = "freed again" if failure.property == "double-free" else "used"
        yield _make_failing_row(story, role)
    freed = _find_earlier_free(story)
    if freed is not None:
        what = f"freed in step {freed.number} by {threads[freed.thread]}"
        yield make_step_row(story, "freed", freed, what)
    yield from _list_birth_rows(story)


def _list_birth_rows(story: Story) -> Iterator[ReasonRow]:
    failure = story.failure
    allocated = find_allocation(story, failure.object)
    if allocated is not None:
        what = f"allocated in step {allocated.number} by {story.threads[allocated.thread]}"
        yield make_step_row(story, "allocated", allocated, what)
    elif failure.born and failure.born[-1].routine:
        at = failure.born[-1].at
        yield ReasonRow("allocated", "allocated before the first step", None, "", at, failure.born)
    elif failure.born:
        what = "alive from the start, declared as"
        yield ReasonRow("allocated", what, None, "", failure.born[0].at, failure.born)
    elif any_holds(story.objects, failure.object):
        yield ReasonRow("allocated", "alive from the start")


def _make_failing_row(story: Story, role: str) -> ReasonRow:
    """The last step, and in it the check that fails."""
    event = story.steps[-1]
    name = story.threads[event.thread]
    stack = story.failure.stack or find_stack(event)
    what = f"{role} in step {event.number} by {name}"
    return ReasonRow(role, what, event.number, name, story.failure.at or event.at, stack)


def _list_stuck_rows(story: Story) -> Iterator[ReasonRow]:
    what = story.failure.detail or "from here no state follows in which every thread is at rest"
    yield ReasonRow("says", what)
    yield from list_waiting_rows(story)


def _list_race_rows(story: Story) -> Iterator[ReasonRow]:
    """KCSAN's two accesses, each with its stack."""
    for event in story.racing:
        accesses = [
            f"{'writes' if a.write else 'reads'} {a.place} ({a.kind})"
            for a in (*event.writes, *event.reads)
            if not story.failure.object or any_holds((story.failure.object,), a.place)
        ]
        name = story.threads[event.thread]
        what = f"{name} {' and '.join(accesses)}"
        yield ReasonRow("access", what, None, name, event.at, find_stack(event))


def _list_leak_rows(story: Story) -> Iterator[ReasonRow]:
    yield from _list_detail_rows(story)
    yield ReasonRow("says", "nothing shared leads to it any more, and it was never freed")
    yield from _list_birth_rows(story)


def _list_check_rows(story: Story) -> Iterator[ReasonRow]:
    """A check that failed: where, and since when what it looked at is as it is."""
    yield from _list_detail_rows(story)
    if not story.steps:
        yield from _list_observed_rows(story)
        return
    if len(_find_failing_stack(story)) > 1:
        yield _make_failing_row(story, "failed")
    looked_at = story.failure.observed
    if not looked_at and story.failure.kind == "built in":  # it looked at a local: at what was read
        reads = story.steps[-1].reads
        looked_at = tuple(a for a in reads if find_last_change(story, a.place) is not None)
    rows = [row for access in looked_at for row in _list_since_rows(story, access)]
    yield from sorted(dict.fromkeys(rows), key=lambda row: bool(row.stack))


def _find_failing_stack(story: Story) -> Stack:
    return story.failure.stack or find_stack(story.steps[-1])


def _list_since_rows(story: Story, access: Access) -> Iterator[ReasonRow]:
    """What a check looked at, with the step that made it so: for a count that says how deep a
    thread is in sections, each step that entered one.
    """
    owner, _, field = access.place.rpartition(".")
    thread = owner.removeprefix("tasks[").removesuffix("]")
    event = find_last_change(story, access.place)
    if field in SECTIONS and owner.startswith("tasks["):
        if access.value in ("0", "False"):
            return
        for entered in _list_entered(story, access.place):
            locks = [lock for lock, _ in entered.taken]
            doing = f"holds {' and '.join(locks)}" if locks else SECTIONS[field]
            yield make_step_row(
                story, "since", entered, f"{thread} {doing} since step {entered.number}"
            )
    elif event is not None and story.failure.kind == "built in":
        name = story.threads[event.thread]
        what = f"{access.place} is {access.value} since step {event.number}, by {name}"
        for lock, holder in event.taken:
            if access.place == f"{lock}.owner":
                what = f"{story.threads[holder]} holds {lock} since step {event.number}"
        yield make_step_row(story, "since", event, what)
    else:
        yield _make_read_row(story, access)


SECTIONS = {
    "preempt_count": "is in a section with preemption off",
    "rcu_nesting": "is an RCU reader",
    "irqs_off": "has interrupts off",
    "softirqs_off": "has soft interrupts off",
}
"""The fields of a task that say what it may not do, in words."""


def _list_entered(story: Story, place: str) -> list[StepEvent]:
    """The steps that made a count larger and were not undone."""
    entered: list[StepEvent] = []
    for event in story.steps:
        for change in event.changes:
            if change.place != place:
                continue
            if _rank(change.new) > _rank(change.old):
                entered.append(event)
            elif entered:
                entered.pop()
    return entered


def _rank(value: str) -> int:
    return int(value) if value.isdigit() else int(value == "True")


def _make_read_row(story: Story, access: Access) -> ReasonRow:
    event = find_last_change(story, access.place)
    what = f"{access.place} is {access.value}"
    if event is None:
        return ReasonRow("reads", what)
    name = story.threads[event.thread]
    changed = next(c for c in event.changes if c.place == access.place)
    return ReasonRow("since", what, event.number, name, changed.at or event.at)


def _list_observed_rows(story: Story) -> Iterator[ReasonRow]:
    yield from _list_detail_rows(story)
    seen = {(a.place, a.value): a for a in story.failure.observed}
    for access in seen.values():
        yield _make_read_row(story, access)
