"""The small commands.  Whatever takes time to import is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from modelcheck.cli.console import (
    say,
    say_all,
)
from modelcheck.cli.group import modelcheck, select_program, shape_trace, tell_picture


@modelcheck.command("list")
@click.argument("specs", nargs=-1, metavar="[SPEC…]")
@click.option("--json", "as_json", is_flag=True, help="As one JSON array.")
def list_command(specs: Sequence[str], *, as_json: bool) -> int:
    """What there is: specs, their settings and variants, what is expected of them."""
    from modelcheck import api
    from modelcheck.cli import explain_failure
    from modelcheck.diagnostics import SpecErrors
    from modelcheck.report.json import info_to_json, write_json
    from modelcheck.report.table import print_table
    from modelcheck.report.text import list_specs

    found = list(api.list_specs(specs))
    infos = [entry for entry in found if not isinstance(entry, SpecErrors)]
    if as_json:
        say(write_json([info_to_json(info) for info in infos]).rstrip("\n"))
    elif sys.stdout.isatty():
        print_table(infos)
    else:
        say_all(list_specs(infos))
    codes = [explain_failure(entry) for entry in found if isinstance(entry, SpecErrors)]
    return max(codes, default=0)


@modelcheck.command("replay")
@click.argument("trace", metavar="TRACE.json")
@shape_trace
def replay_command(trace: str, *, columns: bool, all_steps: bool) -> int:
    """Run a stored trace again and show what it shows."""
    from modelcheck import api

    for picture in api.replay_file(trace, f"modelcheck replay {trace}"):
        text = tell_picture(picture, columns=columns, all_steps=all_steps)
        say_all(text.rstrip("\n").splitlines())
    return 0


@modelcheck.command("ir")
@click.argument("spec")
@select_program
@click.option("--after", metavar="PASS", help="The program after this pass (else the last one).")
@click.option("--layout", is_flag=True, help="Bits per field and bytes per state.")
def ir_command(
    spec: str, *, variant: str | None, settings: dict[str, str], after: str | None, layout: bool
) -> int:
    """Print the program that is made of a spec."""
    from modelcheck import api

    choice = api.Choice(variant, settings)
    say(api.describe_program(spec, choice, after=after, with_layout=layout).rstrip("\n"))
    return 0


@modelcheck.command("explain")
@click.argument("code", metavar="CODE")
def explain_command(code: str) -> int:
    """The rule behind the code of an error or warning, with a bad and a good example."""
    from modelcheck.codes import CODES, explain
    from modelcheck.diagnostics import did_you_mean

    text = explain(code)
    if text is None:
        hint = did_you_mean(code.upper(), CODES) or f"they go from {min(CODES)} to {max(CODES)}"
        raise click.BadParameter(f"there is no code `{code}`; {hint}", param_hint="CODE")
    say(text.rstrip("\n"))
    return 0


@modelcheck.command("new")
@click.argument("name")
def new_command(name: str) -> int:
    """Write a commented spec to start from: NAME.py, in specs/ where there is one."""
    from modelcheck.starter import write_starter

    path = write_starter(name)
    say(f"wrote {path}; now run: modelcheck check {path}")
    return 0
