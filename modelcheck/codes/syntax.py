"""MC0xx: what is no file of Python text."""

from __future__ import annotations

from modelcheck.codes.row import Code

ROWS = (
    Code(
        "MC001",
        "the file must exist",
        "",
        "a path at which there is nothing",
        "the path of a spec, or the name of one that `modelcheck list` shows",
        described=True,
    ),
    Code(
        "MC002",
        "a spec is a file",
        "`list` and `gate` take folders; the other commands work on one spec.",
        "the path of a directory",
        "the path of a file in it",
        described=True,
    ),
    Code(
        "MC003",
        "the file must be a regular one that can be read",
        "Devices, pipes and sockets could block or never end.",
        "a FIFO, or a file without read permission",
        "an ordinary file",
        described=True,
    ),
    Code(
        "MC004",
        "a spec is UTF-8 text",
        "What a spec means depends on its text alone, so there is one encoding.",
        "a file with the byte 0xFF, or with `# coding: latin-1` in its first two lines",
        "the file saved as UTF-8, with or without a byte order mark",
        described=True,
    ),
    Code(
        "MC005",
        "a spec holds no NUL character",
        "",
        "a binary file",
        "a text file",
        described=True,
    ),
    Code(
        "MC006",
        "a spec has Python's syntax",
        "Every Python tool (editor, formatter, type checker) can then read it.",
        """
n = shared(U8)

@thread
def count():
    while READ_ONCE(n) == 0 && True:
        pass
""",
        """
n = shared(U8)

@thread
def count():
    while READ_ONCE(n) == 0 and True:
        pass
""",
    ),
    Code(
        "MC007",
        "blocks are indented as in Python",
        "",
        """
n = shared(U8)

@thread
def count():
    global n
      n = 1
""",
        """
n = shared(U8)

@thread
def count():
    global n
    n = 1
""",
    ),
    Code(
        "MC008",
        "a spec has at least one statement",
        "",
        "an empty file, or one with comments only",
        "what `modelcheck new NAME` writes",
        described=True,
    ),
    Code(
        "MC009",
        "characters that change the direction of text are refused",
        "They make a line look different from what it says; a reviewer must see what is checked.",
        "a line with the character U+202E",
        "the line without it",
        described=True,
    ),
)
