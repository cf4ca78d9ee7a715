"""A sample: one run on which nothing is violated, and which says so only where it is so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from specs_for_traces import USE_AFTER_FREE, check

from modelcheck.backends.python.outcomes import Failure
from modelcheck.diagnostics import InternalError
from modelcheck.explore.result import Violation
from modelcheck.explore.walk import walk
from modelcheck.trace.broken import is_quiescent
from modelcheck.trace.endings import SAMPLE
from modelcheck.trace.replay import replay_trace
from modelcheck.trace.sample import SHOWN_STEPS, find_sample, record_sample
from modelcheck.trace.stored import read_trace, write_trace
from modelcheck.trace.text import write_text
from modelcheck.trace.trace import record_trace

FOR_EVER = '''\
"""A clock."""

from modelcheck.lang import Bool, U8, WRITE_ONCE, shared, spec, thread

spec("clock")

hand = shared(U8)


@thread
def tick():
    while True:
        WRITE_ONCE(hand, 0)
'''
DOOMED = '''\
"""Whatever happens, it is wrong."""

from modelcheck.lang import U8, final, shared, spec, thread

spec("doomed")

x = shared(U8)


@thread(count=2)
def up():
    global x
    x = 1


@final
def never():
    return x == 0
'''
TRAP = '''\
"""Of four ways one is right."""

from modelcheck.lang import U8, choose, final, invariant, shared, spec, thread

spec("trap")

x = shared(U8)
y = shared(U8)


@thread
def pick():
    global x, y
    x = choose(range(4))
    y = x


@invariant
def not_one():
    return x != 1


@final
def not_two():
    return x != 2


@thread
def look():
    assert x != 3, "not_three"
'''
RACY = '''\
"""Whoever is first races with the other."""

from modelcheck.lang import U8, shared, spec, thread

spec("racy")

x = shared(U8)


@thread(count=2)
def up():
    global x
    x = 1
'''
CIRCLE = '''\
"""One thread takes two locks in both orders."""

from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import either, shared, spec, thread

spec("circle")

a = shared(Mutex)
b = shared(Mutex)


@thread
def both():
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)
    if either():
        mutex_lock(b)
        mutex_lock(a)
        mutex_unlock(a)
        mutex_unlock(b)
'''


@pytest.fixture(
    scope="module", params=[CIRCLE, USE_AFTER_FREE, TRAP], ids=["circle", "uaf", "trap"]
)
def checked(request, tmp_path_factory):
    return check(tmp_path_factory.mktemp("spec"), request.param)


def sample(checked, seed=0):
    return record_sample(checked.model, checked.info, checked.sources, None, seed)


@pytest.mark.parametrize("seed", range(5))
def test_on_a_sample_nothing_fails_or_is_broken_and_it_ends_at_rest(checked, seed):
    path, rests = find_sample(checked.model, seed)
    assert rests
    visits = list(walk(checked.model, path))
    kinds = {p.name: p.kind for p in checked.model.program.properties}
    for visit in visits:
        assert not isinstance(visit.outcome.result, Failure)
        for name, judge in checked.model.judges.items():
            if kinds[name] == "invariant":
                assert judge(visit.state) is True
    last = visits[-1].state
    assert is_quiescent(checked.model, last)
    for name, judge in checked.model.judges.items():
        if kinds[name] == "final":
            assert judge(last) is True


def test_a_seed_is_a_run(checked):
    assert find_sample(checked.model, 3) == find_sample(checked.model, 3)


def test_another_seed_may_be_another_run(tmp_path):
    trap = check(tmp_path, TRAP)
    assert len({find_sample(trap.model, seed) for seed in range(8)}) > 1


def test_it_is_stored_read_and_replayed_as_what_it_is(checked):
    trace = sample(checked)
    again = read_trace(write_trace(trace), "sample.json")
    assert again == trace
    (picture,) = replay_trace(again, checked.model, checked.sources)
    text = write_text(picture)
    assert text.startswith("SAMPLE  ")
    assert "that comes to rest\n" in text
    assert "of other runs it says nothing" in text
    assert "one run, drawn by chance (seed 0): nothing was searched" in text
    assert "VIOLATED" not in text
    assert "minimal" not in text
    assert not any(row.failed for row in picture.rows)


def test_a_path_with_a_violation_on_it_is_no_sample(checked):
    # The orders of a circle may come in several runs, none of which is violated by itself.
    broken = [v for v in checked.result.violations if v.witnesses[0].last != "edge"]
    for violation in broken:
        claim = Violation(SAMPLE, "", (), "", violation.depth, violation.witnesses)
        for claimed in (claim, replace(claim, detail="it goes on")):
            with pytest.raises(InternalError, match="does not show passing-run"):
                record_trace(checked.model, checked.info, checked.sources, checked.result, claimed)


def test_a_run_that_is_cut_off_does_not_come_to_rest(checked):
    path, _ = find_sample(checked.model)
    part = replace(path, moves=path.moves[:-1])
    claim = Violation(SAMPLE, "", (), "", len(part.moves), (part,))
    with pytest.raises(InternalError, match="does not show passing-run"):
        record_trace(checked.model, checked.info, checked.sources, checked.result, claim)


def test_where_every_run_is_violated_there_is_none(tmp_path):
    doomed = check(tmp_path, DOOMED)
    assert find_sample(doomed.model) is None
    assert sample(doomed) is None


def test_what_never_rests_is_cut_off_and_says_so(tmp_path):
    clock = check(tmp_path, FOR_EVER)
    trace = sample(clock)
    assert len(trace.witnesses[0].steps) == SHOWN_STEPS
    (picture,) = replay_trace(trace, clock.model, clock.sources)
    text = write_text(picture)
    assert "comes to rest" not in text
    assert f"it goes on: these are its first {SHOWN_STEPS} steps" in text


def test_a_run_with_a_race_on_it_is_no_sample(tmp_path):
    racy = check(tmp_path, RACY)
    assert find_sample(racy.model) is None


@pytest.mark.parametrize("seed", range(4))
def test_a_run_that_takes_locks_in_a_circle_is_no_sample(seed, tmp_path):
    circle = check(tmp_path, CIRCLE)
    path, rests = find_sample(circle.model, seed)
    assert rests
    orders = {o for visit in walk(circle.model, path) for o in visit.outcome.orders}
    assert {(o.first, o.second) for o in orders} == {("a", "b")}
