"""Coverage as text: what a run did and never did, step by step, then what ran in its states."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping

from modelcheck.diagnostics import Span
from modelcheck.explore.looked import Ran, Vacuous
from modelcheck.explore.result import Result
from modelcheck.ir.nodes import Apply, Const, Program, StepInfo
from modelcheck.ir.text.show import Shower
from modelcheck.report.conditions import list_halves

LIBRARY = "modelcheck/"  # how the paths of its files begin
_MOST_CHARACTERS = 60  # of a condition


def describe_coverage(
    program: Program,
    result: Result,
    ran: Ran,
    sources: Mapping[str, str],
    path: str,
    *,
    library: bool = False,
) -> Iterator[str]:
    """The lines of `check --coverage` of the spec at `path`; `sources` are the texts of its files
    by shown path.

    What is of the library's own files (branches, waits) is left out unless `library` asks for it.
    """
    coverage = result.coverage
    steps = find_steps(program)
    total = len(coverage.taken) + len(coverage.untaken)
    yield f"coverage: {len(coverage.taken)} of {total} steps were taken"
    for location, step in steps.items():
        if location in coverage.taken:
            yield f"  {coverage.taken[location]:>10,}  {describe_step(location, step, path)}"
        elif location in coverage.untaken:
            yield f"  {'never':>10}  {describe_step(location, step, path)}"
    for name in coverage.unevaluated:
        yield f"  never evaluated: {name}"
    yield f"  quiescent states: {coverage.quiescent:,}, deadlocks: {coverage.deadlocks:,}"
    if coverage.ranges:
        yield "values, and what there would be room for"
    for values in coverage.ranges:
        yield (
            f"  {values.name}: {values.least} to {values.greatest} of {values.lo} to {values.hi}"
        )
    yield from _describe_ran(program, ran, sources, path, library=library)


def _describe_ran(
    program: Program, ran: Ran, sources: Mapping[str, str], path: str, *, library: bool
) -> Iterator[str]:
    steps = find_steps(program)
    if not ran.is_whole:
        yield f"what follows is about the first {ran.states:,} states: no more were looked at"
    halves = list_halves(ran, sources)
    halves = [h for h in halves if library or not h.span.path.startswith(LIBRARY)]
    if halves:
        yield "conditions that only ever went one way"
    for half in halves:
        where = _cite(half.span, path)
        yield f"  never {half.never!s:<5}  {where}  {cut(sources, half.span)}"
    if ran.vacuous:
        yield "parts of properties that were not put to the test"
    for vacuous in ran.vacuous:
        yield f"  {describe_vacuous(program, vacuous, sources)}"
    idle = [
        wait.location
        for wait in ran.waits
        if not wait.states
        and ran.taken.get(wait.location)
        and (library or _is_called(steps.get(wait.location)))
    ]
    if idle:
        yield "steps that may have to wait and never had to"
    whose: dict[tuple[str, str], list[str]] = {}
    for location in idle:
        place, text = _describe_place(location, steps[location], path)
        whose.setdefault((place, text), []).append(location[0])
    for (place, text), threads in whose.items():
        yield f"  {place:<8}  {', '.join(dict.fromkeys(threads))}  {text}"
    if ran.calm:
        yield f"threads that never had to wait: {', '.join(ran.calm)}"


def describe_step(location: tuple[str, str], step: StepInfo, path: str) -> str:
    """`line 36  close  mutex_unlock(m)  (kernel/mutex.py:112)`: the user's own line first."""
    place, text = _describe_place(location, step, path)
    return f"{place:<8}  {location[0]}  {text}"


def _describe_place(location: tuple[str, str], step: StepInfo, path: str) -> tuple[str, str]:
    """The user's own line, and what stands there with the place in the library that it came to."""
    own = [span for span in (*step.calls, step.span) if not span.path.startswith(LIBRARY)]
    place = own[-1] if own else step.span
    text = textwrap.shorten(step.text or location[1], _MOST_CHARACTERS, placeholder=" ...")
    inside = "" if place == step.span else f"  ({_cite(step.span, path)})"
    return _cite(place, path), f"{text}{inside}"


def _cite(span: Span, path: str) -> str:
    """`line 36` of the spec itself, else with the file."""
    if span.path == path:
        return f"line {span.line}"
    return f"{span.path.removeprefix(LIBRARY)}:{span.line}"


def find_steps(program: Program) -> dict[tuple[str, str], StepInfo]:
    """What the source says of each location, in the order of the program."""
    return {
        (template.name, block.label): block.step
        for template in program.templates
        for block in template.body.blocks
        if block.rest and block.step
    }


def _is_called(step: StepInfo | None) -> bool:
    """Whether a step is in the user's own files, or in a library routine that they call at once:
    of what such a routine calls in turn the user has not decided anything.
    """
    if step is None:
        return False
    library = [span for span in (*step.calls, step.span) if span.path.startswith(LIBRARY)]
    return len(library) <= 2  # mutex_lock, and what it is made of


def describe_vacuous(program: Program, vacuous: Vacuous, sources: Mapping[str, str]) -> str:
    """``invariant `safe`: `removed` was never True``."""
    kinds = {p.name: p.kind for p in program.properties}
    name = f"{kinds[vacuous.property]} `{vacuous.property}`"
    if isinstance(vacuous.expr, Const):
        return f"{name} is constant with these settings"
    text, never = tell_condition(vacuous, sources)
    return f"{name}: `{text}` was never {never}"


def tell_condition(vacuous: Vacuous, sources: Mapping[str, str]) -> tuple[str, bool]:
    """A condition in the words of the spec, and the value that it never had."""
    expr = vacuous.expr
    if expr is None:
        return cut(sources, vacuous.span), vacuous.never
    if isinstance(expr, Apply) and expr.op == "not":
        return _show(Shower().expr(expr.args[0])), not vacuous.never
    return _show(Shower().expr(expr)), vacuous.never


def _show(text: str) -> str:
    """The text of an expression of the program, without what the spec does not say."""
    while (shorter := re.sub(r"\$read\(\w+ ((?:[^()]|\([^()]*\))*)\)", r"\1", text)) != text:
        text = shorter
    text = re.sub(r"\bNone:\w+(\[\w+\])?", "None", text.replace("$current", "current()"))
    text = re.sub(r"\$(\w+)", r"\1", text)
    return text[1:-1] if re.fullmatch(r"\([^()]*\)", text) else text


def cut(sources: Mapping[str, str], span: Span) -> str:
    """The text at a place; of one that goes over several lines, its first one."""
    lines = sources.get(span.path, "").splitlines()
    if not 0 < span.line <= len(lines):
        return ""
    is_whole = span.line == span.end_line
    text = lines[span.line - 1][span.col - 1 : span.end_col - 1 if is_whole else None]
    text = " ".join(text.split())
    if len(text) > _MOST_CHARACTERS:
        return text[: _MOST_CHARACTERS - 4] + " ..."
    return text if is_whole else f"{text} ..."
