"""Places in a user's file, coded errors and warnings about them, and how they are printed.

Every error a user can cause is a `SpecError` with a code from `modelcheck.codes`; the
front end collects them and raises one `SpecErrors` per phase, sorted by place.  An
`InternalError` is our own fault and never stands for a user's.
"""

from __future__ import annotations

import difflib
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source text: lines and columns count from 1, the end is exclusive."""

    path: str
    line: int
    col: int = 1
    end_line: int = 0
    end_col: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.col}"


NOWHERE = Span("", 0, 0)


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that belongs to an error ("first declared here")."""

    span: Span
    message: str


class SpecError(Exception):
    """A fault in the user's spec, with all that is needed to print it.

    `message` says what is wrong in the user's words; `note` why it is a rule; `help` what to
    write instead (left out rather than guessed).
    """

    def __init__(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        note: str = "",
        help: str = "",
        related: Sequence[Related] = (),
    ) -> None:
        super().__init__(f"{span}: error[{code}]: {message}")
        self.code = code
        self.message = message
        self.span = span
        self.note = note
        self.help = help
        self.related = tuple(related)

    def __reduce__(self) -> tuple[object, ...]:
        """From one process to another."""
        make = partial(SpecError, note=self.note, help=self.help, related=self.related)
        return make, (self.code, self.message, self.span)


@dataclass(frozen=True, slots=True)
class SpecWarning:
    """What is worth a look in a spec that is accepted; it changes no verdict and no exit code."""

    code: str
    message: str
    span: Span
    note: str = ""
    help: str = ""
    related: tuple[Related, ...] = ()


REPORTED = "MC000"  # stands for an error that was collected already


class SpecErrors(Exception):  # noqa: N818  # several of them
    """All errors of one phase, sorted by place, each place and code once."""

    def __init__(self, errors: Iterable[SpecError]) -> None:
        unique = {(e.span, e.code, e.message): e for e in errors}
        self.errors = tuple(unique[key] for key in sorted(unique))
        super().__init__("\n".join(str(e) for e in self.errors))

    def __reduce__(self) -> tuple[object, ...]:
        """From one process to another."""
        return SpecErrors, (self.errors,)


class InternalError(Exception):
    """A fault in modelcheck itself: the CLI asks for a report and exits with 4."""


@dataclass(slots=True)
class Report:
    """Collects the errors of a phase; `stop()` raises them together."""

    errors: list[SpecError] = field(default_factory=list)

    def add(self, error: SpecError) -> None:
        """Keep `error` until `stop()`."""
        if error.code != REPORTED:
            self.errors.append(error)

    def stop(self) -> None:
        """Raise `SpecErrors` if anything was collected."""
        if self.errors:
            raise SpecErrors(self.errors)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A help text naming the nearest known name, or the empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"did you mean `{near[0]}`?" if near else ""


