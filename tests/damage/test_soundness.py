"""docs/soundness.md lists every `Soundness:` paragraph, with tests and damages that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.damage.rows import ROWS
from tests.damage.run import ROOT, is_there

ENTRY = re.compile(
    r"^\| `(?P<owner>[^`]+)` \|(?P<relies>[^|]+)\|(?P<tests>[^|]+)\|(?P<rows>[^|]+)\|$"
)
# A comment with the word, then the head of a function, whose last name before `(` is its own.
C_OWNER = re.compile(
    r"/\*(?:(?!\*/)[\s\S])*Soundness:(?:(?!\*/)[\s\S])*\*/\n"
    r"(?:[^;{}()]|__attribute__\(\(\w+\)\))*?(\w+)\((?!\()"
)
TEXT = (ROOT / "docs/soundness.md").read_text(encoding="utf-8")
ENTRIES = [found.groupdict() for line in TEXT.splitlines() if (found := ENTRY.match(line))]


def list_owners() -> Iterator[str]:
    """What has a `Soundness:` paragraph: `ir/passes/join.py is_location`, a module by its path."""
    yield from _list_python_owners()
    yield from _list_c_owners()


def _list_c_owners() -> Iterator[str]:
    """In C: the function that the comment stands before."""
    for path in sorted((ROOT / "modelcheck").rglob("*.[ch]")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT / "modelcheck").as_posix()
        found = C_OWNER.findall(text)
        assert len(found) == text.count("Soundness:"), f"{name}: one stands before no function"
        yield from (f"{name} {function}" for function in found)


def _list_python_owners() -> Iterator[str]:
    for path in sorted((ROOT / "modelcheck").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT / "modelcheck").as_posix()
        found = list(_list_inside(ast.parse(text), name))
        assert len(found) == text.count("Soundness:"), f"{name}: one is in no docstring"
        yield from found


def _list_inside(node: ast.Module | ast.ClassDef | ast.FunctionDef, name: str) -> Iterator[str]:
    if "Soundness:" in (ast.get_docstring(node) or ""):
        yield name
    for inner in node.body:
        if isinstance(inner, ast.ClassDef | ast.FunctionDef):
            joint = " " if isinstance(node, ast.Module) else "."
            yield from _list_inside(inner, f"{name}{joint}{inner.name}")


def list_names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_soundness_paragraph_is_listed_once():
    assert sorted(entry["owner"] for entry in ENTRIES) == sorted(list_owners())


def test_every_entry_says_what_it_relies_on():
    assert [entry["owner"] for entry in ENTRIES if len(entry["relies"].split()) < 4] == []


def test_every_named_test_exists():
    missing = [
        f"{entry['owner']}: {test}"
        for entry in ENTRIES
        for test in list_names(entry["tests"]) or ["none"]
        if not is_there(f"tests/{test}")
    ]
    assert missing == []


def test_every_named_damage_exists_and_is_in_the_same_part():
    files = {row.id: row.file for row in ROWS}
    missing = [
        f"{entry['owner']}: {row}"
        for entry in ENTRIES
        for row in list_names(entry["rows"]) or ["none"]
        if row not in files
    ]
    assert missing == []
