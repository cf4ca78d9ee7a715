"""Places in a user's file, coded errors about them, and how they are printed.

Every error a user can cause is a `SpecError` with a code from `modelcheck.codes`; the
front end collects them and raises one `SpecErrors` per phase, sorted by place.  An
`InternalError` is our own fault and never stands for a user's.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source text: lines and columns count from 1, the end is exclusive."""

    path: str
    line: int
    col: int = 1
    end_line: int = 0
    end_col: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.col}"


NOWHERE = Span("", 0, 0)


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that belongs to an error ("first declared here")."""

    span: Span
    message: str


class SpecError(Exception):
    """A fault in the user's spec, with all that is needed to print it.

    `message` says what is wrong in the user's words; `note` why it is a rule; `help` what to
    write instead (left out rather than guessed).
    """

    def __init__(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        note: str = "",
        help: str = "",
        related: Sequence[Related] = (),
    ) -> None:
        super().__init__(f"{span}: error[{code}]: {message}")
        self.code = code
        self.message = message
        self.span = span
        self.note = note
        self.help = help
        self.related = tuple(related)


class SpecErrors(Exception):
    """All errors of one phase, sorted by place, each place and code once."""

    def __init__(self, errors: Iterable[SpecError]) -> None:
        unique = {(e.span, e.code, e.message): e for e in errors}
        self.errors = tuple(unique[key] for key in sorted(unique))
        super().__init__("\n".join(str(e) for e in self.errors))


class InternalError(Exception):
    """A fault in modelcheck itself: the CLI asks for a report and exits with 4."""


@dataclass(slots=True)
class Report:
    """Collects the errors of a phase; `stop()` raises them together."""

    errors: list[SpecError] = field(default_factory=list)

    def add(self, error: SpecError) -> None:
        self.errors.append(error)

    def stop(self) -> None:
        """Raise `SpecErrors` if anything was collected."""
        if self.errors:
            raise SpecErrors(self.errors)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A help text naming the nearest known name, or the empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"did you mean `{near[0]}`?" if near else ""
