"""Program → a path chosen step by step: what could come next, and what it would do.

Every step is the backend's own transition, so a path that was chosen here is one that a search
takes too.  Nothing is judged beyond the states that were visited: a path without a violation says
nothing about the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.explore.result import Counts, Path, Result, Violation
from modelcheck.explore.walk import Visit, make_move, walk
from modelcheck.frontend.spec import SpecInfo
from modelcheck.trace.broken import Judging
from modelcheck.trace.derive import Claim
from modelcheck.trace.events import Failure as NoFailure
from modelcheck.trace.events import SourceLine, StepEvent, Story, describe_effects, describe_place
from modelcheck.trace.names import Names
from modelcheck.trace.source import Source
from modelcheck.trace.stacks import Stacks
from modelcheck.trace.steps import StepTeller
from modelcheck.trace.tour import Place, Standing, StationTeller
from modelcheck.trace.trace import Trace, record_trace

SCOPE = ("chosen step by step: nothing was searched",)


@dataclass(frozen=True, slots=True)
class Turn:
    """One transition that is possible now: who, where, what it would do.

    `breaks` names the property that fails in it or in the state that it leads to.
    """

    thread: str
    at: SourceLine
    does: str
    inside: str
    effects: tuple[str, ...]
    breaks: str
    visit: Visit


class Wander:
    """A path under way: it begins in an initial state and grows and shrinks at its end.

    Raises ValueError for a program without any initial state.
    """

    def __init__(self, model: Model, info: SpecInfo, sources: Mapping[str, str]) -> None:
        self._model = model
        self._info = info
        self._sources = sources
        source, names = Source(sources), Names(model.memory)
        self._steps = StepTeller(model, names, source, Stacks(sources, source))
        self._stations = StationTeller(model, sources)
        self._names = names
        self._judging = Judging(model)
        self.threads = tuple(thread.name for thread in model.memory.threads)
        self.starts = model.start()
        if not self.starts:
            raise ValueError("no initial state")
        self._visits: list[Visit] = []
        self.events: list[StepEvent] = []
        self.begin(0)

    def begin(self, number: int) -> None:
        """Go to an initial state, by its number in `starts`."""
        outcome = self.starts[number]
        state = () if isinstance(outcome.result, Failure) else outcome.result
        self._visits = [Visit(state, None, outcome)]
        self.events = []

    # ------------------------------------------------------------------------ where it is

    @property
    def start(self) -> int:
        """Which of the starts it began in, counted from 1."""
        return 1 + self.starts.index(self._visits[0].outcome)

    @property
    def state(self) -> State:
        """The state that holds now; after a step that failed, the one before it."""
        return self._visits[-1].state

    @property
    def failure(self) -> Failure | None:
        """Why the last step failed, if it did: then nothing follows."""
        result = self._visits[-1].outcome.result
        return result if isinstance(result, Failure) else None

    def list_standings(self) -> tuple[Standing, ...]:
        """Where every thread stands, and why it cannot step if it cannot."""
        if not self.state:
            return ()
        standings = list(self._stations.list_standings(self._tell(), self.state))
        if self.failure is not None:
            thread = self.events[-1].thread
            why = (f"its step fails: {self.failure.property}",)
            standings[thread] = replace(standings[thread], condition="fails", why=why)
        return tuple(standings)

    def read_values(self) -> dict[Place, str]:
        """What every place that exists holds."""
        return self._stations.read_values(self.state) if self.state else {}

    def describe_path(self) -> Iterator[str]:
        """A line for each step so far."""
        for event in self.events:
            effects = "; ".join(describe_effects(event))
            place = f"{self.threads[event.thread]}  line {event.at.line}  {event.at.text}"
            yield f"{event.number:>3}  {place}  {effects}".rstrip()

    def list_broken(self) -> tuple[Claim, ...]:
        """What is violated, or reached, in the last step or in this state."""
        if self.failure is not None:
            return tuple(self._judging.list_failing(self.failure))
        return tuple(self._judging.list_broken(self.state))

    def is_reached(self, claim: Claim) -> bool:
        """Whether a claim is of a `reachable` that holds, which is no violation."""
        return self._judging.is_reached(claim)

    # ------------------------------------------------------------------------ moving

    def list_turns(self) -> tuple[Turn, ...]:
        """Every transition that is possible now, in the order of threads and choices."""
        if self.failure is not None:
            return ()
        turns = []
        for thread in range(len(self.threads)):
            for outcome in self._model.outcomes(self.state, thread):
                move = make_move(self._model.memory, self.state, thread, outcome.choices)
                state = self.state if isinstance(outcome.result, Failure) else outcome.result
                turns.append(self._describe_turn(Visit(state, move, outcome)))
        return tuple(turns)

    def _describe_turn(self, visit: Visit) -> Turn:
        event = self._steps.tell_step(len(self.events) + 1, self.state, visit)
        result = visit.outcome.result
        if isinstance(result, Failure):
            broken = [claim.property for claim in self._judging.list_failing(result)]
        else:
            broken = [claim.property for claim in self._judging.list_broken(result)]
        return Turn(
            self.threads[event.thread],
            event.at,
            event.at.text,
            describe_place(event),
            describe_effects(event),
            ", ".join(dict.fromkeys(broken)),
            visit,
        )

    def take(self, turn: Turn) -> None:
        """Take one of the transitions that are possible now."""
        event = self._steps.tell_step(len(self.events) + 1, self.state, turn.visit)
        self._visits.append(turn.visit)
        self.events.append(event)

    def undo(self) -> bool:
        """Take the last step back; False at the start."""
        if not self.events:
            return False
        self._visits.pop()
        self.events.pop()
        return True

    def follow(self, path: Path) -> None:
        """Go to the end of a path.  Raises `walk.ReplayError` where the program cannot take it."""
        visits = list(walk(self._model, path))
        self._visits, self.events = visits[:1], []
        for visit in visits[1:]:
            self.events.append(self._steps.tell_step(len(self.events) + 1, self.state, visit))
            self._visits.append(visit)

    # ------------------------------------------------------------------------ keeping it

    @property
    def path(self) -> Path:
        """The path so far."""
        moves = tuple(visit.move for visit in self._visits if visit.move is not None)
        last = "state" if self.failure is None else "step"
        return Path(self._visits[0].outcome.choices, moves, last)

    def make_trace(self, variant: str | None, claim: Claim) -> Trace:
        """The path as a stored trace of something it shows, run again and confirmed."""
        path = self.path
        violation = Violation(
            claim.property, claim.object, (), claim.detail, len(path.moves), (path,)
        )
        counts = Counts(len({v.state for v in self._visits}), len(path.moves), None)
        name = self._model.program.name
        result = Result(name, variant, (), counts, exhausted=False, search="by hand", scope=SCOPE)
        return record_trace(self._model, self._info, self._sources, result, violation)

    def _tell(self) -> Story:
        first = self._visits[0].state
        return replace(
            _NOTHING,
            threads=self.threads,
            alive=self._names.list_running(first),
            steps=tuple(self.events),
        )


_NOTHING = Story((), (), (), NoFailure("", "", "state"))
