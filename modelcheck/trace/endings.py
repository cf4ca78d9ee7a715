"""The end of a path → why it fails: what a property looked at, who waits for whom, which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import overload

from modelcheck.backends.facts import find_first_numbers, find_target
from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import IDLE, State
from modelcheck.backends.python.outcomes import Failure as Fault
from modelcheck.checks import BUILT_IN
from modelcheck.diagnostics import Span
from modelcheck.explore.walk import Visit
from modelcheck.ir.classes import find_class
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.nodes import Block, Body, Precedes
from modelcheck.ir.regions import find_region, list_start_blocks
from modelcheck.trace.events import (
    Access,
    Ending,
    Failure,
    Frame,
    Holding,
    Order,
    SourceLine,
    Stack,
    StepEvent,
    SwitchKind,
    Waiting,
)
from modelcheck.trace.names import Names, has, name_place
from modelcheck.trace.source import Source, is_shown_library
from modelcheck.trace.stacks import Stacks
from modelcheck.trace.steps import find_block, find_way

SAMPLE = "passing-run"  # what a sample shows: no property, for none has a hyphen in its name
Visits = tuple[Visit, ...]


class EndTeller:
    """Tells how the paths of one program end."""

    def __init__(self, model: Model, names: Names, source: Source, stacks: Stacks) -> None:
        self._model = model
        self._memory = model.memory
        self._names = names
        self._source = source
        self._stacks = stacks

    def tell_failure(
        self, failure: Failure, visits: Visits, steps: Sequence[StepEvent], number: int
    ) -> Failure:
        """A failure, of which the check and its object are known, with all it rests on.

        `number` says which order of its cycle the path shows.
        """
        failure = self._tell_declared(failure, visits[-1].state)
        failure = self._tell_check(failure, visits, steps)
        if failure.ending == "edge":
            failure = replace(failure, order=self._tell_order(failure, visits, steps, number))
        return replace(failure, born=self._find_birth(failure.object))

    def _tell_declared(self, failure: Failure, state: State) -> Failure:
        declared = {p.name: p for p in self._model.program.properties}.get(failure.property)
        if declared is None:
            kind = "built in" if failure.property in BUILT_IN else "assert"
            kind = "sample" if failure.property == SAMPLE else kind
            return replace(failure, kind=kind)
        span = declared.span
        return replace(
            failure,
            kind=declared.kind,
            declared=self._source.read(span) if span.line else None,
            observed=tuple(self._list_observed(failure.property, state)),
        )

    def _tell_check(self, failure: Failure, visits: Visits, steps: Sequence[StepEvent]) -> Failure:
        """Where the check stands that fails in the last step, and what it looked at."""
        move = visits[-1].move
        if move is None or not isinstance(visits[-1].outcome.result, Fault):
            return failure
        before = visits[-2].state
        way = find_way(self._model.watch(before, move.thread), move)
        location = find_block(self._model, before, move.thread)
        changed = {t.key for t in way.touched if t.is_write}
        keys = dict.fromkeys(
            t.key
            for t in way.touched
            if _lies_in(t.span, way.last) and not (t.is_write or t.kind.is_access)
        )
        looked_at = tuple(
            Access(name_place(slot), self._names.show(slot, before), kind="checked")
            for slot in (self._memory.slots[key] for key in keys if self._names.is_told(key))
            if slot.number not in changed and slot.path[-1:] not in (("holder",), ("holders",))
        )
        stack = self._stacks.of_check(self._body(move.thread), location, way.last)
        return replace(
            failure,
            at=_find_own_line(stack, steps[-1].at),
            stack=stack,
            observed=failure.observed or looked_at,
        )

    def _list_observed(self, name: str, state: State) -> Iterator[Access]:
        """What a property of a state looked at, in order, each place once."""
        judge = self._model.judges.get(name)
        if judge is None or not state:
            return
        seen = _Recorder(state)
        judge(seen)
        for number in dict.fromkeys(seen.looked_at):
            slot = self._memory.slots[number]
            if slot.role == "pc":
                thread = self._memory.threads[number].name
                yield Access(thread, "running" if self._names.runs(state, number) else "finished")
            elif slot.role == "status":
                shown = self._memory.describe(number, state[number])
                yield Access(self._names.name_element(slot), shown)
            elif self._names.is_told(number):
                yield Access(name_place(slot), self._names.show(slot, state))

    def _find_birth(self, name: str) -> Stack:
        """Where an object came from that lived before the first step."""
        births = self._stacks.of_births(self._model.program.initial)
        for element, stack in births.items():
            if _is_part(name, element):
                return stack
        for obj in self._model.program.objects:
            names = [obj.name]
            if obj.kind == "local":
                count = self._memory.lookup.instances(obj)
                names = [self._memory.element_name(obj, i) for i in range(count)]
            elif obj.kind != "shared":
                continue
            if obj.span.line and any(_is_part(name, n) for n in names):
                return (Frame("", self._source.read(obj.span)),)
        return ()

    # ------------------------------------------------------------------------ orders

    def _tell_order(
        self, failure: Failure, visits: Visits, steps: Sequence[StepEvent], number: int
    ) -> Order | None:
        """Who comes to the second of two locks where, and since when he has the first."""
        edges = list(pairwise(failure.object.split(" -> ")))
        move = visits[-1].move
        if number >= len(edges):
            return None
        if move is None:  # a start that fails leaves no state in which anybody stands
            state = visits[-1].state
            return self._tell_first_order(edges[number], state) if state else None
        first, second = edges[number]
        thread = move.thread
        location = find_block(self._model, visits[-2].state, thread)
        state = visits[-1].state
        arrived = self._model.block(state, thread)
        stack = self._find_order(location, arrived, thread, (first, second))
        place = _stand_at(thread, stack)
        if place is None and arrived is not None:
            spot = self._source.locate(arrived)
            place = Waiting(thread, spot.at, spot.inside, spot.routine, caller=spot.caller)
        held = tuple(self._list_holdings(first, thread, visits, steps))
        name = self._memory.threads[thread].name
        return Order(first, second, name, place, stack, held)

    def _tell_first_order(self, edge: tuple[str, str], state: State) -> Order | None:
        """The same of a thread that comes to the lock before its first step: it holds nothing."""
        lookup = self._memory.lookup
        for thread in self._memory.threads:
            arrived = self._model.block(state, thread.number)
            spans = _list_orders(lookup, list_start_blocks(self._body(thread.number)), edge)
            if arrived is None or not spans:
                continue
            stacks = [self._stacks.of_start(span, arrived) for span in spans]
            stack = max(map(self._stacks.strip_observers, stacks), key=len)
            return Order(*edge, thread.name, _stand_at(thread.number, stack), stack, ())
        return None

    def _find_order(
        self, location: Block, arrived: Block | None, thread: int, edge: tuple[str, str]
    ) -> Stack:
        """The calls that lead to where an order is recorded; none where that is not known."""
        lookup = self._memory.lookup
        body = self._body(thread)
        spans = _list_orders(lookup, find_region(body, location).blocks, edge)
        stacks = dict.fromkeys(
            self._stacks.strip_observers(self._stacks.of_check(body, location, span, arrived))
            for span in spans
        )
        return max(stacks, key=len, default=())

    def _list_holdings(
        self, order_class: str, thread: int, visits: Visits, steps: Sequence[StepEvent]
    ) -> Iterator[Holding]:
        states = [visit.state for visit in visits]
        for name, slots in self._names.list_of_class(order_class):
            held = [any(has(slot, state, thread) for slot in slots) for state in states]
            if not held[-1]:
                continue
            since = len(held) - 1
            while since and held[since - 1]:
                since -= 1
            step = steps[since - 1] if since else None
            yield Holding(name, step.number if step else None, step.stack if step else ())

    # ------------------------------------------------------------------------ waiting

    def list_waiting(self, state: State) -> Iterator[Waiting]:
        """The threads that have not ended and cannot step."""
        for thread in self._names.list_running(state):
            if not self._model.outcomes(state, thread):
                yield self._tell_waiting(state, thread)

    def tell_leaving(
        self, state: State, thread: int, following: int
    ) -> tuple[SwitchKind, Waiting | None]:
        """Why a thread stops in a state where another one goes on, and what it waits for then.

        One that could go on is preempted, or interrupted where the other is a handler on its CPU.
        """
        if not self._names.runs(state, thread):
            return "finished", None
        if following in self._list_own_handlers(thread):
            return "interrupted", None
        if self._model.outcomes(state, thread):
            return "preempted", None
        return "waits", self._tell_waiting(state, thread)

    def _list_own_handlers(self, thread: int) -> Iterator[int]:
        for other in self._memory.threads:
            if find_target(self._memory, other) == thread:
                yield other.number

    def _tell_waiting(self, state: State, thread: int) -> Waiting:
        ways = [way for way in self._model.watch(state, thread) if way.result is None]
        block = find_block(self._model, state, thread)
        spot = self._source.locate(block)
        keys = dict.fromkeys(t.key for way in ways for t in way.touched if not t.is_write)
        holders = dict.fromkeys(h for key in keys for h in self._names.find_holders(state, key))
        return Waiting(
            thread,
            spot.at,
            spot.inside,
            spot.routine,
            tuple(self._list_awaited(state, keys)),
            tuple(h for h in holders if h[1] != thread),
            is_idle(self._model, state, thread),
            spot.caller,
            self._stacks.of_step(block.step) if block.step is not None else (),
            tuple(self._list_handlers(state, thread)),
        )

    def _list_awaited(self, state: State, keys: Iterable[int]) -> Iterator[Access]:
        for key in keys:
            slot = self._memory.slots[key]
            if slot.role == "pc":
                yield Access(self._memory.threads[key].name, "running", kind="checked")
            elif self._names.is_told(key):
                yield Access(name_place(slot), self._names.show(slot, state), kind="marked")

    def _list_handlers(self, state: State, thread: int) -> Iterator[int]:
        """The interrupt handlers that run on a thread's CPU, so that it stands still."""
        for other in self._list_own_handlers(thread):
            template = self._memory.lookup.template(self._memory.threads[other].template)
            resting = find_first_numbers(self._memory, template)
            if state[other] not in resting and self._names.runs(state, other):
                yield other

    def _body(self, thread: int) -> Body:
        return self._memory.lookup.template(self._memory.threads[thread].template).body