def show_path(path: Path) -> str:
    """`path` as messages name it: relative to the current directory where it lies beneath it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  # keeps symbolic links, unlike resolve
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)


# ---------------------------------------------------------------------------------------------
# Printing

_WIDTH = 100  # a help that fits into so many columns stands beside the carets
_WINDOW = 160  # longer source lines are cut around the place
_RED, _YELLOW, _BLUE = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m"
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"

Sources = Mapping[str, Sequence[str] | str]


def render(
    errors: SpecErrors | Iterable[SpecError | SpecWarning],
    sources: Sources | None = None,
    *,
    color: bool = False,
) -> str:
    """The errors, or warnings, as text that ends with a line end, a blank line between two.

    `sources` gives a file's lines, or its text, by the path in the spans; a file it lacks is read
    from disk, and one that has no text is named without showing any.  The first line of each error
    is complete: `path:line:col: error[CODE]: message`, or `warning[CODE]`.
    """
    listed: Sequence[SpecError | SpecWarning]
    listed = errors.errors if isinstance(errors, SpecErrors) else tuple(errors)
    lines = _Lines(sources or {})
    blocks = ["\n".join(_render_error(error, lines, color=color)) for error in listed]
    return "\n\n".join(blocks) + "\n" if blocks else ""


class _Lines:
    """The text of the files that errors name; each is read once."""

    def __init__(self, sources: Sources) -> None:
        self._known: dict[str, Sequence[str]] = {
            path: text.split("\n") if isinstance(text, str) else text
            for path, text in sources.items()
        }

    def of(self, span: Span) -> list[str]:
        """The lines that `span` covers, fewer (down to none) where the file has no such lines."""
        if span.path not in self._known:
            self._known[span.path] = _read_lines(span.path)
        last = max(span.end_line, span.line)
        return [_clean(line) for line in self._known[span.path][span.line - 1 : last]]


def _read_lines(path: str) -> Sequence[str]:
    try:
        if not Path(path).is_file():
            return ()
        with Path(path).open("rb") as file:
            text = file.read(1 << 20).decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return ()
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _clean(text: str) -> str:
    """`text` as a terminal may see it: one column per tab, nothing that moves the cursor."""
    return "".join(
        " " if c == "\t" else c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _columns(text: str) -> int:
    """How many terminal columns `text` takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _render_error(error: SpecError | SpecWarning, lines: _Lines, *, color: bool) -> Iterator[str]:
    word, mark = ("warning", _YELLOW) if isinstance(error, SpecWarning) else ("error", _RED)
    head = _paint(f"{word}[{error.code}]", mark, color=color)
    message = _paint(_clean(error.message), _BOLD, color=color)
    yield f"{_clean(str(error.span))}: {head}: {message}"
    snippet = list(_render_snippet(error.span, lines, mark, color=color))
    pad = " " * len(str(max(error.span.end_line, error.span.line)))
    if len(snippet) == 2 and error.help and not error.note and not error.related:
        beside = f"{snippet[1]}  help: {_clean(error.help)}"
        if _columns(beside) <= _WIDTH:
            yield snippet[0]
            yield beside
            return
    if snippet:
        yield f"{pad} {_paint('|', _BLUE, color=color)}"
        yield from snippet
    sign = _paint("=", _BLUE, color=color)
    if error.note:
        yield f"{pad} {sign} note: {_clean(error.note)}"
    if error.help:
        yield f"{pad} {sign} help: {_clean(error.help)}"
    for other in error.related:
        yield f"{_clean(str(other.span))}: {_clean(other.message)}"
        yield from _render_snippet(other.span, lines, mark, color=color)


def _paint(text: str, style: str, *, color: bool) -> str:
    return f"{style}{text}{_PLAIN}" if color else text


def _render_snippet(span: Span, lines: _Lines, mark: str, *, color: bool) -> Iterator[str]:
    """The lines of `span` with carets under it: all of up to four lines, else two and the last."""
    covered = lines.of(span)
    last = span.line + len(covered) - 1
    pad = " " * len(str(max(span.end_line, span.line)))
    bar = _paint("|", _BLUE, color=color)
    for offset, whole in enumerate(covered):
        text = whole
        number = span.line + offset
        if len(covered) > 4 and 2 <= offset < len(covered) - 1:
            if offset == 2:
                yield f"{pad} {bar} ..."
            continue
        indent = len(text) - len(text.lstrip())
        start = min(span.col - 1, len(text)) if offset == 0 else indent
        end = span.end_col - 1 if number == span.end_line else len(text.rstrip())
        if number == last and span.end_line > last:  # the file on disk is shorter by now
            end = len(text)
        end = min(max(end, start + 1), max(len(text), start + 1))
        text, start, end = _window(text, start, end)
        margin, marked = " " * _columns(text[:start]), "^" * max(_columns(text[start:end]), 1)
        yield f"{number:>{len(pad)}} {bar} {text}".rstrip()
        yield f"{pad} {bar} {margin}{_paint(marked, mark, color=color)}"


def _window(text: str, start: int, end: int) -> tuple[str, int, int]:
    """A long line cut to what surrounds `start`, with the columns moved accordingly."""
    if len(text) <= _WINDOW:
        return text.rstrip(), start, end
    left = max(0, start - _WINDOW // 4)
    right = left + _WINDOW
    before, after = "…" if left else "", "…" if right < len(text) else ""
    cut = before + text[left:right] + after
    moved = start - left + len(before)
    return cut, moved, min(end - left + len(before), len(cut))
