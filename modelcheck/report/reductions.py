"""Reductions as text: what they left out, and what kept them from leaving out more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from modelcheck.explore.result import Result
from modelcheck.ir.nodes import Program, StepInfo
from modelcheck.reduce.explain import StepFacts
from modelcheck.reduce.symmetry import Symmetry

_HEADINGS = ("reductions", "states", "transitions", "verdict")


def describe_comparison(results: Sequence[Result]) -> Iterator[str]:
    """A table: a line for each combination of reductions."""
    rows = [_HEADINGS]
    for result in results:
        counts = result.counts
        name = ", ".join(result.reductions) or "none"
        row = (name, f"{counts.states:,}", f"{counts.transitions:,}", result.verdict.value)
        rows.append(row)
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    for name, states, transitions, verdict in rows:
        yield (f"{name:<{widths[0]}}  {states:>{widths[1]}}  {transitions:>{widths[2]}}  {verdict}")


def describe_steps(program: Program, facts: Sequence[StepFacts]) -> Iterator[str]:
    """What each step has to do with others: a step that shares nothing is put in any order."""
    spans = {(t.name, b.label): b.step for t in program.templates for b in t.body.blocks}
    yield "what partial-order reduction knows of each step"
    for one in facts:
        yield f"  {_describe_place(one.step)}{one.template}  {_describe_text(one)}"
        for name, others in one.meets:
            yield f"      {name}: {_describe_others(others, spans)}"
        for closed, openers in one.waits:
            yield f"      waits while {closed}: needs {_describe_openers(openers, spans)}"
        if one.seen_by:
            yield f"      seen by {', '.join(one.seen_by)}"
        if one.goes_round:
            yield "      goes round: all threads step where it is taken"
        if not (one.meets or one.seen_by):
            yield "      nobody notices it"


def describe_symmetry(symmetry: Symmetry) -> Iterator[str]:
    """What is exchanged for one another, and what stands against more."""
    yield "what symmetry exchanges"
    for one in symmetry.classes:
        numbers = ", ".join(map(str, one.numbers))
        yield f"  {', '.join((*one.templates, *one.objects))}: numbers {numbers}"
    for broken in symmetry.broken:
        where = f"  ({broken.span.path}:{broken.span.line})" if broken.span.line else ""
        yield f"  not {broken.subject}: {broken.why}{where}"
    if not (symmetry.classes or symmetry.broken):
        yield "  there is one of each"


def _describe_place(step: StepInfo | None) -> str:
    return f"{step.span.path}:{step.span.line}  " if step else ""


def _describe_text(one: StepFacts) -> str:
    return one.step.text if one.step and one.step.text else one.label


def _describe_openers(
    openers: Sequence[tuple[str, Sequence[tuple[str, str]]]],
    spans: Mapping[tuple[str, str], StepInfo | None],
) -> str:
    """`drain:108 where m.owner is its own`."""
    found = (
        _describe_others(where, spans) + (f" where {tests}" if tests else "")
        for tests, where in openers
    )
    return " or ".join(found) or "nobody: it never goes on"


def _describe_others(
    others: Sequence[tuple[str, str]], spans: Mapping[tuple[str, str], StepInfo | None]
) -> str:
    """`reader:42,45; writer:80`: templates and lines, each once."""
    lines: dict[str, dict[str, None]] = {}
    for template, label in others:
        step = spans.get((template, label))
        lines.setdefault(template, {})[str(step.span.line) if step else label] = None
    return "; ".join(f"{template}:{','.join(found)}" for template, found in lines.items())
