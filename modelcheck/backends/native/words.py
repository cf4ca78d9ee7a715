"""Words of C: names, numbers, strings and comments made from whatever a spec says."""

from __future__ import annotations

import re
from collections.abc import Iterable


def clean_name(name: str) -> str:
    """The part of a C name that a name of the spec becomes; not unique."""
    return re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_") or "x"


def give_names(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """A C name for each name, all different: the first keeps its own, later ones get a number."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        wanted = found = prefix + clean_name(name)
        number = 1
        while found in taken:
            number += 1
            found = f"{wanted}_{number}"
        taken.add(found)
        given[name] = found
    return given


def write_value(value: int) -> str:
    """A number as a C expression of 64 bits."""
    if value == -(1 << 63):
        return "(-9223372036854775807LL - 1)"
    return f"{value}LL" if value >= 0 else f"({value}LL)"


def write_word(word: int) -> str:
    """A word of a packed state."""
    return f"0x{word:x}ULL"


def write_string(text: str) -> str:
    """A string literal; what is not plain ASCII is written as octal bytes."""
    plain = {ord(c) for c in map(chr, range(32, 127)) if c not in '"\\?'}
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()) + '"'


def write_comment(text: str) -> str:
    """A comment of one line, whatever the text is."""
    words = " ".join(text.split())
    shown = "".join(c if c.isprintable() else "?" for c in words)
    return f"/* {shown.replace('*/', '* /').replace('/*', '/ *')} */"


def write_bool(value: bool) -> str:
    """A truth value in an initialiser."""
    return "true" if value else "false"


def strip_parentheses(text: str) -> str:
    """A condition without parentheses around all of it: `if` brings its own."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0 and (i < len(text) - 1 or c != ")"):
            return text
    return text[1:-1]


def enclose(text: str) -> str:
    """A condition with parentheses around it."""
    return text if strip_parentheses(text) != text else f"({text})"
