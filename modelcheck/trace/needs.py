"""The orderings that a path needs → sentences: which line of which thread before which.

A step is named by the line that makes it conflict with the other one, which may be one of local
work behind it: `kfree(t)`, not the unlock that comes before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.diagnostics import Span
from modelcheck.explore.conflicts import list_touched
from modelcheck.explore.result import Move, Ordering, Path
from modelcheck.ir.nodes import Body, Discard, Free, New
from modelcheck.ir.regions import find_region
from modelcheck.ir.types import Embedded
from modelcheck.trace.derive import Run
from modelcheck.trace.events import SourceLine, StepEvent
from modelcheck.trace.source import Source, is_shown_library
from modelcheck.trace.stacks import Stacks
from modelcheck.trace.steps import find_block, find_way

MOST_CHARACTERS = 60  # of a line


@dataclass(frozen=True, slots=True)
class Need:
    """One ordering: the numbers of its two steps, and what it says of them."""

    first: int
    second: int
    text: str


def tell_needs(
    model: Model, path: Path, run: Run, needs: Sequence[Ordering], sources: Mapping[str, str]
) -> tuple[Need, ...]:
    """The orderings of a path in words; `run` is the path run again, `needs` as of a violation."""
    return tuple(_Teller(model, path, run, sources).tell(ordering) for ordering in needs)


class _Teller:
    """Names the steps of one path."""

    def __init__(self, model: Model, path: Path, run: Run, sources: Mapping[str, str]) -> None:
        self._model = model
        self._path = path
        self._run = run
        source = Source(sources)
        self._stacks = Stacks(sources, source)
        self._touched = list(list_touched(model, path))

    def tell(self, ordering: Ordering) -> Need:
        """One ordering in words."""
        a, b = ordering.first - 1, ordering.second - 1
        shared = self._touched[a].find_shared(self._touched[b])
        slots = sorted(shared, key=self._weigh)
        return Need(
            ordering.first,
            ordering.second,
            f"{self._name(a, slots)} before {self._name(b, slots)}",
        )

    def _weigh(self, slot: int) -> tuple[bool, bool, int]:
        """What two steps conflict about: lives first, then what no ghost is."""
        facts = self._model.memory.slots[slot]
        return facts.role != "status", facts.ghost, slot

    def _name(self, place: int, slots: Sequence[int]) -> str:
        event = self._run.story.steps[place]
        text = self._find_line(place, event, slots).text
        if len(text) > MOST_CHARACTERS:
            text = f"{text[: MOST_CHARACTERS - 4].rstrip()} ..."
        return f"`{text}` in {self._run.story.threads[event.thread]} (step {event.number})"

    def _find_line(self, place: int, event: StepEvent, slots: Sequence[int]) -> SourceLine:
        """The line of the user's own files where a step does what it conflicts by."""
        before, visit = self._run.visits[place], self._run.visits[place + 1]
        if isinstance(visit.outcome.result, Failure):
            return self._run.story.failure.at or event.at
        move = self._path.moves[place]
        span = next(self._list_spans(before.state, visit.state, move, slots), None)
        if span is None:
            return event.at
        location = find_block(self._model, before.state, move.thread)
        arrived = self._model.block(visit.state, move.thread)
        body = self._find_body(move.thread)
        stack = self._stacks.of_check(body, location, span, arrived)
        own = next((f.at for f in stack if not is_shown_library(f.at.path)), event.at)
        return event.at if (own.path, own.line) == (event.at.path, event.at.line) else own

    def _list_spans(
        self, before: State, after: State, move: Move, slots: Sequence[int]
    ) -> Iterator[Span]:
        """Where a step touches some slots, those of the first slot first."""
        memory = self._model.memory
        touched = find_way(self._model.watch(before, move.thread), move).touched
        for slot in slots:
            facts = memory.slots[slot]
            is_life = facts.role == "status"
            if is_life and self._turns(before, after, facts.object):
                turns = dict.fromkeys(self._list_turns(before, move.thread, facts.object))
                yield from turns if len(turns) == 1 else ()
                return
            named = facts.object, facts.element
            found = []
            for touch in touched:
                place = memory.slots[touch.key]
                is_inside = is_life and (place.object, place.element) == named
                if touch.span.line and (is_inside or slot in (touch.slot, touch.key)):
                    found.append(touch)
            # What a check looks at is named only where nothing else is.
            yield from (t.span for t in sorted(found, key=lambda t: not t.kind.is_access))

    def _turns(self, before: State, after: State, name: str) -> bool:
        """Whether an object of a pool begins to live, or dies."""
        lives = [s for s in self._model.memory.slots if s.role == "status" and s.object == name]
        return any(before[slot.number] != after[slot.number] for slot in lives)

    def _list_turns(self, state: State, thread: int, name: str) -> Iterator[Span]:
        """Where the step of a thread may begin or end the life of an object of a kind."""
        of = self._model.memory.lookup.object(name).type
        location = find_block(self._model, state, thread)
        for block in find_region(self._find_body(thread), location).blocks:
            for instr in block.instrs:
                match instr:
                    case Free(struct=struct) | Discard(struct=struct) if of == Embedded(struct):
                        yield instr.span
                    case New(pool=pool) if pool == name:
                        yield instr.span

    def _find_body(self, thread: int) -> Body:
        memory = self._model.memory
        return memory.lookup.template(memory.threads[thread].template).body
