"""The sign of a row on its lifeline: a numbered step, what fails, a blocked thread, many steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from modelcheck.trace.picture import Picture, Row
from modelcheck.trace.shapes import (
    BLACK,
    SMALL,
    VERMILLION,
    WHITE,
    Box,
    Label,
    Polygon,
    Polyline,
    Shape,
    list_corners,
)

NODE = 11  # radius of a step's number
STEP = "#4d4d4d"

Sign = Literal["fails", "waits", "fold", "step"]

# Those that do not speak for themselves.
MEANINGS: dict[Sign, str] = {
    "waits": "thread that cannot go on",
    "fold": "steps that nothing points to",
}


def choose_sign(row: Row) -> Sign:
    """What stands on the lifeline beside a row."""
    if row.kind == "wait":
        return "waits"
    if row.failed:
        return "fails"
    return "fold" if row.kind == "fold" else "step"


def list_signs(picture: Picture) -> set[Sign]:
    """The signs that a picture has."""
    return {choose_sign(row) for row in picture.rows}


def draw_sign(x: float, y: float, sign: Sign, number: int | None = None) -> Iterator[Shape]:
    """A sign around a point; without a number a step that fails has a cross."""
    if sign == "waits":
        yield Polygon(list_corners(x, y, NODE, 4), WHITE, BLACK, 2)
        for shift in (-2.5, 2.5):
            yield Polyline(((x + shift, y - 4), (x + shift, y + 4)), BLACK, 2.5)
        return
    if sign == "fails":
        yield Polygon(list_corners(x, y, NODE + 3, 8), VERMILLION, BLACK, 3)
    else:
        yield Polygon(list_corners(x, y, NODE, 24), STEP, WHITE, 1.5)
    if sign == "fold":
        for shift in (-5, 0, 5):
            yield Box(x - 1.5, y + shift - 1.5, 3, 3, WHITE, WHITE, 0)
    elif number is None:
        yield from draw_cross(x, y, 5, WHITE, 3)
    else:
        yield Label(x, y + 4, str(number), SMALL, WHITE, bold=True, anchor="middle")


def draw_cross(
    x: float, y: float, r: float, colour: str, thickness: float
) -> tuple[Polyline, Polyline]:
    """Two strokes through a point."""
    return (
        Polyline(((x - r, y - r), (x + r, y + r)), colour, thickness),
        Polyline(((x - r, y + r), (x + r, y - r)), colour, thickness),
    )
