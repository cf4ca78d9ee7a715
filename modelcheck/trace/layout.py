"""Picture → drawing: every line, box and label with its coordinates.

Lanes stand side by side, each with its text beside its lifeline; a row holds the text of one step
only.  So an arrow leaves its row sideways through empty lanes, runs down the gutter beside its
target and never crosses a word.  Text is measured with a width that no monospace font exceeds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import cos, pi, sin
from typing import Literal

from modelcheck.trace.picture import Arrow, Bar, Lane, LineRole, Picture, Row
from modelcheck.trace.text import write_stack

SIZE = 13  # of step text, in pixels
SMALL = 11
CHAR = 0.63  # width of a character over the font size, at most
LINE = 18
MARGIN = 24
TRACK = 10  # between parallel arrows
BAR = 12  # between parallel lock bars
NODE = 11  # radius of a step's number
PAD = 8  # inside a row's box
GAP = 8  # between rows
LEAST_WIDTH = 760
LANE_CHARS = {1: 72, 2: 46, 3: 38, 4: 34}  # text width of a lane, by how many there are
BESIDE_CHARS = {1: 56, 2: 34, 3: 22, 4: 20}  # the same beside the panels of a page
NAME_CHARS = 16  # width of an object's name
FEW_ROWS = 12  # more rows than this say their thread's name each

# Okabe and Ito's palette, distinct for colour-blind readers, and tints of it.
BLACK, GREY, PALE, WHITE = "#1a1a1a", "#5f5f5f", "#d9d9d9", "#ffffff"
BLUE, SKY, GREEN, VERMILLION, PURPLE = "#0072b2", "#56b4e9", "#009e73", "#d55e00", "#cc79a7"
SKY_TINT, GREEN_TINT, RED_TINT, GREY_TINT = "#dff0fa", "#d9f0e8", "#fdeade", "#f2f2f2"


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text with its baseline at `y`; `anchor` "start" or "middle"."""

    x: float
    y: float
    text: str
    size: int = SIZE
    colour: str = BLACK
    bold: bool = False
    anchor: str = "start"


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


@dataclass(frozen=True, slots=True)
class _TextLine:
    """One line of a row's text; `pill` is the colours of a box behind it."""

    text: str
    colour: str = BLACK
    bold: bool = False
    size: int = SIZE
    pill: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a lane lies: its gutter begins at `left`, its text goes from `text` to `right`."""

    left: float
    line: float
    text: float
    right: float


PILLS: dict[LineRole, tuple[str, str]] = {
    "lock": (SKY_TINT, BLUE),
    "life": (GREEN_TINT, GREEN),
    "tag": (BLACK, BLACK),
}
COLOURS: dict[LineRole, str] = {
    "does": BLACK,
    "inside": GREY,
    "change": BLUE,
    "read": GREY,
    "lock": BLACK,
    "life": BLACK,
    "tag": WHITE,
}


def measure_text(text: str, size: int) -> float:
    """The width of a text, at least as wide as any monospace font sets it."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return (len(text) + wide) * size * CHAR


def lay_out(picture: Picture) -> Drawing:
    """Place everything a picture holds."""
    return _Layout(picture, LEAST_WIDTH, LANE_CHARS).draw()


def lay_out_lanes(picture: Picture) -> Drawing:
    """Place only the lanes and their legend, for a page that says the rest in its own way."""
    return _Layout(picture, 0, BESIDE_CHARS).draw_lanes()


