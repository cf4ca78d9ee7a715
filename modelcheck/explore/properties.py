"""Which properties a run judges, what the spec silences, and the verdict on each.

A verdict `verified` is given in one place (`decide`), from three facts: the property is judged, no
violation was found, and every state was visited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from modelcheck.checks import BUILT_IN, FAULTS, LIBRARY_CHECKS, STATE_CHECKS
from modelcheck.explore.result import Path, PropertyResult, Verdict, Violation
from modelcheck.ir.nodes import Assert, Body, Check, Instr, Precedes, Program

BUILT_IN_KIND = "built in"


@dataclass(frozen=True, slots=True)
class Judged:
    """A property that this run judges; `kind` as in `PropertyResult`."""

    name: str
    kind: str


class Silence:
    """What `allow` silences: a check everywhere, or on single declarations."""

    def __init__(self, program: Program) -> None:
        self._everywhere = frozenset(a.check for a in program.allows if not a.on)
        self._on: dict[str, frozenset[str]] = {}
        for allow in program.allows:
            if allow.on:
                self._on[allow.check] = self._on.get(allow.check, frozenset()) | {allow.on}

    def covers_all(self, check: str) -> bool:
        """Whether the check is silenced everywhere."""
        return check in self._everywhere

    def covers(self, check: str, declared: Collection[str]) -> bool:
        """Whether the check is silenced for something that is called `declared`."""
        if check in self._everywhere:
            return True
        silenced = self._on.get(check)
        return silenced is not None and not silenced.isdisjoint(declared)


def list_judged(program: Program, wanted: Collection[str] | None) -> tuple[Judged, ...]:
    """The properties to judge, in the order of headlines: the spec's own, then the built-in ones.

    A library check belongs to the list only if the program can fail it.  `wanted` restricts.

    Soundness: a check that is missing here is never reported; so every name that a Check, Assert or
    Precedes of the program carries is listed, whoever wrote it.
    """
    silence = Silence(program)
    own = [Judged(p.name, p.kind) for p in program.properties]
    declared = {p.name for p in program.properties}
    named = {name for body in list_bodies(program) for name in _list_named_checks(body)}
    stray = sorted(named - declared - set(BUILT_IN))
    own += [Judged(name, "assert") for name in stray]
    built_in = [*FAULTS, *STATE_CHECKS, *(c for c in LIBRARY_CHECKS if c in named)]
    own += [Judged(name, BUILT_IN_KIND) for name in built_in if not silence.covers_all(name)]
    return tuple(j for j in own if wanted is None or j.name in wanted)


def list_bodies(program: Program) -> Iterator[Body]:
    """Every body of the program that runs as part of a transition or of the start."""
    yield program.initial
    for template in program.templates:
        yield template.body


def list_instructions(body: Body) -> Iterator[Instr]:
    """Every instruction of a body."""
    for block in body.blocks:
        yield from block.instrs


def _list_named_checks(body: Body) -> Iterator[str]:
    for instr in list_instructions(body):
        if isinstance(instr, Check):
            yield instr.fault
        if isinstance(instr, Assert | Precedes):
            yield instr.property


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: everything but the violations that verdicts depend on.

    `reasons` are properties that could not be judged for a reason of their own; `seen` the
    `reachable` properties that some state satisfied.
    """

    exhausted: bool
    progress: str
    quiescent: int
    states: int
    needs_quiescence: frozenset[str]
    reasons: Mapping[str, str]
    seen: Mapping[str, Path]


def decide(
    judged: tuple[Judged, ...], violations: tuple[Violation, ...], ending: Ending
) -> tuple[PropertyResult, ...]:
    """One verdict per judged property.

    Soundness: `verified` without an exhausted search would be a lie, except for a `reachable` that
    was seen; tests/unit/explore/test_limits.py asks every property under every limit.
    """
    return tuple(
        _decide_one(j, tuple(v for v in violations if v.property == j.name), ending) for j in judged
    )


def _decide_one(judged: Judged, found: tuple[Violation, ...], ending: Ending) -> PropertyResult:
    result = PropertyResult(judged.name, judged.kind, Verdict.VERIFIED)
    witness = ending.seen.get(judged.name)
    if found:
        return replace(result, verdict=Verdict.VIOLATED, violations=found, witness=witness)
    if witness is not None:
        return replace(result, witness=witness)
    if not ending.exhausted:
        return replace(result, verdict=Verdict.INCONCLUSIVE, reason=ending.progress)
    if not ending.states:
        # Every way to start was disabled or failed: nothing was judged, so nothing holds.
        return replace(result, verdict=Verdict.NOT_TESTED, reason="no initial state")
    if judged.name in ending.reasons:
        reason = ending.reasons[judged.name]
        return replace(result, verdict=Verdict.INCONCLUSIVE, reason=reason)
    if judged.kind == "reachable":
        # Deeper than any shortest path, so that it becomes the headline only where it is alone.
        missing = Violation(
            judged.name, "", (), "no reachable state satisfies it", ending.states, ()
        )
        return replace(result, verdict=Verdict.VIOLATED, violations=(missing,))
    if not ending.quiescent and judged.name in ending.needs_quiescence:
        reason = "no quiescent state is reachable"
        return replace(result, verdict=Verdict.NOT_TESTED, reason=reason)
    return result


def list_needing_quiescence(program: Program) -> frozenset[str]:
    """The properties that only a quiescent state can show to fail."""
    finals = {p.name for p in program.properties if p.kind == "final"}
    has_pools = any(o.kind == "pool" for o in program.objects)
    return frozenset(finals | ({"leak"} if has_pools else set()))
