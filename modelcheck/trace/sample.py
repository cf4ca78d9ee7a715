"""Program → one run of it on which nothing is violated: an example to look at, no proof.

Runs are drawn by chance, from a seed.  A thread is let go on for a while, as a scheduler would, so
that the run can be followed; of several runs the one is taken that shows most.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, Order, Outcome, State
from modelcheck.explore.result import Counts, Move, Path, Result, Violation
from modelcheck.explore.walk import make_move
from modelcheck.frontend.spec import SpecInfo
from modelcheck.trace.broken import Judging
from modelcheck.trace.endings import SAMPLE
from modelcheck.trace.trace import Trace, record_trace

TRIES = 32
MOST_STEPS = 400  # of a run that is to come to rest
SHOWN_STEPS = 40  # of one that does not
STAYS = 0.75  # how likely the thread that moved last moves again, if it can


@dataclass(frozen=True, slots=True)
class _Run:
    """A path, and whether it ends at rest."""

    path: Path
    rests: bool

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """The greater, the better to look at: it rests, it has many different steps, few switches,
        and few steps.
        """
        moves = self.path.moves
        locations = {(move.thread, move.location) for move in moves}
        switches = sum(a.thread != b.thread for a, b in pairwise(moves))
        return self.rests, len(locations), -switches, -len(moves)


def find_sample(model: Model, seed: int = 0) -> tuple[Path, bool] | None:
    """A run on which no step fails and no state breaks a property, and whether it ends at rest.

    None where none was found in a fixed number of tries: that there is none is not said.
    """
    dice = random.Random(seed)  # noqa: S311 (no secret)
    judging = Judging(model)
    runs = [_draw(model, judging, dice) for _ in range(TRIES)]
    best = max((run for run in runs if run is not None), key=lambda run: run.rank, default=None)
    return None if best is None else (best.path, best.rests)


def _draw(model: Model, judging: Judging, dice: random.Random) -> _Run | None:
    """One run, None where it comes to where only violations follow."""
    first = _choose(model.start(), judging, dice)
    if first is None:
        return None
    state, choices, orders = first
    moves: list[Move] = []
    last = -1
    while len(moves) < MOST_STEPS:
        turns = _list_turns(model, state)
        if not turns:
            return (
                None
                if judging.has_circle(orders)
                else _Run(Path(choices, tuple(moves)), rests=True)
            )
        order = [last] if last in turns and dice.random() < STAYS else []
        others = [thread for thread in turns if thread not in order]
        dice.shuffle(others)
        for thread in (*order, *others):
            found = _choose(turns[thread], judging, dice)
            if found is not None:
                moves.append(make_move(model.memory, state, thread, found[1]))
                state, last = found[0], thread
                orders = orders | found[2]
                break
        else:
            return None
    if judging.has_circle(orders):
        return None
    return _Run(Path(choices, tuple(moves[:SHOWN_STEPS])), rests=False)


def _list_turns(model: Model, state: State) -> Mapping[int, list[Outcome]]:
    outcomes = {t.number: model.outcomes(state, t.number) for t in model.memory.threads}
    return {thread: found for thread, found in outcomes.items() if found}


def _choose(
    outcomes: list[Outcome], judging: Judging, dice: random.Random
) -> tuple[State, tuple[int, ...], frozenset[Order]] | None:
    """One of several transitions that fails nothing and breaks nothing, if there is one."""
    for outcome in dice.sample(outcomes, len(outcomes)):
        reached = outcome.result
        if not isinstance(reached, Failure) and not judging.is_violated(reached):
            return reached, outcome.choices, frozenset(outcome.orders)
    return None


def record_sample(
    model: Model,
    info: SpecInfo,
    sources: Mapping[str, str],
    variant: str | None,
    seed: int = 0,
) -> Trace | None:
    """A run that `find_sample` finds as a stored trace, after it was run again and judged."""
    found = find_sample(model, seed)
    if found is None:
        return None
    path, rests = found
    steps = len(path.moves)
    detail = "" if rests else f"it goes on: these are its first {steps} steps"
    claim = Violation(SAMPLE, "", (), detail, steps, (path,))
    scope = (f"one run, drawn by chance (seed {seed}): nothing was searched",)
    counts = Counts(steps + 1, steps, None)
    name = model.program.name
    result = Result(name, variant, (), counts, exhausted=False, search="sample", scope=scope)
    return record_trace(model, info, sources, result, claim)
