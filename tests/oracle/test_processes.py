"""SPIN's reduced search of the processes form finds the violations that we find.

`make oracle` asks about every variant and 300 random programs; here are some of them.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from modelcheck.export.promela import write_processes
from tests.oracle.__main__ import list_jobs, run_job, run_random
from tests.oracle.compare import Comparison, compare_verdicts
from tests.oracle.sample import draw
from tests.oracle.spin import find_spin
from tests.unit.explore.programs import increments, make_program

SEEDS = range(61, 85)
TOGETHER = 2


@pytest.fixture(autouse=True)
def spin():
    if find_spin() is None:
        assert not os.environ.get("CI"), "CI has to have `spin`"
        pytest.skip("no `spin` here")


def test_spin_agrees_on_random_programs():
    with ThreadPoolExecutor(TOGETHER) as pool:
        found = list(pool.map(partial(run_random, form="processes"), SEEDS))
    for name, outcome in found:
        assert isinstance(outcome, Comparison), f"{name}: {outcome}"
        assert outcome.agrees, f"{name}: here {outcome.ours}, SPIN {outcome.spin}"
    assert sum(bool(o.excluded) for _, o in found) <= 2


@pytest.mark.parametrize("job", list(list_jobs(["specs/kernfs"]))[:3], ids=str)
def test_spin_agrees_on_variants(job):
    outcome = run_job(job, form="processes")
    assert isinstance(outcome, Comparison), outcome
    assert not outcome.excluded
    assert outcome.agrees, f"here {outcome.ours}, SPIN {outcome.spin}"


PROGRAMS = {
    "a-spawned-thread-ends": """
object x: shared U8
template worker count 1 spawned parameters (%v)
  entry a
  local %v: Int[0..2]
  block a rest live (%v)
    step
    store once x = wrap8((%v + 1):Int[1..3]):U8
    end

template t count 1
  entry a
  local %w: ThreadId
  block a rest
    step
    check $free_thread(worker) else "capacity"
    %w = spawn worker(1:Int[0..2])
    jump b
  block b rest live (%w)
    step
    wait $finished(%w)
    assert ($read(once x) == 0) else "lock-misuse" says "seen"
    end
""",
    "an-idle-wait-is-no-deadlock": """
object x: shared U8
template t count 1
  entry a
  block a rest
    step
    wait idle ($read(once x) == 1)
    end
""",
    "another-is": """
object x: shared U8
template t count 1
  entry a
  block a rest
    step
    wait ($read(once x) == 1)
    end
""",
}
VIOLATED = {
    "a-spawned-thread-ends": ("lock-misuse",),
    "an-idle-wait-is-no-deadlock": (),
    "another-is": ("deadlock",),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_spin_agrees_on_small_programs(name):
    outcome = compare_verdicts(make_program(PROGRAMS[name]))
    assert outcome.spin is not None, outcome.excluded
    assert outcome.spin.violated == outcome.ours.violated == VIOLATED[name]


def test_locals_stay_in_their_process_where_they_can():
    text = write_processes(increments(2, 1))
    assert "int v0_0" in text
    assert "m_add_0_x" not in text


def test_the_sample_has_threads_of_both_kinds():
    texts = [write_processes(draw(seed).program) for seed in (61, 62, 63, 64)]
    assert any("\n    od" in text or "\n  od" in text for text in texts)
    assert any("atomic { skip ->" in text or "d_step { skip ->" in text for text in texts)
