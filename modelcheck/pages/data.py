"""Scenes of a trace → what the script of the page is given: rows, places, states.

A value is said only where it is another one than in the state before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any  # JSON values

from modelcheck.trace.events import SourceLine
from modelcheck.trace.picture import Arrow, Picture
from modelcheck.trace.replay import Scene
from modelcheck.trace.tour import Standing, Tour, list_moving

Json = dict[str, Any]


def describe_scenes(scenes: Sequence[Scene], files: list[str]) -> Json:
    """All that the script shows; `files` are the sources in the page, in their order."""
    return {"parts": [_describe_scene(scene, files) for scene in scenes]}


def _describe_scene(scene: Scene, files: list[str]) -> Json:
    picture, tour = scene.picture, scene.tour
    moving = list_moving(tour) or [False] * len(tour.places)
    return {
        "steps": sum(row.kind == "step" for row in picture.rows),
        "headline": picture.reason.headline,
        "verdict": picture.verdict,
        "start": list(picture.start),
        "threads": list(tour.threads),
        "rows": [_describe_row(picture, number, files) for number in range(len(picture.rows))],
        "arrows": [[arrow.source, arrow.target] for arrow in picture.arrows],
        "places": [
            {
                "name": place.name,
                "thread": place.thread,
                "hidden": place.hidden,
                "moves": moves,
            }
            for place, moves in zip(tour.places, moving, strict=True)
        ],
        "stations": list(_describe_stations(tour, files)),
        "broken": _point(tour.broken, files),
    }


def _describe_row(picture: Picture, number: int, files: list[str]) -> Json:
    row = picture.rows[number]
    links = [a for a in picture.arrows if a.source == number and a.kind in ("wakes", "hands over")]
    woken = {f"lets {_name_target(picture, link)} go on" for link in links if link.kind == "wakes"}
    return {
        "thread": picture.lanes[row.lane].thread,
        "kind": row.kind,
        "switch": row.switch,
        "failed": row.failed,
        "place": picture.cite_line(row.at),
        "at": _point(row.at, files),
        "why": row.why,
        "lines": [{"text": x.text, "role": x.role} for x in row.lines if x.text not in woken],
        "links": [_describe_link(picture, link) for link in links],
    }


def _name_target(picture: Picture, link: Arrow) -> str:
    return picture.lanes[picture.rows[link.target].lane].name


def _describe_link(picture: Picture, link: Arrow) -> str:
    """`lets close go on, in step 5`."""
    target = picture.rows[link.target]
    name, step = _name_target(picture, link), target.number
    if link.kind == "wakes":
        return f"lets `{name}` go on, in step {step}"
    return f"hands over `{link.label}` to `{name}`, which takes it in step {step}"


def _describe_stations(tour: Tour, files: list[str]) -> Iterator[Json]:
    """Each station with the values that are other ones than in the station before."""
    before: tuple[str, ...] = ("",) * len(tour.places)
    for station in tour.stations:
        changed = [
            [number, new]
            for number, (old, new) in enumerate(zip(before, station.values, strict=True))
            if old != new
        ]
        yield {
            "threads": [_describe_standing(standing, files) for standing in station.standings],
            "values": changed,
        }
        before = station.values


def _describe_standing(standing: Standing, files: list[str]) -> Json:
    value: Json = {"is": standing.condition}
    if standing.at is not None:
        value["at"] = _point(standing.at, files)
        value["line"] = standing.at.line
        value["does"] = standing.at.text
        value["inside"] = standing.inside
    if standing.why:
        value["why"] = list(standing.why)
    return value


def _point(line: SourceLine | None, files: list[str]) -> str | None:
    """The id of a line of the source in the page."""
    if line is None or line.path not in files:
        return None
    return f"f{files.index(line.path)}-{line.line}"
