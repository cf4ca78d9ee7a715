"""Whether two programs are the same but for names of blocks and locals, and what they are called.

Compared is the text of a program after all passes, without what says where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelcheck.ir.nodes import Program
from modelcheck.ir.text import print_program

_SPAN = re.compile(r" ; \S.*$")
_SAYS = re.compile(r' (?:says|shown|doc|rmw) "(?:[^"\\]|\\.)*"')
# Under `sc` the kinds of accesses differ in one thing: only plain ones race (ir/nodes.py).
_KIND = re.compile(r"\b(load|store|queue|\$read\() ?(?:once|acquire|release|dependent|rmw) ")
_NAMED = re.compile(r"%(?:[A-Za-z0-9_.]+|\"(?:[^\"\\]|\\.)*\")")
_LABEL = re.compile(r"\b(block|jump|else|entry) (\w+|\"(?:[^\"\\]|\\.)*\")")
_PLAIN = re.compile(r"\b(?:load|store|queue|\$read\() ?plain ")
_DECLARED = re.compile("struct |object ")
_LEFT_OUT = ("    step", "    via", "routine ", "path ", "doc ", "enum ")


def tell_meaning(program: Program) -> str:
    """A text that two programs share only if they are the same but for names and places.

    Soundness: a mutant that has it in common with the original is left out of the score; so
    everything that changes what threads do or properties ask is kept: tests/mutate/test_same.py.
    """
    parts: list[str] = []
    names: dict[str, str] = {}
    lines: list[str] = []
    for line in [*_strip(print_program(program)), ""]:
        if line.startswith("  entry"):
            names.clear()  # a new graph, with blocks and locals of its own
        if line:
            lines.append(_NAMED.sub(lambda m: _rename(names, m[0]), _rename_labels(names, line)))
        else:
            parts.append("\n".join(lines))
            lines.clear()
    # What is declared in which order says nothing; of threads it gives them their numbers.
    return "\n\n".join(sorted(parts, key=lambda part: part if _DECLARED.match(part) else ""))


def count_plain(program: Program) -> int:
    """How many plain accesses a program has."""
    return len(_PLAIN.findall(print_program(program)))


def _strip(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith(_LEFT_OUT):
            yield _KIND.sub(_mark, _SAYS.sub("", _SPAN.sub("", line)))


def _mark(found: re.Match[str]) -> str:
    return f"{found[1]} marked "


def _rename_labels(names: dict[str, str], line: str) -> str:
    return _LABEL.sub(lambda m: f"{m[1]} {_rename(names, m[2])}", line)


def _rename(names: dict[str, str], name: str) -> str:
    return names.setdefault(name, f"#{len(names)}")
