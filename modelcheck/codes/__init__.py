"""The table of the codes of errors and warnings: rule, reason, a bad example, a good one.

`modelcheck explain CODE` and docs/diagnostics.md are made of it, and the tests hold it against
the package: every code raised has a row, every row's bad example gives exactly that code, and its
good example gives none.  A code is never given to another rule, nor used again.
"""

from __future__ import annotations

from modelcheck.codes import calls, limits, names, properties, refused, syntax, types, warnings
from modelcheck.codes.row import Code

__all__ = ["CODES", "Code", "explain", "render_markdown"]

_TABLES = (
    syntax.ROWS,
    refused.ROWS,
    names.ROWS,
    types.ROWS,
    calls.ROWS,
    properties.ROWS,
    limits.ROWS,
    warnings.ROWS,
)

CODES: dict[str, Code] = {
    row.code: row
    for row in sorted((row for table in _TABLES for row in table), key=lambda r: r.code)
}

_GROUPS = {
    "0": "Files and syntax",
    "1": "What the language leaves out",
    "2": "Names and types",
    "3": "Properties and variants",
    "4": "Limits",
    "5": "Warnings",
}


def explain(code: str) -> str | None:
    """What `modelcheck explain` prints for a code, or None where there is no such code."""
    row = CODES.get(code.strip().upper())
    if row is None:
        return None
    bad, good = row.bad, row.good
    if not row.described:
        bad, good = _indent(bad), _indent(good)
    examples = (f"{title}:\n\n{text}" for title, text in zip(row.titles, (bad, good), strict=True))
    parts = [f"{row.code}: {row.rule}", row.reason, *examples]
    return "\n\n".join(part for part in parts if part) + "\n"


def render_markdown() -> str:
    """The text of docs/diagnostics.md."""
    lines = [
        "# Error codes",
        "",
        "Made from the table in `modelcheck/codes/`; `modelcheck explain CODE` prints one entry.",
        "Imports and the `spec(…)` line are left out of the examples.",
    ]
    group = ""
    for row in CODES.values():
        if row.code[2] != group:
            group = row.code[2]
            lines += ["", f"## MC{group}xx: {_GROUPS[group]}"]
        lines += ["", f"### {row.code}: {row.rule}", ""]
        if row.reason:
            lines += [row.reason, ""]
        for title, text in zip(row.titles, (row.bad, row.good), strict=True):
            if row.described:
                lines += [f"{title}: {text}", ""]
            else:
                lines += [f"{title}:", "", "```python", text.strip("\n"), "```", ""]
        lines.pop()
    return "\n".join(lines) + "\n"


def _indent(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))
