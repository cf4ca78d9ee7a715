"""Random programs with every combination of reductions: the verdicts without, on both backends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from agree.batch import Case, build_cases
from agree.compare import MOST_STATES, WORKERS, compare_run, compare_unreduced
from agree.sample import Drawn
from modelcheck.backends.native.build import Built
from modelcheck.backends.python.model import Model, compile_program
from modelcheck.explore.options import REDUCTIONS, Options, Reduction
from modelcheck.explore.result import Result
from modelcheck.explore.search import Run

COMBINATIONS: tuple[frozenset[Reduction], ...] = tuple(
    frozenset(chosen)
    for size in range(1, len(REDUCTIONS) + 1)
    for chosen in combinations(REDUCTIONS, size)
)
"""All of them but the empty one."""

WAYS = (*(Options(workers=workers) for workers in WORKERS), Options(search="dfs", workers=1))
"""How each is searched."""


def compare_combinations(
    drawn: Sequence[Drawn], flags: tuple[str, ...], ways: Sequence[Options] = WAYS
) -> Iterator[tuple[Drawn, frozenset[Reduction], list[str]]]:
    """Build all programs with all combinations as one executable; what differs, with which one."""
    named = [(d.program, reduce) for d in drawn for reduce in COMBINATIONS]
    cases = [Case.make(program, number, reduce) for number, (program, reduce) in enumerate(named)]
    groups = zip(*[iter(cases)] * len(COMBINATIONS), strict=True)
    with build_cases(cases, flags) as built:
        for d, group in zip(drawn, groups, strict=True):
            model = compile_program(d.program)
            full = Run(model, Options(ranges=True, max_states=MOST_STATES)).execute()
            if full.stopped_by == "max-states":
                continue
            for case in group:
                if found := list(_compare_case(full, model, case, built, ways)):
                    yield d, case.reduce, found


def _compare_case(
    full: Result, model: Model, case: Case, built: Built, ways: Sequence[Options]
) -> Iterator[str]:
    reduced: dict[str, Result] = {}
    for way in ways:
        options = replace(way, ranges=True, reduce=case.reduce)
        if way.search not in reduced:
            found = Run(model, options).execute()
            yield from (f"{d} ({way.search})" for d in compare_unreduced(found, full))
            reduced[way.search] = replace(found, program=case.program.name)
        yield from compare_run(reduced[way.search], case, built, options)
