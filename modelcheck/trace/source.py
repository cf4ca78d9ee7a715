"""Steps → lines of the spec: where a thread stands, and what stands there.

A user reads his own file first: a step inside a library routine is shown at the line that called
it, a step inside one of the spec's own routines at its line and with its caller.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelcheck.diagnostics import Span
from modelcheck.ir.nodes import Block, Program, StepInfo
from modelcheck.trace.events import SourceLine

LIBRARY = ("modelcheck/kernel/", "modelcheck/storage/")
MOST_STATEMENTS = 2  # of an `atomic`, in its text
MOST_CHARACTERS = 60  # of such a statement


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a thread stands, in the words of `events.StepEvent`."""

    at: SourceLine
    inside: SourceLine | None = None
    routine: str = ""
    caller: SourceLine | None = None


class Source:
    """The texts of a spec's files, by shown path."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._lines = {path: text.splitlines() for path, text in texts.items()}

    def locate(self, block: Block) -> Spot:
        """The innermost line of the user's own files, and what is below or above it."""
        step = block.step
        if step is None:
            return Spot(SourceLine("", 0, block.label))
        here = SourceLine(show_file(step.span.path), step.span.line, self._describe(step))
        own = _list_own(step)
        if not own:
            return Spot(here)
        if is_library(step.span.path):
            return Spot(self.read(own[-1]), self.read_statement(step.span), step.routine)
        caller = self.read(own[-2]) if len(own) > 1 else None
        return Spot(here, None, step.routine, caller)

    def locate_step(self, program: Program, step: str) -> SourceLine | None:
        """The user's own line of the step `<template>.<label>`; None where there is none."""
        for template in program.templates:
            for block in template.body.blocks:
                if block.rest and f"{template.name}.{block.label}" == step:
                    return self.locate(block).at
        return None

    def read(self, span: Span) -> SourceLine:
        """The line on which a place is."""
        lines = self._lines.get(span.path, [])
        text = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
        return SourceLine(show_file(span.path), span.line, _strip_comment(text))

    def read_statement(self, span: Span) -> SourceLine:
        """The line on which a step is; of an `atomic`, what is done in it, without its asserts."""
        line = self.read(span)
        if not line.text.startswith("with atomic("):
            return line
        body = [s for s in self._list_body(span) if not s.startswith("assert ")]
        return SourceLine(line.path, line.line, _shorten(body) if body else "atomic")

    def cut(self, span: Span) -> str:
        """The text at a place, of one line; empty where it goes over several."""
        lines = self._lines.get(span.path, [])
        if span.line != span.end_line or not 0 < span.line <= len(lines):
            return ""
        return lines[span.line - 1][span.col - 1 : span.end_col - 1]

    def find_other(self, span: Span, own: SourceLine) -> SourceLine | None:
        """The line of a place in the user's own files, unless it is the line `own`."""
        if not span.line or is_library(span.path):
            return None
        line = self.read(span)
        return None if (line.path, line.line) == (own.path, own.line) else line

    def _describe(self, step: StepInfo) -> str:
        """The source of a step; of an `atomic`, its body as far as it fits."""
        text = " ".join(step.text.split())
        if text.startswith("with atomic("):
            body = list(self._list_body(step.span))
            text = f"atomic: {_shorten(body)}" if body else "atomic"
        return f"{text}  ({step.label})" if step.label else text

    def _list_body(self, span: Span) -> Iterator[str]:
        """The statements of the block that a line opens: its lines, joined inside brackets."""
        lines = self._lines.get(span.path, [])
        opener = lines[span.line - 1] if span.line <= len(lines) else ""
        indent = len(opener) - len(opener.lstrip())
        is_head, whole = True, ""
        for line in lines[span.line - 1 :]:
            text = _strip_comment(line)
            if not is_head and text and len(line) - len(line.lstrip()) <= indent:
                return
            is_tight = whole.endswith(("(", "[", "{")) or text.startswith((")", "]", "}"))
            whole += text if is_tight else f" {text}"
            if sum(map(whole.count, "([{")) > sum(map(whole.count, ")]}")):
                continue
            if whole.strip() and not is_head:
                yield textwrap.shorten(whole, MOST_CHARACTERS, placeholder=" ...")
            is_head, whole = is_head and not whole.endswith(":"), ""


def _shorten(statements: list[str]) -> str:
    shown = [*statements[:MOST_STATEMENTS], *(["..."] if statements[MOST_STATEMENTS:] else [])]
    return "; ".join(shown).replace(":; ", ": ")


def find_own_span(step: StepInfo) -> Span:
    """The innermost place of a step in the user's own files (a library's, where there is none)."""
    own = _list_own(step)
    return own[-1] if own else step.span


def is_library(path: str) -> bool:
    """Whether a file belongs to the library, not to the user."""
    return path.startswith(LIBRARY)


def is_shown_library(path: str) -> bool:
    """Whether a file, as a trace names it, belongs to the library."""
    return path.startswith(tuple(folder.removeprefix("modelcheck/") for folder in LIBRARY))


def show_file(path: str) -> str:
    """A file as a trace names it: library files from the package on (`kernel/mutex.py`)."""
    return path.removeprefix("modelcheck/") if is_library(path) else path


def _list_own(step: StepInfo) -> list[Span]:
    return [span for span in (*step.calls, step.span) if not is_library(span.path)]


def _strip_comment(line: str) -> str:
    """A line of source without the comment behind it and without needless space.

    A `#` inside a string has no two spaces before it in formatted code.
    """
    text = "" if line.lstrip().startswith("#") else line.partition("  #")[0]
    return " ".join(text.split())
