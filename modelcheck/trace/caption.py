"""Picture → the texts around its lanes: what fails, what the lines mean, why, how it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelcheck.trace.picture import ArrowKind, BarKind, Picture
from modelcheck.trace.reason import NEEDS
from modelcheck.trace.shapes import (
    ARROWS,
    BARS,
    BLACK,
    CHAR,
    GREY,
    MARGIN,
    SIZE,
    SMALL,
    VERMILLION,
    WHITE,
    ArrowStyle,
    BarStyle,
    Box,
    Drawing,
    Label,
    Shape,
    list_drawn_arrows,
    measure_text,
    wrap_text,
)
from modelcheck.trace.signs import MEANINGS, Sign, draw_sign, list_signs
from modelcheck.trace.text import write_stack

LINE = 18  # of the legend
BIG_LINE = 30  # where it has signs
NEEDS_MEANING = "needs: without one of these orderings the same steps do not fail"
SAMPLE = 28  # width of an arrow or bar in the legend


class Caption:
    """Writes on a drawing whose width is known; each method gives where the next line may begin."""

    def __init__(self, pictures: Sequence[Picture], drawing: Drawing) -> None:
        self._pictures = pictures
        self._picture = pictures[-1]  # the last of a violation has the reason
        self._drawing = drawing

    def write_heading(self, y: float) -> float:
        """The verdict on a ground of its own, what fails, the variant, and small the settings."""
        picture, heading = self._picture, self._picture.heading
        width = measure_text(picture.verdict, 17) + 16
        ground = VERMILLION if picture.verdict == "VIOLATED" else GREY
        self._drawing.add(Box(MARGIN, y, width, 26, ground, BLACK, 2, 4))
        self._drawing.add(Label(MARGIN + 8, y + 19, picture.verdict, 17, WHITE, bold=True))
        x = MARGIN + width + 12
        chars = int((self._drawing.width - MARGIN - x) / (17 * CHAR))
        for line in wrap_text(picture.reason.headline, chars):
            self._drawing.add(Label(x, y + 19, line.strip(), 17, bold=True))
            y += 23
        variant = f"  variant={heading.variant}" if heading.variant else ""
        y = self.write(y + 6, f"{heading.path}{variant}", 14, bold=True)
        settings = " ".join(f"{name}={value}" for name, value in heading.settings)
        if settings:
            y = self.write(y, settings, SMALL, colour=GREY)
        return y

    def write_start(self, y: float, picture: Picture) -> float:
        """Which part of a violation this is, and how it starts."""
        if picture.part_title:
            y = self.write(y + 12, picture.part_title, 14, bold=True)
        for line in picture.start:
            y = self.write(y, f"start: {line}", SIZE)
        return y

    def write_legend(self, y: float) -> float:
        """What the arrows and bars mean, as far as the picture has them."""
        bars: set[BarKind] = {bar.kind for picture in self._pictures for bar in picture.bars}
        arrows: set[ArrowKind] = {
            arrow.kind for picture in self._pictures for _, arrow in list_drawn_arrows(picture)
        }
        signs: set[Sign] = set().union(*map(list_signs, self._pictures))
        entries: list[ArrowStyle | BarStyle | Sign] = [
            *(style for kind, style in reversed(ARROWS.items()) if kind in arrows),
            *(style for kind, style in BARS.items() if kind in bars),
            *(sign for sign in MEANINGS if sign in signs),
        ]
        x: float = MARGIN
        height = BIG_LINE if signs & set(MEANINGS) else LINE
        for entry in entries:
            meaning = MEANINGS[entry] if isinstance(entry, str) else entry.meaning
            length = SAMPLE + 18 + measure_text(meaning, SMALL)
            if x + length > self._drawing.width - MARGIN and x > MARGIN:
                x, y = MARGIN, y + height
            for shape in _draw_sample(entry, x, y):
                self._drawing.add(shape)
            self._drawing.add(Label(x + SAMPLE + 6, y + 12, meaning, SMALL, GREY))
            x += length + 14
        return y + height if entries else y

    def write_reason(self, y: float) -> float:
        """The facts behind the failure, and what can happen."""
        if any(r.role == NEEDS and r.what[0].isdigit() for r in self._picture.reason.rows):
            y = self.write(y, NEEDS_MEANING, SMALL, colour=GREY)
        for row in self._picture.reason.rows:
            if row.stack:
                for number, line in enumerate(write_stack(self._picture, row)):
                    size = SMALL if number else SIZE
                    y = self.write(y, line, size, colour=GREY if number else BLACK, bold=not number)
                continue
            facts = (
                f"step {row.step}" if row.step is not None else "",
                row.thread,
                self._picture.cite_line(row.at) if row.at else "",
            )
            where = "  ".join(filter(None, facts))
            y = self.write(y, f"{row.role:<10} {where}{': ' if where else ''}{row.what}", SIZE)
        for line in self._picture.reason.scenario:
            y = self.write(y, line, SIZE)
        return y + 6 if self._picture.reason.rows else y

    def write_closing(self, y: float) -> float:
        """How to see it again, and what was searched."""
        for line in self._picture.closing:
            y = self.write(y, line, SMALL, colour=GREY)
        return y

    def write(
        self, y: float, text: str, size: int, *, bold: bool = False, colour: str = BLACK
    ) -> float:
        """Wrap a text to the drawing's width."""
        chars = int((self._drawing.width - 2 * MARGIN) / (size * CHAR))
        for line in wrap_text(text, chars):
            y += size + 6
            self._drawing.add(Label(MARGIN, y - 4, line, size, colour, bold))
        return y


def _draw_sample(entry: ArrowStyle | BarStyle | Sign, x: float, y: float) -> Iterator[Shape]:
    """An arrow, bar or sign of the legend, `SAMPLE` wide."""
    if isinstance(entry, ArrowStyle):
        yield entry.draw(((x, y + 8), (x + SAMPLE, y + 8)))
    elif isinstance(entry, BarStyle):
        yield entry.draw(x + SAMPLE / 2, y + 2, y + 14, SAMPLE)
    else:
        yield from draw_sign(x + SAMPLE / 2, y + 8, entry)
