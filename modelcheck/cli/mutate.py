"""The command `mutate`: what a spec's properties notice of mistakes that are made in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelcheck.cli.console import InterruptFlag, LiveLine, Notices, say, say_all, spare_collector
from modelcheck.cli.group import choose_backend, modelcheck, select_program
from modelcheck.cli.options import Duration, Size, refuse_python_workers

if TYPE_CHECKING:
    from modelcheck.explore.options import Backend
    from modelcheck.mutate.mutation import Mutation, Request

# Stands in modelcheck/mutate/mutators.py with what each does, which --help must not import.
MUTATORS = (
    *("drop-lock", "drop-unlock", "drop-check", "drop-get", "drop-put", "drop-wake", "drop-wait"),
    *("drop-grace", "drop-free", "drop-step", "free-early", "swap", "split-atomic", "plain"),
)
EPILOG = """\b
Exit codes
  0 when it did what was asked, with --fail-under if the score reaches it
  1 the score is below, or an explanation in the spec explains nothing
  2 bad spec or usage, 3 inconclusive or nothing to kill, 4 internal error
"""


@modelcheck.command("mutate", epilog=EPILOG)
@click.argument("spec", metavar="SPEC")
@select_program
@click.option(
    "--mutator",
    "mutators",
    type=click.Choice(MUTATORS),
    metavar="NAME",
    multiple=True,
    help=f"Only these mistakes: {', '.join(MUTATORS)}.",
)
@click.option(
    "--only",
    "lines",
    type=click.IntRange(1),
    metavar="LINE",
    multiple=True,
    help="Only mutants that are told at this line.",
)
@click.option(
    "--all-properties",
    "every",
    is_flag=True,
    help="All properties that each mutant violates, not only the first.",
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit code 1 for a lower score; survivors that the spec explains count as killed.",
)
@click.option("--list", "only_list", is_flag=True, help="Show the mutants, run none.")
@choose_backend
@click.option(
    "--max-states",
    type=click.IntRange(1),
    metavar="N",
    help="For each mutant; else ten times those of the spec, at least 10,000.",
)
@click.option("--max-memory", type=Size(), metavar="SIZE")
@click.option("--timeout", type=Duration(), metavar="TIME", help="For each mutant.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Mutants at a time; the answer is the same with any. Default: one for each core.",
)
@click.option("-v", "--verbose", is_flag=True, help="Also the mutants that are not counted.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option(
    "-o",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write each mutant there as a spec, and the trace of what kills it.",
)
def mutate_command(
    spec: str,
    *,
    variant: str | None,
    settings: dict[str, str],
    mutators: Sequence[str],
    lines: Sequence[int],
    every: bool,
    fail_under: float | None,
    only_list: bool,
    backend: Backend,
    workers: int | None,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
    jobs: int | None,
    verbose: bool,
    as_json: bool,
    folder: Path | None,
) -> int:
    """Make the mistakes of kernel developers in a spec, one at a time: which does it notice?"""
    from modelcheck import api
    from modelcheck.backends.native.compiler import count_cores
    from modelcheck.explore.options import REDUCE_BEYOND
    from modelcheck.mutate.mutation import Request, choose_exit, mutate

    refuse_python_workers(backend, workers)
    choice = api.Choice(variant, settings)
    request = Request(spec, choice, mutators, frozenset(lines), every, max_states, folder)
    if only_list:
        if fail_under is not None or folder is not None:
            raise click.UsageError("--list runs nothing: no --fail-under, no -o")
        _list(request, as_json=as_json)
        return 0
    live = LiveLine(spec)
    with InterruptFlag() as interrupt:
        options = api.Options(
            backend=backend,
            workers=workers,
            max_memory=max_memory,
            timeout_seconds=timeout,
            reduce_beyond=REDUCE_BEYOND,
            progress=live.show,
            interrupted=interrupt.is_raised,
        )
        found = mutate(
            request,
            options,
            jobs or count_cores(),
            announce=lambda done, total: live.tell(f"{done:,} of {total:,} done"),
            notice=Notices(live).say,
            prepare=spare_collector,
        )
    live.clear()
    _say(found, as_json=as_json, verbose=verbose)
    return choose_exit(found, fail_under)


def _list(request: Request, *, as_json: bool) -> None:
    from modelcheck.mutate.json import mutant_to_json
    from modelcheck.mutate.mutation import list_mutants
    from modelcheck.mutate.report import describe_list
    from modelcheck.report.json import write_json

    spec, mutants = list_mutants(request)
    if as_json:
        say(write_json([mutant_to_json(mutant) for mutant in mutants]).rstrip("\n"))
    else:
        say_all(describe_list(mutants, spec.main.source.lines))


def _say(found: Mutation, *, as_json: bool, verbose: bool) -> None:
    from modelcheck.mutate.json import mutation_to_json
    from modelcheck.mutate.report import describe_mutation
    from modelcheck.report.json import write_json

    if as_json:
        say(write_json(mutation_to_json(found)).rstrip("\n"))
    else:
        say_all(describe_mutation(found, verbose=verbose))
