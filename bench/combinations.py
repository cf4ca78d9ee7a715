"""The states of one program with each combination of reductions; run as a process of its own.

    python bench/combinations.py SPEC STATES SECONDS WITHOUT NAME=VALUE…      prints JSON

Gives up on a combination after so many STATES or SECONDS.  WITHOUT names those that are not to be
tried, such as `none+por`, or is `-`.  With the counts comes the program in Promela, as far as that
can say it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from processes import CommandError, run

from modelcheck import api
from modelcheck.explore.agreement import find_disagreement
from modelcheck.explore.options import REDUCTIONS
from modelcheck.explore.result import Verdict
from modelcheck.export.promela import Unsayable, write_processes
from modelcheck.specfiles import find_spec

NONE, BOTH, ALL = "none", "por,symmetry", "por,symmetry,fuse"
# Each alone, the two that decide what is visited, and all.
COMBINATIONS = (NONE, *REDUCTIONS, BOTH, ALL)
START_SECONDS = 60.0  # beside the searches: Python, the front end, compilers


@dataclass(frozen=True, slots=True)
class Stored:
    """How many states a search stored; at least so many where it gave up (`is_whole` is false)."""

    states: int
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Counted:
    """What one program gave.  `promela` is empty where Promela cannot say it: `why_not` says why.

    `violated` are the properties that some combination found violated, `expected` those of which
    the spec says so; `is_verified` says that one of them decided all and found none.
    """

    stored: Mapping[str, Stored]
    violated: tuple[str, ...]
    expected: tuple[str, ...]
    is_verified: bool
    promela: str
    why_not: str


def count_combinations(
    spec: Path,
    settings: Mapping[str, int],
    folder: Path,
    *,
    most_states: int,
    seconds: float,
    without: Iterable[str] = (),
) -> Counted:
    """Run this file.  Raises `CommandError`: also where verdicts depend on the reductions."""
    sizes = [f"{name}={value}" for name, value in settings.items()]
    limits = [str(most_states), str(seconds), "+".join(without) or "-"]
    longest = START_SECONDS + len(COMBINATIONS) * (seconds + START_SECONDS)
    words: list[str | Path] = [sys.executable, Path(__file__), spec, *limits, *sizes]
    done = run(words, folder, longest)
    try:
        found = json.loads(done.output[done.output.index("{") :])
    except ValueError:
        raise CommandError(f"modelcheck: {done.output[-400:]}") from None
    return Counted(
        {name: Stored(**one) for name, one in found["stored"].items()},
        tuple(found["violated"]),
        tuple(found["expected"]),
        found["is_verified"],
        found["promela"],
        found["why_not"],
    )


def explore_combinations(
    spec: str, settings: Mapping[str, int], most_states: int, seconds: float, without: set[str]
) -> dict[str, object]:
    """The same in this process, as JSON has it.  Raises `CommandError` where verdicts differ."""
    loaded = api.load_spec(find_spec(spec))
    program = api.make_program(loaded, loaded.info.default, settings)
    results = {
        name: api.explore(
            program,
            api.Options(
                reduce=frozenset(one for one in REDUCTIONS if one in name.split(",")),
                max_states=most_states,
                timeout_seconds=seconds,
            ),
        )
        for name in COMBINATIONS
        if name not in without
    }
    if disagreement := find_disagreement(list(results.values())):
        raise CommandError(f"{spec}: {disagreement}")
    try:
        promela, why_not = write_processes(program), ""
    except Unsayable as error:
        promela, why_not = "", str(error)
    return {
        "stored": {
            name: {"states": result.counts.states, "is_whole": result.exhausted}
            for name, result in results.items()
        },
        "violated": sorted({v.property for r in results.values() for v in r.violations}),
        "expected": [name.partition("(")[0] for name in loaded.info.default.violates],
        "is_verified": any(r.verdict is Verdict.VERIFIED for r in results.values()),
        "promela": promela,
        "why_not": why_not,
    }


def main(arguments: list[str]) -> int:
    """Print the counts of the spec that the arguments name."""
    spec, most_states, seconds, without, *sizes = arguments
    settings = {name: int(value) for name, _, value in (size.partition("=") for size in sizes)}
    found = explore_combinations(
        spec, settings, int(most_states), float(seconds), set(without.split("+"))
    )
    print(json.dumps(found))  # noqa: T201 (a program)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
