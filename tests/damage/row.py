"""What one row of the damage table says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """An edit to the checker, and the tests that must fail because of it.

    `file` is relative to the package; `old` stands there exactly once.  A node id without its
    parameters stands for all of them: one of them must fail.
    """

    id: str
    file: str
    old: str
    new: str
    wrong: str  # what goes wrong, in one sentence
    tests: tuple[str, ...]
