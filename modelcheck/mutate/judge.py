"""A mutant → what became of it: which properties kill it, or why there is nothing to kill."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from modelcheck import api
from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.options import Options
from modelcheck.explore.result import Result, Verdict
from modelcheck.frontend import Spec, load_text
from modelcheck.frontend.spec import SettingValue, Variant
from modelcheck.gate import describe_expectation, describe_violation
from modelcheck.ir.nodes import Program
from modelcheck.mutate.mutant import Mutant
from modelcheck.mutate.same import count_plain, tell_meaning
from modelcheck.report.files import write_whole
from modelcheck.specfiles import SelectionError
from modelcheck.trace.stored import write_trace

TIMES = 10  # as many states as the spec has itself a mutant may have
INTERRUPTED = "stopped by interrupt"
AT_LEAST = 10_000  # states that any mutant may have


class Outcome(Enum):
    """What became of a mutant; the first four are what the score is made of."""

    KILLED = "killed"
    SURVIVES = "survives"
    EXPLAINED = "explained"
    UNDECIDED = "undecided"
    EQUIVALENT = "equivalent"
    NO_PROGRAM = "not a program"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Kill:
    """A property that a mutant violates, of what, and after how many steps.

    `steps` is the least number; None for a `reachable` that is never true.
    """

    property: str
    object: str
    steps: int | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant and what became of it; `reason` says why where nothing kills it.

    `file` and `trace` are where it was written, as a spec.
    """

    mutant: Mutant
    outcome: Outcome
    kills: tuple[Kill, ...] = ()
    reason: str = ""
    states: int = 0
    file: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """The spec itself under its settings: a configuration that holds, and what is known of it.

    `lines` are those of the spec's own file that the program has code of; `meaning` is a hash.
    """

    spec: Spec = field(repr=False)
    variant: Variant
    settings: Mapping[str, SettingValue]
    program: Program = field(repr=False)
    result: Result
    lines: frozenset[int] = field(repr=False)
    meaning: str
    plain: int


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of each mutant; it goes from process to process.

    `max_states` bounds each; `folder` is where mutants are written as specs (None: nowhere).
    """

    path: Path
    shown: str
    variant: Variant
    settings: Mapping[str, SettingValue]
    lines: frozenset[int]
    meaning: str
    plain: int
    options: Options
    folder: Path | None = None


def measure(
    spec: Spec,
    variant: Variant,
    settings: Mapping[str, SettingValue],
    options: Options,
    notice: Callable[[str], None] = lambda _: None,
) -> Original:
    """Explore the spec as it is.

    Raises `SelectionError` where it is violated, or expected to be: what is broken already is no
    measure of what its properties notice.
    """
    where = f"{spec.info.name}, {variant.name or 'the default'},"
    if variant.violates or variant.needs:
        raise SelectionError(
            f"{where} is expected to be other than verified ({describe_expectation(variant)});"
            " name a variant that holds"
        )
    lowered = spec.program({**variant.settings, **settings})
    program = api.make_program(spec, variant, settings)
    result = api.explore(program, replace(options, variant=variant.name), notice)
    if result.violations:
        found = ", ".join(dict.fromkeys(map(describe_violation, result.violations)))
        raise SelectionError(f"{where} does not hold as it is: {found}; see `modelcheck check`")
    meaning = hash_meaning(program)
    lines = find_lines(lowered, spec.info.path)
    plain = count_plain(program)
    return Original(spec, variant, settings, program, result, lines, meaning, plain)


def find_lines(program: Program, path: str) -> frozenset[int]:
    """The lines of a file at which code of a program, before any pass, begins.

    Soundness: a statement that begins and ends between them is in no thread of the program, so a
    mutant of it is the same program; tests/mutate/test_judge.py compares the two.
    """
    spans = []
    for template in program.templates:
        for block in template.body.blocks:
            spans += [node.span for node in (*block.instrs, block.end)]
            if block.step is not None:
                spans += [block.step.span, *block.step.calls]
    return frozenset(span.line for span in spans if span.path == path)


def judge(mutant: Mutant, task: Task) -> Judged:
    """Explore a mutant until the first level with a violation, or with all of its properties.

    Soundness: `survives` is said only of a program whose states were all visited, each property
    judged; and `equivalent` and `elsewhere`, which count for nothing, only of the program itself.
    """
    if not task.lines.intersection(mutant.lines):
        return Judged(mutant, Outcome.ELSEWHERE, reason="these settings leave it out")
    file = None if task.folder is None else task.folder / name_file(task.path.stem, mutant)
    try:
        spec = load_text(task.path, str(file or task.shown), mutant.text)
        program = api.make_program(spec, task.variant, task.settings)
    except SpecErrors as errors:
        first = errors.errors[0]
        return Judged(mutant, Outcome.NO_PROGRAM, reason=f"{first.code}: {first.message}")
    if hash_meaning(program) == task.meaning:
        return Judged(mutant, Outcome.EQUIVALENT, reason="the same program")
    if mutant.mutator == "plain" and count_plain(program) <= task.plain:
        reason = "where it is declared, every access to it is marked"
        return Judged(mutant, Outcome.EQUIVALENT, reason=reason)
    result = api.explore(program, replace(task.options, variant=task.variant.name))
    judged = decide(mutant, result)
    if file is None:
        return judged
    write_whole(file, mutant.text)
    run = api.Run(spec.info, task.variant, program, result, spec.sources)
    return replace(judged, file=str(file), trace=_write_trace(run, task.options, file))


def decide(mutant: Mutant, result: Result) -> Judged:
    """What the result of a mutant says of it.

    Soundness: a run that gave up, or left a property untested, is neither a kill nor a survivor.
    """
    states = result.counts.states
    if result.violations:
        kinds = {p.name: p.kind for p in result.properties}
        kills: dict[tuple[str, str], Kill] = {}
        for violation in sorted(result.violations, key=lambda v: v.depth):
            is_never = kinds[violation.property] == "reachable" and not violation.witnesses
            steps = None if is_never else violation.depth
            kill = Kill(violation.property, violation.object, steps)
            kills.setdefault((kill.property, kill.object), kill)
        return Judged(mutant, Outcome.KILLED, tuple(kills.values()), states=states)
    if result.verdict is Verdict.VERIFIED and result.exhausted:
        return Judged(mutant, Outcome.SURVIVES, states=states)
    doubts = [p.name for p in result.properties if p.verdict is Verdict.NOT_TESTED]
    why = f"stopped by {result.stopped_by}" if result.stopped_by else ""
    reason = why or f"not tested: {', '.join(doubts)}"
    return Judged(mutant, Outcome.UNDECIDED, reason=reason, states=states)


def name_file(stem: str, mutant: Mutant) -> str:
    """`kernfs-active-drain.213.drop-get.py`; of several equal ones at a line, the hash tells."""
    return f"{stem}.{mutant.line}.{mutant.mutator}.{_digest(mutant.text)[:4]}.py"


def hash_meaning(program: Program) -> str:
    """A number for what a program means."""
    return _digest(tell_meaning(program))


def _write_trace(run: api.Run, options: Options, file: Path) -> str:
    trace = api.record(api.shorten(run, replace(options, shortest="auto")))
    if trace is None:
        return ""
    target = file.with_suffix(".trace.json")
    write_whole(target, write_trace(trace))
    return str(target)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
