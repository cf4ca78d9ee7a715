"""The command `export`: a program in another language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from modelcheck.cli.console import say
from modelcheck.cli.group import modelcheck, select_program

if TYPE_CHECKING:
    from modelcheck.ir.nodes import Program  # not on the way to --help


FORMS = {"promela": ("oracle", "processes"), "c": (), "smt2": ("bits", "ints")}


@modelcheck.command("export")
@click.argument("spec")
@click.option("--to", "language", type=click.Choice(["promela", "c", "smt2"]), required=True)
@click.option(
    "--form",
    type=click.Choice([form for forms in FORMS.values() for form in forms]),
    help="Of Promela. oracle (the default): exactly our states; processes: a proctype per thread. "
    "Of smt2 (constrained Horn clauses). bits (the default): bit vectors; ints: Ints.",
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
    from modelcheck.report.files import write_whole

    if form is not None and form not in FORMS[language]:
        raise click.UsageError(f"--form {form} is not for --to {language}")
    program = api.choose_program(spec, api.Choice(variant, settings))
    match language:
        case "c":
            text = api.write_c(program)
        case "smt2":
            text = _write_smt2(program, "ints" if form == "ints" else "bits")
        case _:
            text = _write_promela(program, form)
    if file is None:
        say(text.rstrip("\n"))
    else:
        write_whole(file, text)
    return 0


def _write_promela(program: Program, form: str | None) -> str:
    from modelcheck.export.promela import Unsayable, write_oracle, write_processes

    try:
        return write_processes(program) if form == "processes" else write_oracle(program).text
    except Unsayable as error:
        raise click.ClickException(f"Promela cannot say this program: {error}") from None


def _write_smt2(program: Program, theory: Literal["bits", "ints"]) -> str:
    from modelcheck.backends.smt.ways import UnsupportedError
    from modelcheck.prove.horn import write_horn

    try:
        return write_horn(program, theory)
    except UnsupportedError as error:
        raise click.ClickException(f"no formula can say this program: {error}") from None
