"""Random programs for the comparison: those of both generators, and what becomes of them mended.

Nothing here is judged: whatever a generator makes is compared, small ones more seldom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from random_programs.mend import mend
from random_programs.sample import Form, make
from random_programs.shrink import shrink

from agree.batch import NOTHING, Case, build_cases, make_cases
from agree.compare import MOST_STATES, compare, list_ways
from modelcheck.backends.native.compiler import Compiler
from modelcheck.diagnostics import InternalError
from modelcheck.explore.options import Options, Reduction
from modelcheck.explore.search import explore
from modelcheck.ir.nodes import Program
from modelcheck.ir.passes import run_passes

SMALL = 25  # states; of fewer, one in four is kept
KEPT_ANYWAY = 0.25
ROUNDS = 2  # of mending


@dataclass(frozen=True, slots=True)
class Drawn:
    """A program before and after the passes; `seed` also says how it is searched."""

    name: str
    seed: int
    source: Program
    program: Program


def draw(form: Form, first: int) -> Iterator[Drawn]:
    """Programs without end, from a seed on."""
    for seed in count(first):
        rng, source = Random(seed), make(seed, form)
        for round_ in range(ROUNDS + 1):
            program = run_passes(source)
            result = explore(program, Options(max_states=MOST_STATES))
            if result.exhausted and (result.counts.states >= SMALL or rng.random() < KEPT_ANYWAY):
                yield Drawn(f"{form} {seed}.{round_}", seed, source, program)
            violated = {v.property for v in result.violations} - {"diverges"}
            if not violated:
                break
            source = mend(source, violated)


def compare_all(
    drawn: list[Drawn],
    flags: tuple[str, ...],
    note: Callable[[Drawn, list[str]], None],
    compiler: Compiler | None = None,
    reduce: frozenset[Reduction] = NOTHING,
) -> None:
    """Build programs as one executable and compare each; `note` is told of each that differs."""
    cases = make_cases((d.program for d in drawn), reduce)
    with build_cases(cases, flags, compiler) as built:
        for d, case in zip(drawn, cases, strict=True):
            if found := list(compare(case, built, lambda c, s=d.seed: list_ways(c, s))):
                note(d, found)


def shrink_drawn(
    drawn: Drawn,
    found: list[str],
    flags: tuple[str, ...],
    reduce: frozenset[Reduction] = NOTHING,
) -> tuple[Program, list[str]]:
    """A small program on which the backends differ in the same way."""

    def find(source: Program) -> list[str]:
        try:
            case = Case.make(run_passes(source), 0, reduce)
            with build_cases([case], flags) as built:
                return list(compare(case, built, lambda c: list_ways(c, drawn.seed)))
        except InternalError:
            return []  # no legal program: the python backend refuses it

    return shrink(drawn.source, found, find)
