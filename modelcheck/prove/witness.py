"""What a solver found, run again by the python backend, as an ordinary violation."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Outcome, State
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


def show_violation(
    program: Program, options: Options, seen: Sequence[Seen], at_start: Sequence[str], depth: int
) -> Result | None:
    """The violations among what was seen, as the result of a search; None where there are none.

    `at_start` are properties that the start itself violates.  Raises InternalError for what the
    python backend does not see: z3 is never the only word.
    """
    judging = Judging(Memory(program), options)
    claims = Claims(judging, (), ())
    ways: list[tuple[Choices, list[Choices]]] = []  # by the number of the claim
    for name in at_start:
        claims.add(Claim("step", (), 0, (), ((-1, _find_failing(claims.model.start(), name)),)))
        ways.append(((), []))
    for one in seen:
        if one.bad.kind == "reachable":
            continue
        claims.add(_make_claim(claims.model, one))
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


def _make_claim(model: Model, seen: Seen) -> Claim:
    """What a search would say that had come to the last state."""
    state, bad = seen.states[-1], seen.bad
    depth = len(seen.threads) + (bad.kind == "step")
    turns: tuple[Turn, ...] = ()
    if bad.kind == "step":
        choices = _find_failing(model.outcomes(state, bad.thread), seen.goal.name)
        turns = ((bad.thread, choices),)
    elif bad.kind == "race":
        [slot] = bad.key
        shown = model.memory.slots[slot].name.removesuffix(" (length)")
        races = RaceCheck(model).find(state)
        turns = next(((one, two) for failure, one, two in races if failure.object == shown), ())
        if not turns:
            raise InternalError(f"z3 sees a race on {shown} that is none")
    return Claim(bad.kind, bad.key, depth, state, turns)


def _find_failing(outcomes: Sequence[Outcome], name: str) -> Choices:
    for outcome in outcomes:
        if isinstance(outcome.result, Failure) and outcome.result.property == name:
            return outcome.choices
    raise InternalError(f"z3 sees a step that violates {name}, which none does")


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
