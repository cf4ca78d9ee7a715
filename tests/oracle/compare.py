"""One program, twice: what we say of it and what SPIN says, number for number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from modelcheck.explore.options import Options
from modelcheck.explore.result import Result
from modelcheck.explore.search import explore
from modelcheck.export.promela import Unsayable, write_oracle, write_processes
from modelcheck.export.promela.steps import NEVER
from modelcheck.ir.nodes import Precedes, Program
from tests.oracle.spin import SpinError, run_spin, search_spin

UNCOVERED = frozenset(("data-race", "stuck"))  # about pairs of steps, and about the graph
MAX_STATES = 300_000


@dataclass(frozen=True)
class Figures:
    """What both sides are asked for; `violated` without what the oracle does not cover."""

    violated: tuple[str, ...]
    states: int | None = None  # of the processes form no count is compared
    transitions: int | None = None
    depth: int | None = None

    def __str__(self) -> str:
        verdict = f"violated {', '.join(self.violated)}" if self.violated else "verified"
        if self.states is None:
            return verdict
        return f"{self.states:,} / {self.transitions:,} / {self.depth}, {verdict}"


@dataclass(frozen=True)
class Comparison:
    """What came of one program; `excluded` says why it was not compared."""

    ours: Figures | None = None
    spin: Figures | None = None
    excluded: str = ""
    uncovered: tuple[str, ...] = field(default=())  # violated, but nothing SPIN is asked for

    @property
    def agrees(self) -> bool:
        """Whether both say the same (or nobody was asked)."""
        return bool(self.excluded) or self.ours == self.spin


def compare(program: Program, *, max_states: int = MAX_STATES) -> Comparison:
    """Explore a program (after all passes) here and with SPIN.

    Raises SpinError where SPIN fails on a text that was written for it.
    """
    result = explore(program, Options(max_states=max_states))
    if not result.exhausted:
        return Comparison(excluded=f"more than {max_states:,} states, too many for `python` here")
    violated = {v.property for v in result.violations}
    uncovered = tuple(sorted(violated & UNCOVERED))
    ours = _make_figures(result, violated)
    try:
        oracle = write_oracle(program)
    except Unsayable as error:
        return Comparison(ours, excluded=str(error), uncovered=uncovered)
    found = run_spin(oracle.text, expected_states=result.counts.states)
    asserted = {oracle.properties[variable] for variable in found.asserted}
    first = int(oracle.has_first)
    spin = Figures(
        tuple(sorted(_judge(program, asserted, found.states - first))),
        found.states - first,
        found.transitions - 1 - oracle.extra - first * oracle.starts,
        max(found.depth - first, 0),
    )
    return Comparison(ours, spin, uncovered=uncovered)


def compare_verdicts(program: Program, *, max_states: int = MAX_STATES) -> Comparison:
    """The same of the processes form, searched with SPIN's own reduction: only what is violated.

    Every assertion is called as its property is, so the sets of violated properties are compared,
    not just whether there is one.
    """
    result = explore(program, Options(max_states=max_states))
    if not result.exhausted:
        return Comparison(excluded=f"more than {max_states:,} states, too many for `python` here")
    blocks = [block for t in program.templates for block in t.body.blocks]
    orders = {i.property for b in blocks for i in b.instrs if isinstance(i, Precedes)}
    violated = {v.property for v in result.violations}
    uncovered = violated & (UNCOVERED | orders)
    try:
        text = write_processes(program)
    except Unsayable as error:
        return Comparison(excluded=str(error))
    names = dict(re.findall(r"^bit (holds_\w+); /\* (.*) \*/$", text, re.MULTILINE))
    found = search_spin(text)
    told = _judge(program, {names[v] for v in found}, result.counts.states)
    return Comparison(
        Figures(tuple(sorted(violated - UNCOVERED - orders))),
        Figures(tuple(sorted(told - orders))),
        uncovered=tuple(sorted(uncovered)),
    )


def _make_figures(result: Result, violated: set[str]) -> Figures:
    counts = result.counts
    return Figures(
        tuple(sorted(violated - UNCOVERED)), counts.states, counts.transitions, counts.depth or 0
    )


def _judge(program: Program, asserted: set[str], states: int) -> set[str]:
    """Which properties are violated, by the assertions that do not hold.

    Of a `reachable`, the assertion says that no state satisfies it; a fault while it is evaluated
    has a name of its own.
    """
    violated = set(asserted)
    for property_ in program.properties:
        if property_.kind == "reachable":
            was_reached = property_.name in asserted or not states
            violated.discard(property_.name)
            if not was_reached or f"{property_.name} (fault)" in asserted:
                violated.add(property_.name)
            violated.discard(f"{property_.name} (fault)")
    if NEVER in violated:
        raise SpinError("the oracle came to a place that its guards rule out")
    return violated
