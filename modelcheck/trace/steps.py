"""One move of a path → what the thread did: accesses, changes, lives, locks, choices."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from modelcheck.backends.python.model import Model, Watched
from modelcheck.backends.python.outcomes import Failure as Fault
from modelcheck.backends.python.outcomes import State
from modelcheck.backends.python.runtime import Touch
from modelcheck.diagnostics import NOWHERE, InternalError, Span
from modelcheck.explore.result import Move
from modelcheck.explore.walk import Visit
from modelcheck.ir.memory import ALIVE, DISCARDED, Slot
from modelcheck.ir.nodes import Block, Kind
from modelcheck.trace.events import Access, Change, SourceLine, StepEvent, cite_elsewhere
from modelcheck.trace.names import Names, name_lock, name_place
from modelcheck.trace.source import Source
from modelcheck.trace.stacks import Stacks

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


class StepTeller:
    """Tells the steps of one program."""

    def __init__(self, model: Model, names: Names, source: Source, stacks: Stacks) -> None:
        self._model = model
        self._memory = model.memory
        self._names = names
        self._source = source
        self._stacks = stacks

    def tell_step(self, number: int, before: State, visit: Visit) -> StepEvent:
        """What the move of a visit did."""
        move = visit.move
        if move is None:
            raise InternalError("a path has a second start")
        failed = isinstance(visit.outcome.result, Fault)
        after = before if failed else visit.state
        way = find_way(self._model.watch(before, move.thread), move)
        event = self._tell_touches(number, before, after, move, way.touched)
        if failed:
            writes = tuple(replace(access, value="") for access in event.writes)
            return replace(event, writes=writes, notes=tuple(self._list_choices(way, event.at)))
        names = self._names
        changed = [s for s in names.elements if before[s.number] != after[s.number]]
        running = names.list_running(before)
        reading, will_read = (dict.fromkeys(names.list_reading(s)) for s in (before, after))
        known = tuple(self._list_known(before, after, move.thread))
        notes = [
            f"discards {names.name_element(s)}" for s in changed if after[s.number] == DISCARDED
        ]
        if not known:
            notes += self._list_choices(way, event.at)
        return replace(
            event,
            changes=tuple(self._list_changes(before, after, way.touched, event.at)),
            known=known,
            allocated=tuple(names.name_element(s) for s in changed if after[s.number] == ALIVE),
            freed=tuple(names.name_element(s) for s in changed if before[s.number] == ALIVE),
            taken=tuple(self._list_taken(before, after)),
            released=tuple(
                name_lock(s)
                for s in names.locks
                if before[s.number] > 0 and after[s.number] != before[s.number]
            ),
            started=tuple(t for t in names.list_running(after) if t not in running),
            ended=tuple(t for t in running if not names.runs(after, t)),
            woken=tuple(self._list_woken(before, after, move.thread)),
            entered=tuple(section for section in will_read if section not in reading),
            left=tuple(section for section in reading if section not in will_read),
            notes=tuple(notes),
        )

    def tell_access(self, state: State, move: Move) -> StepEvent:
        """One of the two accesses of a race: a step that could come next."""
        way = find_way(self._model.watch(state, move.thread), move)
        after = way.result if isinstance(way.result, tuple) else state
        return self._tell_touches(0, state, after, move, way.touched)

    def _tell_touches(
        self, number: int, before: State, after: State, move: Move, touched: tuple[Touch, ...]
    ) -> StepEvent:
        block = find_block(self._model, before, move.thread)
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
            stack=self._stacks.of_step(block.step) if block.step is not None else (),
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
            elif touch.kind.is_access and self._names.is_told(touch.key):
                seen.add(touch.key)
                yield self._make_access(touch, state)

    def _list_writes(self, after: State, touched: tuple[Touch, ...]) -> Iterator[Access]:
        last = {t.key: t for t in touched if t.is_write and t.kind.is_access}
        for touch in last.values():
            if self._names.is_told(touch.key):
                yield self._make_access(touch, after)

    def _make_access(self, touch: Touch, state: State) -> Access:
        slot = self._memory.slots[touch.key]
        word = KIND_WORDS[touch.kind]
        return Access(name_place(slot), self._names.show(slot, state), touch.is_write, word)

    def _list_changes(
        self, before: State, after: State, touched: tuple[Touch, ...], own: SourceLine
    ) -> Iterator[Change]:
        """Places with another value, in objects that lived before and still live.

        A store to a ghost is local work, so it may stand on another line than the step.
        """
        ghosts = {t.key: t.span for t in touched if t.is_write and t.kind is Kind.GHOST}
        for slot in self._names.places:
            if self._is_born_or_dead(slot, before, after):
                continue
            old, new = self._names.show(slot, before), self._names.show(slot, after)
            if old != new:
                at = self._source.find_other(ghosts.get(slot.number, NOWHERE), own)
                yield Change(name_place(slot), old, new, at, self._names.is_bookkeeping(slot))

    def _is_born_or_dead(self, slot: Slot, before: State, after: State) -> bool:
        if slot.thread is not None and not (
            self._names.runs(before, slot.thread) and self._names.runs(after, slot.thread)
        ):
            return True
        status = self._memory.status_slot(slot.object, slot.element) if slot.object else None
        return status is not None and before[status] != after[status]

    def _list_taken(self, before: State, after: State) -> Iterator[tuple[str, int]]:
        for slot in self._names.locks:
            if after[slot.number] > 0 and after[slot.number] != before[slot.number]:
                yield name_lock(slot), after[slot.number] - 1

    def _list_woken(self, before: State, after: State, thread: int) -> Iterator[int]:
        """The other threads that ran before, could not step, and now can."""
        for other in self._names.list_running(before):
            if other == thread or not self._names.runs(after, other):
                continue
            if not self._model.outcomes(before, other) and self._model.outcomes(after, other):
                yield other

    # ------------------------------------------------------------------------ locals, choices

    def _list_known(self, before: State, after: State, thread: int) -> Iterator[tuple[str, str]]:
        """The spec's own locals that have a new value where the thread stands now."""
        old, new = self.read_locals(before, thread), self.read_locals(after, thread)
        for name, value in new.items():
            if old.get(name) != value:
                yield name, value

    def read_locals(self, state: State, thread: int) -> dict[str, str]:
        """The spec's own locals that are in use where a thread stands, by name."""
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

    def _list_choices(self, way: Watched, own: SourceLine) -> Iterator[str]:
        """What was chosen, in the words of the spec where the text is simple enough."""
        for value, span in zip(way.choices, way.asked, strict=True):
            text = self._source.cut(span)
            if text.startswith("new("):
                continue  # which slot it got is told as the object's name
            yield describe_choice(text, value) + cite_elsewhere(self._find_line(span, own), own)

    def _find_line(self, span: Span, own: SourceLine) -> SourceLine | None:
        line = self._source.read(span) if span.line else None
        return None if line is None or (line.path, line.line) == (own.path, own.line) else line


def describe_choice(text: str, value: int) -> str:
    """`either() is False`, `choose(1, 2) is 2`; the number of the choice where it is no such text.

    `text` is the call that chooses, `value` the number of the way it took.
    """
    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError:
        call = ast.Constant(None)
    match call:
        case ast.Call(func=ast.Name(id="either"), args=[]):
            return f"{text} is {bool(value)}"
        case ast.Call(func=ast.Name(id="choose"), args=args) if len(args) > 1:
            if not any(isinstance(a, ast.Starred) for a in args) and value < len(args):
                return f"{text} is {ast.unparse(args[value])}"
    return f"chooses {value}" + (f" of {text}" if isinstance(call, ast.Call) else "")


def find_way(ways: Sequence[Watched], move: Move) -> Watched:
    """The way through a step that a move takes."""
    for way in ways:
        if way.choices == move.choices and way.result is not None:
            return way
    raise InternalError(f"the watched step of {move} does not come to an end")


def find_block(model: Model, state: State, thread: int) -> Block:
    """Where a thread stands that has not ended."""
    block = model.block(state, thread)
    if block is None:
        raise InternalError("an ended thread has a step")
    return block
