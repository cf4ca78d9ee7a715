"""From what the user named to what is known about it: the pipeline, top to bottom.

    find the spec → front end → passes → explore → result

Nothing here prints or exits.  Raises `SpecErrors` for a fault in a spec and `SelectionError` for
something that is not there; giving up is a result, never an exception.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from modelcheck.backends.python.model import Model, compile_program
from modelcheck.checks import BUILT_IN
from modelcheck.diagnostics import InternalError, SpecErrors, SpecWarning, render
from modelcheck.explore.agreement import find_disagreement
from modelcheck.explore.choose import NoCompilerError
from modelcheck.explore.choose import explore as explore_program
from modelcheck.explore.look import LOOK_BUDGET, look
from modelcheck.explore.native import prepare
from modelcheck.explore.options import REDUCTIONS, Options, Progress
from modelcheck.explore.profile import make_profile
from modelcheck.explore.ran import find_ran
from modelcheck.explore.result import Result, Violation
from modelcheck.explore.shorten import shorten as shorten_result
from modelcheck.frontend import Spec, load
from modelcheck.frontend.spec import SettingValue, SpecInfo, Variant
from modelcheck.gate import Judgement, Outcome, Steps, fail_dead_steps, judge
from modelcheck.ir.layout import layout, print_layout
from modelcheck.ir.nodes import Program, StepInfo
from modelcheck.ir.passes import PASS_NAMES, run_passes
from modelcheck.ir.text import print_program
from modelcheck.reduce import explain_chains, explain_steps
from modelcheck.reduce.symmetry import find_symmetry
from modelcheck.report.files import write_whole
from modelcheck.settings import choose_variant, explain_unknown, read_settings
from modelcheck.specfiles import SelectionError, SpecFile, find_spec, find_specs
from modelcheck.trace.derive import Claim, derive_run
from modelcheck.trace.fold import fold_quiet
from modelcheck.trace.mermaid import write_mermaid
from modelcheck.trace.needs import tell_needs
from modelcheck.trace.picture import Picture
from modelcheck.trace.replay import Scene, renew_needs, replay_scenes, replay_trace
from modelcheck.trace.stored import read_trace
from modelcheck.trace.svg import write_svg
from modelcheck.trace.trace import Trace, record_trace
from modelcheck.trace.without import write_without

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]  # it has no types

    from modelcheck.pages.gate import Entry
    from modelcheck.trace.wander import Wander


@dataclass(frozen=True, slots=True)
class Choice:
    """Which program of a spec: a variant's name and settings as the user wrote them."""

    variant: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """A program and what is known about it; `result` is None where the variant needs what this
    version cannot do.
    """

    info: SpecInfo
    variant: Variant
    program: Program
    result: Result | None
    sources: Mapping[str, str] = field(repr=False)
    warnings: tuple[SpecWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class GatedSpec:
    """One spec of a gate: its judged variants, or the errors that kept it from being read."""

    file: SpecFile
    info: SpecInfo | None = None
    runs: tuple[Run, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    errors: SpecErrors | None = None
    warnings: tuple[SpecWarning, ...] = ()  # of all variants, each once


def check(
    argument: str, choice: Choice, options: Options, notice: Callable[[str], None] = lambda _: None
) -> Run:
    """Explore one program of the spec that `argument` names.

    `notice` is told what the user should know beside the result, a line at a time.
    """
    spec = load_spec(find_spec(argument))
    variant = choose_variant(spec.info, choice.variant)
    program = make_program(spec, variant, read_settings(spec.info, choice.settings))
    require_known(program, options.properties or ())
    if variant.needs:
        return Run(spec.info, variant, program, None, spec.sources, spec.warnings(program))
    result = explore(program, replace(options, variant=variant.name), notice)
    warnings = spec.warnings(program)
    return shorten(Run(spec.info, variant, program, result, spec.sources, warnings), options)


def shorten(run: Run, options: Options) -> Run:
    """The same run, its violations told by the traces that `options.shortest` asks for."""
    if run.result is None:
        return run
    return replace(run, result=shorten_result(run.program, run.result, options))


def compare_reductions(run: Run, options: Options) -> list[Result]:
    """The results with each combination of reductions; the one of the run is not found again.

    A verdict that depends on them is a fault of ours, InternalError: also where one of the two runs
    gave up, for what it had decided by then it had decided.
    """
    if run.result is None:
        return []
    results = []
    for size in range(len(REDUCTIONS) + 1):
        for reduce in map(frozenset, combinations(REDUCTIONS, size)):
            one = replace(options, reduce=reduce, reduce_beyond=None)
            is_known = reduce == frozenset(run.result.reductions)
            results.append(run.result if is_known else explore(run.program, one))
    if disagreement := find_disagreement(results):
        raise InternalError(
            f"the verdicts on {run.info.path} depend on the reductions: {disagreement}"
        )
    return results


def gate(
    arguments: Sequence[str],
    options: Options,
    *,
    timeout_seconds: float | None = None,
    announce: Callable[[str], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> Iterator[GatedSpec]:
    """Explore every variant of the specs that `arguments` name (all, without any) and judge it.

    `timeout_seconds` is for all of them together: what does not begin in time is skipped, which
    no gate takes for a pass.  `announce` is told the name of each run as it begins, `notice` what
    the user should know beside the judgements.
    """
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    for file in find_specs(arguments):
        yield gate_file(file, options, deadline, announce, notice)


def gate_file(
    file: SpecFile,
    options: Options,
    deadline: float | None = None,
    announce: Callable[[str], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> GatedSpec:
    """Like `gate`, of one spec; `deadline` is a time of the monotonic clock."""
    try:
        spec = load_spec(file)
        return _gate_spec(file, spec, options, deadline, announce=announce, notice=notice)
    except SpecErrors as errors:
        return GatedSpec(file, errors=errors)


def list_specs(arguments: Sequence[str]) -> Iterator[SpecInfo | SpecErrors]:
    """The heads of the specs that `arguments` name, or what is wrong with them."""
    for file in find_specs(arguments):
        try:
            yield load_spec(file).info
        except SpecErrors as errors:
            yield errors


def record(run: Run) -> Trace | None:
    """The headline violation as a trace that was run again; None where there is nothing to run."""
    headline = run.result.headline if run.result is not None else None
    if run.result is None or headline is None or not headline.witnesses:
        return None
    model = compile_program(run.program)
    return record_trace(model, run.info, run.sources, run.result, headline)


def draw_violation(run: Run, violation: Violation) -> tuple[Picture, ...]:
    """One of a run's violations, headline or not: a picture for each of its witnesses."""
    if run.result is None or not violation.witnesses:
        return ()
    model = compile_program(run.program)
    trace = record_trace(model, run.info, run.sources, run.result, violation)
    return replay_trace(trace, model, run.sources, "")


def name_trace(run: Run, ending: str = "trace.json") -> str:
    """`kernfs-release-once.no_released_check.trace.json`."""
    return ".".join(filter(None, (run.info.name, run.variant.name, ending)))


def name_command(run: Run, command: str = "check") -> str:
    """The command that finds the violations of a run again: its variant, and what else was set."""
    usual = {p.name: str(p.default) for p in run.info.parameters}
    usual |= {f.name: str(f.default) for f in run.info.flags}
    usual |= {name: str(value) for name, value in run.variant.settings.items()}
    told = [f"-D {s.name}={s.value}" for s in run.program.settings if s.value != usual[s.name]]
    variant = [f"--variant {run.variant.name}"] if run.variant.name else []
    return " ".join((f"modelcheck {command}", run.info.path, *variant, *told))


def write_gate_pages(gated: GatedSpec, folder: Path) -> Entry:
    """Write a page into `folder` for each variant with a trace; gives the entry of the index.

    Raises `OutputError`.
    """
    from modelcheck.pages.gate import Entry

    if gated.errors is not None:
        return Entry(gated.file.shown, error=render(gated.errors))
    pages: dict[str | None, str] = {}
    for run in gated.runs:
        scenes = draw_scenes(run, name_command(run))
        if scenes:
            pages[run.variant.name] = name_trace(run, "html")
            write_whole(folder / pages[run.variant.name], write_scenes(scenes, "html"))
    return Entry(gated.file.shown, gated.info, gated.judgements, pages)


def write_gate_index(entries: Sequence[Entry], folder: Path) -> None:
    """Write `index.html` over the pages of a gate.  Raises `OutputError`."""
    from modelcheck.pages.gate import write_index

    write_whole(folder / "index.html", write_index(entries))


def draw_pictures(run: Run, replay: str = "") -> tuple[Picture, ...]:
    """The headline violation: a picture for each of its witnesses; none without any."""
    trace = record(run)
    if trace is None:
        return ()
    return replay_trace(trace, compile_program(run.program), run.sources, replay)


def write_passing(run: Run, number: int) -> Iterator[str]:
    """How the headline's steps pass without an ordering that they need, counted from 1: text.

    Raises `SelectionError` where there is no such ordering.
    """
    headline = run.result.headline if run.result is not None else None
    needs = headline.needs if headline is not None else None
    if headline is None or needs is None:
        raise SelectionError("--without: no ordering is known that a trace of this run needs")
    if not 1 <= number <= len(needs):
        count = len(needs)
        raise SelectionError(f"--without {number}: the trace needs {count or 'no'} orderings")
    path, claim = headline.witnesses[0], Claim(headline.property, headline.object)
    model = compile_program(run.program)
    told = tell_needs(model, path, derive_run(model, path, claim, run.sources), needs, run.sources)
    yield ""
    yield f"without {number}, so not {told[number - 1].text}:"
    for line in write_without(model, path, claim, needs[number - 1], run.sources):
        yield f"  {line}".rstrip()


def draw_scenes(run: Run, replay: str = "") -> tuple[Scene, ...]:
    """Like `draw_pictures`, with all states of each witness."""
    trace = record(run)
    return draw_trace(run, trace, replay) if trace is not None else ()


def draw_trace(run: Run, trace: Trace, replay: str = "") -> tuple[Scene, ...]:
    """The scenes of a trace of the run's program."""
    return replay_scenes(trace, compile_program(run.program), run.sources, replay)


def draw_states(run: Run, form: Literal["dot", "svg"]) -> str:
    """The state graph of a run's program, the headline violation's path marked, circles folded.

    Raises `SelectionError` where it is too large or cannot be drawn.
    """
    from modelcheck.trace.states import (
        GraphError,
        build_state_graph,
        draw_dot,
        fold_circles,
        write_states_dot,
    )

    headline = run.result.headline if run.result is not None else None
    path = headline.witnesses[0] if headline is not None and headline.witnesses else None
    try:
        graph = build_state_graph(compile_program(run.program), path)
        dot = write_states_dot(fold_circles(graph))
        return draw_dot(dot) if form == "svg" else dot
    except GraphError as error:
        raise SelectionError(str(error)) from None


Form = Literal["dot", "svg", "html", "mermaid"]


def write_scenes(scenes: Sequence[Scene], form: Form, *, all_steps: bool = False) -> str:
    """A violation in a format, with all its scenes.

    Quiet steps of a long trace are told together, unless `all_steps` are asked for; a page has all.
    """
    if form == "html":
        from modelcheck.pages.trace import write_page

        return write_page(scenes)
    return write_pictures([scene.picture for scene in scenes], form, all_steps=all_steps)


def write_pictures(
    pictures: Sequence[Picture],
    form: Literal["dot", "svg", "mermaid"],
    *,
    all_steps: bool = False,
) -> str:
    """The pictures of a violation in a format; pydot is imported only for `dot`."""
    told = pictures if all_steps else tuple(map(fold_quiet, pictures))
    if form == "svg":
        return write_svg(*told)
    if form == "mermaid":
        return write_mermaid(*told)
    from modelcheck.trace.dot import write_dot

    return write_dot(*told)


def graph_trace(picture: Picture) -> nx.MultiDiGraph[int]:
    """A trace as a networkx graph: its steps, and what leads from one to the other.

    `trace/graph.py` says what nodes and edges hold.
    """
    from modelcheck.trace.graph import build_trace_graph

    return build_trace_graph(picture)


def replay_file(file: str, replay: str = "") -> tuple[Picture, ...]:
    """The pictures of a stored trace, run again on its spec; `replay` is the command they name.

    A trace of another text of the spec raises `SpecError`.
    """
    stored = read_told(file)
    return replay_trace(stored.trace, stored.model, stored.spec.sources, replay)


def replay_file_scenes(file: str, replay: str = "") -> tuple[Scene, ...]:
    """Like `replay_file`, with all states of each witness."""
    stored = read_told(file)
    return replay_scenes(stored.trace, stored.model, stored.spec.sources, replay)


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace file that was read, and the program under its variant and settings.

    Whether the spec is still the one of the trace is not looked at yet.
    """

    trace: Trace
    spec: Spec
    variant: Variant
    model: Model


def read_stored(file: str) -> Stored:
    """Read a trace file and the spec it names.

    Raises `SelectionError` where one of them cannot be read, SpecError MC401 for what is no trace.
    """
    trace = read_trace(_read_text(Path(file)), file)
    spec = load_spec(find_spec(trace.path if Path(trace.path).exists() else trace.spec))
    variant = choose_variant(spec.info, trace.variant)
    program = make_program(spec, variant, read_settings(spec.info, dict(trace.settings)))
    return Stored(trace, spec, variant, compile_program(program))


def read_told(file: str) -> Stored:
    """Like `read_stored`, for telling it: what the trace needs is found again."""
    stored = read_stored(file)
    trace = renew_needs(stored.trace, stored.model, stored.spec.sources)
    return replace(stored, trace=trace)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SelectionError(f"cannot read {path}: {reason}") from None


def describe_program(
    argument: str, choice: Choice, *, after: str | None = None, with_layout: bool = False
) -> str:
    """The text of one program of a spec, after a pass (None: after all), or its layout."""
    spec = load_spec(find_spec(argument))
    variant = choose_variant(spec.info, choice.variant)
    if after is not None and after not in PASS_NAMES:
        raise SelectionError(explain_unknown("there is no pass", after, PASS_NAMES))
    settings = {**variant.settings, **read_settings(spec.info, choice.settings)}
    program = run_passes(spec.program(settings), after=after or PASS_NAMES[-1])
    return print_layout(layout(program)) if with_layout else print_program(program)


def choose_program(argument: str, choice: Choice) -> Program:
    """One program of the spec that `argument` names, after all passes."""
    spec = load_spec(find_spec(argument))
    variant = choose_variant(spec.info, choice.variant)
    return make_program(spec, variant, read_settings(spec.info, choice.settings))


def begin_wander(argument: str, choice: Choice) -> tuple[Run, Wander]:
    """A path to be chosen step by step through one program of a spec; the run has no result.

    Raises `SelectionError` where the program has no initial state, and for a variant that needs
    what this version cannot do.
    """
    from modelcheck.trace.wander import Wander

    spec = load_spec(find_spec(argument))
    variant = choose_variant(spec.info, choice.variant)
    if variant.needs:
        raise SelectionError(f"{variant.name} is not checkable yet: it needs {variant.needs}")
    program = make_program(spec, variant, read_settings(spec.info, choice.settings))
    run = Run(spec.info, variant, program, None, spec.sources)
    try:
        return run, Wander(compile_program(program), spec.info, spec.sources)
    except ValueError as error:
        raise SelectionError(f"{spec.info.name}: {error}") from None


def write_c(program: Program) -> str:
    """What the native backend compiles for a program: it includes `model.h` of the runtime."""
    return prepare(program).emitted.text


def load_spec(file: SpecFile) -> Spec:
    """What the front end makes of a file."""
    return load(file.path, file.shown)


def make_program(
    spec: Spec, variant: Variant, settings: Mapping[str, SettingValue] | None = None
) -> Program:
    """The program of a variant, after all passes; `settings` go before the variant's own."""
    return run_passes(spec.program({**variant.settings, **(settings or {})}), verify="last")


def find_steps(info: SpecInfo, program: Program, result: Result) -> Steps:
    """Where in the spec's own file steps begin, and which of them the run took."""
    places = {
        (template.name, block.label): place
        for template in program.templates
        for block in template.body.blocks
        if block.rest and block.step and (place := _find_own_place(block.step, info.path))
    }
    taken = frozenset(places[at] for at in result.coverage.taken if at in places)
    return Steps(frozenset(places.values()), taken)


def _find_own_place(step: StepInfo, path: str) -> tuple[int, int] | None:
    """The innermost place of a step that is in the spec's own file."""
    own = [span for span in (*step.calls, step.span) if span.path == path]
    return (own[-1].line, own[-1].col) if own else None


def _gate_spec(
    file: SpecFile,
    spec: Spec,
    options: Options,
    deadline: float | None,
    *,
    announce: Callable[[str], None],
    notice: Callable[[str], None],
) -> GatedSpec:
    runs: list[Run] = []
    judgements: list[Judgement] = []
    explored: dict[tuple[SettingValue, ...], tuple[Program, Result]] = {}
    for variant in (spec.info.default, *spec.info.variants):
        if variant.needs:
            why = f"needs {variant.needs}"
            judgements.append(Judgement(spec.info.name, variant, Outcome.NOT_CHECKABLE, (why,)))
            continue
        left = None if deadline is None else deadline - time.monotonic()
        stopped = options.interrupted is not None and options.interrupted()
        if stopped or (left is not None and left <= 0):
            why = "interrupted" if stopped else "no time left"
            judgements.append(Judgement(spec.info.name, variant, Outcome.SKIPPED, (why,)))
            continue
        announce(f"{spec.info.name} {variant.name or ''}".rstrip())
        known = explored.get(_list_settings(spec.info, variant))
        if known is not None:  # the default under its own name, say
            program, result = known[0], replace(known[1], variant=variant.name)
        else:
            program = make_program(spec, variant)
            limit = min((t for t in (left, options.timeout_seconds) if t is not None), default=None)
            chosen = replace(options, variant=variant.name, timeout_seconds=limit)
            result = explore(program, chosen, notice)
            if result.exhausted:
                explored[_list_settings(spec.info, variant)] = program, result
        steps = find_steps(spec.info, program, result)
        warnings = spec.warnings(program)
        runs.append(Run(spec.info, variant, program, result, spec.sources, warnings))
        judgements.append(judge(spec.info.name, variant, result, steps))
    found = {w.span: w for run in reversed(runs) for w in run.warnings}
    return GatedSpec(
        file,
        spec.info,
        tuple(runs),
        tuple(fail_dead_steps(judgements)),
        warnings=tuple(found[span] for span in sorted(found)),
    )


def judge_variant(spec: Spec, variant: Variant, options: Options) -> tuple[Run, Judgement]:
    """One variant by itself: explored and judged, its steps not compared with other variants'."""
    program = make_program(spec, variant)
    warnings = spec.warnings(program)
    if variant.needs:
        why = (f"needs {variant.needs}",)
        run = Run(spec.info, variant, program, None, spec.sources, warnings)
        return run, Judgement(spec.info.name, variant, Outcome.NOT_CHECKABLE, why)
    result = explore(program, replace(options, variant=variant.name))
    run = Run(spec.info, variant, program, result, spec.sources, warnings)
    return run, judge(spec.info.name, variant, result, find_steps(spec.info, program, result))


def _list_settings(info: SpecInfo, variant: Variant) -> tuple[SettingValue, ...]:
    """What a variant gives to every parameter and flag: the same means the same program."""
    defaults: dict[str, SettingValue] = {p.name: p.default for p in info.parameters}
    defaults |= {f.name: f.default for f in info.flags}
    return tuple(variant.settings.get(name, value) for name, value in defaults.items())


def explore(
    program: Program, options: Options, notice: Callable[[str], None] = lambda _: None
) -> Result:
    """Explore a program with the backend that the options name.

    Raises `SelectionError` where that is the native one and there is no compiler.
    """
    try:
        return explore_program(program, options, notice)
    except NoCompilerError as error:
        raise SelectionError(f"the native backend needs a C compiler: {error}") from None


def require_known(program: Program, names: Iterable[str]) -> None:
    """Raise `SelectionError` for a name that no property of the program has."""
    known = (*(p.name for p in program.properties), *BUILT_IN)
    for name in names:
        if name not in known:
            raise SelectionError(explain_unknown(f"{program.name} has no property", name, known))


__all__ = [
    "LOOK_BUDGET",
    "Choice",
    "GatedSpec",
    "Options",
    "Progress",
    "Run",
    "SelectionError",
    "Stored",
    "begin_wander",
    "check",
    "choose_program",
    "compare_reductions",
    "describe_program",
    "draw_pictures",
    "draw_scenes",
    "draw_states",
    "draw_trace",
    "explain_chains",
    "explain_steps",
    "explore",
    "find_ran",
    "find_steps",
    "find_symmetry",
    "gate",
    "graph_trace",
    "list_specs",
    "load_spec",
    "look",
    "make_profile",
    "make_program",
    "name_command",
    "name_trace",
    "read_stored",
    "read_told",
    "record",
    "replay_file",
    "replay_file_scenes",
    "require_known",
    "shorten",
    "write_c",
    "write_gate_index",
    "write_gate_pages",
    "write_passing",
    "write_pictures",
    "write_scenes",
]
