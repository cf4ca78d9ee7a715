"""modelcheck from Python: for notebooks, where results show themselves, and for tests.

    import modelcheck

    result = modelcheck.check("specs/kernfs/kernfs-release-once.py", variant="no_released_check")
    assert result.verdict == "violated", result
    result.trace.save("trace.html")

The package's own name gives the functions here: `modelcheck.check`, `modelcheck.replay`,
`modelcheck.sample`.  What is wrong with a spec raises `SpecErrors` (`SpecError` for a trace file),
what is not there `SelectionError`; giving up is a verdict, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from modelcheck import api, midway, samples
from modelcheck.backends.python.model import compile_program
from modelcheck.diagnostics import SpecError, SpecErrors
from modelcheck.explore.options import REDUCE_BEYOND, REDUCTIONS, Backend, Reduction, Search, Stop
from modelcheck.pages.frame import frame_page, frame_text
from modelcheck.report.files import write_whole
from modelcheck.report.text import describe_result, describe_unchecked
from modelcheck.settings import explain_unknown
from modelcheck.specfiles import SelectionError
from modelcheck.trace.replay import Scene
from modelcheck.trace.states import MAX_STATES, GraphError, build_state_graph
from modelcheck.trace.stored import write_trace
from modelcheck.trace.text import write_text

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]  # it has no types

    from modelcheck.explore.looked import Profile, Ran
    from modelcheck.explore.result import Result

Setting = str | int | bool
T = TypeVar("T", bound=str)
FORMS: dict[str, api.Form] = {".html": "html", ".svg": "svg", ".dot": "dot", ".mmd": "mermaid"}


@dataclass(frozen=True)
class Trace:
    """One trace: a violation, a way to a `reachable`, or a sample.

    Printed, it is the table of its steps; in a notebook, the page to walk through it.
    """

    scenes: tuple[Scene, ...] = field(repr=False)
    json: str = field(repr=False)  # the trace file

    def __str__(self) -> str:
        """The report, as `modelcheck replay` prints it."""
        return "".join(write_text(scene.picture) for scene in self.scenes).rstrip("\n")

    def graph(self, part: int = 1) -> nx.MultiDiGraph[int]:
        """Its steps, and what leads from one to another (`trace/graph.py` says what they hold).

        `part` counts the orders of a lock cycle; other traces have one.  Raises IndexError.
        """
        if not 1 <= part <= len(self.scenes):
            raise IndexError(f"this trace has {len(self.scenes)} parts, so there is no part {part}")
        return api.graph_trace(self.scenes[part - 1].picture)

    def draw(self, form: api.Form) -> str:
        """Its text as "html", "svg", "dot" or "mermaid"."""
        if form not in FORMS.values():
            raise SelectionError(explain_unknown("there is no format", form, FORMS.values()))
        return api.write_scenes(self.scenes, form)

    def save(self, file: str | Path) -> None:
        """Write it: `.json` the trace file, `.html` the page, `.svg`, `.dot` and `.mmd` a picture.

        Raises `SelectionError` for another ending, `OutputError` where it cannot be written.
        """
        path = Path(file)
        if path.suffix != ".json" and path.suffix not in FORMS:
            raise SelectionError(
                f"{path}: a trace is saved as {', '.join(('.json', *FORMS))}, not as"
                f" `{path.suffix}`"
            )
        write_whole(path, self.json if path.suffix == ".json" else self.draw(FORMS[path.suffix]))

    def _repr_html_(self) -> str:
        return frame_page(self.draw("html"), self.scenes[0].picture.title)

    def _repr_svg_(self) -> str:
        return self.draw("svg")


@dataclass(frozen=True)
class Checked:
    """One program of a spec and what is known about it.

    It has no truth: ask `is_verified`, or compare `verdict`.  Printed, it is what
    `modelcheck check` prints; in a notebook, the page of its trace, if it has one.
    """

    run: api.Run = field(repr=False)
    notices: tuple[str, ...] = ()  # what one should know beside the result

    def __bool__(self) -> NoReturn:
        """An `assert result` would hold whatever was found."""
        raise TypeError("a result is not true or false; write `result.is_verified`")

    def __repr__(self) -> str:
        """`<modelcheck: violated, specs/x.py, 23 states>`."""
        states = f", {self.result.counts.states:,} states" if self.result else ""
        return f"<modelcheck: {self.verdict}, {self.run.info.path}{states}>"

    def __str__(self) -> str:
        """The report, as `modelcheck check` prints it."""
        if self.result is None:
            return describe_unchecked(self.run.info, self.run.variant)
        pictures = api.draw_pictures(self.run, api.name_command(self.run))
        texts = [write_text(picture) for picture in pictures]
        return "\n".join(describe_result(self.run.info, self.run.program, self.result, texts))

    @property
    def result(self) -> Result | None:
        """All there is to know, as data; None for a variant that this version cannot check."""
        return self.run.result

    @property
    def verdict(self) -> str:
        """One of "verified", "violated", "inconclusive" and "not tested"."""
        return self.result.verdict.value if self.result is not None else "not tested"

    @property
    def is_verified(self) -> bool:
        """Whether every state was visited and no property is violated.

        Soundness: what gave up, and what cannot be checked, is not verified;
        tests/unit/test_notebook.py asks both.
        """
        return self.verdict == "verified"

    @property
    def violated(self) -> tuple[str, ...]:
        """The bare names of the violated properties, in their order."""
        found = self.result.violations if self.result is not None else ()
        return tuple(dict.fromkeys(violation.property for violation in found))

    @property
    def properties(self) -> dict[str, str]:
        """The verdict on each property, by name."""
        found = self.result.properties if self.result is not None else ()
        return {judged.name: judged.verdict.value for judged in found}

    @cached_property
    def trace(self) -> Trace | None:
        """The headline violation; None where nothing is violated, or no run shows it."""
        trace = api.record(self.run)
        return None if trace is None else Trace(self._scenes, write_trace(trace))

    @cached_property
    def _scenes(self) -> tuple[Scene, ...]:
        return api.draw_scenes(self.run)

    def graph(self, max_states: int = MAX_STATES) -> nx.MultiDiGraph[str]:
        """The states and transitions, as networkx has them; the headline's path is `marked`.

        `trace/states.py` says what nodes and edges hold.  Raises `SelectionError` where there are
        more than `max_states`.
        """
        headline = self.result.headline if self.result is not None else None
        path = headline.witnesses[0] if headline is not None and headline.witnesses else None
        try:
            return build_state_graph(compile_program(self.run.program), path, max_states)
        except GraphError:
            raise SelectionError(
                f"{self.run.info.path} has more than {max_states} states; ask for"
                " `graph(max_states=…)`, or for `trace.graph()`"
            ) from None

    def ran(self, budget: int = api.LOOK_BUDGET) -> Ran:
        """Which code ran in the states, as `check --coverage` tells it."""
        return api.find_ran(api.look(self.run.program, budget))

    def profile(self, budget: int = api.LOOK_BUDGET) -> Profile:
        """What makes the states so many, as `check --profile` tells it."""
        return api.make_profile(api.look(self.run.program, budget))

    def _repr_html_(self) -> str:
        return self.trace._repr_html_() if self.trace is not None else frame_text(str(self))

    def _repr_svg_(self) -> str | None:
        return self.trace._repr_svg_() if self.trace is not None else None


def check(
    spec: str | Path,
    *,
    variant: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    begin: str | None = None,
    properties: Iterable[str] | None = None,
    reduce: Iterable[str] = "auto",
    backend: Backend = "auto",
    workers: int | None = None,
    search: Search = "bfs",
    stop: Stop = "all",
    max_states: int | None = None,
    max_memory: int | None = None,
    timeout: float | None = None,
) -> Checked:
    """Visit every state of a spec and judge its properties, as `modelcheck check` does.

    `spec` is a name or a path, `settings` parameters and flags, `properties` the names to judge
    (None: all), `reduce` any of "por", "symmetry" and "fuse", or "auto": all, for a program of more
    than a million states; `max_memory` in bytes, `timeout` in seconds.  `begin`, "TRACE.json:STEP",
    explores only what follows a step of a stored trace, which names variant and settings, and
    verifies nothing.
    Raises `SpecErrors` and `SelectionError`.
    """
    notices: list[str] = []
    options = api.Options(
        backend=_read_one("backend", backend, ("auto", "python", "native")),
        workers=workers,
        search=_read_one("search", search, ("bfs", "dfs", "random")),
        stop=_read_one("stop", stop, ("first", "all")),
        max_states=max_states,
        max_memory=max_memory,
        timeout_seconds=timeout,
        properties=None if properties is None else frozenset(_list_names(properties)),
        reduce=frozenset() if reduce == "auto" else _read_reductions(reduce),
        reduce_beyond=REDUCE_BEYOND if reduce == "auto" else None,
        shortest="auto",
    )
    if begin is None:
        run = api.check(str(spec), _choose(variant, settings), options, notices.append)
    elif variant is not None or settings:
        raise SelectionError("a trace to begin from names variant and settings itself")
    else:
        place = midway.read_place(begin)
        run = midway.check_from(place, str(spec), options, notices.append)
    return Checked(run, tuple(dict.fromkeys(notices)))


def sample(
    spec: str | Path,
    *,
    variant: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    seed: int = 0,
) -> Trace | None:
    """One run on which nothing is violated, drawn by chance; None where none was found.

    Raises `SpecErrors` and `SelectionError`.
    """
    run, trace = samples.draw_sample(str(spec), _choose(variant, settings), seed)
    return None if trace is None else Trace(api.draw_trace(run, trace), write_trace(trace))


def replay(file: str | Path) -> Trace:
    """A stored trace, run again on its spec.

    Raises `SelectionError` where it cannot be read, SpecError MC401 for what is no trace and MC402
    where the spec has changed since.
    """
    stored = api.read_told(str(file))
    return Trace(api.replay_file_scenes(str(file)), write_trace(stored.trace))


def _choose(variant: str | None, settings: Mapping[str, Setting] | None) -> api.Choice:
    return api.Choice(variant, {name: str(value) for name, value in (settings or {}).items()})


def _list_names(names: Iterable[str]) -> list[str]:
    return [n for n in names.split(",") if n] if isinstance(names, str) else list(names)


def _read_reductions(names: Iterable[str]) -> frozenset[Reduction]:
    wanted = [name for name in _list_names(names) if name != "none"]
    for name in wanted:
        if name not in REDUCTIONS:
            raise SelectionError(explain_unknown("there is no reduction", name, REDUCTIONS))
    return frozenset(name for name in REDUCTIONS if name in wanted)


def _read_one(what: str, value: T, known: tuple[str, ...]) -> T:
    if value not in known:
        raise SelectionError(explain_unknown(f"there is no {what}", value, known))
    return value


__all__ = [
    "Checked",
    "SelectionError",
    "SpecError",
    "SpecErrors",
    "Trace",
    "check",
    "replay",
    "sample",
]