class _Layout:
    """The coordinates of one picture: columns first, then rows, then what lies on them."""

    def __init__(self, picture: Picture, least_width: float, lane_chars: Mapping[int, int]) -> None:
        self._picture = picture
        self._drawing = Drawing()
        self._part: Part | None = None
        chars = lane_chars[min(max(len(picture.lanes), 1), max(lane_chars))]
        self._texts = [tuple(_list_text(picture, row, chars)) for row in picture.rows]
        self._columns = tuple(self._place_columns())
        self._objects_left = self._columns[-1].right + 12 if self._columns else MARGIN
        self._objects_left += self._gutter_width(len(picture.lanes)) if self._columns else 0
        self._names = [
            _wrap(bar.name, NAME_CHARS) for bar in _list_objects(picture)
        ]  # by object column
        self._object_lines = self._place_objects()
        self._drawing.width = max(least_width, self._objects_right + MARGIN)

    def draw(self) -> Drawing:
        """Put everything on paper, from top to bottom."""
        picture, drawing = self._picture, self._drawing
        y: float = MARGIN
        y = self._write_paragraph(y, picture.title, 16, bold=True)
        y = self._write_paragraph(y + 4, picture.reason.headline, 14, bold=True)
        if picture.part_title:
            y = self._write_paragraph(y, picture.part_title, SIZE)
        for line in picture.start:
            y = self._write_paragraph(y, f"start: {line}", SIZE)
        if picture.rows:
            y = self._draw_lanes(y + 16)
        y = self._draw_legend(y + 12)
        y = self._draw_reason(y + 8)
        for line in picture.closing:
            y = self._write_paragraph(y, line, SMALL, colour=GREY)
        drawing.height = y + MARGIN / 2
        return drawing

    def draw_lanes(self) -> Drawing:
        """Put the lanes and their legend on paper."""
        y = self._draw_lanes(4) if self._picture.rows else 0
        self._drawing.height = self._draw_legend(y + 12) + 4
        return self._drawing

    # ------------------------------------------------------------------------ columns

    def _gutter_width(self, gutter: int) -> float:
        tracks = [arrow.track + 1 for arrow in self._picture.arrows if arrow.gutter == gutter]
        return 14 + TRACK * max(tracks, default=0)

    def _place_columns(self) -> Iterator[_Column]:
        left: float = MARGIN
        for index, lane in enumerate(self._picture.lanes):
            bars = [b.track + 1 for b in self._picture.bars if b.lane == index]
            line = left + self._gutter_width(index) + NODE + BAR * max(0, max(bars, default=0) - 1)
            text = line + NODE + PAD
            lengths = [
                measure_text(t.text, t.size) + (12 if t.pill else 0)
                for row, lines in zip(self._picture.rows, self._texts, strict=True)
                if row.lane == index
                for t in lines
            ]
            widest = max([*lengths, min(measure_text(lane.name, SIZE), 150), 90])
            yield _Column(left, line, text, text + widest + PAD)
            left = text + widest + PAD

    def _place_objects(self) -> list[float]:
        lines: list[float] = []
        x = self._objects_left
        for name in self._names:
            width = max(measure_text(part, SMALL) for part in name) + 14
            lines.append(x + width / 2)
            x += width
        self._objects_right = x if self._names else self._objects_left - 12
        return lines

    # ------------------------------------------------------------------------ lanes

    def _draw_lanes(self, top: float) -> float:
        picture = self._picture
        names = [_wrap(lane.name, self._lane_chars(i)) for i, lane in enumerate(picture.lanes)]
        lines = max(len(name) for name in (*names, *self._names))
        head = top + lines * LINE + 8
        for index, (column, name) in enumerate(zip(self._columns, names, strict=True)):
            self._part = Part("lane", index)
            self._write_lines(column.line - NODE, top, name, SIZE)
        self._part = None
        for x, name in zip(self._object_lines, self._names, strict=True):
            self._write_lines(x, top, name, SMALL, anchor="middle")
        tops = [head]
        for lines_ in self._texts:
            height = max(2 * NODE, len(lines_) * LINE) + 2 * PAD + GAP
            tops.append(tops[-1] + height)
        self._tops = self._drawing.tops = tops
        self._draw_switches()
        for index, lane in enumerate(picture.lanes):
            self._part = Part("lane", index)
            self._draw_lifeline(self._columns[index], lane)
        for bar in sorted(picture.bars, key=lambda bar: bar.kind):  # "freed" beneath "life"
            self._part = Part("lane", bar.lane) if bar.lane >= 0 else None
            self._draw_bar(bar)
        for index, row in enumerate(picture.rows):
            self._part = Part("row", index)
            self._draw_card(index, row)
        for index, arrow in enumerate(picture.arrows):
            self._part = Part("arrow", index)
            self._draw_arrow(arrow)
        for index, row in enumerate(picture.rows):
            self._part = Part("row", index)
            self._draw_node(index, row)
        self._part = None
        return tops[-1]

    def _lane_chars(self, index: int) -> int:
        column = self._columns[index]
        return int((column.right - column.line + NODE - PAD) / (SIZE * CHAR))

    def _write_lines(
        self, x: float, top: float, lines: list[str], size: int, *, anchor: str = "start"
    ) -> None:
        for number, line in enumerate(lines):
            y = top + (number + 1) * LINE - 4
            self._add(Label(x, y, line, size, bold=True, anchor=anchor))

    def _node_y(self, row: int) -> float:
        return self._tops[row] + GAP / 2 + PAD + NODE

    def _draw_switches(self) -> None:
        for index, row in enumerate(self._picture.rows):
            if row.switch and index:
                y = self._tops[index]
                self._add(Polyline(((MARGIN, y), (self._columns[-1].right, y)), PALE, 1, "2 4"))

    def _draw_lifeline(self, column: _Column, lane: Lane) -> None:
        top = self._node_y(lane.start) if lane.start >= 0 else self._tops[0] - 4
        end = self._node_y(lane.end) + NODE + 8 if lane.ended else self._tops[-1]
        self._add(Polyline(((column.line, top), (column.line, end)), GREY, 1.5))
        if lane.ended:
            self._add(Polyline(((column.line - 9, end), (column.line + 9, end)), GREY, 3))

    def _draw_bar(self, bar: Bar) -> None:
        top = self._node_y(bar.first) if bar.first >= 0 else self._tops[0] - 2
        end = self._tops[-1] - 2 if bar.open else self._node_y(bar.last)
        match bar.kind:
            case "lock":
                x = self._columns[bar.lane].line - BAR * bar.track
                self._add(Box(x - 5, top, 10, end - top, SKY, BLUE, 1, 3))
            case "life":
                x = self._object_lines[bar.track]
                self._add(Box(x - 6, top, 12, end - top, GREEN, BLACK, 1, 3))
            case "freed":
                x = self._object_lines[bar.track]
                self._add(Box(x - 6, top, 12, end - top, RED_TINT, VERMILLION, 2, 0, "4 3"))
        if bar.kind == "life" and not bar.open:
            self._draw_cross(self._object_lines[bar.track], end, 7, BLACK, 3)

    def _draw_cross(self, x: float, y: float, r: float, colour: str, thickness: float) -> None:
        self._add(Polyline(((x - r, y - r), (x + r, y + r)), colour, thickness))
        self._add(Polyline(((x - r, y + r), (x + r, y - r)), colour, thickness))

    def _draw_card(self, index: int, row: Row) -> None:
        column = self._columns[row.lane]
        top = self._tops[index] + GAP / 2
        height = self._tops[index + 1] - self._tops[index] - GAP
        x, width = column.text - PAD / 2, column.right - column.text + PAD / 2
        if row.failed:
            self._add(Box(x, top, width, height, RED_TINT, VERMILLION, 3))
        elif row.kind == "wait":
            self._add(Box(x, top, width, height, GREY_TINT, BLACK, 2, 4, "6 4"))
        else:
            self._add(Box(x, top, width, height))
        y = top + PAD
        for line in self._texts[index]:
            length = measure_text(line.text, line.size)
            if line.pill:
                fill, stroke = line.pill
                self._add(Box(column.text, y, length + 10, LINE - 2, fill, stroke, 1, 3))
            shift = 5 if line.pill else 0
            self._add(
                Label(column.text + shift, y + 13, line.text, line.size, line.colour, line.bold)
            )
            y += LINE

    def _draw_node(self, index: int, row: Row) -> None:
        x, y = self._columns[row.lane].line, self._node_y(index)
        if row.kind == "wait":
            self._add(Polygon(_list_corners(x, y, NODE, 4), WHITE, BLACK, 2))
            for shift in (-2.5, 2.5):
                self._add(Polyline(((x + shift, y - 4), (x + shift, y + 4)), BLACK, 2.5))
            return
        if row.failed:
            self._add(Polygon(_list_corners(x, y, NODE + 3, 8), VERMILLION, BLACK, 3))
        else:
            self._add(Polygon(_list_corners(x, y, NODE, 24), "#4d4d4d", WHITE, 1.5))
        if row.number is None:
            self._draw_cross(x, y, 5, WHITE, 3)
        else:
            self._add(Label(x, y + 4, str(row.number), SMALL, WHITE, bold=True, anchor="middle"))

    # ------------------------------------------------------------------------ arrows

    def _draw_arrow(self, arrow: Arrow) -> None:
        """Sideways out of the source's row, along the gutter, sideways into the target's row."""
        rows = self._picture.rows
        source, target = rows[arrow.source], rows[arrow.target]
        is_rightwards = source.lane < target.lane
        start = self._columns[source.lane]
        end = self._columns[target.lane]
        start_x = start.right if source.lane <= target.lane else start.line - NODE
        end_x = end.line - NODE - (6 if target.failed else 0) if is_rightwards else end.right
        last = arrow.gutter == len(self._columns)
        left = end.right if last or not is_rightwards else end.left
        x = left + 9 + TRACK * arrow.track
        start_y, end_y = self._node_y(arrow.source) + 5, self._node_y(arrow.target) - 4
        points = ((start_x, start_y), (x, start_y), (x, end_y), (end_x, end_y))
        match arrow.kind:
            case "reads":
                self._add(Polyline(points, BLUE, 1.5, heads=1))
            case "free-use":
                self._add(Polyline(points, VERMILLION, 3, "8 4", heads=1))
            case "waits":
                self._add(Polyline(points, BLACK, 2, "2 3", heads=1))
            case "race":
                self._add(Polyline(points, VERMILLION, 3, heads=2))

    # ------------------------------------------------------------------------ around it

    def _draw_legend(self, y: float) -> float:
        """What the colours and lines mean, as far as the picture has them."""
        picture = self._picture
        kinds = {bar.kind for bar in picture.bars} | {arrow.kind for arrow in picture.arrows}
        meanings = (
            ("reads", "reads what the other thread wrote"),
            ("free-use", "freed here, used there"),
            ("waits", "waits for the holder"),
            ("race", "either can come next"),
            ("lock", "lock held"),
            ("life", "object alive"),
            ("freed", "after its end"),
        )
        x: float = MARGIN
        for kind, meaning in meanings:
            if kind not in kinds:
                continue
            length = 46 + measure_text(meaning, SMALL)
            if x + length > self._drawing.width - MARGIN and x > MARGIN:
                x, y = MARGIN, y + LINE
            self._draw_sample(kind, x, y + 8)
            self._add(Label(x + 34, y + 12, meaning, SMALL, GREY))
            x += length + 14
        return y + LINE if kinds else y

    def _draw_sample(self, kind: str, x: float, y: float) -> None:
        points = ((x, y), (x + 28, y))
        match kind:
            case "reads":
                self._add(Polyline(points, BLUE, 1.5, heads=1))
            case "free-use":
                self._add(Polyline(points, VERMILLION, 3, "8 4", heads=1))
            case "waits":
                self._add(Polyline(points, BLACK, 2, "2 3", heads=1))
            case "race":
                self._add(Polyline(points, VERMILLION, 3, heads=2))
            case "lock":
                self._add(Box(x, y - 5, 28, 10, SKY, BLUE, 1, 3))
            case "life":
                self._add(Box(x, y - 6, 28, 12, GREEN, BLACK, 1, 3))
            case _:
                self._add(Box(x, y - 6, 28, 12, RED_TINT, VERMILLION, 2, 0, "4 3"))

    def _draw_reason(self, y: float) -> float:
        for row in self._picture.reason.rows:
            if row.stack:
                for number, line in enumerate(write_stack(self._picture, row)):
                    size = SMALL if number else SIZE
                    y = self._write_paragraph(y, line, size, colour=GREY if number else BLACK)
                continue
            facts = (
                f"step {row.step}" if row.step is not None else "",
                row.thread,
                self._picture.cite_line(row.at) if row.at else "",
            )
            where = "  ".join(filter(None, facts))
            text = f"{row.role:<10} {where}{': ' if where else ''}{row.what}"
            y = self._write_paragraph(y, text, SIZE)
        for line in self._picture.reason.scenario:
            y = self._write_paragraph(y, line, SIZE)
        return y + 6 if self._picture.reason.rows else y

    def _write_paragraph(
        self, y: float, text: str, size: int, *, bold: bool = False, colour: str = BLACK
    ) -> float:
        """Wrap a text to the picture's width; gives where the next line may begin."""
        chars = int((self._drawing.width - 2 * MARGIN) / (size * CHAR))
        for line in _wrap(text, chars):
            y += size + 6
            self._add(Label(MARGIN, y - 4, line, size, colour, bold))
        return y

    def _add(self, shape: Shape) -> None:
        self._drawing.shapes.append(shape)
        self._drawing.parts.append(self._part)


