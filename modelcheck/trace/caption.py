"""Picture → the texts around its lanes: what fails, what the lines mean, why, how it was found."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.trace.picture import ArrowKind, BarKind, Picture
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
    list_drawn_arrows,
    measure_text,
    wrap_text,
)
from modelcheck.trace.text import write_stack

LINE = 18  # of the legend
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
        x: float = MARGIN
        styles: list[ArrowStyle | BarStyle] = [
            *(style for kind, style in reversed(ARROWS.items()) if kind in arrows),
            *(style for kind, style in BARS.items() if kind in bars),
        ]
        for style in styles:
            meaning = style.meaning
            length = SAMPLE + 18 + measure_text(meaning, SMALL)
            if x + length > self._drawing.width - MARGIN and x > MARGIN:
                x, y = MARGIN, y + LINE
            if isinstance(style, ArrowStyle):
                self._drawing.add(style.draw(((x, y + 8), (x + SAMPLE, y + 8))))
            else:
                self._drawing.add(style.draw(x + SAMPLE / 2, y + 2, y + 14, SAMPLE))
            self._drawing.add(Label(x + SAMPLE + 6, y + 12, meaning, SMALL, GREY))
            x += length + 14
        return y + LINE if bars or arrows else y

    def write_reason(self, y: float) -> float:
        """The facts behind the failure, and what can happen."""
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
