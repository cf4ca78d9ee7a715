"""Program + replayed path → every state of the trace, as a reader walks through it.

A story says what each step did; a tour says what holds between the steps: where every thread
stands, whether it can step there and, if not, what it waits for, and the value of every place.
Whether a thread can step is asked of the backend, never of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from modelcheck.backends.facts import find_target, list_flags
from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.ir.memory import ALIVE
from modelcheck.trace.derive import Run
from modelcheck.trace.endings import EndTeller
from modelcheck.trace.events import (
    SourceLine,
    Story,
    Waiting,
    describe_place,
    leave_out_unrelated,
)
from modelcheck.trace.locks import find_taking
from modelcheck.trace.names import Names, name_place
from modelcheck.trace.source import Source, is_library
from modelcheck.trace.stacks import Stacks
from modelcheck.trace.steps import StepTeller

Condition = Literal["can step", "waits", "idle", "held up", "fails", "not started", "finished"]


@dataclass(frozen=True, slots=True)
class Place:
    """Something with a value: shared memory, the life of an object, or a thread's local.

    `thread` is the number of the thread whose local it is (-1: of none); `hidden` is bookkeeping
    of the library.
    """

    name: str
    thread: int = -1
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a thread stands in a state: the line it runs next, and why it cannot if it cannot.

    `at` is None for a thread that is not started or has finished; `inside` is the place within a
    library routine, or the call that led there; each line of `why` is one fact.
    """

    condition: Condition
    at: SourceLine | None = None
    inside: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Station:
    """One state of a trace: a standing for each thread of the program, a value for each place of
    the tour.  A value is empty where the place does not exist: its object or thread is not alive.
    """

    standings: tuple[Standing, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tour:
    """The states of a trace, from the initial one on, one more than there are steps to show: those
    that only bring the program to rest play no part.

    A step that fails leads to no state: its station shows the one before it.  `texts` are the
    user's own files by shown path, `broken` the line of the property or check that fails.
    """

    threads: tuple[str, ...]
    places: tuple[Place, ...] = ()
    stations: tuple[Station, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    broken: SourceLine | None = None


def tell_tour(model: Model, run: Run, sources: Mapping[str, str]) -> Tour:
    """The states of a path that was run again; `sources` are the texts of the spec's files."""
    teller = StationTeller(model, sources)
    texts = tuple((path, text) for path, text in sources.items() if not is_library(path))
    story, failure = leave_out_unrelated(run.story), run.story.failure
    if not run.state:
        return Tour(story.threads, texts=texts, broken=failure.declared or failure.at)
    stations = []
    for number, visit in enumerate(run.visits[: len(story.steps) + 1]):
        so_far = replace(story, steps=story.steps[:number])
        standings = list(teller.list_standings(so_far, visit.state))
        if visit.move is not None and isinstance(visit.outcome.result, Failure):
            thread = visit.move.thread
            why = (f"its step fails: {failure.property}",)
            standings[thread] = replace(standings[thread], condition="fails", why=why)
        stations.append((tuple(standings), teller.read_values(visit.state)))
    found = dict.fromkeys(place for _, values in stations for place in values)
    places = tuple(sorted(found, key=lambda place: place.thread))  # locals last, else as found
    return Tour(
        story.threads,
        places,
        tuple(
            Station(standings, tuple(values.get(place, "") for place in places))
            for standings, values in stations
        ),
        texts,
        failure.declared or failure.at or (story.steps[-1].at if _ends_in_step(story) else None),
    )


def _ends_in_step(story: Story) -> bool:
    return story.failure.ending == "step" and bool(story.steps)


class StationTeller:
    """Tells the states of one program."""

    def __init__(self, model: Model, sources: Mapping[str, str]) -> None:
        self._model = model
        self._memory = model.memory
        self._names = Names(model.memory)
        self._source = Source(sources)
        stacks = Stacks(sources, self._source)
        self._ends = EndTeller(model, self._names, self._source, stacks)
        self._steps = StepTeller(model, self._names, self._source, stacks)

    # ------------------------------------------------------------------------ threads

    def list_standings(self, story: Story, state: State) -> Iterator[Standing]:
        """Every thread of the program in a state; `story` goes as far as that state."""
        waiting = {w.thread: w for w in self._ends.list_waiting(state)}
        started = {*story.alive, *(t for event in story.steps for t in event.started)}
        for thread in range(len(self._memory.threads)):
            if not self._names.runs(state, thread):
                yield Standing("finished" if thread in started else "not started")
            elif thread in waiting:
                yield self._tell_waiting(story, state, waiting[thread])
            else:
                block = self._model.block(state, thread)
                if block is None:
                    yield Standing("finished")
                    continue
                spot = self._source.locate(block)
                event = Waiting(thread, spot.at, spot.inside, spot.routine, caller=spot.caller)
                yield Standing("can step", spot.at, describe_place(event))

    def _tell_waiting(self, story: Story, state: State, waiting: Waiting) -> Standing:
        condition: Condition = "waits"
        if waiting.handlers:
            condition = "held up"
        elif waiting.idle:
            condition = "idle"
        why = tuple(self._list_why(story, state, waiting))
        return Standing(condition, waiting.at, describe_place(waiting), why)

    def _list_why(self, story: Story, state: State, waiting: Waiting) -> Iterator[str]:
        """Why a thread cannot step: who is in its way, and the values that close its condition."""
        names = story.threads
        for handler in waiting.handlers:
            yield f"the interrupt {names[handler]} runs on its CPU"
        if waiting.handlers:
            return
        ways = self._model.watch(state, waiting.thread)
        if any(way.result is not None for way in ways):  # it is not the step that forbids it
            yield from self._list_closed_flags(state, waiting.thread)
            return
        for lock, holder in waiting.holders:
            event = find_taking(story, lock, holder)
            since = f" since step {event.number}" if event is not None else ""
            yield f"{lock} is held by {names[holder]}{since}"
        conditions = dict.fromkeys(
            text for way in ways if way.waited and (text := self._source.read(way.waited).text)
        )
        if waiting.idle:
            yield "at rest, with no work"
        for text in conditions:
            if text != waiting.at.text:
                yield f"it cannot pass `{text.removesuffix(':')}`"
        for access in waiting.reads:
            yield f"{access.place} is {access.value}"
        if not any(way.touched for way in ways):
            yield "its condition is on its own locals, which no other thread changes"

    def _list_closed_flags(self, state: State, thread: int) -> Iterator[str]:
        """Why an interrupt cannot come."""
        facts = self._memory.threads[thread]
        target = find_target(self._memory, facts)
        if target is None:
            return
        template = self._memory.lookup.template(facts.template)
        name = self._memory.threads[target].name
        if any(not state[flag] for flag in list_flags(self._memory, template, target)):
            kind = "soft interrupts" if template.context == "softirq" else "interrupts"
            yield f"{kind} are off on the CPU of {name}"

    # ------------------------------------------------------------------------ values

    def read_values(self, state: State) -> dict[Place, str]:
        """What every place that exists holds: objects' lives, shared memory, then locals."""
        names, memory = self._names, self._memory
        found: dict[Place, str] = {}
        for slot in names.elements:
            found[Place(names.name_element(slot))] = memory.describe(
                slot.number, state[slot.number]
            )
        for slot in names.places:
            status = memory.status_slot(slot.object, slot.element) if slot.object else None
            is_dead = status is not None and state[status] != ALIVE
            is_over = slot.thread is not None and not names.runs(state, slot.thread)
            if not (is_dead or is_over):
                place = Place(name_place(slot), hidden=names.is_bookkeeping(slot))
                found[place] = names.show(slot, state)
        for thread in names.list_running(state):
            for name, value in self._steps.read_locals(state, thread).items():
                found[Place(name, thread)] = value
        return found


def list_moving(tour: Tour) -> Sequence[bool]:
    """For each place, whether its value is another one in some state of the tour."""
    columns = zip(*(station.values for station in tour.stations), strict=True)
    return [len(set(column)) > 1 for column in columns]
