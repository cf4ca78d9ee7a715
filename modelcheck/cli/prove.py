"""The command `prove`: what z3 can say of a spec, for runs of any length."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from modelcheck.cli.console import InterruptFlag, LiveLine, say, say_all, warn
from modelcheck.cli.group import modelcheck, select_program, shape_trace, tell_picture
from modelcheck.cli.options import Duration

if TYPE_CHECKING:
    from modelcheck.prove.result import Method  # not on the way to --help
    from modelcheck.trace.picture import Picture

EXIT_CODES = """\b
Exit codes
  0 proved, 1 violated, 3 inconclusive (or the variant cannot be checked yet)
  2 bad spec or usage, 4 internal error
"""
SECONDS = 60.0


@modelcheck.command("prove", epilog=EXIT_CODES)
@click.argument("spec")
@select_program
@click.option(
    "--property",
    "property_names",
    multiple=True,
    metavar="P",
    help="Prove only this property (may be repeated), with every invariant as a lemma.",
)
@click.option(
    "--method",
    type=click.Choice(["auto", "bounded", "induction", "spacer"]),
    default="auto",
    show_default=True,
    help="bounded: look for a violation within ever more steps; induction: that, and k-induction;"
    " spacer: z3's own search for an invariant; auto: all three, in turns.",
)
@click.option(
    "--depth",
    "most_steps",
    type=click.IntRange(0),
    metavar="N",
    help="Steps that bounded search and induction go up to; else as far as time allows.",
)
@click.option(
    "--timeout",
    type=Duration(),
    default=f"{SECONDS:.0f}s",
    show_default=True,
    metavar="TIME",
    help="For all of it, such as 90s or 10m.",
)
@click.option(
    "--threads",
    type=click.Choice(["any"]),
    help="Prove it for any number of those threads whose number is a parameter.",
)
@shape_trace
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option(
    "-o",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the trace of a violation there.",
)
def prove_command(
    spec: str,
    *,
    variant: str | None,
    settings: dict[str, str],
    property_names: tuple[str, ...],
    method: Method,
    most_steps: int | None,
    timeout: float,
    threads: Literal["any"] | None,
    columns: bool,
    all_steps: bool,
    as_json: bool,
    folder: Path | None,
) -> int:
    """Prove a spec by z3: what exploring verifies by visiting all states, from the text alone.

    A property that is proved holds for runs of any length, with the sizes of the spec. A violation
    that z3 finds is run again before it is shown. `check` is faster where it can be used.
    """
    from modelcheck import api
    from modelcheck.backends.smt.ways import UnsupportedError
    from modelcheck.cli.check import store_trace
    from modelcheck.prove.attempt import attempt
    from modelcheck.prove.json import attempt_to_json
    from modelcheck.prove.prove import ProveOptions
    from modelcheck.prove.result import choose_prove_exit
    from modelcheck.prove.text import describe_attempt
    from modelcheck.report.json import write_json
    from modelcheck.report.text import describe_unchecked

    if threads is not None and (method != "auto" or most_steps is not None):
        raise click.UsageError("--threads any has a method of its own: no --method, no --depth")
    live = LiveLine(f"prove {spec}")
    with InterruptFlag() as interrupt:
        options = ProveOptions(
            method=method,
            most_steps=most_steps,
            seconds=timeout,
            properties=frozenset(property_names) or None,
            interrupted=interrupt.is_raised,
            notice=live.tell,
        )
        try:
            choice = api.Choice(variant, settings)
            tried = attempt(spec, choice, options, any_number=threads is not None)
        except UnsupportedError as error:
            live.clear()
            click.echo(f"{spec} cannot be asked of z3: {error}", err=True)
            return 3
    live.clear()
    run, proving = tried.run, tried.proving
    warn(run.warnings)
    written = None if folder is None else store_trace(run, folder)
    if as_json:
        say(write_json(attempt_to_json(tried)).rstrip("\n"))
    elif proving is None:
        say(describe_unchecked(run.info, run.variant))
    else:
        replay = f"modelcheck replay {written}" if written else api.name_command(run, "prove")
        traces = [
            tell_picture(_leave_out_search(picture), columns=columns, all_steps=all_steps)
            for picture in api.draw_pictures(run, replay)
        ]
        say_all(describe_attempt(tried, traces))
    return choose_prove_exit(proving)


def _leave_out_search(picture: Picture) -> Picture:
    """The picture without what a search has covered: there was none."""
    scope = tuple(part for part in picture.heading.scope if part.startswith("memory model"))
    return replace(picture, heading=replace(picture.heading, counts="", scope=scope))
