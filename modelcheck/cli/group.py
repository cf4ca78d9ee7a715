"""The group of all commands, and the options that several of them have."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from modelcheck.cli.console import find_version
from modelcheck.cli.options import Duration, Size, read_settings, refuse_later_backend

if TYPE_CHECKING:
    from modelcheck.trace.picture import Picture  # not on the way to --help

EXIT_CODES = """\b
Exit codes
  check: 0 verified, 1 violated, whatever the spec expects
  gate:  0 all as expected, 1 some unexpected or changed, 3 none of these but some inconclusive
  other commands: 0 when they did what was asked
  all:   2 bad spec or usage, 3 inconclusive or not tested, 4 internal error
"""

Command = Callable[..., Any]  # click's decorators keep no signature
ALL_STEPS = "Tell each step of a long trace, also those that nothing points to."
WIDE = 120  # characters of a line where there is no terminal


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(message="modelcheck %(version)s", version=find_version())
def modelcheck() -> None:
    """Visit every interleaving of a small model of a kernel routine, and say what holds.

    SPEC is the name of a spec (`modelcheck list` shows them) or a path to one.
    """


def select_program(command: Command) -> Command:
    """--variant and -D."""
    for option in (
        click.option(
            "-D",
            "settings",
            metavar="NAME=VALUE",
            multiple=True,
            callback=read_settings,
            help="Set a parameter or flag of the spec.",
        ),
        click.option("--variant", metavar="V", help="The variant to take (else the default)."),
    ):
        command = option(command)
    return command


def limit_run(command: Command) -> Command:
    """--max-states, --max-memory, --timeout."""
    for option in (
        click.option("--timeout", type=Duration(), metavar="TIME", help="Such as 90s or 10m."),
        click.option(
            "--max-memory",
            type=Size(),
            metavar="SIZE",
            help="Such as 4G; else 80 % of what is available.",
        ),
        click.option(
            "--max-states", type=click.IntRange(1), metavar="N", help="Give up after so many."
        ),
    ):
        command = option(command)
    return command


def choose_backend(command: Command) -> Command:
    """--backend and --workers."""
    for option in (
        click.option(
            "--workers",
            type=click.IntRange(1),
            metavar="N",
            help="Of the native backend; else one for each core.",
        ),
        click.option(
            "--backend",
            type=click.Choice(["auto", "python", "native", "smt"]),
            default="auto",
            show_default=True,
            help="How steps are run: python, or C that is compiled (native); auto takes python for"
            " small state spaces, and everywhere if there is no C compiler.",
            callback=refuse_later_backend,
        ),
    ):
        command = option(command)
    return command


def shape_trace(command: Command) -> Command:
    """--columns and --all-steps."""
    for option in (
        click.option(
            "--columns",
            is_flag=True,
            help="Tell a trace with a column for each thread, as wide as the terminal.",
        ),
        click.option("--all-steps", is_flag=True, help=ALL_STEPS),
    ):
        command = option(command)
    return command


def tell_picture(picture: Picture, *, columns: bool, all_steps: bool) -> str:
    """A trace as text, in the shape that was asked for."""
    from modelcheck.trace.text import write_text

    width = _measure_width() if columns else None
    return write_text(picture, columns=width, all_steps=all_steps)


def _measure_width() -> int:
    wide = shutil.get_terminal_size((0, 0)).columns
    indent = 2  # of all that stands below the first line
    return (wide or WIDE) - indent
