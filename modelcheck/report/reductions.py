"""Reductions as text: what they left out, and what kept them from leaving out more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from modelcheck.explore.result import Result, Verdict
from modelcheck.ir.nodes import Program, StepInfo
from modelcheck.reduce.explain import StepFacts, StoppingStep
from modelcheck.reduce.symmetry import Symmetry

_HEADINGS = ("reductions", "states", "fewer", "transitions", "fewer", "depth", "verdict")
_IS_TEXT = (True, False, False, False, False, False, True)  # the others are numbers
_NOTHING = "-"


def describe_comparison(results: Sequence[Result]) -> Iterator[str]:
    """A table, a line for each combination of reductions, and what to make of it.

    The first result is that without any; how many times fewer the others store is told against it.
    `>` stands before what a run that gave up had reached: nobody knows how much there is.
    """
    plain = results[0]
    rows = [_HEADINGS, *(_describe_run(result, plain) for result in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    for row in rows:
        cells = [
            f"{cell:<{width}}" if is_text else f"{cell:>{width}}"
            for cell, width, is_text in zip(row, widths, _IS_TEXT, strict=True)
        ]
        yield "  ".join(cells).rstrip()
    yield from _describe_effect(results, plain)


def _describe_run(result: Result, plain: Result) -> tuple[str, ...]:
    counts, before = result.counts, plain.counts
    more = "" if result.exhausted else "> "
    states, transitions = _NOTHING, _NOTHING
    if result is not plain and result.exhausted:
        states = _describe_gain(before.states, counts.states, plain)
        transitions = _describe_gain(before.transitions, counts.transitions, plain)
    return (
        result.reduced_by,
        f"{more}{counts.states:,}",
        states,
        f"{more}{counts.transitions:,}",
        transitions,
        _NOTHING if counts.depth is None else f"{more}{counts.depth}",
        _describe_verdict(result),
    )


def _describe_gain(before: int, now: int, plain: Result) -> str:
    """`2.0 times`, with `>` where the run without reductions gave up; `1.3 times more` where what
    is passed through is taken again and again.
    """
    if plain.exhausted and now > before:
        return f"{now / max(before, 1):.1f} times more"
    more = "" if plain.exhausted else "> "
    return f"{more}{before / max(now, 1):.1f} times"


def _describe_verdict(result: Result) -> str:
    """`violated: safe in 8 steps`: a reduced run finds the same, not always as short a story."""
    headline = result.headline
    if headline is None:
        return result.verdict.value
    steps = "1 step" if headline.depth == 1 else f"{headline.depth} steps"
    return f"{result.verdict.value}: {headline.property} in {steps}"


def _describe_effect(results: Sequence[Result], plain: Result) -> Iterator[str]:
    """What the sign means, how far the runs agree, and what did nothing."""
    if not all(result.exhausted for result in results):
        reasons = dict.fromkeys(f"; stopped by {r.stopped_by}" for r in results if r.stopped_by)
        yield f"`>`: at least{''.join(reasons)}"
    decided = sum(
        all(one.verdict is not Verdict.INCONCLUSIVE for one in same)
        for same in zip(*(result.properties for result in results), strict=True)
    )
    if decided:
        yield f"decided in every line, with the same verdict: {decided} properties"
    for result in results:
        if len(result.reductions) == 1 and result.exhausted and result.counts == plain.counts:
            yield (
                f"{result.reduced_by} leaves out nothing here: --explain-reductions says what"
                " stands against it"
            )


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
        for name, own in (*one.list_copies(), *one.list_elements()):
            if own != one.numbers:
                yield f"    of {name} {', '.join(map(str, own))}"
    if symmetry.assumed:
        yield f"  as long as nothing violates {', '.join(sorted(symmetry.assumed))}"
    for broken in symmetry.broken:
        where = f"  ({broken.span.path}:{broken.span.line})" if broken.span.line else ""
        yield f"  not {broken.subject}: {broken.why}{where}"
    if not (symmetry.classes or symmetry.broken):
        yield "  there is one of each"


def describe_chains(steps: Sequence[StoppingStep]) -> Iterator[str]:
    """What fuse does, and behind which steps it stores a state all the same."""
    yield "what fuse passes through: states in which one thread takes its step, in one way"
    for one in steps:
        text = one.step.text if one.step and one.step.text else one.label
        reasons = []
        if one.goes_back:
            reasons.append("may go back, and then its state is stored, once each round")
        if one.chooses:
            reasons.append("may go several ways, and then its state is stored")
        yield f"  {_describe_place(one.step)}{one.template}  {text}"
        yield from (f"      {reason}" for reason in reasons)
    if not steps:
        yield "  no step goes back or chooses"


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
