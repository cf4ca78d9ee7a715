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


@dataclass(frozen=True, slots=True)
class Pace:
    """Medians over the rounds; the ratio is that of neighbours in time."""

    name: str
    states: int
    seconds: float
    reduced_states: int
    reduced_seconds: float
    times: float


def find_pace(name: str, spec: Path, settings: Settings, states: int, reduced_states: int) -> Pace:
    """Search a program with and without reductions in turn, native, one worker.

    `states` and `reduced_states` are what that stores.  Raises `CommandError`.
    """
    plain, reduced = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            plain.append(_time_search(spec, settings, NONE, Path(folder)))
            reduced.append(_time_search(spec, settings, ALL, Path(folder)))
    times = [
        (few / reduced_states) / (all_ / states) for all_, few in zip(plain, reduced, strict=True)
    ]
    return Pace(
        name,
        states,
        round(median(plain), 4),
        reduced_states,
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
