"""The command `gate`: every variant against what its spec expects of it."""

from __future__ import annotations

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
    from modelcheck.explore.options import Backend


@modelcheck.command("gate", epilog=EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC…]")
@choose_backend
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="For each variant.")
@click.option("--max-memory", type=Size(), metavar="SIZE")
@click.option("--timeout", type=Duration(), metavar="TIME", help="For all of it together.")
@click.option(
    "--html",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write index.html there, and a page for each trace.",
)
def gate_command(
    specs: Sequence[str],
    *,
    backend: Backend,
    workers: int | None,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
    folder: Path | None,
) -> int:
    """Check every variant against what its spec expects of it."""
    from modelcheck import api
    from modelcheck.cli import explain_failure
    from modelcheck.gate import Judgement, choose_gate_exit
    from modelcheck.report.text import describe_judgement, describe_totals

    refuse_python_workers(backend, workers)
    live = LiveLine("gate")
    notices = Notices(live)
    judgements: list[Judgement] = []
    failures: list[int] = []
    entries = []
    with InterruptFlag() as interrupt:
        options = api.Options(
            backend=backend,
            workers=workers,
            max_states=max_states,
            max_memory=max_memory,
            progress=live.show,
            interrupted=interrupt.is_raised,
        )
        for gated in api.gate(
            specs,
            options,
            timeout_seconds=timeout,
            announce=live.name,
            notice=notices.say,
        ):
            live.clear()
            if gated.errors is not None:
                failures.append(explain_failure(gated.errors))
            warn(gated.warnings)
            for judgement in gated.judgements:
                say_all(describe_judgement(judgement))
            judgements += gated.judgements
            if folder is not None:
                entries.append(api.write_gate_pages(gated, folder))
    if folder is not None:
        api.write_gate_index(entries, folder)
    say(describe_totals(judgements))
    if not judgements and not failures:
        click.echo("error: no spec was selected", err=True)
    return max(failures) if failures else choose_gate_exit(judgements)
