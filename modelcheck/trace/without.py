"""A run without one of the orderings that a trace needs → text: how the same steps pass.

The run takes the moves of the trace's threads as far as they go, in an order that has all the
orderings but one.  It ends where no thread can take its next move of the trace: that thread has
come to another place, or waits, or all moves are taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, State
from modelcheck.explore.result import Move, Ordering, Path
from modelcheck.trace.derive import Claim, derive_run
from modelcheck.trace.draw import draw_picture
from modelcheck.trace.picture import Heading
from modelcheck.trace.source import Source
from modelcheck.trace.text import write_table


def write_without(
    model: Model,
    path: Path,
    claim: Claim,
    ordering: Ordering,
    sources: Mapping[str, str],
) -> Iterator[str]:
    """The steps of the run without an ordering of a path, and below them what comes of it.

    `claim` is what the path shows.  Raises `walk.ReplayError` where the program cannot take it.
    """
    run = derive_run(model, ordering.without, Claim(""), sources)
    result = run.visits[-1].outcome.result
    if isinstance(result, Failure):
        other = Claim(result.property, result.object, result.detail)
        story = derive_run(model, ordering.without, other, sources).story
        picture = draw_picture(story, Heading(next(iter(sources), "")))
        yield from write_table(picture)
        yield ""
        yield f"it fails in another way: {picture.reason.headline}"
        return
    picture = draw_picture(run.story, Heading(next(iter(sources), "")))
    rows = tuple(replace(row, failed=False, tag="") for row in picture.rows)
    yield from write_table(replace(picture, rows=rows))
    yield ""
    of = f" of {claim.object}" if claim.object else ""
    ends = list(_list_ends(model, path, ordering.without, run.state, sources))
    if ends:
        yield f"{claim.property}{of} is not seen, and the trace's steps end here:"
        yield from (f"  {line}" for line in ends)
    else:
        yield f"{claim.property}{of} is not seen: these are all steps of the trace"


def _list_ends(
    model: Model, path: Path, without: Path, state: State, sources: Mapping[str, str]
) -> Iterator[str]:
    """Why each thread that has steps of the trace left goes no further."""
    taken = Counter(move.thread for move in without.moves)
    for facts in model.memory.threads:
        moves = [move for move in path.moves if move.thread == facts.number]
        if taken[facts.number] < len(moves):
            left = moves[taken[facts.number]]
            yield f"{facts.name} {_describe_end(model, state, left, Source(sources))}"


def _describe_end(model: Model, state: State, left: Move, source: Source) -> str:
    here = model.block(state, left.thread)
    if here is None:
        return "has not begun or has ended"
    at = source.locate(here).at
    if here.label != left.location:
        template = model.memory.threads[left.thread].template
        there = source.locate_step(model.program, f"{template}.{left.location}")
        goes_on = f", in the trace to line {there.line}: {there.text}" if there else ""
        return f"has come to line {at.line}: {at.text}{goes_on}"
    if model.outcomes(state, left.thread):
        return f"cannot choose at line {at.line} as in the trace: {at.text}"
    return f"waits at line {at.line}: {at.text}"
