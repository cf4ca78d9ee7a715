"""MC4xx: what is too large."""

from __future__ import annotations

from modelcheck.codes.row import Code

ROWS: tuple[Code, ...] = (
    Code(
        "MC410",
        "a spec has at most 20,000 lines and 1 MiB",
        "A spec is a small model; nothing of a larger size could be explored.",
        "a file of 100,000 lines",
        "several files, each with its own routine",
        described=True,
    ),
    Code(
        "MC411",
        "expressions and blocks nest at most 100 levels deep",
        "Each operator, call, bracket and `elif` is a level; no reader follows that many.",
        "`x = ((((…1…))))` with 10,000 brackets, or 10,000 terms with `+` between them",
        "parts named by assignments or routines, `match` in place of a long chain of `elif`",
        described=True,
    ),
)
