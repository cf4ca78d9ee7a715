"""Results against what a spec expects of its variants: the judgement, and the exit codes.

A gate must never be green because nothing ran.  So a judgement is *as expected* only where the
whole space was searched, a verified variant has to have done something, and a gate that judged
nothing at all does not end with 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from modelcheck.explore.result import Result, Verdict, Violation
from modelcheck.frontend.spec import Variant


class Exit(IntEnum):
    """The exit codes that the README promises."""

    OK = 0
    FOUND = 1  # `check`: violated; `gate`: unexpected
    USAGE = 2  # a bad spec, a bad option, nothing selected
    UNDECIDED = 3  # inconclusive, not tested
    INTERNAL = 4  # our fault


class Outcome(Enum):
    """How a variant did against its expectation."""

    EXPECTED = "as expected"
    UNEXPECTED = "UNEXPECTED"
    CHANGED = "CHANGED"  # not what a baseline has
    INCONCLUSIVE = "inconclusive"
    NOT_CHECKABLE = "not checkable yet"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One violation that is expected: a property, and of what where that is said."""

    property: str
    object: str = ""

    def covers(self, violation: Violation) -> bool:
        """Whether `violation` is what is expected."""
        if violation.property != self.property:
            return False
        return not self.object or self.object in (violation.object, *violation.names)

    def __str__(self) -> str:
        return f"{self.property}({self.object})" if self.object else self.property


def parse_expectation(text: str) -> Expectation:
    """`"use-after-free(Trigger)"` → property and object; without parentheses, any object."""
    match = re.fullmatch(r"([^()]+)(?:\(([^()]+)\))?", text.strip())
    if match is None:
        return Expectation(text)
    return Expectation(match[1].strip(), (match[2] or "").strip())


@dataclass(frozen=True, slots=True)
class Steps:
    """The places in the spec's own file at which steps begin, and those a run took.

    A place is (line, column).  Steps of library routines count for the line that calls them:
    a path through a library that one spec does not need is no fault of the spec.
    """

    all: frozenset[tuple[int, int]] = frozenset()
    taken: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A variant, its result (None where it did not run) and what to think of it.

    With a baseline `changes` are what is not as it was, and `notes` what could not be compared.
    """

    spec: str
    variant: Variant
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    result: Result | None = None
    steps: Steps = field(default=Steps(), repr=False)
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def expects_verified(self) -> bool:
        """Whether the variant names nothing that should be violated."""
        return not self.variant.violates

    @property
    def name(self) -> str:
        """`kernfs-release-once (default)`."""
        return f"{self.spec} {self.variant.name or '(default)'}"


def describe_expectation(variant: Variant) -> str:
    """`verified`, or `violates deadlock, leak`."""
    if variant.needs:
        return f"needs {variant.needs}"
    return f"violates {', '.join(variant.violates)}" if variant.violates else "verified"


def judge(spec: str, variant: Variant, result: Result, steps: Steps = Steps()) -> Judgement:
    """Compare a result with what its variant expects.

    Soundness: a violation that no expectation covers is unexpected whatever else is known; a
    missing one is unexpected only if the space was exhausted; *as expected* needs an exhausted
    space and, for a verified variant, a run that did something.  tests/gate/test_judge.py
    flips each of these.
    """
    if variant.needs:
        return Judgement(spec, variant, Outcome.NOT_CHECKABLE, (f"needs {variant.needs}",))
    expected = tuple(map(parse_expectation, variant.violates))
    reasons = [f"unexpected: {describe_violation(v)}" for v in list_unexpected(variant, result)]
    missing = [e for e in expected if not any(e.covers(v) for v in result.violations)]
    if result.exhausted:
        reasons += [f"expected, but not violated: {e}" for e in missing]
        reasons += find_idleness(variant, result)
    if reasons:
        return Judgement(spec, variant, Outcome.UNEXPECTED, tuple(reasons), result, steps)

    doubts = find_doubts(variant, result)
    if doubts:
        return Judgement(spec, variant, Outcome.INCONCLUSIVE, tuple(doubts), result, steps)
    return Judgement(spec, variant, Outcome.EXPECTED, (), result, steps)


def list_unexpected(variant: Variant, result: Result) -> list[Violation]:
    """The violations that a variant neither expects nor tolerates."""
    covering = tuple(map(parse_expectation, (*variant.violates, *variant.also)))
    return [v for v in result.violations if not any(e.covers(v) for e in covering)]


def describe_violation(violation: Violation) -> str:
    """`use-after-free(files[0])`."""
    return str(Expectation(violation.property, violation.object))


def find_doubts(variant: Variant, result: Result) -> list[str]:
    """What keeps a result from being a full answer.

    A variant that breaks as it should may leave other properties without a state to test them
    in (everything deadlocks): that is no doubt, because the set of violated ones is known.
    """
    if not result.exhausted:
        return [f"stopped by {result.stopped_by or 'a limit'}"]
    return [
        f"{p.verdict.value}: {p.name}" + (f" ({p.reason})" if p.reason else "")
        for p in result.properties
        if p.verdict is Verdict.INCONCLUSIVE
        or (p.verdict is Verdict.NOT_TESTED and not variant.violates)
    ]


def find_idleness(variant: Variant, result: Result) -> list[str]:
    """What shows that a verified variant ran nothing worth the name."""
    if variant.violates:
        return []
    if result.counts.transitions == 0:
        return ["ran nothing: no thread took a step"]
    invariants = {p.name for p in result.properties if p.kind == "invariant"}
    return [
        f"ran nothing: invariant {name} was never evaluated"
        for name in result.coverage.unevaluated
        if name in invariants
    ]


def fail_dead_steps(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The judgements of one spec's variants, those unexpected that hold a step nobody ever takes.

    A step is dead if every variant that has it exhausted its space without taking it.  One
    inconclusive run says nothing about what it would have taken, so then none is reported.
    """
    ran = [j for j in judgements if j.result is not None]
    if not all(j.result is not None and j.result.exhausted for j in ran):
        return list(judgements)
    taken = frozenset[tuple[int, int]]().union(*(j.steps.taken for j in ran))
    return [_fail_dead(j, j.steps.all - taken) for j in judgements]


