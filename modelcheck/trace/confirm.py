"""Does a path that was run again show what it is said to show?

The last check before a user sees a violation: the backend's own judgement, in the very state or
step, without the search, its store or any reduction.
"""

from __future__ import annotations

from itertools import pairwise

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.diagnostics import InternalError
from modelcheck.explore.leak import LeakCheck
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.result import Path
from modelcheck.trace.derive import Claim, Run
from modelcheck.trace.endings import is_idle

STUCK_LIMIT = 100_000  # states looked at from a stuck one before its witness is believed


def confirm_run(model: Model, run: Run, path: Path, claim: Claim, number: int = 0) -> None:
    """Raise InternalError unless `run`, the path run again, shows the claim.

    `number` says which witness it is: those of an order are the edges of its cycle.
    """
    if not _shows_claim(model, run, path, claim, number):
        of = f" of {claim.object}" if claim.object else ""
        raise InternalError(f"a trace was replayed and does not show {claim.property}{of}")


def _shows_claim(model: Model, run: Run, path: Path, claim: Claim, number: int) -> bool:
    match path.last:
        case "step":
            failure = run.visits[-1].outcome.result
            return isinstance(failure, Failure) and (failure.property, failure.object) == (
                claim.property,
                claim.object,
            )
        case "edge":
            members = claim.object.split(" -> ")
            edges = list(pairwise(members))
            recorded = {
                (order.first, order.second)
                for order in run.visits[-1].outcome.orders
                if order.property == claim.property
            }
            return number < len(edges) and edges[number] in recorded
        case "race":
            turns = {(move.thread, move.choices) for move in path.race}
            return any(
                (failure.property, failure.object) == (claim.property, claim.object)
                and {first, second} == turns
                for failure, first, second in RaceCheck(model).find(run.state)
            )
        case _:
            return bool(run.state) and breaks(model, run.state, claim)


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
