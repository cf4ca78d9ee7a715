"""What is violated, or reached, in one state: each property asked by itself, nothing searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Order, State
from modelcheck.explore.leak import LeakCheck
from modelcheck.explore.orders import find_cycles
from modelcheck.explore.properties import Silence
from modelcheck.explore.race import RaceCheck
from modelcheck.trace.derive import Claim
from modelcheck.trace.endings import is_idle

STUCK_LIMIT = 100_000  # states looked at from a stuck one before its witness is believed


class Judging:
    """The properties of one program that a state alone can break."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._leaks = LeakCheck(model.memory)
        self._races = RaceCheck(model)
        self._silence = Silence(model.program)
        self._kinds = {p.name: p.kind for p in model.program.properties}

    def list_broken(self, state: State) -> Iterator[Claim]:
        """Declared properties first, a `reachable` that holds too, then what is built in; nothing
        that the spec allows.
        """
        if not state:
            return
        for declared in self._model.program.properties:
            if declared.kind == "assert":
                continue
            answer = self._model.judges[declared.name](state)
            claim = Claim(
                declared.name, detail=answer.detail if isinstance(answer, Failure) else ""
            )
            if breaks(self._model, state, claim):
                yield claim
        deadlock = Claim("deadlock")
        if not self._silence.covers_all("deadlock") and breaks(self._model, state, deadlock):
            yield deadlock
        for failure in self._leaks.find(state):
            claim = Claim(failure.property, failure.object, failure.detail)
            is_allowed = self._silence.covers(failure.property, failure.declared)
            if not is_allowed and breaks(self._model, state, claim):
                yield claim

    def list_failing(self, failure: Failure) -> Iterator[Claim]:
        """A step that fails, unless the spec allows what it fails with."""
        if not self._silence.covers(failure.property, failure.declared):
            yield Claim(failure.property, failure.object, failure.detail)

    def is_reached(self, claim: Claim) -> bool:
        """Whether a claim is of a `reachable` that holds, which is no violation."""
        return self._kinds.get(claim.property) == "reachable" and not claim.detail

    def is_violated(self, state: State) -> bool:
        """Whether something is violated in a state, a race of two steps that can come next too."""
        races = self._races.find(state) if state else ()
        return any(not self.is_reached(claim) for claim in self.list_broken(state)) or any(
            not self._silence.covers(failure.property, failure.declared) for failure, _, _ in races
        )

    def has_circle(self, orders: Iterable[Order]) -> bool:
        """Whether recorded orders that the spec does not allow go in a circle."""
        counted = (o for o in orders if not self._silence.covers(o.property, (o.first, o.second)))
        return bool(find_cycles(frozenset(counted)))


def breaks(model: Model, state: State, claim: Claim) -> bool:
    """Whether a state breaks the property (a `reachable`: satisfies it, or fails to be asked)."""
    kinds = {p.name: p.kind for p in model.program.properties}
    match kinds.get(claim.property, claim.property):
        case "invariant":
            return model.judges[claim.property](state) is not True
        case "reachable":
            answer = model.judges[claim.property](state)
            return isinstance(answer, Failure) if claim.detail else answer is True
        case "final":
            return is_quiescent(model, state) and model.judges[claim.property](state) is not True
        case "deadlock":
            return not _is_enabled(model, state) and not is_quiescent(model, state)
        case "leak":
            leaked = {failure.object for failure in LeakCheck(model.memory).find(state)}
            return is_quiescent(model, state) and claim.object in leaked
        case "stuck":
            return _is_stuck(model, state)
        case _:
            return False


def is_quiescent(model: Model, state: State) -> bool:
    """Whether no step is enabled and every thread has ended or is idle."""
    return all(is_idle(model, state, t.number) for t in model.memory.threads)


def _is_enabled(model: Model, state: State) -> bool:
    return any(model.outcomes(state, t.number) for t in model.memory.threads)


def _is_stuck(model: Model, state: State) -> bool:
    """Whether only states in which somebody can step, and no failing step, follow."""
    seen = {state}
    waiting = [state]
    while waiting and len(seen) <= STUCK_LIMIT:
        here = waiting.pop()
        outcomes = [o for t in model.memory.threads for o in model.outcomes(here, t.number)]
        if not outcomes:
            return False
        for outcome in outcomes:
            if isinstance(outcome.result, Failure):
                return False
            if outcome.result not in seen:
                seen.add(outcome.result)
                waiting.append(outcome.result)
    return True
