"""Story → picture: lanes, rows, bars, arrows and marks, each computed once.

The picture has no coordinates and no colours, only rows counted from 0 downwards and lanes
counted from 0 to the right.  Every writer (text, DOT, SVG) draws what stands here and adds no
fact of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelcheck.explore.result import omit_sizes
from modelcheck.trace.events import SourceLine
from modelcheck.trace.reason import Reason
from modelcheck.trace.source import is_shown_library


@dataclass(frozen=True, slots=True)
class Heading:
    """What is said around the picture: the run it comes from and what the run covered.

    `settings` are ("closers", "1") pairs, `replay` the command that shows the trace again,
    `minimal` what was proven about the length and `unproven` why not more, `scope` the parts of the
    scope line, `needs` the orderings without which the trace does not fail (None: not known).  The
    first line says the settings, so the last one does not repeat them.
    """

    path: str
    settings: tuple[tuple[str, str], ...] = ()
    variant: str | None = None
    counts: str = ""
    minimal: str = "no"
    scope: tuple[str, ...] = ()
    replay: str = ""
    unproven: str = ""
    needs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One thread: its name and the rows in which it runs; `start` -1: from the beginning."""

    thread: int
    name: str
    start: int
    end: int
    ended: bool


LineRole = Literal["does", "inside", "change", "read", "lock", "wake", "life", "tag"]


@dataclass(frozen=True, slots=True)
class RowLine:
    """One line of text in a row."""

    text: str
    role: LineRole


RowKind = Literal["step", "fold", "wait", "race", "order"]


@dataclass(frozen=True, slots=True)
class Row:
    """One step (or one blocked thread, one of two racing accesses, a thread that comes to a lock,
    or several quiet steps in one) of one lane.

    `does` is the source text, `inside` the library's place and text, `effects` what it did.
    `tag` is the label of a mark ("" for none); `failed` is the step that fails; `switch` says that
    the row before belongs to another thread, and `why` what stopped that one, if it is known.
    A `quiet` row is a step to which nothing points and that no mark is about, or a thread at rest.
    `routine` is the spec's own that runs, `called` what of the library it called to come to the
    step; `span` are the first and the last step of a "fold".
    """

    lane: int
    kind: RowKind
    number: int | None
    at: SourceLine
    does: str
    inside: str
    effects: tuple[RowLine, ...]
    switch: bool
    failed: bool = False
    tag: str = ""
    why: str = ""
    quiet: bool = False
    routine: str = ""
    called: str = ""
    span: tuple[int, int] = (0, 0)

    @property
    def label(self) -> str:
        """The number of the step, or of the first and the last; "" of what is none."""
        if self.kind == "fold":
            return "-".join(map(str, self.span))
        return "" if self.number is None else str(self.number)

    @property
    def is_marked(self) -> bool:
        """Whether it is to be seen at once: it fails, or stands below the steps."""
        return self.failed or self.kind not in ("step", "fold")

    @property
    def lines(self) -> tuple[RowLine, ...]:
        """All lines of the row from top to bottom."""
        first = (RowLine(self.does, "does"),)
        inside = (RowLine(self.inside, "inside"),) if self.inside else ()
        tag = (RowLine(self.tag, "tag"),) if self.tag else ()
        return (*first, *inside, *self.effects, *tag)


BarKind = Literal["lock", "read", "life", "freed"]


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasts from row `first` to row `last`, both included.

    A "lock" bar, or "read" for what others may be in as well (a lock for reading, an RCU domain, a
    `lockdep_map`), lies on its thread's `lane`, `track` counting outwards; object bars (`lane` -1)
    have a column each, numbered by `track`.  `first` -1: since before the first row; `open`:
    it goes on after the last row.
    """

    kind: BarKind
    lane: int
    track: int
    name: str
    first: int
    last: int
    open: bool


ArrowKind = Literal["reads", "wakes", "hands over", "free-use", "waits", "race"]


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one row to another.  It runs down the gutter left of lane `gutter`, on `track`.

    "reads": the places `label` hold what row `source` wrote; "wakes": the thread could not step and
    now can, and goes on in row `target`; "hands over": the lock `label`, which it takes there.
    Arrows between the same two rows share their track.
    """

    kind: ArrowKind
    source: int
    target: int
    label: str
    gutter: int
    track: int = 0


Verdict = Literal["VIOLATED", "REACHED", "SAMPLE"]


@dataclass(frozen=True, slots=True)
class Picture:
    """All there is to draw.  `verdict` is the first word of it.

    A violation with several traces (the orders of a cycle) has a picture for each: `part` of
    `parts`, with what `part_title` says.  They share heading and reason.
    """

    verdict: Verdict
    heading: Heading
    reason: Reason
    start: tuple[str, ...]
    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    arrows: tuple[Arrow, ...]
    part: int = 1
    parts: int = 1
    part_title: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """The user's files that rows come from, the spec itself first."""
        found = dict.fromkeys(r.at.path for r in self.rows if not is_shown_library(r.at.path))
        found.pop(self.heading.path, None)
        return (self.heading.path, *found)

    def cite_frame(self, line: SourceLine) -> str:
        """`line 31` of the spec itself, else with the file: `kernel/mutex.py:77`."""
        if line.path == self.heading.path:
            return self.cite_line(line)
        return str(line) if is_shown_library(line.path) else self._cite_file(line)

    def _cite_file(self, line: SourceLine) -> str:
        return f"{line.path.rpartition('/')[2]}:{line.line}"

    def cite(self, line: SourceLine) -> str:
        """`31`, or `file.py:31` where the rows come from several files."""
        return str(line.line) if self._is_alone(line) else self._cite_file(line)

    def cite_line(self, line: SourceLine) -> str:
        """`line 31`, or `file.py:31` where the rows come from several files."""
        return ("line " if self._is_alone(line) else "") + self.cite(line)

    def _is_alone(self, line: SourceLine) -> bool:
        return len(self.files) == 1 and not is_shown_library(line.path)

    @property
    def title(self) -> str:
        """The complete first line."""
        settings = [f"{name}={value}" for name, value in self.heading.settings]
        if self.heading.variant:
            settings.append(f"variant={self.heading.variant}")
        return "  ".join(filter(None, (self.verdict, self.heading.path, " ".join(settings))))

    @property
    def closing(self) -> tuple[str, ...]:
        """The last lines: how to see it again, and what was searched."""
        heading = self.heading
        scope = omit_sizes(heading.scope) if heading.settings else heading.scope
        minimal = f"minimal: {heading.minimal}" if self.verdict != "SAMPLE" else ""
        facts = filter(None, (heading.counts, minimal, *scope))
        replay = (f"replay: {heading.replay}",) if heading.replay else ()
        unproven = (heading.unproven,) if heading.unproven else ()
        return (*replay, *unproven, "; ".join(facts))
