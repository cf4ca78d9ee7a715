"""The command `repair`: which flags, switched on together, make a spec verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from modelcheck.cli.console import InterruptFlag, LiveLine, Notices, say, say_all
from modelcheck.cli.group import choose_backend, limit_run, modelcheck, select_program
from modelcheck.cli.options import refuse_python_workers

if TYPE_CHECKING:
    from modelcheck.explore.options import Backend, Stop  # not on the way to --help
    from modelcheck.repair.sets import Repair

    LatticeForm = Literal["table", "text", "dot", "svg"]

EXIT_CODES = """\b
Exit codes
  0 some set verifies, 1 none does, 3 none is known to and some are not decided
  2 bad spec or usage, 4 internal error
"""


def read_flags(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[tuple[str, str | None], ...]:
    """`a,b=on,c=X,c=Y` → (("a", None), ("b", "on"), ("c", "X"), ("c", "Y"))."""
    del ctx
    if value is None:
        return ()
    found: list[tuple[str, str | None]] = []
    for part in value.split(","):
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if not name.isidentifier() or (equals and not text):
            raise click.BadParameter(f"{part!r}: write name or name=value", param=param)
        found.append((name, text or None))
    return tuple(found)


@modelcheck.command("repair", epilog=EXIT_CODES)
@click.argument("spec")
@click.option(
    "--flags",
    "named",
    metavar="A,B=VALUE,…",
    callback=read_flags,
    help="What may be switched, each with the value it has when it is on (several for one name:"
    " any of them). Without: the flags that a violated variant changes.",
)
@select_program
@click.option(
    "--stop",
    type=click.Choice(["first", "all"]),
    default="first",
    show_default=True,
    help="End each run with its first violation, or judge every property of each set.",
)
@click.option(
    "--only-minimal",
    is_flag=True,
    help="Leave out what contains a set that verifies: it is not minimal, and need not verify.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "text", "dot", "svg"]),
    default="table",
    show_default=True,
    help="A table of the sets, what answers the question first; or their lattice, as text that says"
    " what each switch is needed for, or as a graph.",
)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option(
    "-o",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there instead of to stdout.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Sets at a time; the answer is the same with any. Default: one for each core.",
)
@choose_backend
@limit_run
def repair_command(
    spec: str,
    *,
    named: tuple[tuple[str, str | None], ...],
    variant: str | None,
    settings: dict[str, str],
    stop: Stop,
    only_minimal: bool,
    form: LatticeForm,
    as_json: bool,
    file: Path | None,
    jobs: int | None,
    backend: Backend,
    workers: int | None,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
) -> int:
    """Find the smallest sets of flags that, switched on, make a spec verified.

    Every combination is checked, with nothing switched on first: what a spec's violated variants
    do to its flags, or what --variant and -D say. Limits are for each set, --timeout is for all.
    """
    import time

    from modelcheck import api
    from modelcheck.backends.native.compiler import count_cores
    from modelcheck.explore.options import REDUCE_BEYOND
    from modelcheck.repair.crew import Limits
    from modelcheck.repair.search import Question, search
    from modelcheck.repair.sets import choose_repair_exit
    from modelcheck.report.files import write_whole

    refuse_python_workers(backend, workers)
    if as_json and form != "table":
        raise click.UsageError("--json and --format: one of the two")
    live = LiveLine(f"repair {spec}")
    with InterruptFlag() as interrupt:
        options = api.Options(
            backend=backend,
            workers=workers,
            stop=stop,
            max_states=max_states,
            max_memory=max_memory,
            reduce_beyond=REDUCE_BEYOND,
            interrupted=interrupt.is_raised,
        )
        deadline = None if timeout is None else time.monotonic() + timeout
        repair = search(
            Question(spec, variant, settings, named),
            Limits(options, deadline),
            jobs=jobs or count_cores(),
            only_minimal=only_minimal,
            announce=live.tell,
            notice=Notices(live).say,
        )
    live.clear()
    lines = _write(repair, form, as_json=as_json)
    if file is not None:
        write_whole(file, "".join(f"{line}\n" for line in lines))
    elif form in ("table", "text") and not as_json:
        say_all(lines)
    else:
        say("\n".join(lines))
    return choose_repair_exit(repair.judged)


def _write(repair: Repair, form: LatticeForm, *, as_json: bool) -> list[str]:
    """The answer in a format, by lines."""
    if as_json:
        from modelcheck.repair.json import repair_to_json
        from modelcheck.report.json import write_json

        return write_json(repair_to_json(repair)).splitlines()
    if form == "table" or form == "text":  # noqa: PLR1714 (mypy follows nothing else)
        from modelcheck.repair.text import describe_lattice, describe_repair

        return list(describe_repair(repair) if form == "table" else describe_lattice(repair))
    from modelcheck.repair.lattice import write_lattice

    return write_lattice(repair, form).splitlines()
