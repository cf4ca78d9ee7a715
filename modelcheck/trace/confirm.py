"""Does a path that was run again show what it is said to show?

The last check before a user sees a violation: the backend's own judgement, in the very state or
step, without the search, its store or any reduction.
"""

from __future__ import annotations

from itertools import pairwise

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure
from modelcheck.diagnostics import InternalError
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.result import Path
from modelcheck.trace.broken import Judging, breaks, is_quiescent
from modelcheck.trace.derive import Claim, Run
from modelcheck.trace.endings import SAMPLE


def confirm_run(model: Model, run: Run, path: Path, claim: Claim, number: int = 0) -> None:
    """Raise InternalError unless `run`, the path run again, shows the claim.

    `number` says which witness it is: those of an order are the edges of its cycle.
    """
    if not _shows_claim(model, run, path, claim, number):
        of = f" of {claim.object}" if claim.object else ""
        raise InternalError(f"a trace was replayed and does not show {claim.property}{of}")


def _shows_claim(model: Model, run: Run, path: Path, claim: Claim, number: int) -> bool:
    if claim.property == SAMPLE:
        return _passes(model, run, claim)
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


def _passes(model: Model, run: Run, claim: Claim) -> bool:
    """Whether nothing fails and nothing is broken on a run, and it ends at rest unless the claim
    says otherwise.
    """
    judging = Judging(model)
    return (
        all(not isinstance(visit.outcome.result, Failure) for visit in run.visits)
        and not any(judging.is_violated(visit.state) for visit in run.visits)
        and not judging.has_circle(o for visit in run.visits for o in visit.outcome.orders)
        and (bool(claim.detail) or is_quiescent(model, run.state))
    )