def _fail_dead(judgement: Judgement, dead: frozenset[tuple[int, int]]) -> Judgement:
    if not dead or not judgement.expects_verified or judgement.result is None:
        return judgement
    lines = ", ".join(str(line) for line in sorted({line for line, _ in dead}))
    reason = f"ran nothing: no variant ever takes the step at line {lines}"
    return Judgement(
        judgement.spec,
        judgement.variant,
        Outcome.UNEXPECTED,
        (*judgement.reasons, reason),
        judgement.result,
        judgement.steps,
    )


def choose_check_exit(result: Result, *, accept_compact: bool = False) -> Exit:
    """The exit code of `check`: what was found, whatever the spec expects.

    With `accept_compact` a run that hash compaction alone keeps from `verified` is accepted.
    """
    if accept_compact and result.omission:
        open_for = {p.reason for p in result.properties if p.verdict is Verdict.INCONCLUSIVE}
        verdicts = {p.verdict for p in result.properties} - {Verdict.VERIFIED}
        if open_for <= {result.omission} and verdicts <= {Verdict.INCONCLUSIVE}:
            return Exit.OK
    match result.verdict:
        case Verdict.VERIFIED:
            return Exit.OK
        case Verdict.VIOLATED:
            return Exit.FOUND
        case Verdict.INCONCLUSIVE | Verdict.NOT_TESTED:
            return Exit.UNDECIDED


def choose_gate_exit(judgements: Iterable[Judgement]) -> Exit:
    """The exit code of `gate`.

    Soundness: 0 only if something was judged as expected and nothing otherwise, except variants
    that say themselves that they cannot be checked yet.
    """
    outcomes = {j.outcome for j in judgements}
    if not outcomes:
        return Exit.USAGE
    if outcomes & {Outcome.UNEXPECTED, Outcome.CHANGED}:
        return Exit.FOUND
    if outcomes & {Outcome.INCONCLUSIVE, Outcome.SKIPPED} or Outcome.EXPECTED not in outcomes:
        return Exit.UNDECIDED
    return Exit.OK
