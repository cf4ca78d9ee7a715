"""`bench.py --gain`: count what reductions give, judge it, write gain.json and gain.md."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

from cases import CASES, Case
from combinations import ALL, NONE, Stored, count_combinations
from gain import GainLimits, GainRow, measure_gains
from gain_requirements import judge_gains
from gain_tables import write_gains
from machine import ask_version, describe_machine
from ours import MODELCHECK, has_compiler
from pace import Pace, Searched, find_pace
from processes import CommandError

from modelcheck.specfiles import find_specs

# Where it is told what a state costs: a small one, and one as large as those of the kernel are.
PACED = {"krefs": (7,), "kernfs-active-drain": (4,)}


def bench_gains(
    folder: Path,
    limits: GainLimits,
    *,
    names: Collection[str],
    sizes: Collection[str],
    jobs: int,
    is_quick: bool,
) -> int:
    """All of it into a folder; 1 where a count is wrong.

    `names` and `sizes` (numbers of threads) choose rows, all where empty; `is_quick`: the fewest
    threads only, and not every spec at its default size.
    """
    left_out: list[str] = []

    def leave_out(text: str) -> None:
        complain(text)
        left_out.append(text)

    spin = ask_version(["spin", "-V"]) if shutil.which("gcc") else ""
    cases = choose_cases(names, sizes, is_quick=is_quick)
    try:
        rows = measure_gains(
            cases,
            limits,
            jobs=jobs,
            has_spin=bool(spin),
            complain=leave_out,
            announce=complain,
        )
        defaults = {} if names or is_quick else count_defaults(limits, jobs, leave_out)
        paces = find_paces(cases, rows)
    except CommandError as error:
        complain(str(error))
        return 1
    requirements = judge_gains(rows, paces)
    machine = describe_machine()
    versions = {"modelcheck": ask_version([*MODELCHECK, "--version"]), "SPIN": spin}
    text = write_gains(
        machine,
        versions,
        rows,
        limits,
        left_out=left_out,
        requirements=requirements,
        defaults=defaults,
    )
    found = {
        "machine": machine,
        "tools": {name: version or None for name, version in versions.items()},
        "limits": asdict(limits),
        "requirements": [asdict(one) for one in requirements],
        "rows": [asdict(row) for row in rows],
        "left_out": left_out,
        "pace": [asdict(one) for one in paces],
        "defaults": {
            name: {one: asdict(count) for one, count in stored.items()}
            for name, stored in defaults.items()
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gain.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (folder / "gain.md").write_text(text, encoding="utf-8")
    print(text, end="")  # noqa: T201 (a program)
    return 0


def choose_cases(
    names: Collection[str], sizes: Collection[str], *, is_quick: bool
) -> tuple[Case, ...]:
    """The cases of these names, with these numbers of threads."""
    chosen = []
    for case in CASES:
        threads = case.threads[:1] if is_quick else case.threads
        threads = tuple(n for n in threads if not sizes or str(n) in sizes)
        if threads and (not names or case.name in names):
            chosen.append(replace(case, threads=threads))
    return tuple(chosen)


def count_defaults(
    limits: GainLimits, jobs: int, leave_out: Callable[[str], None]
) -> dict[str, dict[str, Stored]]:
    """Every spec there is, as it is checked without any option but `--reduce`."""

    def count(path: Path) -> dict[str, Stored]:
        with tempfile.TemporaryDirectory() as name:
            most, seconds = limits.states, limits.seconds
            counted = count_combinations(path, {}, Path(name), most_states=most, seconds=seconds)
            return dict(counted.stored)

    paths = [file.path for file in find_specs([])]
    if not paths:
        leave_out("there are no specs")
    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip([path.stem for path in paths], pool.map(count, paths), strict=True))


def find_paces(cases: Sequence[Case], rows: Sequence[GainRow]) -> list[Pace]:
    """What a state costs, where all searches came to an end; none without a compiler."""
    if not has_compiler():
        return []
    return [
        find_pace(f"{case.name} {threads}", case.spec, size, least)
        for case in cases
        for threads in PACED.get(case.name, ())
        if (size := _find_searched(case, rows, threads)) is not None
        and (least := _find_searched(case, rows, min(case.threads))) is not None
        and size.reduced_states > least.reduced_states
    ]


def _find_searched(case: Case, rows: Sequence[GainRow], threads: int) -> Searched | None:
    for row in rows:
        if (row.name, row.threads) == (case.name, threads):
            full, reduced = row.stored[NONE], row.stored[ALL]
            if full.is_whole and reduced.is_whole:
                return Searched({case.parameter: threads}, full.states, reduced.states)
    return None


def complain(text: str) -> None:
    """Say it where it disturbs no table."""
    print(f"bench: {text}", file=sys.stderr)  # noqa: T201 (a program)
