"""From how many states on a run is reduced without being asked: the same rule on every backend."""

import dataclasses
import shutil

import pytest

from modelcheck import api
from modelcheck.explore import choose
from modelcheck.explore.options import REDUCTIONS, Options
from modelcheck.explore.result import Verdict
from modelcheck.specfiles import find_spec

SPEC = api.load_spec(find_spec("specs/classics/increments.py"))
PROGRAM = api.make_program(SPEC, SPEC.info.default, {"threads": 3, "rounds": 3})
STATES = 7_646
EVERYTHING = frozenset(REDUCTIONS)
BACKENDS = [
    "python",
    pytest.param(
        "native",
        marks=pytest.mark.skipif(
            not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler"
        ),
    ),
    "auto",
]


def explore(beyond, backend, **others):
    options = Options(backend=backend, reduce_beyond=beyond, **others)
    return choose.explore(PROGRAM, options)


@pytest.mark.parametrize("backend", BACKENDS)
def test_up_to_so_many_states_nothing_is_reduced(backend, monkeypatch):
    monkeypatch.setattr(choose, "SMALL", 1_000)
    found = explore(STATES, backend)
    assert found == explore(None, backend)
    assert (found.counts.states, found.reductions, found.exhausted) == (STATES, (), True)


@pytest.mark.parametrize("beyond", [STATES - 1, 100])
@pytest.mark.parametrize("search", ["bfs", "dfs"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_of_more_states_is_explored_reduced_from_the_start(
    backend, search, beyond, monkeypatch
):
    monkeypatch.setattr(choose, "SMALL", 50)
    found = explore(beyond, backend, search=search)
    assert found == explore(None, backend, search=search, reduce=EVERYTHING)
    assert found.reductions == REDUCTIONS
    assert found.counts.states < STATES / 3
    verdicts = {one.name: one.verdict for one in explore(None, backend).properties}
    assert {one.name: one.verdict for one in found.properties} == verdicts
    assert Verdict.VIOLATED in verdicts.values()


def test_what_is_reduced_goes_over_to_c_sooner():
    """What is stored of a reduced graph takes Python many times as long."""
    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        pytest.skip("needs a C compiler")
    reduced = explore(None, "auto", reduce=EVERYTHING)
    assert 1_000 < reduced.counts.states < STATES
    assert reduced.backend == "native"
    assert explore(None, "auto").backend == "python"


@pytest.mark.parametrize(
    "others",
    [
        {"max_states": 50},
        {"max_states": 100},
        {"ranges": True},
        {"search": "random", "samples": 300},
        {"reduce": frozenset({"por"})},
    ],
)
def test_what_a_reduced_search_cannot_tell_and_what_was_asked_for_stays(others):
    found = explore(100, "python", **others)
    expected = explore(None, "python", **others)
    assert found == expected
    assert found.reductions == tuple(others.get("reduce", ()))


def test_hashes_are_of_all_states():
    options = Options(backend="python", reduce_beyond=100, compact_bits=20)
    plain = dataclasses.replace(options, reduce_beyond=None)
    assert choose.explore(PROGRAM, options) == choose.explore(PROGRAM, plain)


def test_the_clock_of_all_stages_is_one(monkeypatch):
    """What one stage has spent is not there for the next."""
    monkeypatch.setattr(choose, "SMALL", 50)
    seen = []

    def explore_one(program, options, *, watch):
        seen.append(watch)
        return python(program, options, watch=watch)

    python = choose.explore_python
    monkeypatch.setattr(choose, "explore_python", explore_one)
    monkeypatch.setattr(choose, "explore_native", explore_one)
    explore(100, "auto")
    assert len(seen) == 3
    assert len(set(map(id, seen))) == 1


@pytest.mark.parametrize("stop", ["first", "all"])
def test_a_violation_of_the_first_stage_is_one_of_the_second(stop):
    found = explore(STATES - 1, "python", stop=stop)
    assert found.violations
