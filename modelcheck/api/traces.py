"""What is told of a violation: its trace, kept, run again and drawn; and paths the user chooses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from modelcheck.api.runs import Choice, Run, load_spec, make_program
from modelcheck.backends.python.model import Model, compile_program
from modelcheck.explore.result import Violation
from modelcheck.frontend import Spec
from modelcheck.frontend.spec import Variant
from modelcheck.settings import choose_variant, read_settings
from modelcheck.specfiles import SelectionError, find_spec
from modelcheck.trace.derive import Claim, derive_run
from modelcheck.trace.fold import fold_quiet
from modelcheck.trace.mermaid import write_mermaid
from modelcheck.trace.needs import tell_needs
from modelcheck.trace.picture import Picture
from modelcheck.trace.replay import Scene, renew_needs, replay_scenes, replay_trace
from modelcheck.trace.stored import read_trace
from modelcheck.trace.svg import write_svg
from modelcheck.trace.trace import Trace, record_trace
from modelcheck.trace.without import write_without

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]  # it has no types

    from modelcheck.trace.wander import Wander


def record(run: Run) -> Trace | None:
    """The headline violation as a trace that was run again; None where there is nothing to run."""
    headline = run.result.headline if run.result is not None else None
    if run.result is None or headline is None or not headline.witnesses:
        return None
    model = compile_program(run.program)
    return record_trace(model, run.info, run.sources, run.result, headline)


def draw_violation(run: Run, violation: Violation) -> tuple[Picture, ...]:
    """One of a run's violations, headline or not: a picture for each of its witnesses."""
    if run.result is None or not violation.witnesses:
        return ()
    model = compile_program(run.program)
    trace = record_trace(model, run.info, run.sources, run.result, violation)
    return replay_trace(trace, model, run.sources, "")


def draw_pictures(run: Run, replay: str = "") -> tuple[Picture, ...]:
    """The headline violation: a picture for each of its witnesses; none without any."""
    trace = record(run)
    if trace is None:
        return ()
    return replay_trace(trace, compile_program(run.program), run.sources, replay)


def draw_scenes(run: Run, replay: str = "") -> tuple[Scene, ...]:
    """Like `draw_pictures`, with all states of each witness."""
    trace = record(run)
    return draw_trace(run, trace, replay) if trace is not None else ()


def draw_trace(run: Run, trace: Trace, replay: str = "") -> tuple[Scene, ...]:
    """The scenes of a trace of the run's program."""
    return replay_scenes(trace, compile_program(run.program), run.sources, replay)


def draw_states(run: Run, form: Literal["dot", "svg"]) -> str:
    """The state graph of a run's program, the headline violation's path marked, circles folded.

    Raises `SelectionError` where it is too large or cannot be drawn.
    """
    from modelcheck.trace.states import (
        GraphError,
        build_state_graph,
        draw_dot,
        fold_circles,
        write_states_dot,
    )

    headline = run.result.headline if run.result is not None else None
    path = headline.witnesses[0] if headline is not None and headline.witnesses else None
    try:
        graph = build_state_graph(compile_program(run.program), path)
        dot = write_states_dot(fold_circles(graph))
        return draw_dot(dot) if form == "svg" else dot
    except GraphError as error:
        raise SelectionError(str(error)) from None


Form = Literal["dot", "svg", "html", "mermaid"]


def write_scenes(scenes: Sequence[Scene], form: Form, *, all_steps: bool = False) -> str:
    """A violation in a format, with all its scenes.

    Quiet steps of a long trace are told together, unless `all_steps` are asked for; a page has all.
    """
    if form == "html":
        from modelcheck.pages.trace import write_page

        return write_page(scenes)
    return write_pictures([scene.picture for scene in scenes], form, all_steps=all_steps)


