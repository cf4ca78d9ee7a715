"""The command `export`: a program in another language."""

from __future__ import annotations

from pathlib import Path

import click

from modelcheck.cli.console import say
from modelcheck.cli.group import modelcheck, select_program


@modelcheck.command("export")
@click.argument("spec")
@click.option("--to", "language", type=click.Choice(["promela", "c"]), required=True)
@click.option(
    "--form",
    type=click.Choice(["oracle", "processes"]),
    help="Of Promela. oracle (the default): exactly our states; processes: a proctype per thread.",
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
    form: str | None,
    variant: str | None,
    settings: dict[str, str],
    file: Path | None,
) -> int:
    """Print the program in another language, for another checker."""
    from modelcheck import api
    from modelcheck.export.promela import Unsayable, write_oracle, write_processes
    from modelcheck.report.files import write_whole

    if language == "c" and form is not None:
        raise click.UsageError("--form is for --to promela")
    program = api.choose_program(spec, api.Choice(variant, settings))
    try:
        if language == "c":
            text = api.write_c(program)
        elif form == "processes":
            text = write_processes(program)
        else:
            text = write_oracle(program).text
    except Unsayable as error:
        raise click.ClickException(f"Promela cannot say this program: {error}") from None
    if file is None:
        say(text.rstrip("\n"))
    else:
        write_whole(file, text)
    return 0
