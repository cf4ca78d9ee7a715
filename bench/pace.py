"""What a stored state costs with all reductions, and without any: seconds of the search alone."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from combinations import ALL, NONE
from models import HERE, Settings
from processes import CommandError, run

from modelcheck.backends.native.cache import VARIABLE

ROUNDS = 3
SECONDS = 300.0
LEAST_SECONDS = 0.001  # what is less than the clock's noise


@dataclass(frozen=True, slots=True)
class Searched:
    """A size of a spec, and how many states are stored of it, with no reduction and with all."""

    settings: Settings
    states: int
    reduced_states: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Medians over the rounds, without what the least size takes; the ratio is that of neighbours
    in time.
    """

    name: str
    states: int
    seconds: float
    reduced_states: int
    reduced_seconds: float
    times: float


def find_pace(name: str, spec: Path, size: Searched, least: Searched) -> Pace:
    """Search two sizes with and without reductions in turn, native, one worker.

    What the least size takes (to start, level by level, to end) every search takes: only what is
    more is a matter of states.  Raises `CommandError`.
    """
    plain, reduced = [], []
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)

        def time_more(reduce: str) -> float:
            more = _time_search(spec, size.settings, reduce, folder)
            return max(more - _time_search(spec, least.settings, reduce, folder), LEAST_SECONDS)

        for _ in range(ROUNDS):
            plain.append(time_more(NONE))
            reduced.append(time_more(ALL))
    states = size.states - least.states
    few = size.reduced_states - least.reduced_states
    times = [(b / few) / (a / states) for a, b in zip(plain, reduced, strict=True)]
    return Pace(
        name,
        states,
        round(median(plain), 4),
        few,
        round(median(reduced), 4),
        round(median(times), 2),
    )


def _time_search(spec: Path, settings: Settings, reduce: str, folder: Path) -> float:
    sizes = [f"{name}={value}" for name, value in settings.items()]
    words: Sequence[str | Path] = [sys.executable, HERE / "walk.py", "warm", spec]
    command = [*words, f"began={time.monotonic()}", f"reduce={reduce}", *sizes]
    done = run(command, folder, SECONDS, {VARIABLE: str(folder / "cache")})
    try:
        found: dict[str, float] = json.loads(done.output)
    except ValueError:
        raise CommandError(done.output[-400:]) from None
    return found["search"]
