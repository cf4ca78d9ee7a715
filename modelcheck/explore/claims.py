"""Claims of another backend → findings: each is run again by the python backend first.

A claim is only a hint where to look: the failure, its words and what silences it come from the
python backend.  One that it does not confirm is a fault of ours, and neither shown nor dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from modelcheck.backends.python.model import Model, compile_program
from modelcheck.backends.python.outcomes import BLOCKED, Failure, Order, Outcome, State
from modelcheck.explore.ending import make_path
from modelcheck.explore.findings import Origin
from modelcheck.explore.judging import Judging
from modelcheck.explore.leak import LeakCheck
from modelcheck.explore.orbits import Orbits
from modelcheck.explore.race import RaceCheck, Turn
from modelcheck.explore.result import Move, Path
from modelcheck.explore.walk import make_move

Choices = tuple[int, ...]


class ClaimError(Exception):
    """The python backend does not see what was claimed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a search says it saw: of what kind, of what (numbers that depend on the kind), in which
    state, and by which steps (thread -1: by the start).  `depth` is that of the violation.
    """

    kind: str
    key: tuple[int, ...]
    depth: int
    state: State
    turns: tuple[Turn, ...]

    @property
    def state_depth(self) -> int:
        """The depth of the state: a step that fails or records an order leads one further."""
        return self.depth - (self.kind in ("step", "order"))


class Claims:
    """Confirms claims and notes them as findings.

    `labels` and `order_properties` say what the numbers of an order mean; with `orbits` all states
    are canonical.  A claim is dropped only
    where `Findings` drops the violation itself (not judged, silenced); all others are noted or
    raise.
    """

    def __init__(
        self,
        judging: Judging,
        labels: Sequence[str],
        order_properties: Sequence[str],
        orbits: Orbits | None = None,
    ) -> None:
        self._orbits = orbits
        self._judging = judging
        self._findings = judging.findings
        self._labels = labels
        self._order_properties = order_properties
        self._claims: list[Claim] = []  # an origin's number is its place here
        self._properties = [p for p in judging.program.properties if p.body is not None]

    @cached_property
    def model(self) -> Model:
        """The program as the python backend runs it, compiled when something is to confirm."""
        return compile_program(self._judging.program)

    @cached_property
    def _starts(self) -> dict[Choices, Outcome]:
        return {outcome.choices: outcome for outcome in self.model.start()}

    @cached_property
    def _races(self) -> RaceCheck:
        return RaceCheck(self.model)

    @cached_property
    def _leaks(self) -> LeakCheck:
        return LeakCheck(self.model.memory)

    def claim_of(self, origin: Origin) -> Claim:
        """The claim that an origin stands for."""
        return self._claims[origin.number]

    def add(self, claim: Claim) -> None:
        """Confirm a claim and note it.  Raises ClaimError."""
        self._claims.append(claim)
        match claim.kind:
            case "step":
                self._add_step(claim)
            case "order":
                self._add_order(claim)
            case "race":
                self._add_race(claim)
            case "property" | "reachable":
                self._add_property(claim)
            case "deadlock" | "leak" | "stuck":
                self._add_rest(claim)
            case _:
                raise ClaimError(f"there is nothing of the kind `{claim.kind}`")

    def make_path(self, origin: Origin, initial: Choices, moves: Sequence[tuple[int, ...]]) -> Path:
        """The path to an origin, from the choices of its start and of each move (thread first).

        Raises ClaimError where it does not lead there.
        """
        state = self._make_canonical(self._start(initial).result)
        told: list[Move] = []
        for thread, *choices in moves:
            if isinstance(state, Failure):
                raise ClaimError("a path goes on after a failure")
            told.append(make_move(self.model.memory, state, thread, tuple(choices)))
            state = self._make_canonical(self._step(state, thread, tuple(choices)).result)
        if state != self.claim_of(origin).state:
            raise ClaimError("a path leads to another state")
        return make_path(origin, initial, tuple(told))

    def _make_canonical(self, reached: State | Failure) -> State | Failure:
        if self._orbits is None or isinstance(reached, Failure):
            return reached
        return self._orbits.canonical(reached)

    # -----------------------------------------------------------------------------------------
    # The kinds of claims

    def _add_step(self, claim: Claim) -> None:
        ((thread, choices),) = claim.turns
        outcome, origin, tie = self._take(claim, "step", thread, choices)
        if not isinstance(outcome.result, Failure):
            raise ClaimError("the step does not fail")
        self._findings.add(outcome.result, claim.depth, claim.state, tie, origin)

    def _add_order(self, claim: Claim) -> None:
        ((thread, choices),) = claim.turns
        outcome, origin, tie = self._take(claim, "edge", thread, choices)
        name, first, second = claim.key
        order = Order(self._order_properties[name], self._labels[first], self._labels[second])
        if order not in outcome.orders:
            raise ClaimError(f"the step does not record {order}")
        tie = () if thread < 0 else tie  # as the python search has it
        self._findings.add_order(order, claim.depth, claim.state, tie, origin)

    def _take(
        self, claim: Claim, last: str, thread: int, choices: Choices
    ) -> tuple[Outcome, Origin, tuple[int, ...]]:
        """The step of a claim: its outcome, where it was seen, and what ranks it."""
        if thread < 0:
            return self._start(choices), Origin(-1, last, (), choices), choices
        outcome = self._step(claim.state, thread, choices)
        move = make_move(self.model.memory, claim.state, thread, choices)
        return outcome, Origin(self._number, last, (move,)), (thread, *choices)

    def _add_race(self, claim: Claim) -> None:
        first, second = claim.turns
        (slot,) = claim.key
        shown = self.model.memory.slots[slot].name.removesuffix(" (length)")
        for failure, one, other in self._races.find(claim.state):
            if (failure.object, one, other) == (shown, first, second):
                break
        else:
            raise ClaimError(f"the two steps do not race on {shown}")
        memory = self.model.memory
        moves = tuple(make_move(memory, claim.state, *turn) for turn in claim.turns)
        tie = (first[0], *first[1], second[0], *second[1])
        origin = Origin(self._number, "race", moves)
        self._findings.add(failure, claim.depth, claim.state, tie, origin)

    def _add_property(self, claim: Claim) -> None:
        told = self._properties[claim.key[0]]
        if told.kind == "final" and not self._is_resting(claim.state):
            raise ClaimError("the state is not quiescent")
        answer = self.model.judges[told.name](claim.state)
        if claim.kind == "reachable":
            if answer is not True:
                raise ClaimError(f"the state does not satisfy {told.name}")
            origin = Origin(self._number)
            self._findings.add_seen(told.name, claim.depth, claim.state, origin)
            return
        if answer is True or (told.kind == "reachable" and answer is False):
            raise ClaimError(f"the state does not break {told.name}")
        self._add_state(claim, answer if isinstance(answer, Failure) else Failure(told.name))

    def _add_rest(self, claim: Claim) -> None:
        if claim.kind == "stuck":  # a fact about all that follows; `trace` looks once more
            self._add_state(claim, Failure("stuck"))
            return
        if self._is_enabled(claim.state):
            raise ClaimError("some step is enabled")
        is_resting = self._is_resting(claim.state)
        if claim.kind == "deadlock":
            if is_resting:
                raise ClaimError("the state is quiescent")
            self._add_state(claim, Failure("deadlock"))
            return
        name = self._leaks.name_element(claim.key[0])
        leaked = [f for f in self._leaks.find(claim.state) if f.object == name]
        if not leaked or not is_resting:
            raise ClaimError(f"{name} is not leaked")
        self._add_state(claim, leaked[0])

    def _add_state(self, claim: Claim, failure: Failure) -> None:
        self._findings.add(failure, claim.depth, claim.state, (), Origin(self._number))

    # -----------------------------------------------------------------------------------------
    # Running

    @property
    def _number(self) -> int:
        return len(self._claims) - 1

    def _start(self, choices: Choices) -> Outcome:
        if choices not in self._starts:
            raise ClaimError(f"the start has no choices {list(choices)}")
        return self._starts[choices]

    def _step(self, state: State, thread: int, choices: Choices) -> Outcome:
        for outcome in self.model.outcomes(state, thread):
            if outcome.choices == choices:
                return outcome
        raise ClaimError(f"thread {thread} has no step with the choices {list(choices)}")

    def _is_enabled(self, state: State) -> bool:
        return any(self.model.outcomes(state, t.number) for t in self.model.memory.threads)

    def _is_resting(self, state: State) -> bool:
        """Whether no step is enabled and no thread waits that is not idle."""
        steps = [table[state[t]] for t, table in enumerate(self.model.tables)]
        results = [step(state) for step in steps if step is not None]
        return all(isinstance(r, int) and r != BLOCKED for r in results)
