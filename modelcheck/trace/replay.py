"""Stored trace + program → pictures, or an exact account of why it no longer fits.

A trace belongs to one text of its spec.  If that text has changed, nothing is replayed: a path
that happens to run on the new text would show something else than what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from modelcheck.backends.python.model import Model
from modelcheck.diagnostics import InternalError, Related, Span, SpecError
from modelcheck.explore.critical import find_needs
from modelcheck.explore.result import Counts
from modelcheck.explore.walk import ReplayError
from modelcheck.trace.confirm import confirm_run
from modelcheck.trace.derive import Run, derive_run
from modelcheck.trace.draw import draw_picture
from modelcheck.trace.events import SourceLine
from modelcheck.trace.needs import tell_needs
from modelcheck.trace.picture import Heading, Picture
from modelcheck.trace.source import Source
from modelcheck.trace.tour import Tour, tell_tour
from modelcheck.trace.trace import Trace, claim_of, hash_sources, restore_path

MOST_LINES = 12  # of a changed spec, in one message


@dataclass(frozen=True, slots=True)
class Scene:
    """One witness of a trace: what to draw of it, and all its states."""

    picture: Picture
    tour: Tour


def replay_trace(
    trace: Trace, model: Model, sources: Mapping[str, str], replay: str = ""
) -> tuple[Picture, ...]:
    """Run each witness of a trace again and draw it.

    `model` is the program under the trace's variant and settings, `sources` the texts of the
    spec's files, `replay` the command for the last lines.  Raises SpecError MC402 where the spec
    has changed, InternalError where a witness of the same spec does not show its violation.
    """
    return _draw(trace, replay_runs(trace, model, sources), replay)


def replay_scenes(
    trace: Trace, model: Model, sources: Mapping[str, str], replay: str = ""
) -> tuple[Scene, ...]:
    """Like `replay_trace`, with the states between the steps."""
    runs = replay_runs(trace, model, sources)
    pictures = _draw(trace, runs, replay)
    tours = [tell_tour(model, run, sources) for run in runs]
    return tuple(map(Scene, pictures, tours))


def renew_needs(trace: Trace, model: Model, sources: Mapping[str, str]) -> Trace:
    """A trace that was read from a file, with what it needs found out again: the file is not asked.

    Raises as `replay_trace` does.
    """
    if trace.needs is None or len(trace.witnesses) != 1:
        return replace(trace, needs=None)
    check_current(trace, model, sources)
    run = _replay_witness(trace, model, sources, 0)
    path = restore_path(trace.witnesses[0], model)
    needs = find_needs(model, (trace.property, trace.object), path)
    told = None if needs is None else tell_needs(model, path, run, needs, sources)
    return replace(trace, needs=told)


def replay_runs(trace: Trace, model: Model, sources: Mapping[str, str]) -> list[Run]:
    """Each witness of a trace, run again and confirmed.  Raises as `replay_trace` does."""
    check_current(trace, model, sources)
    return [_replay_witness(trace, model, sources, n) for n in range(len(trace.witnesses))]


def _draw(trace: Trace, runs: list[Run], replay: str) -> tuple[Picture, ...]:
    stories = [run.story for run in runs]
    cycle = tuple(s.failure.order for s in stories if s.failure.order is not None)
    heading = make_heading(trace, replay)
    return tuple(
        draw_picture(
            replace(story, failure=replace(story.failure, cycle=cycle)),
            heading,
            part,
            len(stories),
        )
        for part, story in enumerate(stories, 1)
    )


def _replay_witness(trace: Trace, model: Model, sources: Mapping[str, str], number: int) -> Run:
    path = restore_path(trace.witnesses[number], model)
    try:
        run = derive_run(model, path, claim_of(trace), sources, number)
    except ReplayError as error:
        raise InternalError(f"a trace of this spec cannot be replayed: {error}") from None
    confirm_run(model, run, path, claim_of(trace), number)
    return run


def make_heading(trace: Trace, replay: str = "") -> Heading:
    """What stands around the pictures of a trace."""
    return Heading(
        trace.path,
        trace.settings,
        trace.variant,
        describe_counts(trace.counts),
        trace.minimal,
        trace.scope,
        replay,
        trace.unproven,
        None if trace.needs is None else tuple(need.text for need in trace.needs),
    )


def describe_counts(counts: Counts) -> str:
    """`122 states, 301 transitions, depth 19`."""
    depth = "" if counts.depth is None else f", depth {counts.depth}"
    states = "1 state" if counts.states == 1 else f"{counts.states:,} states"
    transitions = (
        "1 transition" if counts.transitions == 1 else f"{counts.transitions:,} transitions"
    )
    return f"{states}, {transitions}{depth}"


def check_current(trace: Trace, model: Model, sources: Mapping[str, str]) -> None:
    """Raise SpecError MC402 where the spec is not the text that the trace was made of."""
    if hash_sources(sources) == trace.spec_hash:
        return
    changes = list(dict.fromkeys(_list_changes(trace, model, sources)))
    where = changes[0].span if changes else Span(trace.path, 1, 1)
    left = len(changes) - MOST_LINES
    note = f"and {left} lines more" if left > 0 else ""
    if not changes:
        note = "the lines of its steps are the same; others of the spec or what it imports are not"
    raise SpecError(
        "MC402",
        f"the spec has changed since the trace of `{trace.property}` was made",
        where,
        note=note,
        help=f"make it anew: modelcheck check {trace.path}"
        + (f" --variant {trace.variant}" if trace.variant else ""),
        related=changes[:MOST_LINES],
    )


def _list_changes(trace: Trace, model: Model, sources: Mapping[str, str]) -> Iterator[Related]:
    """Each line of the trace's steps that moved, changed or is gone, in the trace's order."""
    seen: set[tuple[str, SourceLine]] = set()
    source = Source(sources)
    steps = (s for w in trace.witnesses for s in (*w.steps, *w.race))
    for step in steps:
        key = (step.step, step.at)
        if key in seen:
            continue
        seen.add(key)
        now = source.locate_step(model.program, step.step)
        old = step.at
        if now is None:
            yield Related(Span(old.path, old.line, 1), f"step `{step.step}` (`{old.text}`) is gone")
        elif now.text != old.text:
            yield Related(
                Span(now.path, now.line, 1),
                f"`{old.text}` at line {old.line} is now `{now.text}`",
            )
        elif now.line != old.line:
            yield Related(Span(now.path, now.line, 1), f"`{old.text}` was at line {old.line}")