def write_pictures(
    pictures: Sequence[Picture],
    form: Literal["dot", "svg", "mermaid"],
    *,
    all_steps: bool = False,
) -> str:
    """The pictures of a violation in a format; pydot is imported only for `dot`."""
    told = pictures if all_steps else tuple(map(fold_quiet, pictures))
    if form == "svg":
        return write_svg(*told)
    if form == "mermaid":
        return write_mermaid(*told)
    from modelcheck.trace.dot import write_dot

    return write_dot(*told)


def write_passing(run: Run, number: int) -> Iterator[str]:
    """How the headline's steps pass without an ordering that they need, counted from 1: text.

    Raises `SelectionError` where there is no such ordering.
    """
    headline = run.result.headline if run.result is not None else None
    needs = headline.needs if headline is not None else None
    if headline is None or needs is None:
        raise SelectionError("--without: no ordering is known that a trace of this run needs")
    if not 1 <= number <= len(needs):
        count = len(needs)
        raise SelectionError(f"--without {number}: the trace needs {count or 'no'} orderings")
    path, claim = headline.witnesses[0], Claim(headline.property, headline.object)
    model = compile_program(run.program)
    told = tell_needs(model, path, derive_run(model, path, claim, run.sources), needs, run.sources)
    yield ""
    yield f"without {number}, so not {told[number - 1].text}:"
    for line in write_without(model, path, claim, needs[number - 1], run.sources):
        yield f"  {line}".rstrip()


def graph_trace(picture: Picture) -> nx.MultiDiGraph[int]:
    """A trace as a networkx graph: its steps, and what leads from one to the other.

    `trace/graph.py` says what nodes and edges hold.
    """
    from modelcheck.trace.graph import build_trace_graph

    return build_trace_graph(picture)


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace file that was read, and the program under its variant and settings.

    Whether the spec is still the one of the trace is not looked at yet.
    """

    trace: Trace
    spec: Spec
    variant: Variant
    model: Model


def read_stored(file: str) -> Stored:
    """Read a trace file and the spec it names.

    Raises `SelectionError` where one of them cannot be read, SpecError MC401 for what is no trace.
    """
    trace = read_trace(_read_text(Path(file)), file)
    spec = load_spec(find_spec(trace.path if Path(trace.path).exists() else trace.spec))
    variant = choose_variant(spec.info, trace.variant)
    program = make_program(spec, variant, read_settings(spec.info, dict(trace.settings)))
    return Stored(trace, spec, variant, compile_program(program))


def read_told(file: str) -> Stored:
    """Like `read_stored`, for telling it: what the trace needs is found again."""
    stored = read_stored(file)
    trace = renew_needs(stored.trace, stored.model, stored.spec.sources)
    return replace(stored, trace=trace)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SelectionError(f"cannot read {path}: {reason}") from None


def replay_file(file: str, replay: str = "") -> tuple[Picture, ...]:
    """The pictures of a stored trace, run again on its spec; `replay` is the command they name.

    A trace of another text of the spec raises `SpecError`.
    """
    stored = read_told(file)
    return replay_trace(stored.trace, stored.model, stored.spec.sources, replay)


def replay_file_scenes(file: str, replay: str = "") -> tuple[Scene, ...]:
    """Like `replay_file`, with all states of each witness."""
    stored = read_told(file)
    return replay_scenes(stored.trace, stored.model, stored.spec.sources, replay)


def begin_wander(argument: str, choice: Choice) -> tuple[Run, Wander]:
    """A path to be chosen step by step through one program of a spec; the run has no result.

    Raises `SelectionError` where the program has no initial state, and for a variant that needs
    what this version cannot do.
    """
    from modelcheck.trace.wander import Wander

    spec = load_spec(find_spec(argument))
    variant = choose_variant(spec.info, choice.variant)
    if variant.needs:
        raise SelectionError(f"{variant.name} is not checkable yet: it needs {variant.needs}")
    program = make_program(spec, variant, read_settings(spec.info, choice.settings))
    run = Run(spec.info, variant, program, None, spec.sources)
    try:
        return run, Wander(compile_program(program), spec.info, spec.sources)
    except ValueError as error:
        raise SelectionError(f"{spec.info.name}: {error}") from None
