"""Orders and deadlocks in the words of lockdep: who comes to which lock, and what he holds."""

from __future__ import annotations

from collections.abc import Iterator

from modelcheck.trace.events import Access, Order, StepEvent, Story, Waiting, find_stack
from modelcheck.trace.reason import ReasonRow, find_last_change, make_step_row

INTERRUPTS = {
    "in_hardirq": "an interrupt",
    "in_softirq": "a soft interrupt",
    "reading_in_hardirq": "an interrupt that reads",
    "reading_in_softirq": "a soft interrupt that reads",
}
OTHERS = {"nested_rwlocks": "any rwlock_t inside another lock"}
COLUMN = 22  # of a CPU in a scenario
MISSED = "missed"  # the role of a change that a sleeper is not told of


def name_class(order_class: str) -> str:
    """A class of locks as a reader knows it; the library's own classes are no locks."""
    found = INTERRUPTS.get(order_class)
    return f"<{found}>" if found else OTHERS.get(order_class, order_class)


def describe_cycle(cycle: str) -> str:
    """The headline of a circle of orders: `a -> b -> a`."""
    members = cycle.split(" -> ")
    locks = [m for m in dict.fromkeys(members) if m not in INTERRUPTS]
    if len(locks) == 1 and len(members) == 3:
        around = next(m for m in members if m in INTERRUPTS)
        return f"{locks[0]} is taken in {INTERRUPTS[around]}, and elsewhere while one may come"
    if len(members) == 2:
        return f"{name_class(members[0])} is taken while one of its class is held"
    start = next((i for i, m in enumerate(members[:-1]) if m not in INTERRUPTS), 0)
    turned = (*members[start:-1], *members[:start], members[start])
    return f"locks are taken in a circle: {' -> '.join(map(name_class, turned))}"


def describe_order(order: Order) -> str:
    """One order of a circle, as a short label."""
    if order.first in INTERRUPTS:
        return f"takes {name_class(order.second)} in {INTERRUPTS[order.first]}"
    if order.second in INTERRUPTS:
        if order.holding:
            return f"lets interrupts in while it holds {name_class(order.first)}"
        return f"takes {name_class(order.first)} where {INTERRUPTS[order.second]} may come"
    held = " and ".join(h.name for h in order.holding if h.name != name_class(order.first))
    which = f" ({held})" if held else ""
    return f"takes {name_class(order.second)} while it holds {name_class(order.first)}{which}"


def list_order_rows(story: Story) -> Iterator[ReasonRow]:
    """Each order of a circle: who is trying to take what where, and since when he holds what."""
    failure = story.failure
    cycle = failure.cycle or ((failure.order,) if failure.order else ())
    for number, order in enumerate(cycle, 1):
        place = order.place
        which = f" of order {number}" if len(cycle) > 1 else ""
        at = place.at if place else None
        stack = order.stack or (find_stack(place) if place else ())
        name = name_class(order.second)
        if order.first in INTERRUPTS or order.second in INTERRUPTS:
            what = f"{order.thread} {describe_order(order)}"
        else:
            what = f"{order.thread} is trying to take {name}"
        yield ReasonRow("takes", what, None, order.thread, at, stack)
        if order.first in INTERRUPTS:
            continue
        for held in order.holding:
            since = f"taken in step {held.step}{which}" if held.step else "from the start"
            what = f"but {order.thread} already holds {held.name}, {since}"
            place_ = held.stack[-1].at if held.stack else None
            yield ReasonRow("holds", what, held.step, order.thread, place_, held.stack)


def list_scenario(story: Story) -> tuple[str, ...]:
    """Lockdep's table: how the orders of a circle come to a deadlock, a column for each CPU."""
    orders = story.failure.cycle
    real = [o for o in orders if o.first not in INTERRUPTS and o.second not in INTERRUPTS]
    if not orders:
        return ()
    if len(real) == len(orders):
        firsts = [(cpu, f"takes {name_class(o.first)}") for cpu, o in enumerate(orders)]
        seconds = [(cpu, f"waits for {name_class(o.second)}") for cpu, o in enumerate(orders)]
        return tuple(_write_columns([*firsts, *seconds], len(orders)))
    if len(orders) == 1:  # the other ones are told by traces of their own
        return ()
    return tuple(_write_columns(list(_list_interrupted(orders)), len(real) + 1))


def _list_interrupted(orders: tuple[Order, ...]) -> Iterator[tuple[int, str]]:
    """The lock that may be interrupted on the first CPU, those between on others."""
    start = next(i for i, o in enumerate(orders) if o.second in INTERRUPTS)
    turned = (*orders[start:], *orders[:start])
    between = turned[2:]
    yield 0, f"takes {name_class(turned[0].first)}"
    for cpu, order in enumerate(between, 1):
        yield cpu, f"takes {name_class(order.first)}"
        yield cpu, f"waits for {name_class(order.second)}"
    yield 0, f"<{INTERRUPTS[turned[0].second].partition(' ')[2]}>"
    yield 0, f"  waits for {name_class(turned[1].second)}"


