"""Violation → trace, trace → paths: what is kept of a violation to show it again.

What counts are the moves: thread, step, choices.  The text beside them is what the spec said when
the trace was made; it serves readers without the tool, and tells what changed when the spec did.
No states are kept, no times, no machine names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.backends.python.model import Model
from modelcheck.explore.result import Counts, Move, Path, Result, Violation
from modelcheck.frontend.spec import SpecInfo
from modelcheck.trace.confirm import confirm_run
from modelcheck.trace.derive import Claim, derive_run
from modelcheck.trace.events import (
    SourceLine,
    StepEvent,
    Story,
    describe_effects,
    describe_place,
)
from modelcheck.trace.needs import Need, tell_needs


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One move: the thread's name, the step's stable id `<template>.<label>`, the choices.

    `at` is the spec's own line then; `inside` says where in the library, `changes` what it did.
    """

    thread: str
    step: str
    choices: tuple[int, ...]
    at: SourceLine
    inside: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DroppedStep:
    """A move that was dropped from a path, and how many of those that were not are before it."""

    after: int
    thread: str
    step: str
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """One stored path; `last`, `race`, `unrelated` and `dropped` as in `result.Path`."""

    initial: tuple[int, ...]
    last: str
    steps: tuple[TraceStep, ...]
    race: tuple[TraceStep, ...] = ()
    unrelated: int = 0
    dropped: tuple[DroppedStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A violation as it is stored; `settings` are all parameters and flags of its program.

    `minimal` and `unproven` are as in `result.Violation`, and so are `needs`, put into words.
    """

    spec: str
    path: str
    spec_hash: str
    variant: str | None
    settings: tuple[tuple[str, str], ...]
    property: str
    object: str
    detail: str
    depth: int
    minimal: str
    unproven: str
    scope: tuple[str, ...]
    counts: Counts
    witnesses: tuple[Witness, ...]
    needs: tuple[Need, ...] | None = None


def claim_of(trace: Trace) -> Claim:
    """What every witness of a trace is said to show."""
    return Claim(trace.property, trace.object, trace.detail)


def hash_sources(sources: Mapping[str, str]) -> str:
    """The content hash of a spec's files (texts by shown path): of their names and texts, not of
    the folder they lie in.
    """
    files = sorted((path.rpartition("/")[2], text) for path, text in sources.items())
    return f"sha256:{hashlib.sha256(json.dumps(files).encode()).hexdigest()}"


def record_trace(
    model: Model,
    info: SpecInfo,
    sources: Mapping[str, str],
    result: Result,
    violation: Violation,
) -> Trace:
    """Make a violation's trace, after running each of its witnesses again.

    Raises InternalError where a witness does not show the violation.
    """
    claim = Claim(violation.property, violation.object, violation.detail)
    witnesses = []
    needs: tuple[Need, ...] | None = None
    for number, path in enumerate(violation.witnesses):
        run = derive_run(model, path, claim, sources)
        confirm_run(model, run, path, claim, number)
        witnesses.append(_record_witness(model, path, run.story))
        if violation.needs is not None:
            needs = tell_needs(model, path, run, violation.needs, sources)
    return Trace(
        info.name,
        info.path,
        hash_sources(sources),
        result.variant,
        tuple((s.name, s.value) for s in model.program.settings),
        violation.property,
        violation.object,
        violation.detail,
        violation.depth,
        violation.minimal,
        violation.unproven,
        result.scope,
        result.counts,
        tuple(witnesses),
        needs,
    )


def restore_path(witness: Witness, model: Model) -> Path:
    """The path a witness stores.  Threads and steps that the program lacks become moves that no
    replay can take.
    """
    numbers = {thread.name: thread.number for thread in model.memory.threads}

    def restore(step: TraceStep | DroppedStep) -> Move:
        label = step.step.partition(".")[2]
        return Move(numbers.get(step.thread, -1), label, step.choices)

    return Path(
        witness.initial,
        tuple(map(restore, witness.steps)),
        witness.last,
        tuple(map(restore, witness.race)),
        witness.unrelated,
        tuple((step.after, restore(step)) for step in witness.dropped),
    )


def _record_witness(model: Model, path: Path, story: Story) -> Witness:
    steps = tuple(_record_step(story, event) for event in story.steps)
    race = tuple(_record_step(story, event) for event in story.racing)
    dropped = tuple(_record_dropped(model, *pair) for pair in path.dropped)
    return Witness(path.initial, path.last, steps, race, path.unrelated, dropped)


def _record_dropped(model: Model, count: int, move: Move) -> DroppedStep:
    facts = model.memory.threads[move.thread]
    return DroppedStep(count, facts.name, f"{facts.template}.{move.location}", move.choices)


def _record_step(story: Story, event: StepEvent) -> TraceStep:
    return TraceStep(
        story.threads[event.thread],
        event.step,
        event.choices,
        event.at,
        describe_place(event),
        describe_effects(event, hidden=True),
    )
