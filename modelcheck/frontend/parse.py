"""A spec's file → its text and syntax tree, or located errors (MC0xx, MC41x).

The file is read and parsed, never imported or executed.  Whatever a stranger's file holds (no
text, no Python, a device, a megabyte of parentheses) ends in a coded error and costs no more than
the limits below allow.  Columns in the tree are turned into characters here, once, so that
`span_of` needs no text.
"""

from __future__ import annotations

import ast
import re
import stat
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from modelcheck.diagnostics import Span, SpecError, SpecErrors
from modelcheck.frontend.syntax_errors import translate_syntax_error

MAX_BYTES = 1 << 20
MAX_LINES = 20_000
MAX_DEPTH = 100  # nodes from the file to the innermost expression; later phases recurse over them

_BOM = b"\xef\xbb\xbf"
_CODING = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_LOCATED = (ast.stmt, ast.expr, ast.pattern, ast.arg, ast.keyword, ast.alias)
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file: its absolute path, the path shown to the user, its lines without line ends,
    and its tree.

    `col_offset` and `end_col_offset` in `tree` count characters, not UTF-8 bytes as in `ast`.
    """

    path: Path
    shown: str
    text: str = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    tree: ast.Module = field(repr=False)


def span_of(node: ast.AST, shown: str) -> Span:
    """Where `node` (of a `Source.tree`) stands; a node without a place is the file's start."""
    line = getattr(node, "lineno", None)
    if line is None:
        return Span(shown, 1, 1, 1, 1)
    col: int = getattr(node, "col_offset", 0)
    end_line: int = getattr(node, "end_lineno", None) or line
    end_col: int | None = getattr(node, "end_col_offset", None)
    return Span(shown, line, col + 1, end_line, (col if end_col is None else end_col) + 1)


def read_source(path: Path, shown: str) -> Source:
    """Read and parse the file at `path`; errors name it `shown`.  Raises `SpecErrors`."""
    return read_text(_decode(_read_bytes(path, shown), shown), path, shown)


def read_text(text: str, path: Path, shown: str) -> Source:
    """Parse a text as if the file at `path` held it.  Raises `SpecErrors`."""
    lines = tuple(text.split("\n"))
    if lines and not lines[-1]:
        lines = lines[:-1]
    if len(lines) > MAX_LINES:
        raise _one(
            "MC410",
            f"the file has {len(lines):,} lines; a spec may have {MAX_LINES:,}",
            Span(shown, MAX_LINES + 1, 1, MAX_LINES + 1, 1),
            note="a spec is a small model; nothing of this size could be explored",
        )
    _check_characters(lines, shown)
    tree = parse_text(text, lines, shown)
    return Source(path.absolute(), shown, text, lines, tree)


def parse_text(text: str, lines: tuple[str, ...], shown: str) -> ast.Module:
    """The tree of `text`, its columns in characters, at most `MAX_DEPTH` deep."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's opinions on escapes go to nobody here
            tree = ast.parse(text, filename=shown)
    except SyntaxError as error:
        raise SpecErrors([translate_syntax_error(error, lines, shown)]) from None
    except (RecursionError, MemoryError):
        # The parser gives no place; what nests so deep without brackets stands on a long line.
        line = max(range(len(lines)), key=lambda i: len(lines[i])) + 1
        raise _too_deep(Span(shown, line, 1, line, len(lines[line - 1]) + 1)) from None
    _check_depth(tree, lines, shown)
    if not text.isascii():
        _count_characters(tree, lines)
    if not tree.body:
        raise _one(
            "MC008",
            "the file has no statement",
            Span(shown, 1, 1, 1, 1),
            help='a spec starts with `spec("its-name")`; `modelcheck new NAME` writes one',
        )
    return tree


def _one(code: str, message: str, span: Span, *, note: str = "", help: str = "") -> SpecErrors:
    return SpecErrors([SpecError(code, message, span, note=note, help=help)])


def _read_bytes(path: Path, shown: str) -> bytes:
    """The file's content; only regular files of bounded size are opened, so nothing blocks."""
    start = Span(shown, 1, 1, 1, 1)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise _one(
                "MC002",
                "this is a directory, not a spec",
                start,
                help="name a file in it; `modelcheck list` and `gate` take folders",
            )
        if not stat.S_ISREG(status.st_mode):
            raise _one("MC003", "this is not a regular file", start)
        if status.st_size > MAX_BYTES:
            raise _one(
                "MC410",
                f"the file has {status.st_size:,} bytes; a spec may have {MAX_BYTES:,}",
                start,
                note="a spec is a small model; nothing of this size could be explored",
            )
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        raise _one("MC001", "there is no such file", start) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise _one("MC003", f"the file cannot be read: {reason.lower()}", start) from None


