"""What a drawing is made of: shapes with coordinates, the palette, and how wide a text is.

No colour says anything alone: what it says, a shape, a pattern or a word says too.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from math import cos, pi, sin
from typing import Literal

from modelcheck.trace.picture import Arrow, ArrowKind, BarKind, Picture

SIZE = 13  # of step text, in pixels
SMALL = 11
TINY = 10  # of names inside bars
MARGIN = 24
CHAR = 0.63  # width of a character over the font size, at most

# Okabe and Ito's palette, distinct for colour-blind readers, and tints of it.
BLACK, GREY, PALE, WHITE = "#1a1a1a", "#5f5f5f", "#d9d9d9", "#ffffff"
BLUE, SKY, GREEN, VERMILLION = "#0072b2", "#56b4e9", "#009e73", "#d55e00"
SKY_TINT, GREEN_TINT, RED_TINT, GREY_TINT = "#dff0fa", "#d9f0e8", "#fdeade", "#f2f2f2"


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text with its baseline at `y`; `anchor` "start" or "middle".

    A `turned` one is read from below: it begins at (x, y), goes up, and its baseline is at `x`.
    """

    x: float
    y: float
    text: str
    size: int = SIZE
    colour: str = BLACK
    bold: bool = False
    anchor: str = "start"
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `dash` as in SVG."""

    x: float
    y: float
    width: float
    height: float
    fill: str = WHITE
    stroke: str = PALE
    thickness: float = 1
    radius: float = 4
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Polyline:
    """A line through points, with an arrowhead at its end (or at both ends)."""

    points: tuple[tuple[float, float], ...]
    stroke: str
    thickness: float = 1
    dash: str = ""
    heads: int = 0


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled outline."""

    points: tuple[tuple[float, float], ...]
    fill: str
    stroke: str
    thickness: float = 1


Shape = Label | Box | Polyline | Polygon


@dataclass(frozen=True, slots=True)
class Part:
    """What a shape belongs to: the row, lane or arrow of that number."""

    kind: Literal["row", "lane", "arrow"]
    index: int


@dataclass(slots=True)
class Drawing:
    """What a writer puts on paper, from back to front; `parts` says what each shape belongs to.

    Row i lies between `tops[i]` and `tops[i + 1]`.
    """

    width: float = 0
    height: float = 0
    shapes: list[Shape] = field(default_factory=list)
    parts: list[Part | None] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)

    def add(self, shape: Shape, part: Part | None = None) -> None:
        """Put a shape in front of all others."""
        self.shapes.append(shape)
        self.parts.append(part)


@dataclass(frozen=True, slots=True)
class ArrowStyle:
    """How an arrow is drawn, and what it means in a word or two."""

    meaning: str
    stroke: str
    thickness: float
    dash: str = ""
    heads: int = 1

    def draw(self, points: tuple[tuple[float, float], ...]) -> Polyline:
        """The arrow through points."""
        return Polyline(points, self.stroke, self.thickness, self.dash, self.heads)


# The stronger first: where two arrows join the same rows, the stronger is drawn.
ARROWS: dict[ArrowKind, ArrowStyle] = {
    "free-use": ArrowStyle("freed here, used there", VERMILLION, 3, "8 4"),
    "race": ArrowStyle("either can come next", VERMILLION, 3, heads=2),
    "waits": ArrowStyle("waits for the holder", BLACK, 2, "2 3"),
    "hands over": ArrowStyle("lock goes from thread to thread", BLUE, 3, "5 2"),
    "wakes": ArrowStyle("lets the other thread go on", GREEN, 2.5, "10 3 2 3"),
    "reads": ArrowStyle("reads what the other thread wrote", BLUE, 1.5),
}


@dataclass(frozen=True, slots=True)
class BarStyle:
    """How a bar is drawn, and what it means in a word or two."""

    meaning: str
    fill: str
    stroke: str
    thickness: float = 1
    radius: float = 3
    dash: str = ""

    def draw(self, middle: float, top: float, end: float, width: float) -> Box:
        """The bar around a vertical line."""
        left, height = middle - width / 2, end - top
        return Box(
            left, top, width, height, self.fill, self.stroke, self.thickness, self.radius, self.dash
        )


BARS: dict[BarKind, BarStyle] = {
    "lock": BarStyle("lock held", SKY, BLUE),
    "read": BarStyle("shared: reader, RCU, lockdep map", SKY_TINT, BLUE, 1.5, 0, "3 2"),
    "life": BarStyle("object alive", GREEN, BLACK),
    "freed": BarStyle("after its end", RED_TINT, VERMILLION, 2, 0, "4 3"),
}


def list_drawn_arrows(picture: Picture) -> list[tuple[int, Arrow]]:
    """The arrows of a picture with their numbers; of those between the same rows the strongest."""
    order = list(ARROWS)
    found: dict[tuple[int, int], tuple[int, Arrow]] = {}
    for number, arrow in enumerate(picture.arrows):
        ends = (arrow.source, arrow.target)
        if ends not in found or order.index(arrow.kind) < order.index(found[ends][1].kind):
            found[ends] = (number, arrow)
    return list(found.values())


def measure_text(text: str, size: int) -> float:
    """The width of a text, at least as wide as any monospace font sets it."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return (len(text) + wide) * size * CHAR


def wrap_text(text: str, chars: int) -> list[str]:
    """Break a text at spaces; where none is near, behind a dot, comma, bracket or underscore, or
    anywhere.
    """
    lines: list[str] = []
    rest = text.rstrip()
    while len(rest) > chars:
        space = rest.rfind(" ", 3, chars + 1)
        mark = 1 + max(rest.rfind(c, 2, chars) for c in ".,([/_-")
        cut = space if space > chars // 2 else mark if mark > chars // 3 else chars
        lines.append(rest[:cut].rstrip())
        rest = "  " + rest[cut:].lstrip()
    return [*lines, rest]


def list_corners(x: float, y: float, r: float, count: int) -> tuple[tuple[float, float], ...]:
    """A regular polygon that stands on an edge."""
    turn = pi / count
    return tuple(
        (x + r * cos(turn + 2 * pi * i / count), y + r * sin(turn + 2 * pi * i / count))
        for i in range(count)
    )
