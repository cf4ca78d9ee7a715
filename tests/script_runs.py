"""Every run of the moves of a path, one after the other: what `explore.critical` is compared with.

Nothing is kept between two runs and nothing is shared with the search: an order of all steps is
one run, and whether it shows a violation is asked of `trace.confirm`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelcheck.backends.python.outcomes import Failure
from modelcheck.explore.race import RaceCheck
from modelcheck.trace.confirm import breaks
from modelcheck.trace.derive import Claim


class TooManyRunsError(Exception):
    """More runs than a test has time for."""


@dataclass(frozen=True)
class ScriptRun:
    """The steps of the path in the order in which a run took them, and whether it shows it."""

    order: tuple[int, ...]
    shows: bool

    def respects(self, pairs: Iterable[tuple[int, int]]) -> bool:
        """Whether no step came without the one that has to be before it."""
        places = {step: place for place, step in enumerate(self.order)}
        return all(b not in places or (a in places and places[a] < places[b]) for a, b in pairs)


def list_runs(model, target, path, most=3_000) -> list[ScriptRun]:
    """All runs; raises TooManyRunsError."""
    found = []
    start = next(o for o in model.start() if o.choices == path.initial)
    for run in _run(model, target, path, start.result, ()):
        found.append(run)
        if len(found) > most:
            raise TooManyRunsError
    return found


def _run(model, target, path, state, taken) -> Iterator[ScriptRun]:
    if path.last != "step" and _shows(model, target, state):
        yield ScriptRun(taken, shows=True)
        return
    ended = True
    for thread in {move.thread for move in path.moves}:
        left = [n for n, m in enumerate(path.moves) if m.thread == thread and n not in taken]
        if not left or model.location(state, thread) != path.moves[left[0]].location:
            continue
        for outcome in model.outcomes(state, thread):
            if outcome.choices != path.moves[left[0]].choices:
                continue
            ended = False
            further = (*taken, left[0])
            if isinstance(outcome.result, Failure):
                seen = (outcome.result.property, outcome.result.object)
                yield ScriptRun(further, shows=seen == target)
            else:
                yield from _run(model, target, path, outcome.result, further)
    if ended:
        yield ScriptRun(taken, shows=False)


def _shows(model, target, state) -> bool:
    if target[0] == "data-race":
        races = [failure for failure, *_ in RaceCheck(model).find(state)]
        return any((failure.property, failure.object) == target for failure in races)
    return breaks(model, state, Claim(*target))


def is_enough(runs: Iterable[ScriptRun], pairs: Iterable[tuple[int, int]]) -> bool:
    """Whether every run that respects some pairs shows the violation."""
    pairs = list(pairs)
    return all(run.shows for run in runs if run.respects(pairs))
