"""The command `gate`: every variant against what its spec expects of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelcheck.cli.console import (
    InterruptFlag,
    LiveLine,
    Notices,
    say,
    say_all,
    warn,
)
from modelcheck.cli.group import EXIT_CODES, choose_backend, modelcheck
from modelcheck.cli.options import (
    Duration,
    Size,
    refuse_python_workers,
)

if TYPE_CHECKING:
    from modelcheck.ci.junit import Suite
    from modelcheck.explore.options import Backend
    from modelcheck.pages.gate import Entry

_FILE = click.Path(dir_okay=False, path_type=Path)


@modelcheck.command("gate", epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC…]")
@choose_backend
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="For each variant.")
@click.option("--max-memory", type=Size(), metavar="SIZE")
@click.option("--timeout", type=Duration(), metavar="TIME", help="For all of it together.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Specs at a time; the answer is the same with any. Default: one for each core.",
)
@click.option(
    "--html",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
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
    jobs: int | None,
    folder: Path | None,
    junit: Path | None,
    sarif: Path | None,
    summary: Path | None,
    github: bool,
) -> int:
    """Check every variant against what its spec expects of it."""
    from modelcheck import api
    from modelcheck.backends.native.compiler import count_cores
    from modelcheck.cli import explain_failure
    from modelcheck.cli.side_by_side import Task, find_deadline, gate_files
    from modelcheck.gate import Judgement, choose_gate_exit
    from modelcheck.report.text import describe_judgement, describe_totals
    from modelcheck.specfiles import find_specs

    refuse_python_workers(backend, workers)
    live = LiveLine("gate")
    notices = Notices(live)
    judgements: list[Judgement] = []
    failures: list[int] = []
    entries: list[Entry] = []
    suites: list[Suite] = []
    wants_suites = github or any(path is not None for path in (junit, sarif, summary))
    with InterruptFlag() as interrupt:
        options = api.Options(
            backend=backend,
            workers=workers,
            max_states=max_states,
            max_memory=max_memory,
            progress=live.show,
            interrupted=interrupt.is_raised,
        )
        task = Task(options, find_deadline(timeout), folder, wants_suites)
        for gated in gate_files(find_specs(specs), task, jobs or count_cores(), live.name):
            live.clear()
            for notice in gated.notices:
                notices.say(notice)
            if gated.spec.errors is not None:
                failures.append(explain_failure(gated.spec.errors))
            warn(gated.spec.warnings)
            for judgement in gated.spec.judgements:
                say_all(describe_judgement(judgement))
            judgements += gated.spec.judgements
            if gated.entry is not None:
                entries.append(gated.entry)
            if gated.suite is not None:
                suites.append(gated.suite)
    if folder is not None:
        api.write_gate_index(entries, folder)
    _write_files(suites, junit, sarif, summary)
    if github:
        _tell_github(suites)
    say(describe_totals(judgements))
    if not judgements and not failures:
        click.echo("error: no spec was selected", err=True)
    return max(failures) if failures else choose_gate_exit(judgements)


def _write_files(
    suites: Sequence[Suite], junit: Path | None, sarif: Path | None, summary: Path | None
) -> None:
    from importlib import metadata

    from modelcheck.ci.github import write_summary
    from modelcheck.ci.junit import write_junit
    from modelcheck.ci.sarif import write_sarif
    from modelcheck.report.files import write_whole

    if junit is not None:
        write_whole(junit, write_junit(suites))
    if sarif is not None:
        findings = [finding for suite in suites for finding in suite.findings]
        write_whole(sarif, write_sarif(findings, metadata.version("modelcheck")))
    if summary is not None:
        write_whole(summary, write_summary(suites))


def _tell_github(suites: Sequence[Suite]) -> None:
    from modelcheck.ci.github import write_annotations, write_summary
    from modelcheck.report.files import OutputError

    say_all(write_annotations(finding for suite in suites for finding in suite.findings))
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8") as file:  # other steps write there too
                file.write(write_summary(suites))
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
