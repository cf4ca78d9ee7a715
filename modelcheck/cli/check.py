"""The command `check`: one spec, explored and judged."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from modelcheck.cli.console import (
    InterruptFlag,
    LiveLine,
    Notices,
    say,
    say_all,
    warn,
)
from modelcheck.cli.group import (
    EXIT_CODES,
    choose_backend,
    limit_run,
    modelcheck,
    select_program,
    shape_trace,
    tell_picture,
)
from modelcheck.cli.options import (
    read_reductions,
    refuse_beside_begin,
    refuse_compact,
    refuse_python_workers,
)

if TYPE_CHECKING:
    from modelcheck.api import Run  # not on the way to --help
    from modelcheck.explore.options import Backend, Reduction, Shortest


@modelcheck.command("check", epilog=EXIT_CODES)
@click.argument("spec", required=False, metavar="SPEC")
@select_program
@click.option(
    "--property",
    "property_names",
    multiple=True,
    metavar="P",
    help="Judge only this property (may be repeated).",
)
@click.option(
    "--stop",
    type=click.Choice(["first", "all"]),
    default="all",
    show_default=True,
    help="Judge every property, or end with the first violation.",
)
@click.option(
    "--reduce",
    "reductions",
    default="auto",
    show_default=True,
    metavar="auto|none|por,symmetry,fuse",
    help="Store fewer states for the same verdicts: por takes independent steps in one order, "
    "symmetry takes states that differ by the names of equal threads and objects for one, fuse "
    "passes through states with one way on. auto: all of them, for a program of more than a "
    "million states.",
    callback=read_reductions,
)
@click.option(
    "--search",
    type=click.Choice(["bfs", "dfs", "random"]),
    default="bfs",
    show_default=True,
    help="The order of the search.",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of random.")
@choose_backend
@click.option(
    "--compact",
    is_flag=True,
    help="Keep only hashes of states (native, bfs): for more states than fit; some may be omitted,"
    " so what is not violated stays inconclusive.",
)
@click.option(
    "--accept-compact", is_flag=True, help="Exit code 0 where --compact alone leaves a doubt."
)
@limit_run
@click.option(
    "--shortest",
    type=click.Choice(["auto", "switches", "steps"]),
    default="auto",
    show_default=True,
    help="What the trace of a violation has the fewest of: preemptions (switches away from a thread"
    " that could go on), or steps; auto takes the first that can be proven.",
)
@click.option(
    "--shortest-budget",
    type=click.IntRange(0),
    metavar="N",
    help="States to look at for that, else 50,000; 0 tells the trace that was found first.",
)
@click.option(
    "--from",
    "begin",
    metavar="TRACE.json:STEP",
    help="Explore only what follows a step of a stored trace (0: its start) instead of the whole"
    " spec, which is then never verified; SPEC may be left out.",
)
@click.option(
    "--without",
    type=click.IntRange(1),
    metavar="N",
    help="Also how the steps of the trace pass without ordering N of those that it needs.",
)
@shape_trace
@click.option("--coverage", is_flag=True, help="Also what the run did and never did.")
@click.option(
    "--listing", is_flag=True, help="Also the lines of the spec with how often each one ran."
)
@click.option(
    "--library", is_flag=True, help="With --coverage and --listing: of the library's files too."
)
@click.option("--profile", is_flag=True, help="Also what makes the states so many.")
@click.option(
    "--compare-reductions", "compares", is_flag=True, help="Also run with each reduction: a table."
)
@click.option(
    "--explain-reductions", "explains", is_flag=True, help="Also what keeps steps in their order."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option(
    "-o",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the trace of a violation there.",
)
def check_command(
    spec: str | None,
    *,
    variant: str | None,
    settings: dict[str, str],
    begin: str | None,
    property_names: tuple[str, ...],
    stop: Literal["first", "all"],
    search: Literal["bfs", "dfs", "random"],
    seed: int,
    backend: Backend,
    workers: int | None,
    compact: bool,
    accept_compact: bool,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
    coverage: bool,
    listing: bool,
    library: bool,
    profile: bool,
    as_json: bool,
    folder: Path | None,
    reductions: frozenset[Reduction] | None,
    shortest: Shortest,
    shortest_budget: int | None,
    without: int | None,
    columns: bool,
    all_steps: bool,
    compares: bool,
    explains: bool,
    **_refused: object,
) -> int:
    """Visit every state of a spec and judge its properties."""
    refuse_python_workers(backend, workers)
    refuse_compact(backend, search, compact=compact, accept=accept_compact)
    if as_json and (compares or explains):
        raise click.UsageError("--compare-reductions and --explain-reductions are text, no JSON")
    if library and not (coverage or listing):
        raise click.UsageError("--library is for --coverage and --listing")
    if begin is not None:
        refuse_beside_begin(
            {
                "--variant": variant is not None,
                "-D": bool(settings),
                "--reduce": bool(reductions),
                "--compare-reductions": compares,
                "--shortest": shortest not in ("auto", "no"),
                "--backend native": backend == "native",
                "--workers": workers is not None and workers > 1,
                "--compact": compact,
                "--coverage": coverage,
                "--listing": listing,
                "--profile": profile,
                "--without": without is not None,
            }
        )
    elif spec is None:
        raise click.UsageError("Missing argument 'SPEC'.")
    if as_json and without is not None:
        raise click.UsageError("--without is text; the JSON has all such runs")
    live = LiveLine(spec or begin or "")
    with InterruptFlag() as interrupt, _build_ahead(backend):
        from modelcheck import api, midway
        from modelcheck.explore.options import COMPACT_BITS, REDUCE_BEYOND, SHORTEST_BUDGET
        from modelcheck.gate import choose_check_exit
        from modelcheck.report import json, looked, text
        from modelcheck.report import reductions as reduced
        from modelcheck.report.coverage import describe_coverage
        from modelcheck.report.listing import describe_listing
        from modelcheck.report.profile import describe_profile

        options = api.Options(
            backend=backend,
            workers=workers,
            search=search,
            seed=seed,
            stop=stop,
            compact_bits=COMPACT_BITS if compact else None,
            max_states=max_states,
            max_memory=max_memory,
            timeout_seconds=timeout,
            properties=frozenset(property_names) or None,
            ranges=coverage,
            reduce=reductions or frozenset(),
            reduce_beyond=REDUCE_BEYOND if reductions is None else None,
            shortest=shortest,
            shortest_budget=SHORTEST_BUDGET if shortest_budget is None else shortest_budget,
            progress=live.show,
            interrupted=interrupt.is_raised,
        )
        notice = Notices(live).say
        ending = "trace.json"
        if begin is not None:
            place = midway.read_place(begin)
            ending = place.ending
            run = midway.check_from(place, spec, options, notice)
        else:
            run = api.check(spec or "", api.Choice(variant, settings), options, notice)
        compared = api.compare_reductions(run, options) if compares else ()
        look = None
        if run.result is not None and (coverage or listing or profile):
            budget = max_states or api.LOOK_BUDGET
            look = api.look(run.program, budget, interrupt.is_raised)
    live.clear()
    warn(run.warnings)
    if run.result is None:
        unchecked = json.unchecked_to_json(run.info, run.variant, run.warnings)
        say(
            json.write_json(unchecked).rstrip("\n")
            if as_json
            else text.describe_unchecked(run.info, run.variant)
        )
        return 3
    written = None if folder is None else store_trace(run, folder, ending)
    if as_json:
        value = json.result_to_json(
            run.info, run.program, run.result, coverage=coverage, warnings=run.warnings
        )
        if look is not None:
            if coverage or listing:
                ran = api.find_ran(look)
                value |= {"ran": looked.ran_to_json(run.program, ran, run.sources, lines=listing)}
            if profile:
                value |= {"profile": looked.profile_to_json(api.make_profile(look))}
        say(json.write_json(value).rstrip("\n"))
    else:
        replay = f"modelcheck replay {written}" if written else api.name_command(run)
        traces = [
            tell_picture(picture, columns=columns, all_steps=all_steps)
            for picture in api.draw_pictures(run, replay)
        ]
        passing = [] if without is None else list(api.write_passing(run, without))
        say_all(text.describe_result(run.info, run.program, run.result, traces))
        say_all(passing)
        if look is not None:
            ran = api.find_ran(look)
            program, path, texts = run.program, run.info.path, run.sources
            if coverage:
                say_all(describe_coverage(program, run.result, ran, texts, path, library=library))
            if listing:
                say_all(describe_listing(program, ran, texts, path, library=library))
            if profile:
                say_all(describe_profile(program, api.make_profile(look), path))
        if compares:
            say_all(reduced.describe_comparison(compared))
        if explains:
            say_all(reduced.describe_steps(run.program, api.explain_steps(run.program)))
            say_all(reduced.describe_symmetry(api.find_symmetry(run.program)))
            say_all(reduced.describe_chains(api.explain_chains(run.program)))
    return choose_check_exit(run.result, accept_compact=accept_compact)


def _build_ahead(backend: Backend) -> AbstractContextManager[None]:
    """What the native backend needs of a compiler, begun before anything else is."""
    if backend != "native":
        return nullcontext()
    from modelcheck.backends.native.build import compile_runtime_ahead

    return compile_runtime_ahead()


def store_trace(run: Run, folder: Path, ending: str = "trace.json") -> Path | None:
    """Write the trace of a run's headline into a folder; None where there is none to write."""
    from modelcheck import api
    from modelcheck.report.files import write_whole
    from modelcheck.trace.stored import write_trace

    trace = api.record(run)
    if trace is None:
        return None
    file = folder / api.name_trace(run, ending)
    write_whole(file, write_trace(trace))
    return file
