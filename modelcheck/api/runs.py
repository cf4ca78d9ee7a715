"""From what the user named to what is known about one program of it.

find the spec → front end → passes → explore → result
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

from modelcheck.checks import BUILT_IN
from modelcheck.diagnostics import InternalError, SpecWarning
from modelcheck.explore.agreement import find_disagreement
from modelcheck.explore.choose import NoCompilerError
from modelcheck.explore.choose import explore as explore_program
from modelcheck.explore.native import prepare
from modelcheck.explore.options import REDUCTIONS, Options
from modelcheck.explore.result import Result
from modelcheck.explore.shorten import shorten as shorten_result
from modelcheck.frontend import Spec, load
from modelcheck.frontend.spec import SettingValue, SpecInfo, Variant
from modelcheck.ir.layout import layout, print_layout
from modelcheck.ir.nodes import Program
from modelcheck.ir.passes import PASS_NAMES, run_passes
from modelcheck.ir.text import print_program
from modelcheck.settings import choose_variant, explain_unknown, read_settings
from modelcheck.specfiles import SelectionError, SpecFile, find_spec


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
