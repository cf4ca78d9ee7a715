"""`python -m tests.oracle [-v] [SPEC…]`: a line per variant, what was left out and why, totals.

Ends with 1 where SPIN and we disagree, or SPIN fails; with 2 where there is no SPIN.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import click

from modelcheck import api
from modelcheck.specfiles import find_spec, find_specs
from tests.oracle.compare import Comparison, compare
from tests.oracle.spin import SpinError, find_spin

WORKERS = 2

Job = tuple[str, str | None]  # a spec's path, a variant
Outcome = Comparison | str  # what came of it, or how SPIN failed


def main(arguments: Sequence[str]) -> int:
    """Compare every variant of some specs (all, without any); the exit code."""
    if find_spin() is None:
        click.echo("there is no `spin`; Debian has it: apt-get install spin", err=True)
        return 2
    jobs = list(list_jobs(arguments))
    with ProcessPoolExecutor(WORKERS) as pool:
        outcomes = list(pool.map(run_job, jobs))
    return report(jobs, outcomes)


def list_jobs(arguments: Sequence[str]) -> Iterator[Job]:
    """Every variant of the specs that `arguments` name."""
    for file in find_specs(arguments):
        info = api.load_spec(file).info
        for variant in (info.default, *info.variants):
            yield str(file.path), variant.name


def run_job(job: Job) -> Outcome:
    """Compare one variant of one spec."""
    path, name = job
    spec = api.load_spec(find_spec(path))
    variant = next(v for v in (spec.info.default, *spec.info.variants) if v.name == name)
    if variant.needs:
        return Comparison(excluded=f"needs {variant.needs}")
    try:
        return compare(api.make_program(spec, variant))
    except SpinError as error:
        return str(error)


def report(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> int:
    """Print what came of it; the exit code."""
    left_out, uncovered, wrong = [], [], 0
    for (path, variant), outcome in zip(jobs, outcomes, strict=True):
        name = f"{os.path.relpath(path)} {variant or '-'}"
        if isinstance(outcome, str):
            wrong += 1
            click.echo(f"FAILS     {name}: {outcome}")
        elif outcome.excluded:
            left_out.append(f"{name}: {outcome.excluded}")
        elif outcome.agrees:
            click.echo(f"agrees    {name}: {outcome.ours}")
        else:
            wrong += 1
            click.echo(f"DISAGREES {name}\n  here: {outcome.ours}\n  SPIN: {outcome.spin}")
        if isinstance(outcome, Comparison) and outcome.uncovered:
            uncovered.append(f"{name}: {', '.join(outcome.uncovered)}")
    print_list("not compared", left_out)
    print_list("violations that SPIN is not asked for (data-race, stuck)", uncovered)
    compared = len(jobs) - len(left_out)
    click.echo(f"{compared} compared, {wrong} different, {len(left_out)} not compared")
    if not jobs:
        click.echo("no spec was selected", err=True)
    return int(bool(wrong) or not compared)


def print_list(title: str, entries: Sequence[str]) -> None:
    """A titled list, where there is anything in it."""
    if entries:
        click.echo(f"{title}:")
        for entry in entries:
            click.echo(f"  {entry}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
