"""A profile as text: what makes a state space big."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from modelcheck.explore.looked import Profile
from modelcheck.ir.nodes import Program
from modelcheck.report.coverage import describe_step, find_steps

MOST_ROWS = 20  # of a table
MOST_BARS = 24  # of the levels
_LONGEST_BAR = 40


def describe_profile(program: Program, profile: Profile, path: str) -> Iterator[str]:
    """The lines of `check --profile` of the spec at `path`."""
    some = "" if profile.is_whole else "the first "
    yield f"profile of {some}{profile.states:,} states"
    if not profile.is_whole:
        yield "  no more were looked at; --max-states N asks for another number"
    yield "  what they are made of, and how many times fewer there would be without it"
    yield "       fewer  values  slots  what"
    told = [f for f in profile.factors if f.without < profile.states][:MOST_ROWS]
    for factor in told:
        fewer = profile.states / max(1, factor.without)
        yield f"    {fewer:>7.2f}x  {factor.values:>6,}  {factor.slots:>5}  {factor.name}"
    if left := sum(factor.without < profile.states for factor in profile.factors[len(told) :]):
        yield f"    and {left} more, of no larger factor"
    if idle := [f"{f.name} {f.values:,}" for f in profile.factors if f.without == profile.states]:
        yield "  values of what follows from the rest of the state, so that it multiplies nothing"
        lines = textwrap.wrap(", ".join(idle), 92, break_long_words=False, break_on_hyphens=False)
        yield from (f"    {line}" for line in lines)
    yield "  states in which a thread stands at a step"
    steps = find_steps(program)
    standing = sorted(profile.standing.items(), key=lambda item: (-item[1], item[0]))
    for (thread, label), count in standing[:MOST_ROWS]:
        at = (thread, label)
        yield f"    {count:>10,}  {describe_step(at, steps[at], path) if at in steps else label}"
    if (left := len(standing) - MOST_ROWS) > 0:
        yield f"    and {left} more, with no more states"
    yield "  states by the number of steps to them"
    yield from _describe_levels(profile.levels)


def _describe_levels(levels: Sequence[int]) -> Iterator[str]:
    """A bar for each level; of many, for each of some ranges of levels."""
    size = -(-len(levels) // MOST_BARS)
    bars = [
        (start, min(start + size, len(levels)) - 1, sum(levels[start : start + size]))
        for start in range(0, len(levels), max(1, size))
    ]
    most = max((count for _, _, count in bars), default=1)
    for first, last, count in bars:
        name = str(first) if first == last else f"{first}-{last}"
        bar = "#" * max(1, round(count * _LONGEST_BAR / most))
        yield f"    {name:>9}  {count:>10,}  {bar}"
