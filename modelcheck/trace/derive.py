"""Program + path → story: the path is run again, and what each step did is put into words.

Nothing here knows what an instruction means: the backend runs the steps and says what they
touched; a change is a difference between two states.  Only what has a name in the spec is told.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure as Fault
from modelcheck.backends.python.outcomes import State
from modelcheck.explore.result import Path
from modelcheck.explore.walk import Visit, walk
from modelcheck.trace.endings import ENDINGS, EndTeller
from modelcheck.trace.events import Failure, StepEvent, Story
from modelcheck.trace.names import Names, name_place
from modelcheck.trace.source import Source
from modelcheck.trace.stacks import Stacks
from modelcheck.trace.steps import StepTeller

WAITING = ("deadlock", "stuck")


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


def derive_run(
    model: Model, path: Path, claim: Claim, sources: Mapping[str, str], number: int = 0
) -> Run:
    """Run a path and tell it.  `sources` are the texts of the spec's files by shown path.

    `number` says which witness it is: those of an order are the edges of its cycle.
    Raises `walk.ReplayError` where the program cannot take the path.
    """
    visits = tuple(walk(model, path))
    if path.dropped:
        deque(walk(model, path.whole), maxlen=0)  # a file may say of anything that it was dropped
    return Run(visits, _tell(model, visits, path, claim, sources, number=number))


def _tell(
    model: Model,
    visits: tuple[Visit, ...],
    path: Path,
    claim: Claim,
    sources: Mapping[str, str],
    *,
    number: int,
) -> Story:
    names = Names(model.memory)
    source = Source(sources)
    stacks = Stacks(sources, source)
    step_teller = StepTeller(model, names, source, stacks)
    end_teller = EndTeller(model, names, source, stacks)
    first, last = visits[0].state, visits[-1].state
    steps = tuple(
        step_teller.tell_step(number, before.state, visit)
        for number, (before, visit) in enumerate(pairwise(visits), 1)
    )
    steps = tuple(_tell_leaving(end_teller, visits, steps))
    failure = Failure(claim.property, "", ENDINGS[path.last], claim.object, claim.detail)
    waits = claim.property in WAITING
    return Story(
        threads=tuple(thread.name for thread in model.memory.threads),
        alive=names.list_running(first),
        steps=steps,
        failure=end_teller.tell_failure(failure, visits, steps, number),
        objects=names.list_living(first),
        held=tuple(names.list_held(first)),
        reading=tuple(names.list_reading(first)),
        waiting=tuple(end_teller.list_waiting(last)) if waits else (),
        racing=tuple(step_teller.tell_access(last, move) for move in path.race),
        initial=_tell_start(model, names, first),
        unrelated=path.unrelated,
        dropped=tuple(sorted(Counter(move.thread for _, move in path.dropped).items())),
    )


def _tell_leaving(
    teller: EndTeller, visits: tuple[Visit, ...], steps: tuple[StepEvent, ...]
) -> Iterator[StepEvent]:
    """Each step before another thread's, with why its thread does not go on."""
    for event, visit in zip(steps, visits[1:], strict=True):
        following = steps[event.number] if event.number < len(steps) else None
        if following is None or following.thread == event.thread:
            yield event
        else:
            kind, blocked = teller.tell_leaving(visit.state, event.thread, following.thread)
            yield replace(event, leaves=kind, blocked=blocked)


def _tell_start(model: Model, names: Names, state: State) -> tuple[str, ...]:
    """Where there are several initial states: what makes this one differ."""
    starts = [o.result for o in model.start() if not isinstance(o.result, Fault)]
    if len(set(starts)) < 2 or not state:
        return ()
    return tuple(
        f"{name_place(slot)} is {names.show(slot, state)}"
        for slot in names.places
        if len({names.show(slot, other) for other in starts}) > 1
    )
