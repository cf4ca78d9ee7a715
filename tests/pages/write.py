"""A violated variant → what is wrong with what is written of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

from modelcheck import api
from modelcheck.trace.replay import Scene
from tests.browser import Browser
from tests.geometry import find_clashes
from tests.mermaid_grammar import NoDiagramError, read_diagram
from tests.pages.walk import walk_page
from tests.reading import read_page

MAX_STATES = 200_000


def write_all(path: Path, browser: Browser | None = None) -> Iterator[tuple[str, list[str]]]:
    """Each violated variant of a spec that has a trace, with the faults found in it.

    With a browser each page is walked through, too.
    """
    for gated in api.gate([str(path)], api.Options(max_states=MAX_STATES)):
        assert gated.errors is None, gated.errors
        for run in gated.runs:
            scenes = api.draw_scenes(run)
            if scenes:
                name = f"{path.stem} {run.variant.name or 'default'}"
                faults = list(find_faults(scenes))
                if browser is not None:
                    faults += walk_scenes(browser, scenes)
                yield name, faults


def walk_scenes(browser: Browser, scenes: tuple[Scene, ...]) -> list[str]:
    """What goes wrong when the page of these scenes, first part, is walked through by keyboard."""
    steps = sum(row.kind == "step" for row in scenes[0].picture.rows)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "trace.html")
        file.write_text(api.write_scenes(scenes, "html"), encoding="utf-8")
        return list(walk_page(browser, file, steps))


def find_faults(scenes: tuple[Scene, ...]) -> Iterator[str]:
    """What does not hold of a page, a diagram or a graph of these scenes."""
    page = read_page(api.write_scenes(scenes, "html"))
    yield from page.faults
    yield from page.outside
    yield from find_clashes(api.write_scenes(scenes, "svg"))
    yield from find_clashes(api.write_scenes(scenes, "svg", all_steps=True))
    for all_steps in (False, True):
        try:
            read_diagram(api.write_scenes(scenes, "mermaid", all_steps=all_steps))
        except NoDiagramError as error:
            yield f"no diagram: {error}"
        yield from find_dot_faults(api.write_scenes(scenes, "dot", all_steps=all_steps))
    if len(page.all("svg")) != len(scenes):
        yield "the page does not have a drawing for each scene"
    for scene in scenes:
        picture, tour = scene.picture, scene.tour
        steps = sum(row.kind == "step" for row in picture.rows)
        if len(tour.stations) != steps + 1 and (tour.stations or steps):  # else the start fails
            yield f"{len(tour.stations)} stations of {steps} steps"
        for number, row in enumerate(row for row in picture.rows if row.kind == "step"):
            before = tour.stations[number].standings[picture.lanes[row.lane].thread]
            if before.condition != "can step" or before.at != row.at:
                yield f"step {number + 1} is {before}, not at {row.at}"
        yield from _find_silent(scene)
        graph = api.graph_trace(picture)
        order = nx.DiGraph(
            (a, b)
            for a, b, facts in graph.edges(data=True)
            if facts["kind"] not in ("race", "waits-for")
        )
        if not nx.is_directed_acyclic_graph(order):
            yield "the graph of the trace has a circle"


def find_dot_faults(text: str) -> Iterator[str]:
    """What Graphviz has to say against a graph; nothing where it is not installed."""
    program = shutil.which("dot")
    if program is not None:
        done = subprocess.run(
            [program, "-Tcanon"], input=text, capture_output=True, text=True, check=False
        )
        if done.returncode or done.stderr:
            yield f"dot: {done.stderr.strip() or done.returncode}"


def _find_silent(scene: Scene) -> Iterator[str]:
    """Threads that cannot step, and nothing says why."""
    for number, station in enumerate(scene.tour.stations):
        for thread, standing in zip(scene.tour.threads, station.standings, strict=True):
            is_blocked = standing.condition in ("waits", "idle", "held up", "fails")
            if is_blocked and not standing.why:
                yield f"station {number}: {thread} {standing.condition}, no reason"
            if standing.condition == "can step" and standing.why:
                yield f"station {number}: {thread} can step, {standing.why}"
