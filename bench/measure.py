"""Measure tools on models: several rounds, in each of which every tool runs once.

So what the machine does meanwhile falls on all of them, and a ratio compares neighbours in time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from models import Model, Settings, Size
from processes import CommandError, Finished, run
from tools import OURS, Counts, Tool

# Below these a rate or a size would say nothing: noise is as large.
LEAST_SECONDS = 0.05
LEAST_SHARE = 0.25  # of the seconds that the least size takes
LEAST_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class Once:
    """One run of one tool."""

    counts: Counts
    build_seconds: float
    search_seconds: float
    peak_bytes: int

    @property
    def seconds(self) -> float:
        """From the model's text to the verdict."""
        return self.build_seconds + self.search_seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One tool on one size of a model: medians over the rounds.

    `start_seconds` and the memory that does not count as states' are those of the search on the
    model's least size.  `times_ours` is the median of the ratios to our time in the same round.
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
    times_ours: float


def measure_model(
    model: Model,
    sizes: Sequence[Size],
    tools: Sequence[Tool],
    *,
    rounds: int,
    timeout: float,
    complain: Callable[[str], None],
) -> Iterator[Row]:
    """The rows of a model, size by size, in the order of the tools.

    A peer that fails is told about and left out.  Raises `CommandError` where ours does, and where
    a tool that reduces nothing has other counts than it must.
    """
    able = [tool for tool in tools if tool.can_run(model)]
    least = {}
    for tool in list(able):
        try:
            least[tool.name] = run_once(
                tool, model, model.least, 1000, timeout=timeout, searches=rounds
            )
        except CommandError as error:
            if tool.name == OURS:
                raise
            complain(str(error))
            able.remove(tool)
    for size in sizes:
        taken: dict[str, list[Once]] = {tool.name: [] for tool in able}
        for _ in range(rounds):
            for tool in able:
                try:
                    once = run_once(tool, model, size.settings, size.states, timeout=timeout)
                except CommandError as error:
                    if tool.name == OURS:
                        raise
                    complain(f"{model.name} {size.shown}: {error}")
                    continue
                _require_known(tool, model, size, once.counts)
                taken[tool.name].append(once)
        for tool in able:
            if len(taken[tool.name]) == rounds:
                of = (model, size, tool)
                yield _make_row(of, taken[tool.name], least[tool.name], taken[OURS])


def run_once(
    tool: Tool,
    model: Model,
    settings: Settings,
    states: int,
    *,
    timeout: float,
    searches: int = 1,
) -> Once:
    """Build once and search (several times: the median), in an empty folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job = tool.plan(model, settings, folder, states)
        build = 0.0
        for command in job.build:
            build += _require_success(run(command, folder, timeout)).seconds
        runs = [run(job.search, folder, timeout) for _ in range(searches)]
        return Once(
            tool.read_counts(runs[-1]),
            build,
            median(done.seconds for done in runs),
            max(done.peak_bytes for done in runs),
        )


def _require_success(done: Finished) -> Finished:
    if done.returncode != 0:
        raise CommandError(done.output[-400:])
    return done


def _require_known(tool: Tool, model: Model, size: Size, counts: Counts) -> None:
    known = Counts(size.states, size.transitions)
    if tool.is_plain and counts != known:
        raise CommandError(f"{model.name} {size.shown}: {tool.name} has {counts}, not {known}")


def _make_row(of: tuple[Model, Size, Tool], runs: list[Once], least: Once, ours: list[Once]) -> Row:
    model, size, tool = of
    states = runs[0].counts.states
    searching = median(r.search_seconds for r in runs) - least.search_seconds
    grown = median(r.peak_bytes for r in runs) - least.peak_bytes
    is_long = searching >= max(LEAST_SECONDS, LEAST_SHARE * least.search_seconds)
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
        times_ours=round(median(r.seconds / o.seconds for r, o in zip(runs, ours, strict=True)), 3),
    )
