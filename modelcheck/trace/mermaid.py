"""Picture → Mermaid: a sequence diagram, for the many places that draw one from text.

A thread is a participant, a step a note over it, a held lock an activation; arrows say who reads
what another wrote, who wakes whom and who hands a lock on.  The grammar is Mermaid's own:
packages/mermaid/src/diagrams/sequence/parser/sequenceDiagram.jison.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelcheck.trace.picture import Arrow, Bar, Picture, Row
from modelcheck.trace.reason import NEEDS
from modelcheck.trace.text import write_stack

# Text may be anything, so all that could be grammar is written as an entity code, `#59;` for `;`:
# Mermaid turns these into marks of its own before its lexer sees the text, and back in the drawing.
ODD = re.compile(r"[^A-Za-z0-9 _.,()\[\]+*/=!?-]")
BREAK = "<br/>"
FAILED = "rgb(253, 234, 222)"


def write_mermaid(picture: Picture) -> str:
    """The picture as a Mermaid sequence diagram."""
    return "\n".join(("sequenceDiagram", *(f"    {line}" for line in _list_lines(picture)))) + "\n"


def quote_mermaid(text: str) -> str:
    """A text that stays text in any message, note, name or title."""
    return ODD.sub(lambda found: f"#{_find_code(found[0])};", text)


def _find_code(character: str) -> int:
    if character.isspace():
        return ord(" ")
    return ord(character) if character.isprintable() else 0xFFFD


def _list_lines(picture: Picture) -> Iterator[str]:
    headline = f"{picture.verdict}: {picture.reason.headline}"
    if not picture.lanes:
        yield f"title {quote_mermaid(headline)}"
    for line in (picture.title, *picture.closing):
        yield f"%% {quote_mermaid(line)}"
    for number, lane in enumerate(picture.lanes):
        yield f"participant t{number} as {quote_mermaid(lane.name)}"
    everywhere = _name_lanes(picture)
    if everywhere:  # not as a title: Mermaid cuts one that is wider than the diagram
        start = [f"start: {line}" for line in picture.start]
        yield _write_note(everywhere, [headline, picture.part_title, *start])
    locks = [bar for bar in picture.bars if bar.kind in ("lock", "read")]
    for bar in locks:
        if bar.first < 0:
            yield f"activate t{bar.lane}"
    for number, row in enumerate(picture.rows):
        yield from _list_arrows(picture, number)
        yield from _list_row(picture, row)
        yield from _list_activations(locks, number)
    for bar in locks:
        if bar.open:
            yield f"deactivate t{bar.lane}"
    yield from _list_reason(picture, everywhere)


def _name_lanes(picture: Picture) -> str:
    """From the first participant to the last."""
    names = [f"t{number}" for number in range(len(picture.lanes))]
    return ",".join(dict.fromkeys((*names[:1], *names[-1:])))


def _write_note(over: str, lines: list[str]) -> str:
    """A box over participants; without blank lines, which Mermaid cannot measure."""
    return f"Note over {over}: {BREAK.join(quote_mermaid(x) for x in lines if x.strip())}"


def _list_row(picture: Picture, row: Row) -> Iterator[str]:
    """A step: number and line first, then what it does; the failing one on a ground of its own."""
    number = "" if row.number is None else f"{row.number}: "
    lines = [f"{number}{picture.cite_line(row.at)}"]
    lines += [line.text for line in row.lines if line.role != "tag"]
    lines += [f"VIOLATED: {row.tag}" if row.failed else row.tag] if row.tag else []
    note = _write_note(f"t{row.lane}", lines)
    if not row.failed:
        yield note
        return
    yield f"rect {FAILED}"
    yield f"    {note}"
    yield "end"


def _list_activations(locks: list[Bar], row: int) -> Iterator[str]:
    """What begins to be held in a row, and what no longer is."""
    for bar in locks:
        if bar.first == row:
            yield f"activate t{bar.lane}"
        if bar.last == row and not bar.open:
            yield f"deactivate t{bar.lane}"


def _list_arrows(picture: Picture, row: int) -> Iterator[str]:
    """What comes into a row, before it: a sequence diagram has an arrow at one time."""
    for arrow in picture.arrows:
        if max(arrow.source, arrow.target) == row:
            ends = (picture.rows[arrow.source].lane, picture.rows[arrow.target].lane)
            yield _write_arrow(ends, *_describe_arrow(arrow))


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


def _write_arrow(ends: tuple[int, int], sign: str, text: str) -> str:
    source, target = ends
    return f"t{source}{sign}t{target}: {quote_mermaid(text)}"


def _list_reason(picture: Picture, everywhere: str) -> Iterator[str]:
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
    if lines and everywhere:
        yield _write_note(everywhere, lines)
