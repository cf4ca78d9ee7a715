"""The command `gate`: every variant against what its spec expects of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelcheck.cli.console import InterruptFlag, LiveLine, Notices, say, say_all, warn
from modelcheck.cli.group import EXIT_CODES, choose_backend, modelcheck
from modelcheck.cli.options import Duration, Size, refuse_python_workers

if TYPE_CHECKING:
    from modelcheck.baseline.known import Baseline
    from modelcheck.explore.options import Backend

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_MOST_NAMES = 4  # of one kind in the lines at the end; files and --json have all


@modelcheck.command("gate", epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC…]")
@choose_backend
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="For each variant.")
@click.option("--max-memory", type=Size(), metavar="SIZE")
@click.option("--timeout", type=Duration(), metavar="TIME", help="For all of it together.")
@click.option(
    "--spec-timeout",
    type=Duration(),
    metavar="TIME",
    help="For each spec; what it cuts off is inconclusive or skipped, exit 3.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Specs at a time; the answer is the same with any. Default: one for each core.",
)
@click.option(
    "--baseline",
    "known",
    type=_FOLDER,
    metavar="DIR",
    help="Results to compare with: another verdict or count is exit 1. Default: `baseline` of"
    " [tool.modelcheck] in pyproject.toml, if it is there.",
)
@click.option("--no-baseline", is_flag=True, help="Compare with none.")
@click.option(
    "--times",
    type=_FILE,
    metavar="FILE",
    help="Keep there how long each spec takes, to begin with the cheapest next time.",
)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option(
    "--html",
    "folder",
    type=_FOLDER,
    metavar="DIR",
    help="Write index.html there, and a page for each trace.",
)
@click.option("--junit", type=_FILE, metavar="FILE", help="Write the outcomes as JUnit XML.")
@click.option(
    "--sarif", type=_FILE, metavar="FILE", help="Write what is not as expected as SARIF 2.1.0."
)
@click.option(
    "--summary", type=_FILE, metavar="FILE", help="Write a summary in Markdown, with diagrams."
)
@click.option(
    "--github",
    is_flag=True,
    help="Annotate lines in GitHub's way, and add the summary to that of the job.",
)
def gate_command(
    specs: Sequence[str],
    *,
    backend: Backend,
    workers: int | None,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
    spec_timeout: float | None,
    jobs: int | None,
    known: Path | None,
    no_baseline: bool,
    times: Path | None,
    as_json: bool,
    folder: Path | None,
    junit: Path | None,
    sarif: Path | None,
    summary: Path | None,
    github: bool,
) -> int:
    """Check every variant against what its spec expects of it."""
    from modelcheck import api
    from modelcheck.backends.native.compiler import count_cores
    from modelcheck.cli import costs, explain_failure
    from modelcheck.cli.outcome import GateOutcome, write_files
    from modelcheck.cli.side_by_side import Task, find_deadline, gate_files
    from modelcheck.report.text import describe_judgement
    from modelcheck.specfiles import find_specs

    refuse_python_workers(backend, workers)
    if as_json and github:
        raise click.UsageError("--json and --github both write to standard output; take one")
    baseline = _read_baseline(known, wanted=not no_baseline)
    before = costs.read_times(times) if times is not None else {}
    files = find_specs(specs)
    live = LiveLine("gate")
    notices = Notices(live)
    outcome = GateOutcome(baseline)
    with InterruptFlag() as interrupt:
        options = api.Options(
            backend=backend,
            workers=workers,
            max_states=max_states,
            max_memory=max_memory,
            progress=live.show,
            interrupted=interrupt.is_raised,
        )
        wants_suites = github or any(path is not None for path in (junit, sarif, summary))
        deadline = find_deadline(timeout)
        task = Task(options, deadline, spec_timeout, folder, wants_suites, baseline)
        order = costs.order_by_cost(files, before, baseline)
        for gated in gate_files(files, task, jobs or count_cores(), live.name, order):
            live.clear()
            for notice in gated.notices:
                notices.say(notice)
            failed = explain_failure(gated.spec.errors) if gated.spec.errors is not None else 0
            warn(gated.spec.warnings)
            if not as_json:
                for judgement in gated.spec.judgements:
                    say_all(describe_judgement(judgement))
            outcome.add(gated, failed)
    if folder is not None:
        api.write_gate_index(outcome.entries, folder)
    write_files(outcome, junit, sarif, summary, github=github)
    if times is not None:
        for line in costs.tell_slower(before, outcome.seconds):
            notices.say(line)
        costs.write_times(times, {**before, **outcome.seconds})
    if as_json:
        say(outcome.write_json().rstrip("\n"))
    else:
        say_all(outcome.describe(_MOST_NAMES))
    if outcome.is_empty:
        click.echo("error: no spec was selected", err=True)
    return outcome.code


def _read_baseline(known: Path | None, *, wanted: bool) -> Baseline | None:
    """What is to be compared with: the folder that was named, else the one of the project."""
    from modelcheck.baseline.known import read_baseline
    from modelcheck.specfiles import find_baseline, show_path

    if known is not None and not wanted:
        raise click.UsageError("--baseline and --no-baseline: take one")
    here = Path.cwd()
    folder = known or (find_baseline(here) if wanted else None)
    return None if folder is None else read_baseline(folder, show_path(here / folder, here))
