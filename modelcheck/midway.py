"""`check --from TRACE.json:STEP`: exploring what follows a state in the middle of a stored trace.

What is violated there is violated in the spec, for the trace leads there.  What is not may still
be violated elsewhere, so nothing becomes *verified*.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from modelcheck import api
from modelcheck.explore.options import Begin, Options
from modelcheck.explore.result import Path as Way
from modelcheck.explore.walk import ReplayError, walk
from modelcheck.specfiles import SelectionError, find_spec
from modelcheck.trace.replay import check_current
from modelcheck.trace.trace import restore_path


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a trace file: 0 is before the first; `part` is the order of a lock cycle."""

    file: str
    step: int
    part: int = 1

    def __str__(self) -> str:
        part = f" of order {self.part}" if self.part > 1 else ""
        return f"step {self.step}{part} of {Path(self.file).name}"

    @property
    def ending(self) -> str:
        """How the file of a trace that begins here is called, behind its spec and variant: unlike
        the file that it begins with.
        """
        part = f"{self.part}." if self.part > 1 else ""
        return f"from-{part}{self.step}.trace.json"


def read_place(text: str) -> Place:
    """`put-twice.trace.json:5`, or `…:2.5` for step 5 of the second order of a lock cycle.

    Raises `SelectionError`.
    """
    match = re.fullmatch(r"(.+):(?:(\d+)\.)?(\d+)", text)
    if match is None:
        raise SelectionError(
            f"`{text}` names no step; write TRACE.json:STEP, where step 0 is the start"
        )
    return Place(match[1], int(match[3]), int(match[2] or 1))


def check_from(
    place: Place,
    spec: str | None,
    options: Options,
    notice: Callable[[str], None] = lambda _: None,
) -> api.Run:
    """Explore the trace's program from the state after a step of it.

    `spec` is what the user named beside it (None: nothing), which has to be the spec of the trace.
    Raises `SelectionError` for a step or spec that does not fit, SpecError MC401 for what is no
    trace and MC402 where the spec has changed since.

    Soundness: the state is reached by running the trace again, and `Options.begin` keeps the result
    from counting as exhausted; tests/unit/explore/test_begin.py.
    """
    stored = api.read_stored(place.file)
    _require_spec(stored, place.file, spec)
    check_current(stored.trace, stored.model, stored.spec.sources)
    begin = Begin(_find_way(stored, place), str(place))
    program = stored.model.program
    api.require_known(program, options.properties or ())
    asked = replace(options, variant=stored.variant.name, shortest="no")
    chosen = replace(asked, begin=begin, reduce=frozenset(), reduce_beyond=None)
    result = api.explore(program, chosen, notice)
    warnings = stored.spec.warnings(program)
    info, sources = stored.spec.info, stored.spec.sources
    return api.Run(info, stored.variant, program, result, sources, warnings)


def _require_spec(stored: api.Stored, file: str, spec: str | None) -> None:
    if spec is None or spec == stored.trace.spec:
        return
    if find_spec(spec).path.resolve() != find_spec(stored.trace.path).path.resolve():
        raise SelectionError(f"{file} is a trace of {stored.trace.spec}, not of {spec}")


def _find_way(stored: api.Stored, place: Place) -> Way:
    """The path to the state after a step."""
    witnesses = stored.trace.witnesses
    if not 1 <= place.part <= len(witnesses):
        orders = "one path" if len(witnesses) == 1 else f"{len(witnesses)} paths"
        raise SelectionError(f"{place.file} has {orders}, so there is no {place}")
    whole = restore_path(witnesses[place.part - 1], stored.model)
    if place.step > len(whole.moves):
        steps = f"{len(whole.moves)} steps" if len(whole.moves) != 1 else "1 step"
        raise SelectionError(f"{place.file} has {steps}; there is no step {place.step}")
    way = Way(whole.initial, whole.moves[: place.step])
    try:
        *_, last = walk(stored.model, way)
    except ReplayError as error:
        raise SelectionError(f"{place.file} cannot be run to step {place.step}: {error}") from None
    if not last.state or (whole.last == "step" and place.step == len(whole.moves)):
        before = f"; the last state is after step {place.step - 1}" if place.step else ""
        raise SelectionError(
            f"step {place.step} of {place.file} fails ({stored.trace.property}),"
            f" so no state follows it{before}"
        )
    return way
