"""`python -m tests.oracle [--random N] [--seed S] [--form F] [SPEC…]`: a line per program, what was
left out and why, totals.  Of the form `processes` only the violated properties are compared.

With `--random`, N random programs come after the specs (and alone where no spec is named).  Ends
with 1 where SPIN and we disagree, SPIN fails, or too many of the random programs are left out;
with 2 where there is no SPIN.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import click

from modelcheck import api
from modelcheck.diagnostics import SpecErrors
from modelcheck.specfiles import find_spec, find_specs
from tests.oracle.compare import Comparison, compare, compare_verdicts
from tests.oracle.sample import draw
from tests.oracle.spin import SpinError, find_spin

WORKERS = 2
COMPARE = {"oracle": compare, "processes": compare_verdicts}
# Variants that this version cannot check at all do not count; of all others, at most.
VARIANTS_LEFT_OUT = 0.05
# Of the random programs, at most.  `processes` says values as SPIN's numbers, which have 32 bits
# (the oracle form has C's where it must), so every program with a `U32` is left out there.
LEFT_OUT = {"oracle": 0.05, "processes": 0.1}

NEEDS = "needs "

Job = tuple[str, str | None]  # a spec's path, a variant
Outcome = Comparison | str  # what came of it, or how SPIN failed


@click.command()
@click.option("--random", "count", type=int, default=0, help="How many random programs.")
@click.option("--seed", type=int, default=1, help="The first one's seed.")
@click.option("--form", type=click.Choice(("oracle", "processes")), default="oracle")
@click.argument("specs", nargs=-1)
def main(count: int, seed: int, form: str, specs: tuple[str, ...]) -> None:
    """Compare every variant of some specs (all, without any), or random programs."""
    if find_spin() is None:
        click.echo("there is no `spin`; Debian has it: apt-get install spin", err=True)
        sys.exit(2)
    jobs = list(list_jobs(specs)) if specs or not count else []
    seeds = range(seed, seed + count)
    with ProcessPoolExecutor(WORKERS) as pool:
        outcomes = list(pool.map(partial(run_job, form=form), jobs))
        random = list(pool.map(partial(run_random, form=form), seeds))
    code = 0
    if jobs or not count:
        names = [f"{os.path.relpath(path)} {variant or '-'}" for path, variant in jobs]
        code = report(names, outcomes) | (report_variants_left_out(outcomes) if jobs else 0)
    if count:
        code |= report([name for name, _ in random], [outcome for _, outcome in random])
        code |= report_left_out([outcome for _, outcome in random], form)
    sys.exit(code)


def list_jobs(arguments: Sequence[str]) -> Iterator[Job]:
    """Every variant of the specs that `arguments` name."""
    for file in find_specs(arguments):
        info = api.load_spec(file).info
        for variant in (info.default, *info.variants):
            yield str(file.path), variant.name


def run_job(job: Job, form: str = "oracle") -> Outcome:
    """Compare one variant of one spec."""
    path, name = job
    try:
        spec = api.load_spec(find_spec(path))
        variant = next(v for v in (spec.info.default, *spec.info.variants) if v.name == name)
        if variant.needs:
            return Comparison(excluded=f"{NEEDS}{variant.needs}")
        return COMPARE[form](api.make_program(spec, variant))
    except (SpinError, SpecErrors) as error:
        return str(error)


def run_random(seed: int, form: str = "oracle") -> tuple[str, Outcome]:
    """Compare the random program of one seed, which gets a name."""
    drawn = draw(seed)
    try:
        return drawn.name, COMPARE[form](drawn.program)
    except SpinError as error:
        return drawn.name, str(error)


def report_left_out(outcomes: Sequence[Outcome], form: str = "oracle") -> int:
    """Count the reasons for which random programs were left out; 1 where there are too many."""
    reasons = Counter(o.excluded for o in outcomes if isinstance(o, Comparison) and o.excluded)
    share = reasons.total() / len(outcomes)
    click.echo(f"{100 * share:.1f} % of {len(outcomes)} random programs left out")
    for reason, count in reasons.most_common():
        click.echo(f"  {count} because {reason}")
    return int(share > LEFT_OUT[form])


def report(names: Sequence[str], outcomes: Sequence[Outcome]) -> int:
    """Print what came of it; the exit code."""
    left_out, uncovered, wrong = [], [], 0
    for name, outcome in zip(names, outcomes, strict=True):
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
    compared = len(names) - len(left_out)
    click.echo(f"{compared} compared, {wrong} different, {len(left_out)} not compared")
    if not names:
        click.echo("no spec was selected", err=True)
    return int(bool(wrong) or not compared)


def report_variants_left_out(outcomes: Sequence[Outcome]) -> int:
    """1 where too many variants are left out, but for those that wait for a version of ours."""
    reasons = [o.excluded for o in outcomes if isinstance(o, Comparison)]
    ours = [reason for reason in reasons if reason.startswith(NEEDS)]
    refused = sum(map(bool, reasons)) - len(ours)
    share = refused / max(len(outcomes) - len(ours), 1)
    click.echo(f"{100 * share:.1f} % of what can be checked here is left out")
    return int(share > VARIANTS_LEFT_OUT)


def print_list(title: str, entries: Sequence[str]) -> None:
    """A titled list, where there is anything in it."""
    if entries:
        click.echo(f"{title}:")
        for entry in entries:
            click.echo(f"  {entry}")


if __name__ == "__main__":
    main()