def _write_columns(events: list[tuple[int, str]], cpus: int) -> Iterator[str]:
    width = max([COLUMN, *(len(text) + 2 for _, text in events)])
    yield "so it can come to this:"
    yield "  " + "".join(f"CPU{n}".ljust(width) for n in range(cpus)).rstrip()
    for cpu, text in events:
        yield "  " + " " * (width * cpu) + text
    yield "  DEADLOCK"


def list_waiting_rows(story: Story) -> Iterator[ReasonRow]:
    """Where threads wait for each other in a circle: the circle.  What sleepers missed.  Then each
    blocked thread, and where what it waits for was taken.
    """
    names = story.threads
    circle = find_circle(story)
    if circle:
        yield ReasonRow("cycle", " -> ".join(names[thread] for thread in circle))
    for waiting in story.waiting:
        if not (waiting.idle or waiting.holders):
            yield from _list_missed_rows(story, waiting)
    taken: set[tuple[str, int]] = set()
    for waiting in story.waiting:
        if waiting.idle:
            continue
        what = f"{names[waiting.thread]} {describe_waiting(story, waiting)}"
        yield ReasonRow("waits", what, None, names[waiting.thread], waiting.at, find_stack(waiting))
        for lock, holder in waiting.holders:
            event = find_taking(story, lock, holder)
            if event is not None and (lock, holder) not in taken:
                taken.add((lock, holder))
                what = f"{names[holder]} holds {lock} since step {event.number}"
                yield make_step_row(story, "holds", event, what)


def _list_missed_rows(story: Story, waiting: Waiting) -> Iterator[ReasonRow]:
    """What a blocked thread looked at last, where others changed it since: a wake-up is missed."""
    own = [(s, _list_looked_at(s)) for s in story.steps if s.thread == waiting.thread]
    looking = [(s, accesses) for s, accesses in own if accesses]
    if not looking:
        return
    looked, accesses = looking[-1]
    name = story.threads[waiting.thread]
    for access in accesses:
        event = find_last_change(story, access.place)
        if event is None or event.number < looked.number or event.thread == waiting.thread:
            continue
        change = next(c for c in event.changes if c.place == access.place)
        what = f"{access.place} becomes {change.new}, and nobody wakes {name}, which last saw"
        what += f" {access.value} (step {looked.number})"
        at = change.at or event.at
        yield ReasonRow(MISSED, what, event.number, story.threads[event.thread], at)


def _list_looked_at(event: StepEvent) -> list[Access]:
    """What a step only read."""
    stored = {c.place for c in event.changes} | {w.place for w in event.writes}
    return [access for access in event.reads if access.place not in stored]


def find_circle(story: Story) -> tuple[int, ...]:
    """The threads of a circle in which each waits for the next one, the first again at the end."""
    held_by = {w.thread: {*(thread for _, thread in w.holders), *w.handlers} for w in story.waiting}
    for waiting in story.waiting:
        circle = [waiting.thread]
        while (following := sorted(held_by.get(circle[-1], ()))) and following[0] not in circle:
            circle.append(following[0])
        if following and following[0] == waiting.thread:
            return (*circle, waiting.thread)
    return ()


def find_taking(story: Story, lock: str, thread: int) -> StepEvent | None:
    """The last step in which a thread came to have a lock, for writing or for reading."""
    places = (f"{lock}.readers", f"{lock}.holders")
    for event in reversed(story.steps):
        if (lock, thread) in event.taken:
            return event
        if event.thread == thread and any(c.place in places for c in event.changes):
            return event
    return None


def describe_leaving(story: Story, event: StepEvent | None) -> str:
    """Why the thread of a step does not go on behind it, where another one does."""
    if event is None or event.leaves is None:
        return ""
    name = story.threads[event.thread]
    if event.blocked is not None:
        return f"{name} {describe_waiting(story, event.blocked)}"
    return f"{name} {'has' if event.leaves == 'finished' else 'is'} {event.leaves}"


def describe_waiting(story: Story, waiting: Waiting) -> str:
    """What a thread waits for: the holder of a lock, or the values its condition looks at."""
    if waiting.handlers:
        names = ", ".join(story.threads[handler] for handler in waiting.handlers)
        return f"is held up by an interrupt ({names} runs on its CPU)"
    if waiting.idle:
        return "idle: at rest, with no work"
    if waiting.holders:
        return "; ".join(
            f"waits for {lock}, held by {story.threads[thread]}" for lock, thread in waiting.holders
        )
    asleep = f"tasks[{story.threads[waiting.thread]}].state"
    for read in waiting.reads:
        if read.place == asleep:
            return f"sleeps in {read.value} until somebody wakes it"
    if waiting.reads:
        return "waits while " + ", ".join(f"{r.place} is {r.value}" for r in waiting.reads)
    return "waits"
