"""Follows a document as its reader would: writes its files, runs its commands, shows their output.

A block ```` ```python file=PATH ```` is the whole text of a file.  In a block ```` ```console ````
each line that begins with `$ ` is a command, and what follows is its output.  With `show=1-4,/=>/`
behind `console` only those of its lines are shown (`cut` says which), and `…` stands for the rest.

`modelcheck` runs in this process, everything else in a shell.  Nothing is read but the document, so
a reader who types what is there has all that is needed.
"""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from modelcheck.cli import run

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PART = re.compile(r"(/[^/]*/|\d+)(?:-(/[^/]*/|\d+))?")  # of what `show` names
CUT = "…"
NO_COMPILER = "note: no C compiler"  # how a line begins that only some machines print


class DocumentError(Exception):
    """A document that cannot be followed: what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block that the reader did: where it stands, its text, and that text as it should be now."""

    start: int
    line: int
    text: str
    now: str


@dataclass(slots=True)
class Reader:
    """Somebody at a terminal, in `folder`; `code` is the exit code of the last command."""

    folder: Path
    code: int = 0

    def follow(self, document: str) -> Iterator[Block]:
        """Do each block that asks for something, in order; blocks of other kinds are text.

        Raises `DocumentError` for a console block without a command.
        """
        for match in FENCE.finditer(document):
            kind, *words = match[1].split() or [""]
            settings = dict(word.partition("=")[::2] for word in words)
            line = document.count("\n", 0, match.start()) + 1
            now = match[0]
            if kind == "python" and "file" in settings:
                (self.folder / settings["file"]).write_text(match[2], encoding="utf-8")
            elif kind == "console":
                now = f"```{match[1]}\n{self._retype(match[2], line, settings.get('show'))}```"
            else:
                continue
            yield Block(match.start(), line, match[0], now)

    def type(self, command: str) -> str:
        """What a terminal shows of `command`, which must not wait for input."""
        words = shlex.split(command)
        if words[0] == "cd":
            self.folder = (self.folder / words[1]).resolve(strict=True)
            return ""
        if command == "echo $?":
            return f"{self.code}\n"
        with chdir(self.folder):
            if words[0] == "modelcheck":
                shown = io.BytesIO()
                out = io.TextIOWrapper(shown, "utf-8", write_through=True)
                with redirect_stdout(out), redirect_stderr(out):
                    self.code = run(words[1:])
                lines = shown.getvalue().decode().splitlines(keepends=True)
                return "".join(line for line in lines if not line.startswith(NO_COMPILER))
            done = subprocess.run(  # noqa: S602 (a command of our own document)
                command, shell=True, capture_output=True, text=True, check=False
            )
        self.code = done.returncode
        return done.stdout + done.stderr

    def _retype(self, text: str, line: int, show: str | None) -> str:
        commands = [typed[2:] for typed in text.splitlines() if typed.startswith("$ ")]
        if not commands:
            raise DocumentError(f"line {line}: a console block without a command")
        return "".join(f"$ {command}\n{cut(self.type(command), show)}" for command in commands)


def cut(output: str, show: str | None) -> str:
    """Of `output` the lines that `show` names; all of it without.

    Parts are divided by commas: a line number, `/REGEX/`, or two of these with `-` between.  A
    regex, without spaces and slashes, means the first line it is found in and those below that are
    indented more.  Raises `DocumentError` for one that is found nowhere.
    """
    if show is None or not output:
        return output
    lines = output.splitlines(keepends=True)
    wanted: set[int] = set()
    for first, last in PART.findall(show):
        begin, end = find_lines(lines, first)
        if last:
            end = find_lines(lines, last)[1]
        wanted |= set(range(begin, end))
    shown: list[str] = []
    for number, line in enumerate(lines):
        if number in wanted:
            shown.append(line)
        elif not shown or shown[-1] != f"{CUT}\n":
            shown.append(f"{CUT}\n")
    return "".join(shown)


def find_lines(lines: list[str], place: str) -> tuple[int, int]:
    """The index of the first line of a place, and that behind its last one."""
    if place.isdecimal():
        return int(place) - 1, int(place)
    pattern = re.compile(place[1:-1])
    begin = next((n for n, line in enumerate(lines) if pattern.search(line)), None)
    if begin is None:
        raise DocumentError(f"{place} is found nowhere in what is printed:\n{''.join(lines)}")
    end = begin + 1
    while end < len(lines) and measure_indent(lines[end]) > measure_indent(lines[begin]):
        end += 1
    return begin, end


def measure_indent(line: str) -> int:
    """How many spaces a line begins with."""
    return len(line) - len(line.lstrip(" "))


def rewrite(document: str, folder: Path) -> str:
    """`document`, followed in the empty `folder`, with what its commands print now."""
    parts, at = [], 0
    for block in Reader(folder).follow(document):
        parts += [document[at : block.start], block.now]
        at = block.start + len(block.text)
    return "".join([*parts, document[at:]])
