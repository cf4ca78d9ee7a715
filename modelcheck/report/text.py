"""Results as text for people: the verdict, its numbers, its scope line.

The first line of a verdict is complete and greppable.  *verified* is printed only for a result
that says so itself, which needs an exhausted space.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from modelcheck.diagnostics import Span
from modelcheck.explore.result import Counts, Result, Verdict, Violation, omit_sizes
from modelcheck.frontend.spec import SpecInfo, Variant
from modelcheck.gate import Judgement, Outcome, describe_expectation, describe_violation
from modelcheck.ir.nodes import Program

_HEADINGS = {
    Verdict.VERIFIED: "verified",
    Verdict.VIOLATED: "VIOLATED",
    Verdict.INCONCLUSIVE: "INCONCLUSIVE",
    Verdict.NOT_TESTED: "NOT TESTED",
}


def describe_result(
    info: SpecInfo, program: Program, result: Result, traces: Sequence[str]
) -> Iterator[str]:
    """The lines of a verdict.

    `traces` are the witnesses of the headline violation as `trace/text.py` writes them, each a
    whole report; a verdict without any (verified, or a `reachable` that is never true) gets its
    report here.
    """
    headline = result.headline
    if traces:
        for trace in traces:
            yield from trace.rstrip("\n").splitlines()
    else:
        settings = describe_settings(program, result.variant)
        yield f"{_HEADINGS[result.verdict]}  {info.path}{settings}"
        if headline is not None:
            yield f"  {describe_headline(headline, program)}"
        minimal = (f"minimal: {headline.minimal}",) if headline else ()
        scope = omit_sizes(result.scope)
        yield f"  {'; '.join((describe_counts(result.counts), *minimal, *scope))}"
    for violation in result.violations:
        if violation is not headline:
            yield f"  also violated: {describe_headline(violation, program)}"
    yield from _describe_unknown(result)
    if result.stopped_by:
        yield f"  stopped by {result.stopped_by}: this is as far as it got"


def _describe_unknown(result: Result) -> Iterator[str]:
    """What was not decided: the properties with one reason together."""
    found: dict[tuple[Verdict, str], list[str]] = {}
    for unknown in result.properties:
        if unknown.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_TESTED):
            found.setdefault((unknown.verdict, unknown.reason), []).append(unknown.name)
    for (verdict, reason), names in found.items():
        line = f"{verdict.value}: {', '.join(names)}" + (f": {reason}" if reason else "")
        yield from textwrap.wrap(
            line, 96, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )


def describe_headline(violation: Violation, program: Program) -> str:
    """``invariant `safe` (line 55) is false after 6 steps``."""
    declared = next((p for p in program.properties if p.name == violation.property), None)
    steps = "1 step" if violation.depth == 1 else f"{violation.depth} steps"
    if declared is None:
        detail = f": {violation.detail}" if violation.detail else ""
        return f"{describe_violation(violation)} after {steps}{detail}"
    where = _describe_place(declared.span)
    verb = "fails" if declared.kind == "assert" else "is false"
    if declared.kind == "reachable":
        if not violation.witnesses:
            return f"reachable `{declared.name}`{where} is never true"
        verb = "fails"
    detail = f": {violation.detail}" if violation.detail else ""
    return f"{declared.kind} `{declared.name}`{where} {verb} after {steps}{detail}"


def describe_counts(counts: Counts) -> str:
    """`23 states, 30 transitions, depth 9`."""
    parts = [
        "1 state" if counts.states == 1 else f"{counts.states:,} states",
        "1 transition" if counts.transitions == 1 else f"{counts.transitions:,} transitions",
    ]
    if counts.depth is not None:
        parts.append(f"depth {counts.depth}")
    return ", ".join(parts)


def describe_unchecked(info: SpecInfo, variant: Variant) -> str:
    """What `check` says of a variant that needs what this version cannot do."""
    name = "" if variant.name is None else f"  variant={variant.name}"
    return f"NOT TESTED  {info.path}{name}\n  not checkable yet: needs {variant.needs}"


def describe_judgement(judgement: Judgement) -> Iterator[str]:
    """The line of a variant in `gate`, and below it what is wrong."""
    name = judgement.variant.name or "(default)"
    counts = f"  {describe_counts(judgement.result.counts)}" if judgement.result else ""
    expected = describe_expectation(judgement.variant)
    if judgement.outcome is not Outcome.EXPECTED:  # else it would read like a verdict
        expected = f"expected: {expected}"
    yield f"{judgement.outcome.value:<17}  {judgement.spec}  {name}  {expected}{counts}"
    yield from (f"    {reason}" for reason in judgement.reasons)
    yield from (f"    {change}" for change in judgement.changes)


def describe_totals(judgements: Sequence[Judgement]) -> str:
    """`12 as expected, 1 UNEXPECTED, 2 not checkable yet`."""
    found: dict[str, int] = {}
    for judgement in judgements:
        found[judgement.outcome.value] = found.get(judgement.outcome.value, 0) + 1
    return ", ".join(f"{count} {outcome}" for outcome, count in found.items()) or "nothing ran"


def list_specs(infos: Iterable[SpecInfo]) -> Iterator[str]:
    """What `list` prints: a line per spec, below it its sizes and its variants."""
    for info in infos:
        summary = next((line for line in info.doc.splitlines() if line.strip()), "")
        yield f"{info.name}  {info.path}"
        if summary:
            yield f"    {summary.strip()}"
        for parameter in info.parameters:
            yield (
                f"    parameter {parameter.name} = {parameter.default}"
                f" ({parameter.min} to {parameter.max})"
            )
        for flag in info.flags:
            choices = f" ({', '.join(flag.choices)})" if flag.choices else ""
            yield f"    flag {flag.name} = {flag.default}{choices}"
        for variant in (info.default, *info.variants):
            yield f"    {variant.name or '(default)'}: {describe_expectation(variant)}"


def describe_settings(program: Program, variant: str | None) -> str:
    """What stands behind a spec's name in the first line: two spaces, then settings and variant."""
    parts = [f"{s.name}={s.value}" for s in program.settings]
    if variant is not None:
        parts.append(f"variant={variant}")
    return f"  {' '.join(parts)}" if parts else ""


def _describe_place(span: Span) -> str:
    return f" (line {span.line})" if span.line else ""
