"""The native search against the python one: the small programs of other tests, with tiny sizes."""

from textwrap import dedent

import pytest
from agree.batch import QUICK, TINY, Case, build_cases, has_compiler, run
from agree.compare import compare, compare_way, list_ways
from test_emit_agrees import collect_programs

from modelcheck.backends.python.model import compile_program
from modelcheck.diagnostics import InternalError
from modelcheck.explore.options import Options
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes

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


STOPPED = """
    from modelcheck.lang import Bool, U8, WRITE_ONCE, shared, spec, thread, wait_until

    spec("stopped")

    word = shared(U8)
    inside = shared(Bool)
    done = shared(Bool)
    rest = shared(U8)


    @thread
    def main():
        global word
        word = 1


    @thread(interrupts=main)
    def handler():
        WRITE_ONCE(inside, True)
        wait_until(done)


    @thread
    def other():
        global word, rest
        wait_until(inside)
        word = 2
        WRITE_ONCE(done, True)
        rest = 2


    @thread
    def third():
        global rest
        wait_until(inside)
        rest = 1
"""


ROUNDS = """
    from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, choose, shared, spec, thread

    spec("rounds")

    x = shared(U8)


    @thread
    def t():
        k = READ_ONCE(x)
        while k < 2:
            k = choose(range(2))
        WRITE_ONCE(x, 1)
"""


def make_case(text, folder):
    path = folder / "small.py"
    path.write_text(dedent(text), encoding="utf-8")
    return Case.make(run_passes(load(path, "small.py").program({})), 0)


def test_what_is_not_followed_to_its_end_is_said(tmp_path):
    """Ways that double with every round: not all are followed, so nothing is exhausted."""
    case = make_case(ROUNDS, tmp_path)
    with build_cases([case], QUICK + TINY) as built:
        model = compile_program(case.program)
        assert list(compare_way(case, built, model, Options(workers=2))) == []
        assert run(case, built, Options()).stopped_by == "choices"


def test_what_an_interrupt_stops_does_not_race(tmp_path):
    """`main` and `other` are before plain stores of `word` only while the handler stops one."""
    case = make_case(STOPPED, tmp_path)
    with build_cases([case], QUICK + TINY) as built:
        assert list(compare(case, built)) == []
        found = run(case, built, Options()).violations
    assert [v.object for v in found if v.property == "data-race"] == ["rest"]
