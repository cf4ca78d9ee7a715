"""Where the seconds of one `modelcheck check --backend native` go, from the shell to the report.

A process of its own (walk.py) walks the pipeline as the command does and looks at the clock between
its stages; the command itself is timed beside it.  With an empty cache and with a warm one.

    python bench/stages.py SPEC NAME=VALUE…      prints JSON
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from models import HERE, ROOT, Settings
from ours import list_check_words
from processes import CommandError, run
from walk import MODEL_ALONE, RUNTIME_ALONE

from modelcheck.backends.native.cache import VARIABLE

JOURNEYS: Mapping[str, tuple[Path, Settings]] = {
    "kernfs-release-once": (ROOT / "specs/kernfs/kernfs-release-once.py", {}),
    "krefs 3": (ROOT / "bench/specs/krefs.py", {"threads": 3}),
}

ROUNDS = 3
TIMEOUT = 120.0
Cache = Literal["cold", "warm"]


@dataclass(frozen=True, slots=True)
class Journey:
    """One spec with one state of the cache: seconds, medians over the rounds.

    `parts` are those of a run in stages, `seconds` their sum.  The whole commands are timed from
    outside; compilers by themselves only where the cache is cold.
    """

    cache: Cache
    parts: Mapping[str, float]
    seconds: float
    native_seconds: float
    auto_seconds: float
    model_seconds: float | None = None
    runtime_seconds: float | None = None


def find_journeys(rounds: int) -> dict[str, Journey]:
    """Each of JOURNEYS, cold and warm, by title."""
    return {
        f"{title}, {cache}": find_journey(spec, settings, cache, rounds)
        for title, (spec, settings) in JOURNEYS.items()
        for cache in ("cold", "warm")
    }


def find_journey(spec: Path, settings: Settings, cache: Cache, rounds: int) -> Journey:
    """Run a spec in stages and as a command, several times.  Raises `CommandError`."""
    words = list_check_words(spec, settings)
    sizes = [f"{name}={value}" for name, value in settings.items()]
    stages: list[str | Path] = [sys.executable, HERE / "walk.py", cache, spec, *sizes]
    walked, native, auto = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if cache == "warm":
            _run_command([*words, "--backend", "native"], folder, folder / "warm")
        for number in range(rounds):
            for kind in ("stages", "native", "auto"):
                kept = folder / ("warm" if cache == "warm" else f"{kind}-{number}")
                if kind == "stages":
                    walked.append(_walk(stages, folder, kept))
                elif kind == "native":
                    native.append(_run_command([*words, "--backend", "native"], folder, kept))
                else:
                    auto.append(_run_command(words, folder, kept))
    found = {part: round(median(one[part] for one in walked), 4) for part in walked[0]}
    model, runtime = found.pop(MODEL_ALONE, None), found.pop(RUNTIME_ALONE, None)
    return Journey(
        cache,
        found,
        round(sum(found.values()), 4),
        round(median(native), 4),
        round(median(auto), 4),
        model,
        runtime,
    )


def _run_command(command: Sequence[str | Path], folder: Path, cache: Path) -> float:
    done = run(command, folder, TIMEOUT, {VARIABLE: str(cache)})
    if done.returncode not in {0, 1}:
        raise CommandError(done.output[-400:])
    return done.seconds


def _walk(command: Sequence[str | Path], folder: Path, cache: Path) -> dict[str, float]:
    began = time.monotonic()
    done = run([*command, f"began={began}"], folder, TIMEOUT, {VARIABLE: str(cache)})
    try:
        found: dict[str, float] = json.loads(done.output)
    except ValueError:
        raise CommandError(done.output[-400:]) from None
    return found


def main(arguments: list[str]) -> int:
    """Print the journeys of the spec that the arguments name."""
    settings = {name: int(value) for name, _, value in (a.partition("=") for a in arguments[1:])}
    caches: tuple[Cache, ...] = ("cold", "warm")
    path = Path(arguments[0]).resolve()
    found = {cache: asdict(find_journey(path, settings, cache, ROUNDS)) for cache in caches}
    print(json.dumps(found, indent=2))  # noqa: T201 (a program)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
