"""Program + path → story: the path is run again, and what each step did is put into words.

Nothing here knows what an instruction means: the backend runs the steps and says what they
touched; a change is a difference between two states.  Only what has a name in the spec is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import overload

from modelcheck.backends.python.model import Model, Watched
from modelcheck.backends.python.outcomes import IDLE, State
from modelcheck.backends.python.outcomes import Failure as Fault
from modelcheck.backends.python.runtime import Touch
from modelcheck.checks import BUILT_IN
from modelcheck.diagnostics import NOWHERE, InternalError
from modelcheck.explore.result import Move, Path
from modelcheck.explore.walk import Visit, walk
from modelcheck.ir.memory import ALIVE, DISCARDED, UNINITIALISED, Slot
from modelcheck.ir.nodes import Block, Kind
from modelcheck.ir.types import ThreadIdType
from modelcheck.trace.events import (
    Access,
    Change,
    Ending,
    Failure,
    SourceLine,
    StepEvent,
    Story,
    Waiting,
)
from modelcheck.trace.source import Source

OWNER = "owner"  # the field that makes a struct a lock
ENDINGS: dict[str, Ending] = {"step": "step", "state": "state", "race": "race", "edge": "edge"}
KIND_WORDS = {
    Kind.PLAIN: "plain",
    Kind.ONCE: "marked",
    Kind.ACQUIRE: "acquire",
    Kind.RELEASE: "release",
    Kind.DEPENDENT: "dependent",
    Kind.RMW: "read-modify-write",
    Kind.GHOST: "ghost",
    Kind.SILENT: "checked",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a path is said to show: the property, and of what it fails."""

    property: str
    object: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A path that was run again: its states and outcomes, and the story they make.

    `state` is the last state (for a failing step: the one before it), `()` where the start fails.
    """

    visits: tuple[Visit, ...]
    story: Story

    @property
    def state(self) -> State:
        """The state the path ends in."""
        return self.visits[-1].state


def derive_run(model: Model, path: Path, claim: Claim, sources: Mapping[str, str]) -> Run:
    """Run a path and tell it.  `sources` are the texts of the spec's files by shown path.

    Raises `walk.ReplayError` where the program cannot take the path.
    """
    visits = tuple(walk(model, path))
    return Run(visits, _Teller(model, sources).tell(visits, path, claim))


class _Teller:
    """The names and tables of one program that every step of its stories needs."""

    def __init__(self, model: Model, sources: Mapping[str, str]) -> None:
        self._model = model
        self._memory = model.memory
        self._source = Source(sources)
        self._places = [
            slot
            for slot in self._memory.slots
            if slot.role in ("field", "queue-length", "irqs", "softirqs")
        ]
        self._locks = [
            slot
            for slot in self._places
            if slot.path[-1:] == (OWNER,) and isinstance(slot.type, ThreadIdType)
        ]
        self._elements = [slot for slot in self._memory.slots if slot.role == "status"]

    def tell(self, visits: tuple[Visit, ...], path: Path, claim: Claim) -> Story:
        """The story of a path."""
        first, last = visits[0].state, visits[-1].state
        steps = tuple(
            self._tell_step(number, before.state, visit)
            for number, (before, visit) in enumerate(pairwise(visits), 1)
        )
        return Story(
            threads=tuple(thread.name for thread in self._memory.threads),
            alive=self._list_running(first),
            steps=steps,
            failure=replace(
                self._tell_failure(path, claim, last), at=self._find_failing_line(visits, steps)
            ),
            objects=self._list_living(first),
            held=tuple(self._list_held(first)),
            waiting=tuple(self._list_waiting(last)) if claim.property in WAITING else (),
            racing=tuple(self._tell_access(last, move) for move in path.race),
            initial=self._tell_start(first),
        )

    # ------------------------------------------------------------------------ the start

    def _list_running(self, state: State) -> tuple[int, ...]:
        threads = self._memory.threads
        return tuple(t.number for t in threads if not state or self._runs(state, t.number))

    def _runs(self, state: State, thread: int) -> bool:
        template = self._memory.threads[thread].template
        return state[thread] != self._memory.ended(template)

    def _list_living(self, state: State) -> tuple[str, ...]:
        return tuple(
            self._name_element(s) for s in self._elements if state and state[s.number] == ALIVE
        )

    def _list_held(self, state: State) -> Iterator[tuple[str, int]]:
        for slot in self._locks:
            if state and state[slot.number] > 0:
                yield _name_lock(slot), state[slot.number] - 1

    def _tell_start(self, state: State) -> tuple[str, ...]:
        """Where there are several initial states: what makes this one differ."""
        starts = [o.result for o in self._model.start() if not isinstance(o.result, Fault)]
        if len(set(starts)) < 2 or not state:
            return ()
        return tuple(
            f"{_name_place(slot)} is {self._show(slot, state)}"
            for slot in self._places
            if len({self._show(slot, other) for other in starts}) > 1
        )

    # ------------------------------------------------------------------------ steps

    def _tell_step(self, number: int, before: State, visit: Visit) -> StepEvent:
        move = visit.move
        if move is None:
            raise InternalError("a path has a second start")
        failed = isinstance(visit.outcome.result, Fault)
        after = before if failed else visit.state
        way = _find_way(self._model.watch(before, move.thread), move)
        event = self._tell_touches(number, before, after, move, way.touched)
        if failed:
            return event
        changed = [s for s in self._elements if before[s.number] != after[s.number]]
        ended = [t for t in self._list_running(before) if not self._runs(after, t)]
        known = tuple(self._list_known(before, after, move.thread))
        notes = [
            f"discards {self._name_element(s)}" for s in changed if after[s.number] == DISCARDED
        ]
        if move.choices and not known:
            notes.append(f"chooses {', '.join(map(str, move.choices))}")
        return replace(
            event,
            changes=tuple(self._list_changes(before, after, way.touched, event.at)),
            known=known,
            allocated=tuple(self._name_element(s) for s in changed if after[s.number] == ALIVE),
            freed=tuple(self._name_element(s) for s in changed if before[s.number] == ALIVE),
            taken=tuple(self._list_taken(before, after)),
            released=tuple(
                _name_lock(s)
                for s in self._locks
                if before[s.number] > 0 and after[s.number] != before[s.number]
            ),
            started=tuple(t for t in self._list_running(after) if not self._runs(before, t)),
            ended=tuple(ended),
            notes=tuple(notes),
        )

    def _tell_access(self, state: State, move: Move) -> StepEvent:
        """One of the two accesses of a race: a step that could come next."""
        way = _find_way(self._model.watch(state, move.thread), move)
        after = way.result if isinstance(way.result, tuple) else state
        return self._tell_touches(0, state, after, move, way.touched)

    def _tell_touches(
        self, number: int, before: State, after: State, move: Move, touched: tuple[Touch, ...]
    ) -> StepEvent:
        block = self._find_block(before, move.thread)
        spot = self._source.locate(block)
        template = self._memory.threads[move.thread].template
        return StepEvent(
            number,
            move.thread,
            f"{template}.{move.location}",
            spot.at,
            spot.inside,
            spot.routine,
            move.choices,
            caller=spot.caller,
            reads=tuple(self._list_reads(before, touched)),
            writes=tuple(self._list_writes(after, touched)),
        )

    def _list_reads(self, state: State, touched: tuple[Touch, ...]) -> Iterator[Access]:
        """What was read of what others may have written: not the step's own stores."""
        seen: set[int] = set()
        for touch in touched:
            if touch.key in seen:
                continue
            if touch.is_write:
                seen.add(touch.key)
            elif touch.kind.is_access and self._is_told(touch.key):
                seen.add(touch.key)
                yield self._make_access(touch, state)

    def _list_writes(self, after: State, touched: tuple[Touch, ...]) -> Iterator[Access]:
        last = {t.key: t for t in touched if t.is_write and t.kind.is_access}
        for touch in last.values():
            if self._is_told(touch.key):
                yield self._make_access(touch, after)

    def _make_access(self, touch: Touch, state: State) -> Access:
        slot = self._memory.slots[touch.key]
        word = KIND_WORDS[touch.kind]
        return Access(_name_place(slot), self._show(slot, state), touch.is_write, word)

    def _is_told(self, key: int) -> bool:
        return self._memory.slots[key].role in ("field", "queue-length", "irqs", "softirqs")

    def _list_changes(
        self, before: State, after: State, touched: tuple[Touch, ...], own: SourceLine
    ) -> Iterator[Change]:
        """Places with another value, in objects that lived before and still live.

        A store to a ghost is local work, so it may stand on another line than the step.
        """
        ghosts = {t.key: t.span for t in touched if t.is_write and t.kind is Kind.GHOST}
        for slot in self._places:
            if self._is_born_or_dead(slot, before, after):
                continue
            old, new = self._show(slot, before), self._show(slot, after)
            if old != new:
                at = self._source.find_other(ghosts.get(slot.number, NOWHERE), own)
                yield Change(_name_place(slot), old, new, at)

    def _is_born_or_dead(self, slot: Slot, before: State, after: State) -> bool:
        if slot.thread is not None and not (
            self._runs(before, slot.thread) and self._runs(after, slot.thread)
        ):
            return True
        status = self._memory.status_slot(slot.object, slot.element) if slot.object else None
        return status is not None and before[status] != after[status]

    def _list_taken(self, before: State, after: State) -> Iterator[tuple[str, int]]:
        for slot in self._locks:
            if after[slot.number] > 0 and after[slot.number] != before[slot.number]:
                yield _name_lock(slot), after[slot.number] - 1

    def _list_known(self, before: State, after: State, thread: int) -> Iterator[tuple[str, str]]:
        """The spec's own locals that have a new value where the thread stands now."""
        old, new = self._read_locals(before, thread), self._read_locals(after, thread)
        for name, value in new.items():
            if old.get(name) != value:
                yield name, value

    def _read_locals(self, state: State, thread: int) -> dict[str, str]:
        block = self._model.block(state, thread)
        if block is None:
            return {}
        facts = self._memory.threads[thread]
        template = self._memory.lookup.template(facts.template)
        found: dict[str, str] = {}
        for local in template.body.locals:
            offset = self._memory.local_slot(template.name, local.name)
            if local.shown and offset is not None and local.name in block.live:
                value = state[facts.locals_base + offset]
                found[local.shown] = self._memory.show(local.type, value)
        return found

    # ------------------------------------------------------------------------ the end

    def _tell_failure(self, path: Path, claim: Claim, state: State) -> Failure:
        declared = {p.name: p for p in self._model.program.properties}.get(claim.property)
        if declared is None:
            kind = "built in" if claim.property in BUILT_IN else "assert"
            return Failure(claim.property, kind, ENDINGS[path.last], claim.object, claim.detail)
        span = declared.span
        return Failure(
            claim.property,
            declared.kind,
            ENDINGS[path.last],
            claim.object,
            claim.detail,
            self._source.read(span) if span.line else None,
            tuple(self._list_observed(claim.property, state)),
        )

    def _find_failing_line(
        self, visits: tuple[Visit, ...], steps: tuple[StepEvent, ...]
    ) -> SourceLine | None:
        """Where the check stands that fails in the last step, if not on the step's own line."""
        move = visits[-1].move
        if move is None or not isinstance(visits[-1].outcome.result, Fault):
            return None
        way = _find_way(self._model.watch(visits[-2].state, move.thread), move)
        return self._source.find_other(way.last, steps[-1].at)

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
                yield Access(thread, "running" if self._runs(state, number) else "finished")
            elif slot.role == "status":
                yield Access(self._name_element(slot), self._memory.describe(number, state[number]))
            elif self._is_told(number):
                yield Access(_name_place(slot), self._show(slot, state))

    def _list_waiting(self, state: State) -> Iterator[Waiting]:
        """The threads that have not ended and cannot step."""
        for thread in self._list_running(state):
            if self._model.outcomes(state, thread):
                continue
            ways = [way for way in self._model.watch(state, thread) if way.result is None]
            spot = self._source.locate(self._find_block(state, thread))
            keys = dict.fromkeys(t.key for way in ways for t in way.touched if not t.is_write)
            holders = dict.fromkeys(h for key in keys for h in self._find_holders(state, key))
            yield Waiting(
                thread,
                spot.at,
                spot.inside,
                spot.routine,
                tuple(self._list_awaited(state, keys)),
                tuple(h for h in holders if h[1] != thread),
                is_idle(self._model, state, thread),
                spot.caller,
            )

    def _find_holders(self, state: State, key: int) -> Iterator[tuple[str, int]]:
        """The locks around a place, innermost first, that somebody has."""
        slot = self._memory.slots[key]
        around = [
            lock
            for lock in self._locks
            if (lock.object, lock.element) == (slot.object, slot.element)
            and slot.path[: len(lock.path) - 1] == lock.path[:-1]
            and state[lock.number] > 0
        ]
        for lock in sorted(around, key=lambda s: -len(s.path))[:1]:
            yield _name_lock(lock), state[lock.number] - 1

    def _list_awaited(self, state: State, keys: Iterable[int]) -> Iterator[Access]:
        for key in keys:
            slot = self._memory.slots[key]
            if slot.role == "pc":
                yield Access(self._memory.threads[key].name, "running", kind="checked")
            elif self._is_told(key):
                yield Access(_name_place(slot), self._show(slot, state), kind="marked")

    # ------------------------------------------------------------------------ names

    def _find_block(self, state: State, thread: int) -> Block:
        block = self._model.block(state, thread)
        if block is None:
            raise InternalError("an ended thread has a step")
        return block

    def _name_element(self, slot: Slot) -> str:
        return self._memory.element_name(self._memory.lookup.object(slot.object), slot.element)

    def _show(self, slot: Slot, state: State) -> str:
        """The value of a place; of a queue, its elements."""
        if slot.role != "queue-length":
            return self._memory.describe(slot.number, state[slot.number])
        length = state[slot.number]
        if length == UNINITIALISED:
            return "uninitialised"
        numbers = range(slot.number + 1, slot.number + 1 + length)
        return f"[{', '.join(self._memory.describe(n, state[n]) for n in numbers)}]"


WAITING = ("deadlock", "stuck")


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


def _find_way(ways: Sequence[Watched], move: Move) -> Watched:
    for way in ways:
        if way.choices == move.choices and way.result is not None:
            return way
    raise InternalError(f"the watched step of {move} does not come to an end")


def _name_place(slot: Slot) -> str:
    return slot.name.removesuffix(" (length)")


def _name_lock(slot: Slot) -> str:
    return _name_place(slot).removesuffix(f".{OWNER}")
