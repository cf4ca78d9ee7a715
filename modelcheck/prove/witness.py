"""What a solver found, run again by the python backend, as an ordinary violation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Order, Outcome, State
from modelcheck.diagnostics import InternalError
from modelcheck.explore.claims import Choices, Claim, Claims
from modelcheck.explore.deadlock import describe_deadlock
from modelcheck.explore.ending import Answers, Tally, make_path, make_result
from modelcheck.explore.findings import Origin
from modelcheck.explore.judging import Judging
from modelcheck.explore.options import Options
from modelcheck.explore.race import RaceCheck, Turn
from modelcheck.explore.result import Path, Result
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Program
from modelcheck.prove.bounded import Seen


@dataclass(frozen=True, slots=True)
class AtStart:
    """What the start itself shows: the properties that it violates, and the orders it records."""

    violated: Sequence[str] = ()
    orders: Sequence[Order] = ()


def show_violation(
    program: Program, options: Options, seen: Sequence[Seen], at_start: AtStart, depth: int
) -> Result | None:
    """The violations among what was seen, as the result of a search; None where there are none.

    Raises InternalError for what the python backend does not see: z3 is never the only word.
    """
    judging = Judging(Memory(program), options)
    labels = _Labels([*at_start.orders, *(one.goal.order for one in seen if one.goal.order)])
    claims = Claims(judging, labels.labels, labels.properties)
    ways: list[tuple[Choices, list[Choices]]] = []  # by the number of the claim
    starts = claims.model.start()
    for name in at_start.violated:
        claims.add(Claim("step", (), 0, (), ((-1, _find_failing(starts, name)),)))
        ways.append(((), []))
    for order in at_start.orders:
        turn = (-1, _find_recording(starts, order))
        claims.add(Claim("order", labels.key(order), 0, (), (turn,)))
        ways.append(((), []))
    for one in seen:
        if one.bad.kind == "reachable":
            continue
        claims.add(_make_claim(claims.model, one, labels))
        ways.append(_find_choices(claims.model, one))
    if not ways:
        return None

    def find_path(origin: Origin) -> Path:
        if origin.number < 0:
            return make_path(origin, (), ())
        return claims.make_path(origin, *ways[origin.number])

    steps = max(len(moves) for _, moves in ways)
    tally = Tally(
        states=steps + 1,
        transitions=steps,
        depth=depth,
        quiescent=0,
        deadlocks=0,
        taken=[[0] * len(table) for table in claims.model.tables],
        stopped_by=f"a depth of {depth} steps",
    )
    answers = Answers(
        lambda origins: [find_path(origin) for origin in origins],
        {"deadlock": lambda state: describe_deadlock(claims.model, state)},
    )
    return make_result(judging, tally, answers, "smt")


class _Labels:
    """Numbers for what orders are about, as a claim has them."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self.labels = sorted({label for order in orders for label in (order.first, order.second)})
        self.properties = sorted({order.property for order in orders})

    def key(self, order: Order) -> tuple[int, ...]:
        """The key of a claim of an order."""
        first, second = self.labels.index(order.first), self.labels.index(order.second)
        return self.properties.index(order.property), first, second


def _make_claim(model: Model, seen: Seen, labels: _Labels) -> Claim:
    """What a search would say that had come to the last state."""
    state, bad, key = seen.states[-1], seen.bad, seen.bad.key
    turns: tuple[Turn, ...] = ()
    if bad.kind == "step":
        choices = _find_failing(model.outcomes(state, bad.thread), seen.goal.name)
        turns = ((bad.thread, choices),)
    elif seen.goal.order is not None:
        choices = _find_recording(model.outcomes(state, bad.thread), seen.goal.order)
        turns, key = ((bad.thread, choices),), labels.key(seen.goal.order)
    elif bad.kind == "race":
        [slot] = bad.key
        shown = model.memory.slots[slot].name.removesuffix(" (length)")
        races = RaceCheck(model).find(state)
        turns = next(((one, two) for failure, one, two in races if failure.object == shown), ())
        if not turns:
            raise InternalError(f"z3 sees a race on {shown} that is none")
    return Claim(bad.kind, key, seen.depth, state, turns)


def _find_failing(outcomes: Sequence[Outcome], name: str) -> Choices:
    for outcome in outcomes:
        if isinstance(outcome.result, Failure) and outcome.result.property == name:
            return outcome.choices
    raise InternalError(f"z3 sees a step that violates {name}, which none does")


def _find_recording(outcomes: Sequence[Outcome], order: Order) -> Choices:
    for outcome in outcomes:
        if order in outcome.orders:
            return outcome.choices
    raise InternalError(f"z3 sees a step that records {order}, which none does")


def _find_choices(model: Model, seen: Seen) -> tuple[Choices, list[Choices]]:
    """The choices of the start and of each move that lead along the states."""
    initial = _find_leading(model.start(), seen.states[0])
    moves = []
    for before, after, thread in zip(seen.states, seen.states[1:], seen.threads, strict=False):
        moves.append((thread, *_find_leading(model.outcomes(before, thread), after)))
    return initial, moves


def _find_leading(outcomes: Sequence[Outcome], state: State) -> Choices:
    for outcome in outcomes:
        if outcome.result == state:
            return outcome.choices
    raise InternalError("z3 sees a step that the program does not have")
