"""Picture → Mermaid: a sequence diagram, for the many places that draw one from text.

A thread is a participant, a step a note over it, a held lock an activation; arrows say who reads
what another wrote, who wakes whom and who hands a lock on.  The grammar is Mermaid's own:
packages/mermaid/src/diagrams/sequence/parser/sequenceDiagram.jison.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelcheck.trace.picture import Arrow, Bar, Picture, Row
from modelcheck.trace.reason import NEEDS
from modelcheck.trace.text import write_stack

# Text may be anything, so all that could be grammar is written as an entity code, `#59;` for `;`:
# Mermaid turns these into marks of its own before its lexer sees the text, and back in the drawing.
ODD = re.compile(r"[^A-Za-z0-9 _.,()\[\]+*/=!?-]")
BREAK = "<br/>"
FAILED = "rgb(253, 234, 222)"
FIRST_TWO, FURTHER = 38, 30  # characters between two participants, and to each further one


def write_mermaid(*pictures: Picture) -> str:
    """The pictures of a violation, of which there is at least one, as one Mermaid sequence diagram:
    one after the other, with the threads of all of them.
    """
    lines = [f"    {line}" for line in _list_lines(pictures)]
    return "\n".join(("sequenceDiagram", *lines)) + "\n"


def quote_mermaid(text: str) -> str:
    """A text that stays text in any message, note, name or title."""
    return ODD.sub(lambda found: f"#{_find_code(found[0])};", text)


def _find_code(character: str) -> int:
    if character.isspace():
        return ord(" ")
    return ord(character) if character.isprintable() else 0xFFFD


def _list_lines(pictures: Sequence[Picture]) -> Iterator[str]:
    picture = pictures[-1]  # the last of a violation has the reason
    headline = f"{picture.verdict}: {picture.reason.headline}"
    lanes = {lane.thread: lane.name for picture in pictures for lane in picture.lanes}
    if not lanes:
        yield f"title {quote_mermaid(headline)}"
    for line in (picture.title, *picture.closing):
        yield f"%% {quote_mermaid(line)}"
    for thread in sorted(lanes):
        yield f"participant t{thread} as {quote_mermaid(lanes[thread])}"
    everywhere = _Everywhere(_name_ends(sorted(lanes)), len(lanes))
    for part in pictures:
        first = [headline] if part is pictures[0] else []
        lines = [*first, part.part_title, *(f"start: {line}" for line in part.start)]
        # Not as a title: Mermaid cuts one that is wider than the diagram.
        yield from everywhere.write_note(lines)
        yield from _list_rows(part)
    yield from _list_reason(pictures[-1], everywhere)


def _list_rows(picture: Picture) -> Iterator[str]:
    """The steps of a picture, with what comes into each before it; nothing is left activated."""
    locks = [bar for bar in picture.bars if bar.kind in ("lock", "read")]
    for bar in locks:
        if bar.first < 0:
            yield f"activate {_name_lane(picture, bar.lane)}"
    for number, row in enumerate(picture.rows):
        yield from _list_stop(picture, number)
        yield from _list_arrows(picture, number)
        yield from _list_row(picture, row)
        yield from _list_activations(picture, locks, number)
    for bar in locks:
        if bar.open:
            yield f"deactivate {_name_lane(picture, bar.lane)}"


def _list_stop(picture: Picture, number: int) -> Iterator[str]:
    """Why the thread of the row before stops there, where another one goes on."""
    row = picture.rows[number]
    if row.switch and row.why and number:
        before = picture.rows[number - 1].lane
        yield _write_note(_name_lane(picture, before), [f"-- {row.why}"])


def _name_lane(picture: Picture, lane: int) -> str:
    """The participant of a lane."""
    return f"t{picture.lanes[lane].thread}"


def _name_ends(threads: Sequence[int]) -> str:
    """From the first participant to the last."""
    names = [f"t{thread}" for thread in threads]
    return ",".join(dict.fromkeys((*names[:1], *names[-1:])))


@dataclass(frozen=True, slots=True)
class _Everywhere:
    """All participants, from the first to the last."""

    over: str
    count: int

    def write_note(self, lines: Sequence[str]) -> Iterator[str]:
        """A box over all of them, if there are any and something to say.

        Mermaid makes the box of one participant as wide as its text, that of several as wide as
        they stand apart: there lines are broken.
        """
        if self.count > 1:
            width = FIRST_TWO + FURTHER * (self.count - 2)
            lines = [
                part
                for line in lines
                for part in textwrap.wrap(line, width, break_long_words=False)
            ]
        if self.over and any(line.strip() for line in lines):
            yield _write_note(self.over, list(lines))


def _write_note(over: str, lines: list[str]) -> str:
    """A box over participants; without blank lines, which Mermaid cannot measure."""
    return f"Note over {over}: {BREAK.join(quote_mermaid(x) for x in lines if x.strip())}"


def _list_row(picture: Picture, row: Row) -> Iterator[str]:
    """A step: number and line first, then what it does; the failing one on a ground of its own."""
    number = f"{row.label}: " if row.label else ""
    lines = [number + ("" if row.kind == "fold" else picture.cite_line(row.at))]
    lines += [line.text for line in row.lines if line.role != "tag"]
    lines += [f"VIOLATED: {row.tag}" if row.failed else row.tag] if row.tag else []
    note = _write_note(_name_lane(picture, row.lane), lines)
    if not row.failed:
        yield note
        return
    yield f"rect {FAILED}"
    yield f"    {note}"
    yield "end"


def _list_activations(picture: Picture, locks: list[Bar], row: int) -> Iterator[str]:
    """What begins to be held in a row, and what no longer is."""
    for bar in locks:
        if bar.first == row:
            yield f"activate {_name_lane(picture, bar.lane)}"
        if bar.last == row and not bar.open:
            yield f"deactivate {_name_lane(picture, bar.lane)}"


def _list_arrows(picture: Picture, row: int) -> Iterator[str]:
    """What comes into a row, before it: a sequence diagram has an arrow at one time."""
    for arrow in picture.arrows:
        if max(arrow.source, arrow.target) == row:
            rows = (picture.rows[arrow.source], picture.rows[arrow.target])
            source, target = (_name_lane(picture, row.lane) for row in rows)
            sign, text = _describe_arrow(arrow)
            yield f"{source}{sign}{target}: {quote_mermaid(text)}"


def _describe_arrow(arrow: Arrow) -> tuple[str, str]:
    match arrow.kind:
        case "reads":
            return "-->>", f"{arrow.label} is read"
        case "wakes":
            return "-)", "lets it go on"
        case "hands over":
            return "->>", f"hands over {arrow.label}"
        case "free-use":
            return "--x", f"{arrow.label} freed here, used there"
        case "waits":
            return "--)", f"waits for {arrow.label}"
        case "race":
            return "-x", "either can come next"


def _list_reason(picture: Picture, everywhere: _Everywhere) -> Iterator[str]:
    """Why the property fails, below all threads."""
    lines: list[str] = []
    for row in picture.reason.rows:
        if row.stack:
            lines += (line.strip() for line in write_stack(picture, row))
            continue
        step = f"step {row.step}" if row.step is not None else ""
        where = ", ".join(filter(None, (step, row.thread)))
        what = f"{NEEDS} {row.what}" if row.role == NEEDS else row.what
        lines.append(f"{what} ({where})" if where else what)
    yield from everywhere.write_note(lines)
