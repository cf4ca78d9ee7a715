"""A program explored with and without partial-order reduction, in every order, on both backends."""

from __future__ import annotations

import dataclasses

from modelcheck.backends.native.compiler import NoCompilerError, find_compiler
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from tests.checking import program_of

POR = Options(reduce=frozenset({"por"}))
FUSED = Options(reduce=frozenset({"por", "fuse"}))


def has_compiler():
    try:
        find_compiler()
    except NoCompilerError:
        return False
    return True


def report(result):
    """What a result says, but for counts and which path is told."""
    verdicts = [(p.name, p.verdict) for p in result.properties]
    violations = sorted({(v.property, v.object) for v in result.violations})
    coverage = result.coverage
    return verdicts, violations, coverage.untaken, coverage.unevaluated, coverage.ranges


def check_all(text, **settings):
    """The unreduced result, and that every reduced one says the same in every order."""
    program = program_of(text, **settings)
    full = explore(program, Options(ranges=True))
    for search in ("bfs", "dfs", "random"):
        reduced = explore(program, dataclasses.replace(POR, search=search, ranges=True))
        assert report(reduced) == report(full), search
        assert reduced.counts.states <= full.counts.states
    first = explore(program, POR)
    fused = explore(program, FUSED)
    assert report(fused) == report(first)
    assert fused.counts.states <= first.counts.states
    assert all(violation.minimal == "no" for violation in (*first.violations, *fused.violations))
    for workers in (1, 2) if has_compiler() else ():
        for options, expected in ((POR, first), (FUSED, fused)):
            native = explore_native(program, dataclasses.replace(options, workers=workers))
            assert dataclasses.replace(native, backend="python") == expected
    return full, first
