"""Every variant of the specs that the user named, judged by what its spec expects; their pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelcheck.api.runs import Run, explore, load_spec, make_program, name_command, name_trace
from modelcheck.api.traces import draw_scenes, write_scenes
from modelcheck.diagnostics import SpecErrors, SpecWarning, render
from modelcheck.explore.options import Options
from modelcheck.explore.result import Result
from modelcheck.frontend import Spec
from modelcheck.frontend.spec import SettingValue, SpecInfo, Variant
from modelcheck.gate import Judgement, Outcome, Steps, fail_dead_steps, judge
from modelcheck.ir.nodes import Program, StepInfo
from modelcheck.report.files import write_whole
from modelcheck.specfiles import SpecFile, find_specs

if TYPE_CHECKING:
    from modelcheck.pages.gate import Entry


@dataclass(frozen=True, slots=True)
class GatedSpec:
    """One spec of a gate: its judged variants, or the errors that kept it from being read."""

    file: SpecFile
    info: SpecInfo | None = None
    runs: tuple[Run, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    errors: SpecErrors | None = None
    warnings: tuple[SpecWarning, ...] = ()  # of all variants, each once


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


def list_specs(arguments: Sequence[str]) -> Iterator[SpecInfo | SpecErrors]:
    """The heads of the specs that `arguments` name, or what is wrong with them."""
    for file in find_specs(arguments):
        try:
            yield load_spec(file).info
        except SpecErrors as errors:
            yield errors


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
