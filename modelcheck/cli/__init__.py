"""The command line: reads options, calls `api`, prints, and ends with the promised exit code.

No fault of a user's ends in a Python traceback, and none of ours is shown as a user's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from modelcheck.cli import (  # noqa: F401 (they join it)
    check,
    commands,
    export,
    gate,
    graph,
    mutate,
    prove,
    repair,
    wander,
)
from modelcheck.cli.console import flush_stdout, report_internal_error, spare_collector
from modelcheck.cli.group import modelcheck


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit (the console script)."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    spare_collector()
    try:
        code = modelcheck.main(
            args=None if arguments is None else list(arguments),
            prog_name="modelcheck",
            standalone_mode=False,
        )
        flush_stdout()
    except Exception as error:  # noqa: BLE001 (every way to fail ends in a code here)
        return explain_failure(error)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return 3
    return int(code or 0)


def explain_failure(error: Exception) -> int:
    """Print what went wrong to stderr, in the words of whoever can mend it; the exit code."""
    from modelcheck.diagnostics import SpecError, SpecErrors, render
    from modelcheck.report.files import OutputError
    from modelcheck.specfiles import SelectionError

    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.Abort():
            click.echo("interrupted", err=True)
            return 3
        case click.ClickException():
            error.show()
            return 2
        case SpecErrors() | SpecError():
            errors = error if isinstance(error, SpecErrors) else [error]
            click.echo(render(errors, color=sys.stderr.isatty()), err=True, nl=False)
            return 2
        case SelectionError() | OutputError():
            click.echo(f"error: {error}", err=True)
            return 2
        case OSError() if error.filename is None:
            click.echo(f"error: cannot write the output: {error.strerror or error}", err=True)
            return 2
        case _:
            report_internal_error(error)
            return 4
