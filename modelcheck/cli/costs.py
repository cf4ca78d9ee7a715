"""What specs will take, so that a gate can begin with the cheapest.

A guess will do, since only the order in which specs are checked depends on it: the seconds of the
last time, else the states of the baseline, else the size of the file.  Times are no facts about a
spec, so they have a file of their own, which belongs in no repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from modelcheck.baseline.known import Baseline
from modelcheck.report.files import write_whole
from modelcheck.specfiles import SelectionError, SpecFile

SCHEMA = "modelcheck-times-1"

# Of the shipped specs on one core; a file of many lines has many variants.
_SECONDS_PER_BYTE = 1 / 15_000
_SECONDS_PER_VARIANT = 0.15
_SECONDS_PER_STATE = 1 / 30_000

# Less than this is noise on a machine that others use too.
SLOWER = 2.0
SLOWER_SECONDS = 2.0


def read_times(path: Path) -> dict[str, float]:
    """The seconds of each spec by path; of a file that is not there yet, none.

    Raises `SelectionError` for a file that holds anything else: it would be overwritten.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["schema"] == SCHEMA:
            return {str(name): float(seconds) for name, seconds in value["seconds"].items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SelectionError(f"cannot read {path}: {error.strerror or error}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    raise SelectionError(f"{path} holds no times of this version; remove it, or name another file")


def write_times(path: Path, seconds: Mapping[str, float]) -> None:
    """The file that `read_times` reads.  Raises `OutputError`."""
    rounded = {name: round(seconds[name], 2) for name in sorted(seconds)}
    write_whole(path, json.dumps({"schema": SCHEMA, "seconds": rounded}, indent=2) + "\n")


def order_by_cost(
    files: Sequence[SpecFile], times: Mapping[str, float], baseline: Baseline | None
) -> list[int]:
    """The numbers of the specs, the cheapest first; of those that cost the same, the first."""
    costs = [_guess(file, times, baseline) for file in files]
    return sorted(range(len(files)), key=lambda number: costs[number])


def _guess(file: SpecFile, times: Mapping[str, float], baseline: Baseline | None) -> float:
    if file.shown in times:
        return times[file.shown]
    known = baseline.find(file.name, file.shown) if baseline is not None else None
    if known is not None:
        counts = [variant.counts for variant in known.variants.values()]
        states = sum(min((c.states for c in of.values()), default=0) for of in counts)
        return len(counts) * _SECONDS_PER_VARIANT + states * _SECONDS_PER_STATE
    try:
        return file.path.stat().st_size * _SECONDS_PER_BYTE
    except OSError:  # the front end says what is wrong with it
        return 0.0


def tell_slower(before: Mapping[str, float], now: Mapping[str, float]) -> Iterator[str]:
    """A line for each spec that took much longer than the last time."""
    for name, seconds in now.items():
        last = before.get(name)
        if last is not None and seconds > max(SLOWER * last, last + SLOWER_SECONDS):
            yield f"{name} took {seconds:.1f} s, {last:.1f} s the last time"