def _list_objects(picture: Picture) -> list[Bar]:
    """One bar for each object column, in order."""
    first: dict[int, Bar] = {}
    for bar in picture.bars:
        if bar.lane < 0:
            first.setdefault(bar.track, bar)
    return [first[track] for track in sorted(first)]


def _list_text(picture: Picture, row: Row, chars: int) -> Iterator[_TextLine]:
    """The lines of a row, wrapped: where it is, what it does, what changes."""
    is_tall = len(picture.rows) > FEW_ROWS
    name = f"{picture.lanes[row.lane].name}  " if is_tall else ""
    for part in _wrap(f"{name}{picture.cite_line(row.at)}", chars):
        yield _TextLine(part, GREY, size=SMALL)
    for line in row.lines:
        pill = PILLS.get(line.role)
        text = line.text.replace(" -> ", " → ") if line.role == "change" else line.text
        text = text.replace("(step ", "(step\u00a0")
        if line.role == "tag" and row.failed:
            text = f"VIOLATED: {text}"
        bold = line.role in ("does", "tag")
        size = SMALL if line.role == "inside" else SIZE
        for part in _wrap(text, chars):
            yield _TextLine(part, COLOURS[line.role], bold, size, pill)


def _wrap(text: str, chars: int) -> list[str]:
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


def _list_corners(x: float, y: float, r: float, count: int) -> tuple[tuple[float, float], ...]:
    turn = pi / count
    return tuple(
        (x + r * cos(turn + 2 * pi * i / count), y + r * sin(turn + 2 * pi * i / count))
        for i in range(count)
    )
