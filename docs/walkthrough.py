"""Follows a document as its reader would: writes its files, runs its commands, shows what they print.

A block ```` ```python file=PATH ```` is the whole text of a file.  In a block ```` ```console ```` each
line that begins with `$ ` is a command, and what follows is its output.  With `show=1-4,9-` behind
`console` only those lines of it are shown, and `…` stands for what is left out.

`modelcheck` runs in this process, everything else in a shell.  Nothing is read but the document, so
a reader who types what is there has all that is needed.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from modelcheck.cli import run

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CUT = "…"


class DocumentError(Exception):
    """A block that says nothing a reader could do: what is wrong, and where it begins."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A block as it is in the document, and with what its commands print now."""

    line: int
    text: str
    now: str


@dataclass(slots=True)
class Reader:
    """Somebody at a terminal, in `folder`; `code` is the exit code of the last command."""

    folder: Path
    code: int = 0
    _out: io.TextIOWrapper = field(default_factory=lambda: io.TextIOWrapper(io.BytesIO(), "utf-8"))

    def follow(self, document: str) -> Iterator[Followed]:
        """Each block that asks the reader for something, done; blocks of other kinds are text.

        Raises `DocumentError` for a console block without a command.
        """
        for match in FENCE.finditer(document):
            kind, *words = match[1].split() or [""]
            settings = dict(word.partition("=")[::2] for word in words)
            line = document.count("\n", 0, match.start()) + 1
            if kind == "python" and "file" in settings:
                path = self.folder / settings["file"]
                path.write_text(match[2], encoding="utf-8")
                yield Followed(line, match[0], match[0])
            elif kind == "console":
                commands = [text[2:] for text in match[2].splitlines() if text.startswith("$ ")]
                if not commands:
                    raise DocumentError(f"line {line}: a console block without a command")
                parts = [f"$ {c}\n{cut(self.type(c), settings.get('show'))}" for c in commands]
                yield Followed(line, match[0], f"```{match[1]}\n{''.join(parts)}```")

    def type(self, command: str) -> str:
        """What a terminal shows of `command`."""
        words = shlex.split(command)
        with chdir(self.folder):
            if words[0] == "cd":
                self.folder = (self.folder / words[1]).resolve(strict=True)
                return ""
            if command == "echo $?":
                return f"{self.code}\n"
            if words[0] == "modelcheck":
                out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
                with redirect_stdout(out), redirect_stderr(out):
                    self.code = run(words[1:])
                return out.buffer.getvalue().decode()  # type: ignore[attr-defined]  # a BytesIO
            done = subprocess.run(  # noqa: S602 (our own document)
                command, shell=True, capture_output=True, text=True, check=False, env=os.environ
            )
            self.code = done.returncode
            return done.stdout + done.stderr


def cut(output: str, show: str | None) -> str:
    """The lines of `output` that `show` names (`1-4,9-`; -N counts from the end)."""
    if show is None:
        return output
    lines = output.splitlines(keepends=True)
    shown: list[str] = []
    at = 0
    for part in show.split(","):
        first, _, last = part.partition("-")
        begin, end = int(first) - 1, int(last or len(lines))
        if begin > at:
            shown.append(f"{CUT}\n")
        shown += lines[begin:end]
        at = end
    if at < len(lines):
        shown.append(f"{CUT}\n")
    return "".join(shown)


def rewrite(document: str, folder: Path) -> str:
    """`document`, followed in the empty `folder`, with what its commands print now."""
    for block in Reader(folder).follow(document):
        document = document.replace(block.text, block.now, 1)
    return document
