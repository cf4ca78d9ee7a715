"""The commands.  Whatever takes time to import is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from modelcheck.cli.console import (
    InterruptFlag,
    LiveLine,
    Notices,
    find_version,
    say,
    say_all,
    warn,
)
from modelcheck.cli.options import (
    Duration,
    Size,
    read_reductions,
    read_settings,
    refuse_compact,
    refuse_later_backend,
    refuse_python_workers,
)

if TYPE_CHECKING:
    from modelcheck.api import Form, Run  # not on the way to --help
    from modelcheck.explore.options import Backend, Reduction, Shortest

_EXIT_CODES = """\b
Exit codes
  check: 0 verified, 1 violated, whatever the spec expects
  gate:  0 all as expected, 1 some unexpected, 3 none unexpected but some inconclusive
  other commands: 0 when they did what was asked
  all:   2 bad spec or usage, 3 inconclusive or not tested, 4 internal error
"""

Command = Callable[..., Any]  # click's decorators keep no signature


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EXIT_CODES,
)
@click.version_option(message="modelcheck %(version)s", version=find_version())
def modelcheck() -> None:
    """Visit every interleaving of a small model of a kernel routine, and say what holds.

    SPEC is the name of a spec (`modelcheck list` shows them) or a path to one.
    """


def _select_program(command: Command) -> Command:
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


def _limit_run(command: Command) -> Command:
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


def _choose_backend(command: Command) -> Command:
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


@modelcheck.command("check", epilog=_EXIT_CODES)
@click.argument("spec")
@_select_program
@click.option("--property", "property_name", metavar="P", help="Judge only this property.")
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
    default="none",
    show_default=True,
    metavar="por,symmetry",
    help="Visit fewer states for the same verdicts: por takes independent steps in one order, "
    "symmetry takes states that differ by the names of equal threads and objects for one.",
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
@_choose_backend
@click.option(
    "--compact",
    is_flag=True,
    help="Keep only hashes of states (native, bfs): for more states than fit; some may be omitted,"
    " so what is not violated stays inconclusive.",
)
@click.option(
    "--accept-compact", is_flag=True, help="Exit code 0 where --compact alone leaves a doubt."
)
@_limit_run
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
@click.option("--coverage", is_flag=True, help="Also what the run did and never did.")
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
    spec: str,
    *,
    variant: str | None,
    settings: dict[str, str],
    property_name: str | None,
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
    as_json: bool,
    folder: Path | None,
    reductions: frozenset[Reduction],
    shortest: Shortest,
    shortest_budget: int | None,
    compares: bool,
    explains: bool,
    **_refused: object,
) -> int:
    """Visit every state of a spec and judge its properties."""
    refuse_python_workers(backend, workers)
    refuse_compact(backend, search, compact=compact, accept=accept_compact)
    if as_json and (compares or explains):
        raise click.UsageError("--compare-reductions and --explain-reductions are text, no JSON")
    live = LiveLine(spec)
    with InterruptFlag() as interrupt, _build_ahead(backend):
        from modelcheck import api
        from modelcheck.explore.options import COMPACT_BITS, SHORTEST_BUDGET
        from modelcheck.gate import choose_check_exit
        from modelcheck.report import json, text
        from modelcheck.report import reductions as reduced
        from modelcheck.trace.text import write_text

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
            properties=None if property_name is None else frozenset({property_name}),
            ranges=coverage,
            reduce=reductions,
            shortest=shortest,
            shortest_budget=SHORTEST_BUDGET if shortest_budget is None else shortest_budget,
            progress=live.show,
            interrupted=interrupt.is_raised,
        )
        run = api.check(spec, api.Choice(variant, settings), options, Notices(live).say)
        compared = api.compare_reductions(run, options) if compares else ()
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
    written = None if folder is None else _store_trace(run, folder)
    if as_json:
        value = json.result_to_json(
            run.info, run.program, run.result, coverage=coverage, warnings=run.warnings
        )
        say(json.write_json(value).rstrip("\n"))
    else:
        replay = f"modelcheck replay {written}" if written else ""
        traces = [write_text(picture) for picture in api.draw_pictures(run, replay)]
        say_all(text.describe_result(run.info, run.program, run.result, traces))
        if coverage:
            say_all(text.describe_coverage(run.program, run.result))
        if compares:
            say_all(reduced.describe_comparison(compared))
        if explains:
            say_all(reduced.describe_steps(run.program, api.explain_steps(run.program)))
            say_all(reduced.describe_symmetry(api.find_symmetry(run.program)))
    return choose_check_exit(run.result, accept_compact=accept_compact)


def _build_ahead(backend: Backend) -> AbstractContextManager[None]:
    """What the native backend needs of a compiler, begun before anything else is."""
    if backend != "native":
        return nullcontext()
    from modelcheck.backends.native.build import compile_runtime_ahead

    return compile_runtime_ahead()


def _store_trace(run: Run, folder: Path) -> Path | None:
    from modelcheck import api
    from modelcheck.report.files import write_whole
    from modelcheck.trace.stored import write_trace

    trace = api.record(run)
    if trace is None:
        return None
    file = folder / api.name_trace(run)
    write_whole(file, write_trace(trace))
    return file


@modelcheck.command("gate", epilog=_EXIT_CODES)
@click.argument("specs", nargs=-1, metavar="[SPEC…]")
@_choose_backend
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="For each variant.")
@click.option("--max-memory", type=Size(), metavar="SIZE")
@click.option("--timeout", type=Duration(), metavar="TIME", help="For all of it together.")
@click.option(
    "--html",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write index.html there, and a page for each trace.",
)
def gate_command(
    specs: Sequence[str],
    *,
    backend: Backend,
    workers: int | None,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
    folder: Path | None,
) -> int:
    """Check every variant against what its spec expects of it."""
    from modelcheck import api
    from modelcheck.cli import explain_failure
    from modelcheck.gate import Judgement, choose_gate_exit
    from modelcheck.report.text import describe_judgement, describe_totals

    refuse_python_workers(backend, workers)
    live = LiveLine("gate")
    notices = Notices(live)
    judgements: list[Judgement] = []
    failures: list[int] = []
    entries = []
    with InterruptFlag() as interrupt:
        options = api.Options(
            backend=backend,
            workers=workers,
            max_states=max_states,
            max_memory=max_memory,
            progress=live.show,
            interrupted=interrupt.is_raised,
        )
        for gated in api.gate(
            specs,
            options,
            timeout_seconds=timeout,
            announce=live.name,
            notice=notices.say,
        ):
            live.clear()
            if gated.errors is not None:
                failures.append(explain_failure(gated.errors))
            warn(gated.warnings)
            for judgement in gated.judgements:
                say_all(describe_judgement(judgement))
            judgements += gated.judgements
            if folder is not None:
                entries.append(api.write_gate_pages(gated, folder))
    if folder is not None:
        api.write_gate_index(entries, folder)
    say(describe_totals(judgements))
    if not judgements and not failures:
        click.echo("error: no spec was selected", err=True)
    return max(failures) if failures else choose_gate_exit(judgements)


@modelcheck.command("graph")
@click.argument("source", metavar="SPEC|TRACE.json")
@_select_program
@click.option(
    "--format",
    "form",
    type=click.Choice(["dot", "svg", "html", "mermaid", "json"]),
    default="dot",
    show_default=True,
)
@click.option("--states", is_flag=True, help="The graph of all states instead of one trace.")
@click.option(
    "-o",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there instead of to stdout.",
)
@_limit_run
def graph_command(
    source: str,
    *,
    variant: str | None,
    settings: dict[str, str],
    form: Form | Literal["json"],
    states: bool,
    file: Path | None,
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
) -> int:
    """Draw a violation, a lane per thread; or, with --states, the whole state graph."""
    from modelcheck import api
    from modelcheck.report.files import write_whole

    if states and form not in ("dot", "svg"):
        raise click.BadParameter("a state graph is dot or svg", param_hint="--format")
    if source.endswith(".json"):
        if states or form == "json" or variant is not None or settings:
            raise click.UsageError(
                "a trace file is drawn as it is: no --states, -D, --variant, json"
            )
        scenes = api.replay_file_scenes(source)
        drawn: str | None = api.write_scenes(scenes, form)
    else:
        live = LiveLine(source)
        with InterruptFlag() as interrupt:
            options = api.Options(
                max_states=max_states,
                max_memory=max_memory,
                timeout_seconds=timeout,
                progress=live.show,
                interrupted=interrupt.is_raised,
                shortest="auto",
            )
            choice = api.Choice(variant, settings)
            run = api.check(source, choice, options, Notices(live).say)
        live.clear()
        drawn = _draw_run(run, form, states=states)
    if drawn is None:
        click.echo(
            "no violation was found, so there is no trace to draw; "
            "--variant draws another variant, --states the state graph",
            err=True,
        )
        return 3
    if file is None:
        say(drawn.rstrip("\n"))
    else:
        write_whole(file, drawn)
    return 0


def _draw_run(run: Run, form: Form | Literal["json"], *, states: bool) -> str | None:
    from modelcheck import api
    from modelcheck.trace.stored import write_trace

    if states:
        return api.draw_states(run, "svg" if form == "svg" else "dot")
    if form == "json":
        trace = api.record(run)
        return write_trace(trace) if trace is not None else None
    scenes = api.draw_scenes(run)
    return api.write_scenes(scenes, form) if scenes else None


@modelcheck.command("replay")
@click.argument("trace", metavar="TRACE.json")
def replay_command(trace: str) -> int:
    """Run a stored trace again and show what it shows."""
    from modelcheck import api
    from modelcheck.trace.text import write_text

    for picture in api.replay_file(trace, f"modelcheck replay {trace}"):
        say_all(write_text(picture).rstrip("\n").splitlines())
    return 0


@modelcheck.command("ir")
@click.argument("spec")
@_select_program
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
