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
from modelcheck.cli.group import ALL_STEPS, limit_run, modelcheck, select_program

if TYPE_CHECKING:
    from modelcheck.api import Form, Run  # not on the way to --help
    from modelcheck.trace.trace import Trace

    AnyForm = Form | Literal["json", "itf", "aut", "graphml"]


@modelcheck.command("graph")
@click.argument("source", metavar="SPEC|TRACE.json")
@select_program
@click.option(
    "--format",
    "form",
    type=click.Choice(["dot", "svg", "html", "mermaid", "json", "itf", "aut", "graphml"]),
    default="dot",
    show_default=True,
    help="itf is for tools of TLA+ and Quint. With --states: dot or svg, and for other tools aut"
    " (CADP, mCRL2) or graphml (networkx, Gephi, yEd).",
)
@click.option("--states", is_flag=True, help="The graph of all states instead of one trace.")
@click.option(
    "--sample",
    is_flag=True,
    help="A run on which nothing is violated instead; with --property, a way to a state that"
    " satisfies that `reachable`.",
)
@click.option(
    "--property", "property_name", metavar="P", help="With --sample: of this `reachable`."
)
@click.option("--seed", type=int, metavar="N", help="With --sample: of the run (0).")
@click.option("--all-steps", is_flag=True, help=ALL_STEPS)
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
    form: AnyForm,
    states: bool,
    sample: bool,
    property_name: str | None,
    seed: int | None,
    all_steps: bool,
    file: Path | None,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
) -> int:
    """Draw a violation, a lane per thread; with --sample a run without one, with --states the whole
    state graph.
    """
    from modelcheck import api, formats, samples
    from modelcheck.report.files import write_whole

    if states and form not in ("dot", "svg", "aut", "graphml"):
        raise click.BadParameter(
            "a state graph is dot or svg, aut or graphml", param_hint="--format"
        )
    if not states and form in ("aut", "graphml"):
        raise click.BadParameter(f"{form} is for --states", param_hint="--format")
    _refuse_sample(source, sample=sample, states=states, name=property_name, seed=seed)
    missing = _NO_VIOLATION
    if source.endswith(".json"):
        if states or form == "json" or variant is not None or settings:
            raise click.UsageError(
                "a trace file is drawn as it is: no --states, -D, --variant, json"
            )
        drawn: str | None
        if form == "itf":
            drawn = formats.write_file_itf(source)
        else:
            scenes = api.replay_file_scenes(source)
            drawn = api.write_scenes(scenes, _take_picture(form), all_steps=all_steps)
    elif sample and property_name is None:
        run, trace = samples.draw_sample(source, api.Choice(variant, settings), seed or 0)
        drawn, missing = _draw_trace(run, trace, form, all_steps=all_steps), _NO_SAMPLE
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
            choice, notice = api.Choice(variant, settings), Notices(live).say
            if property_name is not None:
                run, trace = samples.draw_reached(source, choice, property_name, options, notice)
            else:
                run, trace = api.check(source, choice, options, notice), None
        live.clear()
        if property_name is not None:
            drawn = _draw_trace(run, trace, form, all_steps=all_steps)
            missing = _describe_unreached(run, property_name)
        else:
            drawn = (
                _draw_states(run, form, max_states)
                if states
                else _draw_trace(run, api.record(run), form, all_steps=all_steps)
            )
    if drawn is None:
        click.echo(missing, err=True)
        return 3
    if file is None:
        say(drawn.rstrip("\n"))
    else:
        write_whole(file, drawn)
    return 0


_NO_VIOLATION = (
    "no violation was found, so there is no trace to draw; --sample draws a run without one, "
    "--variant another variant, --states the state graph"
)
_NO_SAMPLE = (
    "no run without a violation was found; --seed N draws others, and without --sample a violation"
    " is drawn"
)


def _refuse_sample(
    source: str, *, sample: bool, states: bool, name: str | None, seed: int | None
) -> None:
    """What does not go with --sample, and what goes with nothing else."""
    if sample and states:
        raise click.UsageError("--sample draws a run, --states all states: one of the two")
    if sample and source.endswith(".json"):
        raise click.UsageError("--sample is of a spec; a trace file is drawn as it is")
    if sample and name is not None and seed is not None:
        raise click.UsageError(
            "--seed is of a run; the way to a `reachable` is not drawn by chance"
        )
    if not sample and (name is not None or seed is not None):
        raise click.UsageError("--property and --seed are for --sample")


def _describe_unreached(run: Run, name: str) -> str:
    stopped = run.result.stopped_by if run.result is not None else ""
    if stopped and stopped != "decided":
        return f"no state that satisfies `{name}` was found before {stopped} ended the search"
    return f"no reachable state satisfies `{name}`, so there is nothing to draw"


def _draw_trace(run: Run, trace: Trace | None, form: AnyForm, *, all_steps: bool) -> str | None:
    from modelcheck import api, formats
    from modelcheck.trace.stored import write_trace

    if trace is None:
        return None
    if form == "json":
        return write_trace(trace)
    if form == "itf":
        return formats.write_run_itf(run, trace)
    return api.write_scenes(api.draw_trace(run, trace), _take_picture(form), all_steps=all_steps)


def _draw_states(run: Run, form: AnyForm, max_states: int | None) -> str:
    from modelcheck import api, formats

    if form == "aut" or form == "graphml":  # noqa: PLR1714 (mypy follows nothing else)
        return formats.write_states(run, form, max_states)
    return api.draw_states(run, "svg" if form == "svg" else "dot")


def _take_picture(form: AnyForm) -> Form:
    """What is left where the others were written or refused."""
    if form == "json" or form == "itf" or form == "aut" or form == "graphml":  # noqa: PLR1714
        raise click.BadParameter(f"{form} is no picture", param_hint="--format")
    return form
