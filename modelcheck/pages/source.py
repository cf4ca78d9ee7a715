"""The text of a spec → a list of its lines, with comments, strings and keywords marked."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from collections.abc import Iterator

from modelcheck.pages.document import Markup, element, join

Marks = dict[int, list[tuple[int, int, str]]]  # by line from 1: from column, to column, class


def write_source(text: str, number: int) -> Markup:
    """The lines of a file as list items `f<number>-<line>`; what is no Python stays plain."""
    lines = re.split("\r\n|\r|\n", text.rstrip())  # as Python counts them, so not splitlines()
    marks = _find_marks(text)
    return join(
        *(
            element("li", *_write_line(line, marks.get(n, [])), id=f"f{number}-{n}")
            for n, line in enumerate(lines, 1)
        )
    )


def _write_line(line: str, marks: list[tuple[int, int, str]]) -> Iterator[str]:
    done = 0
    for start, end, kind in marks:
        yield line[done:start]
        yield element("span", line[start:end], class_=kind)
        done = end
    yield line[done:]


def _find_marks(text: str) -> Marks:
    marks: Marks = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = _classify(token)
            if not kind:
                continue
            for line in range(token.start[0], token.end[0] + 1):
                start = token.start[1] if line == token.start[0] else 0
                end = token.end[1] if line == token.end[0] else 1 << 30
                marks.setdefault(line, []).append((start, end, kind))
    except (tokenize.TokenError, SyntaxError):
        return {}
    return marks


def _classify(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.COMMENT:
        return "comment"
    if token.type == tokenize.STRING:
        return "string"
    if token.type == tokenize.NAME and keyword.iskeyword(token.string):
        return "keyword"
    return ""