class _Recorder(Sequence[int]):
    """A state that notes which of its slots are looked at."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.looked_at: list[int] = []

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> State: ...
    def __getitem__(self, index: int | slice) -> int | State:
        """Like a tuple's."""
        if isinstance(index, int):
            self.looked_at.append(index)
        return self._state[index]

    def __len__(self) -> int:
        return len(self._state)


def is_idle(model: Model, state: State, thread: int) -> bool:
    """Whether a thread has ended, or cannot step but is at rest."""
    step = model.tables[thread][state[thread]]
    return step is None or step(state) == IDLE


def _find_own_line(stack: Stack, own: SourceLine) -> SourceLine | None:
    """The innermost line of the user's own files, unless it is the line `own`."""
    found = next((f.at for f in stack if not is_shown_library(f.at.path)), None)
    return None if found is None or (found.path, found.line) == (own.path, own.line) else found


def _lies_in(span: Span, whole: Span) -> bool:
    return span.path == whole.path and whole.line <= span.line <= (whole.end_line or whole.line)


def _stand_at(thread: int, stack: Stack) -> Waiting | None:
    """A thread that has come to the inner end of a stack, seen from the user's own files."""
    depth = next((i for i, f in enumerate(stack) if not is_shown_library(f.at.path)), None)
    if depth is None:
        return None
    if depth == 0:
        caller = stack[1].at if len(stack) > 1 else None
        return Waiting(thread, stack[0].at, None, stack[0].routine, caller=caller, stack=stack)
    return Waiting(thread, stack[depth].at, stack[0].at, stack[0].routine, stack=stack)


def _is_part(name: str, whole: str) -> bool:
    return name == whole or name.startswith((f"{whole}.", f"{whole}["))


ENDINGS: dict[str, Ending] = {"step": "step", "state": "state", "race": "race", "edge": "edge"}


def _list_orders(lookup: Lookup, blocks: Iterable[Block], edge: tuple[str, str]) -> list[Span]:
    """Where blocks record an order, as far as its classes are known from the program."""
    spans: dict[Span, None] = {}
    for block in blocks:
        for instr in block.instrs:
            if isinstance(instr, Precedes):
                classes = (find_class(lookup, p) for p in (instr.first, instr.second))
                if all(c in ("", name) for c, name in zip(classes, edge, strict=True)):
                    spans[instr.span] = None
    return list(spans)
