"""The command `export`: a program in another language."""

from __future__ import annotations

from pathlib import Path

import click

from modelcheck.cli.commands import _select_program as select_program
from modelcheck.cli.commands import modelcheck
from modelcheck.cli.console import say


@modelcheck.command("export")
@click.argument("spec")
@click.option("--to", "language", type=click.Choice(["promela"]), required=True)
@click.option(
    "--form",
    type=click.Choice(["oracle", "processes"]),
    default="oracle",
    show_default=True,
    help="oracle: exactly our states; processes: a proctype per thread.",
)
@select_program
@click.option(
    "-o",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there instead of to stdout.",
)
def export_command(
    spec: str,
    *,
    language: str,
    form: str,
    variant: str | None,
    settings: dict[str, str],
    file: Path | None,
) -> int:
    """Print the program in another language, for another checker."""
    del language  # there is one
    from modelcheck import api
    from modelcheck.export.promela import Unsayable, write_oracle, write_processes
    from modelcheck.report.files import write_whole

    program = api.choose_program(spec, api.Choice(variant, settings))
    try:
        text = write_oracle(program).text if form == "oracle" else write_processes(program)
    except Unsayable as error:
        raise click.ClickException(f"Promela cannot say this program: {error}") from None
    if file is None:
        say(text.rstrip("\n"))
    else:
        write_whole(file, text)
    return 0
