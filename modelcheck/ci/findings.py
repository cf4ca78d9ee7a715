"""A judged gate → findings: what is to be said of it, each with a place in the user's files.

Every format below draws from these and adds no fact of its own.  What is as expected is no finding:
a variant that breaks as it should is the gate's daily bread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from modelcheck.diagnostics import SpecError, SpecErrors, SpecWarning
from modelcheck.explore.result import Violation
from modelcheck.frontend.spec import SpecInfo, Variant
from modelcheck.gate import Judgement, Outcome, describe_violation, list_unexpected
from modelcheck.trace.picture import Picture
from modelcheck.trace.source import is_shown_library

Level = Literal["error", "warning", "note"]
Draw = Callable[[Judgement, Violation], tuple[Picture, ...]]

UNEXPECTED, UNDECIDED, UNCHECKED = "not-as-expected", "inconclusive", "not-checkable"
CHANGED = "differs-from-baseline"
RULES = {
    UNEXPECTED: "A variant does not do what its spec expects of it.",
    CHANGED: "A variant has another verdict, scope or count than the baseline.",
    UNDECIDED: "A variant was not explored to its end, so nothing is known of it.",
    UNCHECKED: "A variant needs what this version cannot check.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; columns count from 1."""

    path: str
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say.  `rule` is a property's name, the code of an error, or one of `RULES`;
    `spec` and `variant` say of what ("" for a whole spec); `pictures` tell it.
    """

    level: Level
    rule: str
    message: str
    place: Place
    spec: str
    variant: str = ""
    pictures: tuple[Picture, ...] = ()


def list_error_findings(spec: str, path: str, errors: SpecErrors) -> list[Finding]:
    """What keeps a spec from being read."""
    return [_explain(spec, path, "error", error) for error in errors.errors]


def list_warning_findings(info: SpecInfo, warnings: tuple[SpecWarning, ...]) -> list[Finding]:
    """What is worth a look in a spec that was read."""
    return [_explain(info.name, info.path, "warning", warning) for warning in warnings]


def list_findings(info: SpecInfo, judgement: Judgement, draw: Draw) -> Iterator[Finding]:
    """What is to be said of one variant; `draw` makes the pictures of a violation."""
    variant = judgement.variant
    place = _place_of(info, variant)

    def say(level: Level, rule: str, message: str) -> Finding:
        return Finding(level, rule, message, place, info.name, name_variant(variant))

    changes = [say("error", CHANGED, change) for change in judgement.changes]
    match judgement.outcome:
        case Outcome.UNEXPECTED:
            violations = list_unexpected(variant, judgement.result) if judgement.result else []
            told = set()
            for violation in violations:
                pictures = draw(judgement, violation)
                yield _tell(info, variant, violation, pictures)
                told.add(f"unexpected: {describe_violation(violation)}")
            for reason in judgement.reasons:
                if reason not in told:
                    yield say("error", UNEXPECTED, reason)
            yield from changes
        case Outcome.INCONCLUSIVE | Outcome.SKIPPED:
            yield say("warning", UNDECIDED, "; ".join(judgement.reasons))
        case Outcome.NOT_CHECKABLE:
            yield say("note", UNCHECKED, "; ".join(judgement.reasons))
        case Outcome.CHANGED:
            yield from changes
            if judgement.reasons:  # it was not decided either
                kind = UNCHECKED if judgement.result is None else UNDECIDED
                yield say("note", kind, "; ".join(judgement.reasons))
        case Outcome.EXPECTED:
            return


def name_variant(variant: Variant) -> str:
    """As the gate's lines name it."""
    return variant.name or "(default)"


def _tell(
    info: SpecInfo, variant: Variant, violation: Violation, pictures: tuple[Picture, ...]
) -> Finding:
    what = describe_violation(violation)
    message = pictures[0].reason.headline if pictures else what
    place = _find_failure(pictures) or _place_of(info, variant)
    return Finding(
        "error", violation.property, message, place, info.name, name_variant(variant), pictures
    )


def _find_failure(pictures: tuple[Picture, ...]) -> Place | None:
    """The line at which it happens: of the failing step, else of the last one."""
    rows = (
        [row for row in pictures[-1].rows if not is_shown_library(row.at.path)] if pictures else []
    )
    failed = [row for row in rows if row.failed] or rows[-1:]
    return Place(failed[-1].at.path, failed[-1].at.line) if failed else None


def _place_of(info: SpecInfo, variant: Variant) -> Place:
    span = variant.span
    return Place(span.path, span.line, span.col) if span is not None else Place(info.path, 1)


def _explain(spec: str, path: str, level: Level, said: SpecError | SpecWarning) -> Finding:
    message = said.message + (f"; {said.help}" if said.help else "")
    place = Place(said.span.path or path, max(1, said.span.line), max(1, said.span.col))
    return Finding(level, said.code, message, place, spec)
