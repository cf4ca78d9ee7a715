"""The native search against the python one: the small programs of other tests, with tiny sizes."""

import pytest
from agree.batch import QUICK, TINY, Case, build_cases, has_compiler
from agree.compare import compare, list_ways
from test_emit_agrees import collect_programs

from modelcheck.diagnostics import InternalError

pytestmark = pytest.mark.skipif(not has_compiler, reason="needs a C compiler")


@pytest.mark.parametrize(
    "module",
    [
        "test_python_steps",
        "test_python_threads",
        "test_deadlock",
        "test_leak",
        "test_orders",
        "test_properties",
        "test_race",
        "test_stuck",
    ],
)
def test_small_programs_have_the_same_results(module, monkeypatch):
    cases = []
    for program in collect_programs(module, monkeypatch):
        try:
            cases.append(Case.make(program, len(cases)))
        except InternalError:
            continue  # refused, and by whoever emits it too
    found = []
    with build_cases(cases, QUICK + TINY) as built:
        for seed, case in enumerate(cases):
            ways = list_ways(case, seed)
            chosen = [ways[seed % len(ways)], ways[(seed + 3) % len(ways)]]
            found += compare(case, built, lambda _, w=chosen: w)
    assert found == []
    assert len(cases) >= 4
