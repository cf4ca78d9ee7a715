"""One C file under way: named pieces, of which only those that are needed are written.

The one idea: a compiler warns of a static thing that nobody uses, so whoever writes text simply
names what it needs, and the file is what the exported symbol leads to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

_NAME = re.compile(r"\bm_\w+")
_SILENT = re.compile(r"/\*.*?\*/|\"[^\"]*\"")  # a quote inside a string is written as a number


class Part(IntEnum):
    """The parts of the file, in their order: what is needed stands before what needs it."""

    FIELDS = 0
    DATA = 1
    HELPERS = 2
    FUNCTIONS = 3
    MODEL = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """One definition; `prototype` declares it before all functions."""

    part: Part
    text: str
    prototype: str = ""


@dataclass(slots=True)
class Unit:
    """The pieces by name, and the tables by what they hold."""

    pieces: dict[str, Piece] = field(default_factory=dict)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, part: Part, name: str, text: str, prototype: str = "") -> None:
        """Add a definition."""
        if name in self.pieces:
            raise KeyError(f"`{name}` is defined twice")
        self.pieces[name] = Piece(part, text, prototype)

    def add_table(self, prefix: str, type_: str, items: Sequence[str]) -> str:
        """The name of a constant table; equal tables are one.  `NULL` where nothing is in it."""
        if not items:
            return "NULL"
        body = _fill(items)
        key = (f"{prefix} {type_}", body)
        if key not in self._known:
            number = self._counts[prefix] = self._counts.get(prefix, 0) + 1
            name = self._known[key] = f"{prefix}_{number}"
            self.add(Part.DATA, name, f"static const {type_} {name}[] = {{{body}}};")
        return self._known[key]

    def add_numbers(self, prefix: str, values: Sequence[int]) -> str:
        """The name of a table of numbers, as wide as the widest of them."""
        return self.add_table(prefix, _find_type(values), [str(value) for value in values])

    def write(self, head: str, symbol: str) -> str:
        """The text of the file: `head`, then everything that `symbol` leads to."""
        needed = self._find_needed(symbol)
        chosen = [(name, piece) for name, piece in self.pieces.items() if name in needed]
        chosen.sort(key=lambda item: item[1].part)  # stable: in a part, in the order of making
        lines = [head]
        part = Part.FIELDS
        for _, piece in chosen:
            if piece.part >= Part.FUNCTIONS > part:
                lines += [p.prototype for _, p in chosen if p.prototype]
            lines.append(piece.text)
            part = piece.part
        return "\n\n".join(lines) + "\n"

    def _find_needed(self, symbol: str) -> set[str]:
        needed = {symbol}
        waiting = [symbol]
        while waiting:
            for name in _NAME.findall(_SILENT.sub("", self.pieces[waiting.pop()].text)):
                if name in self.pieces and name not in needed:
                    needed.add(name)
                    waiting.append(name)
        return needed


_TYPES = (
    ("uint8_t", 0, (1 << 8) - 1),
    ("uint16_t", 0, (1 << 16) - 1),
    ("int16_t", -(1 << 15), (1 << 15) - 1),
    ("int32_t", -(1 << 31), (1 << 31) - 1),
)


def _find_type(values: Sequence[int]) -> str:
    """The smallest type; none that C's arithmetic would make unsigned."""
    for name, least, greatest in _TYPES:
        if all(least <= value <= greatest for value in values):
            return name
    return "int64_t"


def _fill(items: Sequence[str]) -> str:
    """Items in lines of at most 100 columns; one line if all fit."""
    if sum(len(item) + 2 for item in items) <= 60:
        return ", ".join(items)
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) > 96:
            lines.append("")
        lines[-1] += f"{item}, " if lines[-1] else f"  {item}, "
    return "\n" + "\n".join(line.rstrip() for line in lines) + "\n"
