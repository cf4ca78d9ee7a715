"""The command `graph`: a violation, or all states, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from modelcheck.cli.console import (
    InterruptFlag,
    LiveLine,
    Notices,
    say,
)
from modelcheck.cli.group import limit_run, modelcheck, select_program

if TYPE_CHECKING:
    from modelcheck.api import Form, Run  # not on the way to --help


@modelcheck.command("graph")
@click.argument("source", metavar="SPEC|TRACE.json")
@select_program
@click.option(
    "--format",
    "form",
    type=click.Choice(["dot", "svg", "html", "mermaid", "json"]),
    default="dot",
    show_default=True,
)
@click.option("--states", is_flag=True, help="The graph of all states instead of one trace.")
@click.option(
    "-o",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there instead of to stdout.",
)
@limit_run
def graph_command(
    source: str,
    *,
    variant: str | None,
    settings: dict[str, str],
    form: Form | Literal["json"],
    states: bool,
    file: Path | None,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
) -> int:
    """Draw a violation, a lane per thread; or, with --states, the whole state graph."""
    from modelcheck import api
    from modelcheck.report.files import write_whole

    if states and form not in ("dot", "svg"):
        raise click.BadParameter("a state graph is dot or svg", param_hint="--format")
    if source.endswith(".json"):
        if states or form == "json" or variant is not None or settings:
            raise click.UsageError(
                "a trace file is drawn as it is: no --states, -D, --variant, json"
            )
        scenes = api.replay_file_scenes(source)
        drawn: str | None = api.write_scenes(scenes, form)
    else:
        live = LiveLine(source)
        with InterruptFlag() as interrupt:
            options = api.Options(
                max_states=max_states,
                max_memory=max_memory,
                timeout_seconds=timeout,
                progress=live.show,
                interrupted=interrupt.is_raised,
                shortest="auto",
            )
            choice = api.Choice(variant, settings)
            run = api.check(source, choice, options, Notices(live).say)
        live.clear()
        drawn = _draw_run(run, form, states=states)
    if drawn is None:
        click.echo(
            "no violation was found, so there is no trace to draw; "
            "--variant draws another variant, --states the state graph",
            err=True,
        )
        return 3
    if file is None:
        say(drawn.rstrip("\n"))
    else:
        write_whole(file, drawn)
    return 0


def _draw_run(run: Run, form: Form | Literal["json"], *, states: bool) -> str | None:
    from modelcheck import api
    from modelcheck.trace.stored import write_trace

    if states:
        return api.draw_states(run, "svg" if form == "svg" else "dot")
    if form == "json":
        trace = api.record(run)
        return write_trace(trace) if trace is not None else None
    scenes = api.draw_scenes(run)
    return api.write_scenes(scenes, form) if scenes else None
