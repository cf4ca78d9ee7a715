"""Measure tools on models: several rounds, in each of which every tool runs once.

So what the machine does meanwhile falls on all of them, and a ratio compares neighbours in time.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from models import Model, Settings, Size, find_state_bytes
from processes import CommandError, Finished, run
from tool import Counts, Job, Tool

# Below these a rate or a size would say nothing: noise is as large.
LEAST_SECONDS = 0.05
LEAST_SHARE = 0.5  # of the seconds that the least size takes
LEAST_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class Once:
    """One run of one tool, and which way of searching was the fastest."""

    counts: Counts
    build_seconds: float
    search_seconds: float
    peak_bytes: int
    way: int

    @property
    def seconds(self) -> float:
        """From the model's text to the verdict."""
        return self.build_seconds + self.search_seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One tool on one size of a model: medians over the rounds.

    `start_seconds` and the memory that does not count as states' are those of the search on the
    model's least size.  `times_ours` is the median of the ratios to our time in the same round;
    none where ours did not run.  `state_bytes` is a packed state of ours, `peak_bytes` all memory.
    """

    model: str
    size: str
    tool: str
    workers: int
    states: int
    transitions: int | None
    seconds: float
    build_seconds: float
    start_seconds: float
    states_per_second: int | None
    bytes_per_state: int | None
    times_ours: float | None
    peak_bytes: int
    state_bytes: int | None

    @property
    def search_seconds(self) -> float:
        """Without all that the least size costs as well."""
        return self.seconds - self.build_seconds - self.start_seconds


def measure_model(
    model: Model,
    sizes: Sequence[Size],
    tools: Sequence[Tool],
    *,
    rounds: int,
    timeout: float,
    complain: Callable[[str], None],
) -> Iterator[Row]:
    """The rows of a model, size by size, in the order of the tools; ratios are to the first of ours
    that runs.

    A peer that fails is told about and left out from there on.  Raises `CommandError` where one of
    ours does, and where a tool that reduces nothing has other counts than it must.
    """
    able = [tool for tool in tools if tool.can_run(model)]
    least: dict[str, Once] = {}

    def try_once(tool: Tool, size: Size, way: int | None, searches: int = 1) -> Once | None:
        try:
            states = size.states
            return run_once(
                tool, model, size.settings, states, timeout=timeout, way=way, searches=searches
            )
        except CommandError as error:
            if tool.is_ours:
                raise
            complain(f"{model.name} {size.shown}, {tool.name}: {error}")
            able.remove(tool)
            return None

    for tool in list(able):
        once = try_once(tool, Size(model.least, 1000, 0), 0, rounds)
        if once is not None:
            least[tool.name] = once
    for size in sizes:
        taken: dict[str, list[Once]] = {tool.name: [] for tool in able if tool.can_hold(size)}
        for _ in range(rounds):
            for tool in [tool for tool in able if tool.can_hold(size)]:
                before = taken[tool.name]
                once = try_once(tool, size, before[0].way if before else None)
                if once is not None:
                    _require_known(tool, model, size, once.counts)
                    before.append(once)
        whole = [tool for tool in able if tool.can_hold(size)]
        ours = next((taken[tool.name] for tool in whole if tool.is_ours), None)
        for tool in whole:
            yield _make_row((model, size, tool), taken[tool.name], least[tool.name], ours)


def run_once(
    tool: Tool,
    model: Model,
    settings: Settings,
    states: int,
    *,
    timeout: float,
    way: int | None = None,
    searches: int = 1,
) -> Once:
    """Build once and search (several times: the median), in an empty folder.

    `way` is the way of searching; None tries them all.  Raises `CommandError` where the first one
    does not work.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job = tool.plan(model, settings, folder, states)
        for command in job.prepare:
            run(command, folder, timeout, job.environment)
        build = 0.0
        for command in job.build:
            build += _require_success(run(command, folder, timeout)).seconds
        tried: list[Once] = []
        for number in range(len(job.searches)) if way is None else [way]:
            try:
                runs = [_search(job, number, folder, timeout) for _ in range(searches)]
                counts = tool.read_counts(runs[-1])
            except CommandError:
                if not tried:
                    raise
                break
            seconds = median(done.seconds for done in runs)
            peak = max(done.peak_bytes for done in runs)
            tried.append(Once(counts, build, seconds, peak, number))
        return min(tried, key=lambda once: once.seconds)


def _search(job: Job, way: int, folder: Path, timeout: float) -> Finished:
    if job.fresh is not None:
        shutil.rmtree(job.fresh, ignore_errors=True)
    return run(job.searches[way], folder, timeout, job.environment)


def _require_success(done: Finished) -> Finished:
    if done.returncode != 0:
        raise CommandError(done.output[-400:])
    return done


def _require_known(tool: Tool, model: Model, size: Size, counts: Counts) -> None:
    known = Counts(size.states, size.transitions)
    if tool.is_plain and not counts.agree_with(known):
        raise CommandError(f"{model.name} {size.shown}: {tool.name} has {counts}, not {known}")


def _make_row(
    of: tuple[Model, Size, Tool], runs: list[Once], least: Once, ours: list[Once] | None
) -> Row:
    model, size, tool = of
    states = runs[0].counts.states
    peak = median(r.peak_bytes for r in runs)
    searching = median(r.search_seconds for r in runs) - least.search_seconds
    grown = peak - least.peak_bytes
    is_long = searching >= max(LEAST_SECONDS, LEAST_SHARE * least.search_seconds)
    ratios = [r.seconds / o.seconds for r, o in zip(runs, ours, strict=True)] if ours else []
    return Row(
        model=model.name,
        size=size.shown,
        tool=tool.name,
        workers=tool.workers,
        states=states,
        transitions=runs[0].counts.transitions,
        seconds=round(median(r.seconds for r in runs), 3),
        build_seconds=round(median(r.build_seconds for r in runs), 3),
        start_seconds=round(least.search_seconds, 3),
        states_per_second=round(states / searching) if is_long else None,
        bytes_per_state=round(grown / states) if is_long and grown >= LEAST_BYTES else None,
        times_ours=round(median(ratios), 3) if ratios else None,
        peak_bytes=round(peak),
        state_bytes=find_state_bytes(model, size.settings) if tool.is_ours else None,
    )
