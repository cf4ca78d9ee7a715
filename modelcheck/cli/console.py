"""Where the command line meets the terminal: answers, progress, and every way to fail.

stdout carries the answer, stderr everything else.  A reader that goes away (`| head`) is no
error and does not change the exit code; a fault of ours is saved and asks for a report.
"""

from __future__ import annotations

import gc
import os
import platform
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Self, TextIO

import click

if TYPE_CHECKING:
    from modelcheck.diagnostics import SpecWarning  # not on the way to --help
    from modelcheck.explore.options import Progress


def say(text: str) -> None:
    """Print to stdout; once the reader has gone away, do nothing."""
    try:
        click.echo(text)
    except BrokenPipeError:
        abandon_stdout()


def say_all(lines: Iterable[str]) -> None:
    """Print lines to stdout, the verdict's word in colour where stdout is a terminal."""
    for line in lines:
        say(_paint(line))


def warn(warnings: Sequence[SpecWarning]) -> None:
    """Print warnings to stderr, as errors are printed."""
    from modelcheck.diagnostics import render

    if warnings:
        click.echo(render(warnings, color=sys.stderr.isatty()), err=True, nl=False)


def flush_stdout() -> None:
    """Write out what is buffered; a reader that has gone away is none of our business."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_stdout()


def abandon_stdout() -> None:
    """Send all further output nowhere, also what the interpreter flushes when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


_COLOURS = {
    "verified": "green",
    "VIOLATED": "red",
    "INCONCLUSIVE": "yellow",
    "NOT TESTED": "yellow",
    "as expected": "green",
    "UNEXPECTED": "red",
    "CHANGED": "red",
    "inconclusive": "yellow",
    "SURVIVES": "red",
    "UNDECIDED": "yellow",
    "STALE": "red",
    "SUSPECT": "yellow",
}


def _paint(line: str) -> str:
    for word, colour in _COLOURS.items():
        if line.startswith(f"{word}  "):
            return click.style(word, fg=colour, bold=True) + line[len(word) :]
    return re.sub("^( +)(never)(  )", _paint_never, line)


def _paint_never(found: re.Match[str]) -> str:
    """What no thread came to stands out in coverage and listings."""
    return found[1] + click.style(found[2], fg="red", bold=True) + found[3]


class LiveLine:
    """One line on a terminal's stderr that tells how far a run is; silent anywhere else."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._title = title
        self._width = 0

    def name(self, title: str) -> None:
        """Say what is running from now on."""
        self._title = title

    def show(self, progress: Progress) -> None:
        """Replace the line by how far the run is now."""
        if not self._live:
            return
        rate = progress.states / max(progress.seconds, 0.001)
        text = (
            f"{self._title}: {progress.states:,} states, {progress.transitions:,} transitions,"
            f" depth {progress.depth}, {progress.waiting:,} waiting ({rate:,.0f} states/s)"
        )
        self._write(text[: shutil.get_terminal_size().columns - 1])

    def tell(self, text: str) -> None:
        """Replace the line by what a command says of itself."""
        if self._live:
            self._write(f"{self._title}: {text}"[: shutil.get_terminal_size().columns - 1])

    def clear(self) -> None:
        """Take the line away, so that the answer stands alone."""
        if self._live and self._width:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)


_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_ENDING = (signal.SIGINT, signal.SIGTERM)


class Notices:
    """What the user should know beside the answer: each line once, on stderr."""

    def __init__(self, live: LiveLine) -> None:
        self._live = live
        self._said: set[str] = set()

    def say(self, text: str) -> None:
        """Say it, unless it was said before."""
        if text not in self._said:
            self._said.add(text)
            self._live.clear()
            click.echo(f"note: {text}", err=True)


class InterruptFlag:
    """While it is open, the first Ctrl-C (or SIGTERM) asks the run to end; a second one ends it at
    once.  So whatever the run has started is ended and removed in both cases.
    """

    def __init__(self) -> None:
        self._raised = False

    def is_raised(self) -> bool:
        """Whether the run is to end."""
        return self._raised

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._raise) for number in _ENDING}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _raise(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._raised:
            raise KeyboardInterrupt
        self._raised = True


def spare_collector() -> None:
    """Programs are trees that live until the end: looking through them often cost an eighth of a
    gate.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 50, 50)


def report_internal_error(error: BaseException) -> None:
    """Save what is needed to find the fault, and ask for a report."""
    text = "\n".join(
        [
            f"modelcheck {find_version()}, Python {platform.python_version()}, {sys.platform}",
            f"command: {' '.join(sys.argv)}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    click.echo(f"internal error: {type(error).__name__}: {error}", err=True)
    try:
        handle, name = tempfile.mkstemp(prefix="modelcheck-error-", suffix=".txt", text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        kept = f"  = note: everything about it is in {Path(name)}"
    except OSError:
        kept = text
    click.echo(kept, err=True)
    click.echo(
        "  = help: this is a fault of modelcheck, not of your spec; please report it with that"
        " file and the spec",
        err=True,
    )


def find_version() -> str:
    """The installed version, or where there is none a word for that."""
    try:
        return metadata.version("modelcheck")
    except metadata.PackageNotFoundError:
        return "(not installed)"
