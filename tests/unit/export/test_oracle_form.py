"""SPIN finds exactly our states in small programs that are hard to say in Promela."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelcheck.export.promela import Unsayable, write_oracle, write_processes
from tests.oracle.compare import compare
from tests.oracle.spin import find_spin
from tests.unit.explore.programs import increments, make_program


@pytest.fixture
def spin():
    if find_spin() is None:
        assert not os.environ.get("CI"), "CI has to have `spin`"
        pytest.skip("no `spin` here")


TWO_WORDS = "object x: shared U8\nobject y: shared U8\n"

PROGRAMS = {
    # The wait reads what the same step stored, so no guard on the state before can say it.
    "wait-behind-a-store": TWO_WORDS
    + """
template t count 2
  entry a
  local %v: U8
  block a rest atomic
    step
    store plain x = wrap8(($read(once x) + 1):Int[1..256]):U8
    wait ($read(once x) > $read(once y))
    store plain y = $read(once x)
    end

template u count 1
  entry a
  block a rest
    step
    store once y = 1:U8
    jump b
  block b rest
    step
    store once y = 0:U8
    end
""",
    # A wait after a store and a choice: of three ways one is left.
    "choice-behind-a-store": TWO_WORDS
    + """
template t count 2
  entry a
  local %v: Int[0..2]
  block a rest atomic
    step
    store plain x = wrap8(($read(once x) + 1):Int[1..256]):U8
    %v = choose 3
    wait (%v == $read(once x))
    store plain y = wrap8((%v + 0):Int[0..2]):U8
    end
""",
    # Behind the store, a choice of 3 and one of 2: (0, 2) is no way.
    "two-choices-behind-a-store": TWO_WORDS
    + """
template t count 1
  entry a
  local %v: Int[0..2]
  local %w: Int[0..1]
  block a rest atomic
    step
    store once x = 1:U8
    wait ($read(once x) == 1)
    %v = choose 3
    %w = choose 2
    store once y = wrap8((%v + %w):Int[0..3]):U8
    end
""",
    # The way without a choice leads back to where it began.
    "a-choice-on-the-way-out-only": TWO_WORDS
    + """
template t count 1
  entry a
  local %v: Int[0..1]
  block a rest
    step
    store once x = wrap8(($read(silent x) + 1):Int[1..256]):U8
    if ($read(silent x) < 3) jump a else b
  block b
    %v = choose 2
    jump c
  block c rest live (%v)
    step
    store once y = wrap8((%v + 0):Int[0..1]):U8
    end
""",
    # A spawned thread that never comes to a first step: the spawn diverges.
    "a-start-that-goes-round": TWO_WORDS
    + """
template worker count 1 spawned
  entry a
  block a
    jump a

template t count 1
  entry a
  local %w: ThreadId
  block a rest
    step
    check $free_thread(worker) else "capacity"
    %w = spawn worker()
    end
""",
    # The failing step has stored already; its store must be nowhere.
    "failure-behind-a-store": TWO_WORDS
    + """
template t count 2
  entry a
  block a rest atomic
    step
    store plain x = wrap8(($read(once x) + 1):Int[1..256]):U8
    assert ($read(once x) < 2) else "lock-misuse" says "twice"
    end
""",
    # Nothing can step at the start: nobody but the start itself judges it.
    "nothing-steps-at-the-start": """
object x: shared U8
template t count 1
  entry a
  block a rest
    step
    wait ($read(once x) == 1)
    end
""",
    # The same in both ways of saying things: memory is put back after a trial.
    "wide-wait-behind-a-store": """
object x: shared U32

template t count 2
  entry a
  block a rest atomic
    step
    store plain x = wrap32(($read(once x) + 1):Int[1..4294967296]):U32
    wait ($read(once x) < 3)
    store plain x = wrap32(($read(once x) + 1):Int[1..4294967296]):U32
    end
""",
    # Which of the two it was shows: both checks of a step come to a label of their own.
    "two-failures-behind-a-store": TWO_WORDS
    + """
template t count 2
  entry a
  block a rest atomic
    step
    store plain x = wrap8(($read(once x) + 1):Int[1..256]):U8
    assert ($read(once x) < 2) else "lock-misuse" says "twice"
    assert ($read(once y) < 2) else "refcount" says "never"
    assert ($read(once x) < 1) else "lock-misuse" says "once"
    store plain y = 1:U8
    end
""",
    # Values of 32 bits do not fit SPIN's int.
    "wide-values": """
object x: shared U32

template t count 2
  entry a
  local %v: U32
  block a rest
    step
    %v = load once x
    jump b
  block b rest live (%v)
    step
    store once x = wrap32((%v - 1):Int[-1..4294967294]):U32
    end
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_spin_agrees(name, spin):
    outcome = compare(make_program(PROGRAMS[name]))
    assert not outcome.excluded, outcome.excluded
    assert outcome.ours == outcome.spin


def test_a_wait_behind_a_store_can_be_disabled(spin):
    """Else the program above would show nothing: some way must be cut."""
    free = PROGRAMS["wait-behind-a-store"].replace("    wait ($read(once x) > $read(once y))\n", "")
    cut, whole = compare(make_program(PROGRAMS["wait-behind-a-store"])), compare(make_program(free))
    assert cut.spin != whole.spin


def test_a_wrong_figure_is_seen(spin):
    """The comparison is no echo: SPIN is asked about another program than we are."""
    ours = compare(increments(2, 2)).ours
    assert compare(increments(2, 1)).spin != ours
    assert ours is not None
    assert (ours.states, ours.transitions, ours.depth) == (57, 82, 8)


def test_the_text_does_not_depend_on_the_hash_seed():
    code = (
        "from tests.unit.explore.programs import increments;"
        "from modelcheck.export.promela import write_oracle, write_processes;"
        "p = increments(2, 2); print(write_oracle(p).text, write_processes(p))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_what_steps_share_is_there_once():
    """Else a program with two waits behind stores and sixty steps has megabytes."""
    text = write_oracle(make_program(PROGRAMS["wait-behind-a-store"])).text
    for name in ("try_late(void)", "judge(void)", "judge_at_rest(void)"):
        assert text.count(f"static void {name} {{") == 1
    assert text.count("static void try_e_") == 2  # of two threads


def test_failures_of_one_property_are_there_once_per_step():
    text = write_oracle(make_program(PROGRAMS["two-failures-behind-a-store"])).text
    assert text.count("assert(holds_lock_misuse)") == text.count("assert(holds_refcount)") == 2


def test_every_step_carries_its_line():
    text = write_oracle(increments(2, 1)).text
    assert "inc.py:3:1 x = counter" in text
    assert "inc.py:4:1 counter = x + 1" in text


def test_the_processes_form_has_one_proctype_per_thread():
    assert write_processes(increments(3, 1)).count("active proctype t_add") == 3


def test_a_step_with_too_many_ways_is_refused():
    """Nothing is left out in silence."""
    step = "\n".join(f"    %v{i} = choose 3" for i in range(6))
    names = "\n".join(f"  local %v{i}: Int[0..2]" for i in range(6))
    text = f"""{TWO_WORDS}
template t count 1
  entry a
{names}
  block a rest atomic
    step
    store once x = 1:U8
    wait ($read(once x) == 1)
{step}
    store once y = 0:U8
    end
"""
    with pytest.raises(Unsayable, match="more than 256 choices"):
        write_oracle(make_program(text))