def _decode(data: bytes, shown: str) -> str:
    """The text, every line end a line feed, without a byte order mark."""
    data = data.removeprefix(_BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        line = before.count(b"\n") + 1
        col = len(before.rsplit(b"\n", 1)[-1].decode("utf-8", "replace")) + 1
        utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        raise _one(
            "MC004",
            f"byte {error.start + 1} of the file (0x{data[error.start]:02x}) is not UTF-8",
            Span(shown, line, col, line, col + 1),
            help="save the file as UTF-8; it looks like UTF-16" if utf16 else "save it as UTF-8",
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        col = nul - text.rfind("\n", 0, nul)
        raise _one(
            "MC005",
            "the file contains a NUL character",
            Span(shown, line, col, line, col + 1),
            help="a spec is text; is this the right file?",
        )
    return text


def _check_characters(lines: tuple[str, ...], shown: str) -> None:
    """Refuse what would make the text mean something else than it shows."""
    for number, line in enumerate(lines[:2], start=1):  # where Python looks for it
        coding = _CODING.match(line)
        if coding and coding[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            raise _one(
                "MC004",
                f"the file declares the encoding {coding[1]}; a spec is UTF-8",
                Span(shown, number, coding.start(1) + 1, number, coding.end(1) + 1),
                help="save it as UTF-8 and drop the declaration",
            )
    errors = [
        SpecError(
            "MC009",
            f"character U+{ord(hit[0]):04X} changes the direction of the text",
            Span(shown, number, hit.start() + 1, number, hit.end() + 1),
            note="what a reader sees would not be what is checked",
            help="remove it",
        )
        for number, line in enumerate(lines, start=1)
        if not line.isascii()
        for hit in _BIDI.finditer(line)
    ]
    if errors:
        raise SpecErrors(errors)


def _too_deep(span: Span) -> SpecErrors:
    return _one(
        "MC411",
        f"this nests deeper than {MAX_DEPTH} levels",
        span,
        note="each operator, call, bracket and `elif` is a level",
        help="split it: name a part with an assignment or a routine; use `match` for long `elif`s",
    )


def _check_depth(tree: ast.Module, lines: tuple[str, ...], shown: str) -> None:
    """Refuse a tree that the recursive phases could not walk; itself it does not recurse."""
    level: list[ast.AST] = [tree]
    line = 1
    for _ in range(MAX_DEPTH + 1):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
        line = next((node.lineno for node in level if isinstance(node, _LOCATED)), line)
    source = lines[line - 1]
    raise _too_deep(
        Span(shown, line, 1 + len(source) - len(source.lstrip()), line, len(source) + 1)
    )


def _count_characters(tree: ast.Module, lines: tuple[str, ...]) -> None:
    """Turn the tree's columns from UTF-8 bytes into characters, where a line has others."""
    encoded = {n: line.encode() for n, line in enumerate(lines, start=1) if not line.isascii()}

    def characters(line: int, column: int) -> int:
        data = encoded.get(line)
        return column if data is None else len(data[:column].decode("utf-8", "replace"))

    for node in ast.walk(tree):
        if not hasattr(node, "col_offset"):
            continue
        place: dict[str, int] = node.__dict__
        place["col_offset"] = characters(place["lineno"], place["col_offset"])
        if place.get("end_col_offset") is not None:
            end = characters(place["end_lineno"], place["end_col_offset"])
            place["end_col_offset"] = end
