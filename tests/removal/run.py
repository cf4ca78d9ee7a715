"""Explore a spec without one of its steps: does any property of a `holds` configuration fail?

Asked are the default, where it is expected to be verified, then every variant that is; the first
that notices ends the questions, because a step that one of them needs is not redundant.
"""

from __future__ import annotations

import multiprocessing
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Options
from modelcheck.explore.result import Result, Verdict
from modelcheck.explore.search import explore
from modelcheck.frontend import Spec, load, load_text
from modelcheck.frontend.spec import Variant
from modelcheck.gate import describe_violation
from modelcheck.ir.nodes import Program
from modelcheck.ir.passes import run_passes
from modelcheck.mutate.explained import read_explanations
from modelcheck.mutate.mutant import find_mutants
from tests.removal.steps import Removal, find_removals

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDERS = ("specs/kernfs", "specs/psi")
SMALL = 60_000  # states for the python backend; the native one goes on
LARGE = 5_000_000
SECONDS = 120.0  # for one removal in one configuration
KINDS = ("redundant", "environment", "bookkeeping")

Status = Literal["noticed", "refused", "survives", "undecided", "absent"]


class NotHoldingError(Exception):
    """A configuration that should hold does not, with nothing removed."""


@dataclass(frozen=True, slots=True)
class Job:
    """A removal, where the spec is that it is of, and for each configuration that holds the lines
    at which it takes a step.
    """

    path: Path
    removal: Removal
    lines: tuple[frozenset[int], ...]
    every: bool = False  # all properties that notice, not only the first


@dataclass(frozen=True, slots=True)
class End:
    """What became of a removal: `by` names what noticed it, or the code that refused it.

    `absent` is a step that no configuration takes that is expected to hold.
    """

    status: Status
    by: str = ""
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A survivor that is known, from redundant.toml."""

    spec: str
    routine: str
    statement: str
    kind: str
    reason: str
    nth: int = 1

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.spec, self.routine, self.statement, self.nth


def list_specs() -> dict[str, Path]:
    """The specs that are asked, by name."""
    paths = [p for folder in FOLDERS for p in sorted((ROOT / folder).glob("*.py"))]
    return {p.stem: p for p in paths}


def load_spec(path: Path) -> Spec:
    shown = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return load(path, shown)


def list_holding(spec: Spec) -> list[Variant]:
    """The configurations that are expected to be verified, the default first."""
    all_ = (spec.info.default, *spec.info.variants)
    chosen: dict[str, Variant] = {}
    for variant in all_:
        if not variant.violates and not variant.needs:
            chosen.setdefault(repr(sorted(_settle(spec, variant).items())), variant)
    return list(chosen.values())


def _settle(spec: Spec, variant: Variant) -> dict[str, object]:
    """What all settings are in a variant: some have a name for the default."""
    defaults = {s.name: s.default for s in (*spec.info.parameters, *spec.info.flags)}
    return {**defaults, **variant.settings}


@cache
def _read_whole(path: Path) -> Spec:
    return load_spec(path)


def find_lines(path: Path, index: int) -> frozenset[int]:
    """The lines of a spec at which its run takes a step, in a configuration that holds.

    A step that a configuration never takes is no part of it: nothing would miss it there.
    """
    spec = _read_whole(path)
    variant = list_holding(spec)[index]
    program = run_passes(spec.program(variant.settings), verify="no")
    result = _explore(program, every=False)
    if result.verdict is not Verdict.VERIFIED:
        raise NotHoldingError(f"{spec.info.name} {variant.name or 'default'}")
    steps = {
        (template.name, block.label): block.step
        for template in program.templates
        for block in template.body.blocks
        if block.step is not None
    }
    taken = [steps[at] for at in result.coverage.taken if at in steps]
    spans = [span for step in taken for span in (*step.calls, step.span)]
    own = [span for span in spans if span.path == spec.info.path]
    return frozenset(n for span in own for n in range(span.line, max(span.line, span.end_line) + 1))


def ask(job: Job) -> End:
    """What becomes of one removal."""
    spec = _read_whole(job.path)
    lines = frozenset(job.removal.lines)
    asked: list[str] = []
    try:
        edited = load_text(job.path, spec.info.path, job.removal.text)
        for variant, taken in zip(list_holding(spec), job.lines, strict=True):
            if not lines & taken:
                continue
            program = edited.program(variant.settings)
            name = variant.name or "default"
            result = _explore(run_passes(program, verify="no"), job.every)
            if result.violations:
                what = dict.fromkeys(describe_violation(v) for v in result.violations)
                return End("noticed", ", ".join(what), (name,))
            if result.verdict is not Verdict.VERIFIED:
                doubts = {p.name for p in result.properties if p.verdict is not Verdict.VERIFIED}
                why = result.stopped_by or f"not tested: {', '.join(sorted(doubts))}"
                return End("undecided", why, (name,))
            asked.append(name)
    except SpecErrors as errors:
        return End("refused", ", ".join(sorted({e.code for e in errors.errors})))
    return End("survives", "", tuple(asked)) if asked else End("absent")


def _explore(program: Program, every: bool) -> Result:
    stop = "all" if every else "first"
    options = Options(stop=stop, max_states=SMALL, timeout_seconds=SECONDS)
    result = explore(program, options)
    if result.violations or result.stopped_by != "max-states":
        return result
    return explore_native(program, replace(options, max_states=LARGE, workers=1))


def read_entries(file: Path = HERE / "redundant.toml") -> list[Entry]:
    """The known survivors."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return [Entry(**row) for row in table.get("survivor", [])]


