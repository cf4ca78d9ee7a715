"""A pytest plugin: what a test explores is explored again with reductions; verdicts stay.

    pytest -p tests.reductions tests/unit/explore tests/language tests/traps tests/unit/kernel

Runs with a limit are left alone: where a limit strikes differs.
"""

from __future__ import annotations

import dataclasses

from modelcheck.explore import search
from modelcheck.explore.options import Options

explore_all = search.explore
REDUCE = frozenset({"por"})


def report(result):
    """What a result says, but for counts and which path is told."""
    violations = {(v.property, v.object, v.names) for v in result.violations}
    verdicts = [(p.name, p.verdict) for p in result.properties]
    return verdicts, violations, result.coverage.untaken, result.exhausted


def explore(program, options=None, *, watch=None):
    """The result without reductions, once it is the same with them."""
    full = explore_all(program, options, watch=watch)
    chosen = options or Options()
    limits = (chosen.max_states, chosen.max_memory, chosen.timeout_seconds, chosen.interrupted)
    if full.exhausted and all(limit is None for limit in limits):
        reduced = explore_all(program, dataclasses.replace(chosen, reduce=REDUCE))
        assert report(reduced) == report(full)
        assert reduced.counts.states <= full.counts.states
    return full


search.explore = explore
