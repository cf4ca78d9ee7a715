"""Picture → drawing: every line, box and label with its coordinates.

Lanes stand side by side, each with its text beside its lifeline; a row holds the text of one step
only.  So an arrow leaves its row sideways through empty lanes, runs down the gutter beside its
target and never crosses a word.  Text is measured with a width that no monospace font exceeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from modelcheck.trace.caption import Caption
from modelcheck.trace.picture import Arrow, Bar, Lane, LineRole, Picture, Row
from modelcheck.trace.shapes import (
    ARROWS,
    BARS,
    BLACK,
    BLUE,
    CHAR,
    GREEN,
    GREEN_TINT,
    GREY,
    GREY_TINT,
    MARGIN,
    PALE,
    RED_TINT,
    SIZE,
    SKY_TINT,
    SMALL,
    TINY,
    VERMILLION,
    WHITE,
    Box,
    Drawing,
    Label,
    Part,
    Polyline,
    Shape,
    list_drawn_arrows,
    measure_text,
    wrap_text,
)
from modelcheck.trace.signs import NODE, choose_sign, draw_cross, draw_sign

LINE = {SIZE: 18, SMALL: 15}  # height of a line of text
TRACK = 10  # between parallel arrows
BAR = 16  # between parallel lock bars
LOCK = 13  # width of a lock bar
PAD = 8  # inside a row's box
GAP = 8  # between rows
LEAST_WIDTH = 760
LANE_CHARS = {1: 72, 2: 46, 3: 38, 4: 34}  # text width of a lane, by how many there are
BESIDE_CHARS = {1: 56, 2: 34, 3: 22, 4: 20}  # the same beside the panels of a page
NAME_CHARS = 16  # width of an object's name
FEW_ROWS = 12  # more rows than this say their thread's name each, and quiet rows say less


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
    "wake": (WHITE, GREEN),
    "life": (GREEN_TINT, GREEN),
    "tag": (BLACK, BLACK),
}
COLOURS: dict[LineRole, str] = {
    "does": BLACK,
    "inside": GREY,
    "change": BLUE,
    "read": GREY,
    "lock": BLACK,
    "wake": BLACK,
    "life": BLACK,
    "tag": WHITE,
}


def lay_out(pictures: Sequence[Picture]) -> Drawing:
    """Place everything the pictures of a violation hold, below each other; at least one.

    Where there are many rows, a quiet one is told in few words: without its place in the library.
    """
    layouts = [_Layout(picture, LANE_CHARS) for picture in pictures]
    drawing = Drawing(max(LEAST_WIDTH, *(layout.width for layout in layouts)))
    caption = Caption(pictures, drawing)
    y = caption.write_heading(MARGIN)
    for picture, layout in zip(pictures, layouts, strict=True):
        y = caption.write_start(y, picture)
        if picture.rows:
            y = layout.draw_lanes(drawing, y + 16) + 8
    y = caption.write_legend(y + 4)
    y = caption.write_reason(y + 8)
    drawing.height = caption.write_closing(y) + MARGIN / 2
    return drawing


def lay_out_lanes(picture: Picture) -> Drawing:
    """Place only the lanes and their legend, for a page that says the rest in its own way."""
    layout = _Layout(picture, BESIDE_CHARS)
    drawing = Drawing(layout.width)
    y = layout.draw_lanes(drawing, 4) if picture.rows else 0
    drawing.height = Caption((picture,), drawing).write_legend(y + 12) + 4
    return drawing


class _Layout:
    """The coordinates of one picture: columns first, then rows, then what lies on them."""

    def __init__(self, picture: Picture, lane_chars: Mapping[int, int]) -> None:
        self._picture = picture
        self._part: Part | None = None
        chars = lane_chars[min(max(len(picture.lanes), 1), max(lane_chars))]
        self._texts = [tuple(_list_text(picture, row, chars)) for row in picture.rows]
        self._columns = tuple(self._place_columns())
        self._objects_left = self._columns[-1].right + 12 if self._columns else MARGIN
        self._objects_left += self._gutter_width(len(picture.lanes)) if self._columns else 0
        objects = _list_objects(picture)
        self._names = [wrap_text(bar.name, NAME_CHARS) for bar in objects]  # by object column
        self._object_lines = self._place_objects()
        self.width = self._objects_right + MARGIN
        self._drawing = Drawing()

    # ------------------------------------------------------------------------ columns

    def _gutter_width(self, gutter: int) -> float:
        tracks = [arrow.track + 1 for arrow in self._picture.arrows if arrow.gutter == gutter]
        return 14 + TRACK * max(tracks, default=0)

    def _place_columns(self) -> Iterator[_Column]:
        left: float = MARGIN
        for index, lane in enumerate(self._picture.lanes):
            bars = [b.track + 1 for b in self._picture.bars if b.lane == index]
            line = left + self._gutter_width(index) + NODE + BAR * max(bars, default=0)
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

    def draw_lanes(self, drawing: Drawing, top: float) -> float:
        """Put the lanes on a drawing below `top`; gives where they end."""
        self._drawing = drawing
        picture = self._picture
        names = [wrap_text(lane.name, self._lane_chars(i)) for i, lane in enumerate(picture.lanes)]
        lines = max(len(name) for name in (*names, *self._names))
        for index, (column, name) in enumerate(zip(self._columns, names, strict=True)):
            self._part = Part("lane", index)
            self._write_lines(column.line - NODE, top, name, SIZE)
        self._part = None
        for x, name in zip(self._object_lines, self._names, strict=True):
            self._write_lines(x, top, name, SMALL, anchor="middle")
        self._place_rows(top + lines * LINE[SIZE] + 8)
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
        for index, arrow in list_drawn_arrows(picture):
            self._part = Part("arrow", index)
            self._draw_arrow(arrow)
        for index, row in enumerate(picture.rows):
            self._part = Part("row", index)
            self._draw_node(index, row)
        self._part = None
        return self._tops[-1]

    def _place_rows(self, top: float) -> None:
        """Below each other; above a row there is room for what stopped the thread before."""
        tops, self._cards, self._stops = [top], list[float](), list[list[str]]()
        for index, row in enumerate(self._picture.rows):
            stop: list[str] = []
            if row.switch and row.why and index:
                column = self._columns[self._picture.rows[index - 1].lane]
                stop = wrap_text(row.why, int((column.right - column.text) / (SMALL * CHAR)))
            self._stops.append(stop)
            card = tops[-1] + len(stop) * LINE[SMALL] + (4 if stop else 0)
            self._cards.append(card + GAP / 2)
            text = sum(LINE[line.size] for line in self._texts[index])
            tops.append(card + max(2 * NODE, text) + 2 * self._pad(row) + GAP)
        self._tops = self._drawing.tops = tops

    def _pad(self, row: Row) -> int:
        return 4 if _is_brief(self._picture, row) else PAD

    def _lane_chars(self, index: int) -> int:
        column = self._columns[index]
        return int((column.right - column.line + NODE - PAD) / (SIZE * CHAR))

    def _write_lines(
        self, x: float, top: float, lines: list[str], size: int, *, anchor: str = "start"
    ) -> None:
        for number, line in enumerate(lines):
            y = top + (number + 1) * LINE[SIZE] - 4
            self._add(Label(x, y, line, size, bold=True, anchor=anchor))

    def _node_y(self, row: int) -> float:
        return self._cards[row] + self._pad(self._picture.rows[row]) + NODE

    def _draw_switches(self) -> None:
        """A dotted line where another thread goes on; above it, why the one before stopped."""
        rows = self._picture.rows
        for index, row in enumerate(rows):
            if not row.switch or not index:
                continue
            self._part = Part("row", index)
            column = self._columns[rows[index - 1].lane]
            y = self._tops[index]
            for line in self._stops[index]:
                y += LINE[SMALL]
                self._add(Label(column.text, y - 3, line, SMALL, bold=True))
            y = self._cards[index] - GAP / 2
            self._add(Polyline(((MARGIN, y), (self._columns[-1].right, y)), PALE, 1, "2 4"))
        self._part = None

    def _draw_lifeline(self, column: _Column, lane: Lane) -> None:
        top = self._node_y(lane.start) if lane.start >= 0 else self._tops[0] - 4
        end = self._node_y(lane.end) + NODE + 8 if lane.ended else self._tops[-1]
        self._add(Polyline(((column.line, top), (column.line, end)), GREY, 1.5))
        if lane.ended:
            self._add(Polyline(((column.line - 9, end), (column.line + 9, end)), GREY, 3))

    def _draw_bar(self, bar: Bar) -> None:
        top = self._node_y(bar.first) if bar.first >= 0 else self._tops[0] - 2
        end = self._tops[-1] - 2 if bar.open else self._node_y(bar.last)
        if bar.lane >= 0:
            x = self._columns[bar.lane].line - NODE - BAR * (bar.track + 0.5)
            self._add(BARS[bar.kind].draw(x, top, end, LOCK))
            self._name_bar(bar, x, top, end)
            return
        x = self._object_lines[bar.track]
        self._add(BARS[bar.kind].draw(x, top, end, 12))
        if bar.kind == "life" and not bar.open:
            for stroke in draw_cross(x, end, 7, BLACK, 3):
                self._add(stroke)

    def _name_bar(self, bar: Bar, x: float, top: float, end: float) -> None:
        """The name of a lock in its bar, upwards, where it is long enough and no arrow comes in."""
        length = measure_text(bar.name, TINY) + 8
        stops = [top, *sorted(y for y in self._list_crossings(bar.lane) if top < y < end), end]
        for before, after in pairwise(stops):
            if after - before > length + 4:
                y = min(before + length, after - 4)
                # So high that the underscores stand inside the bar, clear of its edge.
                self._add(Label(x + TINY * 0.2, y, bar.name, TINY, turned=True))
                return

    def _list_crossings(self, lane: int) -> Iterator[float]:
        """The heights at which arrows pass the bars of a lane."""
        for arrow in self._picture.arrows:
            source, target = (self._picture.rows[n].lane for n in (arrow.source, arrow.target))
            if lane == target > source:
                yield self._end_y(arrow)
            if lane == source > target:
                yield self._start_y(arrow)

    # ------------------------------------------------------------------------ rows

    def _draw_card(self, index: int, row: Row) -> None:
        column = self._columns[row.lane]
        top = self._cards[index]
        height = self._tops[index + 1] - top - GAP / 2
        x, width = column.text - PAD / 2, column.right - column.text + PAD / 2
        if row.failed:
            self._add(Box(x, top, width, height, RED_TINT, VERMILLION, 3))
        elif row.kind == "wait" and row.quiet:
            self._add(Box(x, top, width, height, GREY_TINT, GREY, 1, 4, "6 4"))
        elif row.kind == "wait":
            self._add(Box(x, top, width, height, RED_TINT, VERMILLION, 3, 4, "6 4"))
        else:
            self._add(Box(x, top, width, height))
        y = top + self._pad(row)
        for line in self._texts[index]:
            height = LINE[line.size]
            length = measure_text(line.text, line.size)
            if line.pill:
                fill, stroke = line.pill
                self._add(Box(column.text, y, length + 10, height - 1, fill, stroke, 1, 3))
            shift = 5 if line.pill else 0
            lift = 1.5 if line.pill else 0  # underscores inside the box, clear of its edge
            baseline = y + (13 if line.size == SIZE else 11) - lift
            self._add(
                Label(column.text + shift, baseline, line.text, line.size, line.colour, line.bold)
            )
            y += height

    def _draw_node(self, index: int, row: Row) -> None:
        x, y = self._columns[row.lane].line, self._node_y(index)
        for shape in draw_sign(x, y, choose_sign(row), row.number):
            self._add(shape)

    # ------------------------------------------------------------------------ arrows

    def _start_y(self, arrow: Arrow) -> float:
        return self._node_y(arrow.source) + 5

    def _end_y(self, arrow: Arrow) -> float:
        return self._node_y(arrow.target) - 4

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
        start_y, end_y = self._start_y(arrow), self._end_y(arrow)
        points = ((start_x, start_y), (x, start_y), (x, end_y), (end_x, end_y))
        self._add(ARROWS[arrow.kind].draw(points))

    def _add(self, shape: Shape) -> None:
        self._drawing.add(shape, self._part)


def _list_objects(picture: Picture) -> list[Bar]:
    """One bar for each object column, in order."""
    first: dict[int, Bar] = {}
    for bar in picture.bars:
        if bar.lane < 0:
            first.setdefault(bar.track, bar)
    return [first[track] for track in sorted(first)]


def _is_brief(picture: Picture, row: Row) -> bool:
    is_long = len(picture.rows) > FEW_ROWS
    return row.kind == "fold" or (row.kind == "step" and row.quiet and is_long)


def _list_text(picture: Picture, row: Row, chars: int) -> Iterator[_TextLine]:
    """The lines of a row, wrapped: where it is, what it does, what changes."""
    if _is_brief(picture, row):
        lines = _list_brief(picture, row)
        for text, colour in lines:
            for part in wrap_text(_shorten_arrow(text), chars * SIZE // SMALL):
                yield _TextLine(part, colour, size=SMALL)
        return
    name = row.routine or (picture.lanes[row.lane].name if len(picture.rows) > FEW_ROWS else "")
    for part in wrap_text(f"{name}  {picture.cite_line(row.at)}".strip(), chars):
        yield _TextLine(part, GREY, size=SMALL)
    for line in row.lines:
        pill = PILLS.get(line.role)
        text = _shorten_arrow(line.text) if line.role in ("change", "read") else line.text
        if line.role == "tag" and row.failed:
            text = f"VIOLATED: {text}"
        bold = line.role in ("does", "tag")
        size = SMALL if line.role == "inside" else SIZE
        for part in wrap_text(text, chars):
            yield _TextLine(part, COLOURS[line.role], bold, size, pill)


def _list_brief(picture: Picture, row: Row) -> list[tuple[str, str]]:
    """What a quiet row says, with its colours: what it does and changes, not where it came from."""
    if row.kind == "fold":
        return [(f"{row.label}: {row.does.removeprefix('... ')}", BLACK), (row.inside, GREY)]
    does = f"{picture.cite_line(row.at)}: {row.does}"
    return [(does, BLACK), *((line.text, COLOURS[line.role]) for line in row.effects)]


def _shorten_arrow(text: str) -> str:
    return text.replace(" -> ", " → ").replace("(step ", "(step\u00a0")