def list_explained(paths: Iterable[Path]) -> set[tuple[str, str, str, int]]:
    """The survivors that specs themselves explain, in comments that `modelcheck mutate` reads."""
    explained = set()
    for path in paths:
        spec = load_spec(path)
        told = read_explanations(spec)
        mutants = [m for m in find_mutants(spec) if any(e.is_about(m) for e in told)]
        explained |= {(spec.info.name, m.routine, m.statement, m.nth) for m in mutants}
    return explained


def find_faults(
    ends: Mapping[tuple[str, str, str, int], tuple[Removal, End]],
    entries: Iterable[Entry],
    specs: Iterable[str],
    explained: Collection[tuple[str, str, str, int]] = (),
) -> list[str]:
    """What is wrong: survivors that are not listed, and entries of these specs that are stale.

    What a spec explains itself needs no entry; `modelcheck mutate` says where that is stale.
    """
    known: dict[tuple[str, str, str, int], Entry] = {}
    faults = []
    for entry in entries:
        name = describe(entry.key)
        if entry.key in known:
            faults.append(f"{name}: listed twice")
        if entry.kind not in KINDS:
            faults.append(f"{name}: there is no kind `{entry.kind}`")
        if entry.key in explained:
            faults.append(f"{name}: listed, and explained in the spec")
        if not entry.reason.strip():
            faults.append(f"{name}: listed without a reason")
        known[entry.key] = entry
    for key, (_, end) in ends.items():
        if end.status == "survives" and key not in known and key not in explained:
            faults.append(f"{describe(key)}: survives, and is not listed")
        elif end.status == "undecided":
            faults.append(f"{describe(key)}: undecided, {end.by}")
        elif end.status != "survives" and key in known:
            faults.append(f"{describe(key)}: listed, but {describe_end(end)}")
    asked = set(specs)
    faults += [
        f"{describe(key)}: listed, but there is no such step"
        for key in known
        if key[0] in asked and key not in ends
    ]
    return faults


def describe(key: tuple[str, str, str, int]) -> str:
    spec, routine, statement, nth = key
    return f"{spec} {routine}: {statement}{f' [{nth}]' if nth > 1 else ''}"


def describe_end(end: End) -> str:
    """`noticed by deadlock`, `refused (MC248)`, `survives`."""
    where = "" if end.where in ((), ("default",)) else f" ({', '.join(end.where)})"
    match end.status:
        case "noticed":
            return f"noticed by {end.by}{where}"
        case "refused":
            return f"refused ({end.by})"
        case "survives":
            return f"survives{where}"
        case "undecided":
            return f"undecided: {end.by}{where}"
        case "absent":
            return "in no configuration that holds"


def run_specs(
    paths: Sequence[Path], jobs: int = 1, *, every: bool = False
) -> Iterator[tuple[Removal, End]]:
    """Ask about every removal of the specs, side by side, in order."""
    asked = [(p, i) for p in paths for i in range(len(list_holding(load_spec(p))))]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) if jobs > 1 else nullcontext() as pool:
        side_by_side = pool.map if pool is not None else map
        taken = dict(zip(asked, side_by_side(find_lines, *zip(*asked, strict=True)), strict=True))
        todo = [
            Job(path, removal, tuple(lines for at, lines in taken.items() if at[0] == path), every)
            for path in paths
            for removal in find_removals(load_spec(path))[0]
        ]
        yield from zip((job.removal for job in todo), side_by_side(ask, todo), strict=True)
