"""From what the user named to what is known about it: the pipeline, top to bottom.

    find the spec → front end → passes → explore → result

Nothing here prints or exits.  Raises `SpecErrors` for a fault in a spec and `SelectionError` for
something that is not there; giving up is a result, never an exception.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from modelcheck.backends.python.model import compile_program
from modelcheck.checks import BUILT_IN
from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.options import Options, Progress
from modelcheck.explore.result import Result
from modelcheck.explore.search import explore
from modelcheck.frontend import Spec, load
from modelcheck.frontend.spec import SettingValue, SpecInfo, Variant
from modelcheck.gate import Judgement, Outcome, Steps, fail_dead_steps, judge
from modelcheck.ir.layout import layout, print_layout
from modelcheck.ir.nodes import Program, StepInfo
from modelcheck.ir.passes import PASS_NAMES, run_passes
from modelcheck.ir.text import print_program
from modelcheck.report.text import describe_counts
from modelcheck.settings import choose_variant, explain_unknown, read_settings
from modelcheck.specfiles import SelectionError, SpecFile, find_spec, find_specs
from modelcheck.trace.derive import Claim, derive_run
from modelcheck.trace.picture import Heading, Picture, draw_picture
from modelcheck.trace.svg import write_svg
from modelcheck.trace.text import write_text

_WRITERS: dict[str, Callable[[Picture], str]] = {"svg": write_svg}


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


@dataclass(frozen=True, slots=True)
class GatedSpec:
    """One spec of a gate: its judged variants, or the errors that kept it from being read."""

    file: SpecFile
    info: SpecInfo | None = None
    runs: tuple[Run, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    errors: SpecErrors | None = None


def check(argument: str, choice: Choice, options: Options) -> Run:
    """Explore one program of the spec that `argument` names."""
    spec = load_spec(find_spec(argument))
    variant = choose_variant(spec.info, choice.variant)
    program = make_program(spec, variant, read_settings(spec.info, choice.settings))
    _require_known(program, options.properties or ())
    if variant.needs:
        return Run(spec.info, variant, program, None, spec.sources)
    result = explore(program, replace(options, variant=variant.name))
    return Run(spec.info, variant, program, result, spec.sources)


def gate(
    arguments: Sequence[str],
    options: Options,
    *,
    timeout_seconds: float | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> Iterator[GatedSpec]:
    """Explore every variant of the specs that `arguments` name (all, without any) and judge it.

    `timeout_seconds` is for all of them together: what does not begin in time is skipped, which
    no gate takes for a pass.  `announce` is told the name of each run as it begins.
    """
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    for file in find_specs(arguments):
        try:
            spec = load_spec(file)
            yield _gate_spec(file, spec, options, deadline, announce)
        except SpecErrors as errors:
            yield GatedSpec(file, errors=errors)


def list_specs(arguments: Sequence[str]) -> Iterator[SpecInfo | SpecErrors]:
    """The heads of the specs that `arguments` name, or what is wrong with them."""
    for file in find_specs(arguments):
        try:
            yield load_spec(file).info
        except SpecErrors as errors:
            yield errors


def render_traces(run: Run, replay: str = "") -> list[str]:
    """The headline violation as text: a report for each of its witnesses."""
    return [write_text(picture) for picture in draw_pictures(run, replay)]


def draw_pictures(run: Run, replay: str = "") -> list[Picture]:
    """The headline violation, replayed: a picture for each of its witnesses; none without any."""
    headline = run.result.headline if run.result is not None else None
    if run.result is None or headline is None:
        return []
    model = compile_program(run.program)
    claim = Claim(headline.property, headline.object, headline.detail)
    heading = Heading(
        run.info.path,
        tuple((s.name, s.value) for s in run.program.settings),
        run.variant.name,
        describe_counts(run.result.counts),
        headline.minimal,
        run.result.scope,
        replay,
    )
    return [
        draw_picture(derive_run(model, path, claim, run.sources).story, heading)
        for path in headline.witnesses
    ]


def draw_run(run: Run, form: str) -> str | None:
    """The headline violation as `svg`; None where nothing is violated or there is no trace.

    Of several witnesses (a cycle of orders) it is the first.
    """
    pictures = draw_pictures(run)
    return _WRITERS[form](pictures[0]) if pictures else None


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


def load_spec(file: SpecFile) -> Spec:
    """What the front end makes of a file."""
    return load(file.path, file.shown)


def make_program(
    spec: Spec, variant: Variant, settings: Mapping[str, SettingValue] | None = None
) -> Program:
    """The program of a variant, after all passes; `settings` go before the variant's own."""
    return run_passes(spec.program({**variant.settings, **(settings or {})}))


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
    announce: Callable[[str], None],
) -> GatedSpec:
    runs: list[Run] = []
    judgements: list[Judgement] = []
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
        program = make_program(spec, variant)
        limit = min((t for t in (left, options.timeout_seconds) if t is not None), default=None)
        result = explore(program, replace(options, variant=variant.name, timeout_seconds=limit))
        steps = find_steps(spec.info, program, result)
        runs.append(Run(spec.info, variant, program, result, spec.sources))
        judgements.append(judge(spec.info.name, variant, result, steps))
    return GatedSpec(file, spec.info, tuple(runs), tuple(fail_dead_steps(judgements)))


def _require_known(program: Program, names: Iterable[str]) -> None:
    known = (*(p.name for p in program.properties), *BUILT_IN)
    for name in names:
        if name not in known:
            raise SelectionError(explain_unknown(f"{program.name} has no property", name, known))


__all__ = [
    "Choice",
    "GatedSpec",
    "Options",
    "Progress",
    "Run",
    "SelectionError",
    "check",
    "describe_program",
    "find_steps",
    "gate",
    "list_specs",
    "load_spec",
    "make_program",
]
