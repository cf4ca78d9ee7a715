"""The parts of the bench: what memory counts, which requirements are told, where seconds go.

They live in a folder of programs, so each is asked in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.test_bench import needs_compiler

BENCH = Path(__file__).resolve().parents[2] / "bench"


def ask(code):
    """What a piece of code in that folder prints, read as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BENCH, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_peak_has_that_of_what_a_command_starts():
    """A shell that starts Python, which takes 64 MiB and gives them back before it ends."""
    take = "import time; b = b'x' * (64 << 20); time.sleep(0.3); del b; time.sleep(0.2)"
    found = ask(
        "import json, sys; from pathlib import Path; from processes import run\n"
        f"inner = [sys.executable, '-c', {take!r}]\n"
        "outer = f'import subprocess; subprocess.run({inner!r})'\n"
        "done = run([sys.executable, '-c', outer], Path('.'), 60)\n"
        "print(json.dumps([done.returncode, done.peak_bytes]))"
    )
    assert found[0] == 0
    assert 64 << 20 < found[1] < 256 << 20


@pytest.mark.parametrize(
    ("known", "is_right"),
    [((24_287_432, 127_121_339), True), ((24_287_432, 127_121_345), True),
     ((24_287_432, 127_121_000), False), ((24_287_400, 127_121_339), False)],
)  # fmt: skip
def test_spin_tells_eight_digits_of_large_numbers(known, is_right):
    text = (
        " 24287432 states, stored\n1.0283391e+08 states, matched\n"
        "1.2712134e+08 transitions (= stored+matched)\ndepth reached 140, memory used, errors: 0\n"
    )
    assert ask(
        "import json; from processes import Finished; from spin import _read\n"
        f"from tool import Counts; told = _read(Finished(0, {text!r}, 1.0, 0))\n"
        f"print(json.dumps([told.states, told.agree_with(Counts{known!r})]))"
    ) == [24_287_432, is_right]


REQUIREMENTS = """
import json
from measure import Row
from requirements import judge_requirements
from stages import Journey

def row(size, tool, states, seconds, times_ours, peak, packed=None, workers=1, model="krefs"):
    rate = round(states / seconds)
    return Row(model, size, tool, workers, states, None, seconds, 0, 0, rate, None, times_ours,
               peak, packed)

native, spin = "modelcheck, native", "SPIN, exported"
rows = [
    row("6", native, 1_000_000, 0.5, 1, 10**8, 8),
    row("6", spin, 1_500_000, 5, 10, 10**9),
    row("7", native, 10_000_000, 4, 1, 10**9, 8),
    row("7", native + ", 2 workers", 10_000_000, 3, 0.75, 10**9, 8, 2),
    row("8", native, 100_000_000, 60, 1, 37 * 10**8, 16),
    row("4x4", native, 3_892_125, 1, 1, 10**8, 8, model="increments"),
    row("4x4", native + ", 2 workers", 3_892_125, 0.6, 1, 10**8, 8, 2, model="increments"),
    row("4x4", spin, 5_000_000, 9, 9, 10**8, model="increments"),
]
journeys = {"one, warm": Journey("warm", {}, 0.2, 0.4, 0.3)}
print(json.dumps([(one.text, one.where, one.is_met) for one in judge_requirements(rows, journeys)]))
"""


def test_what_was_measured_is_held_against_what_is_required():
    sooner = "sooner at the verdict, all compiling included, than SPIN, exported"
    assert [tuple(one) for one in ask(REQUIREMENTS)] == [
        ("states/s, one worker, over SPIN, exported", "krefs 6", True),
        ("states/s, one worker, as a share of those at 10^6", "krefs 8, krefs 6", True),
        ("the search, two workers over one", "krefs 7", False),
        ("exactly so many states", "increments 4x4", True),
        (sooner, "increments 4x4", False),
        ("the search alone, one worker, sooner than SPIN, exported", "increments 4x4", False),
        ("the search alone, two workers, sooner than SPIN, exported", "increments 4x4", True),
        ("peak resident bytes for each stored state, one worker", "krefs 8", False),
        ("end to end, native", "one, warm", True),
    ]


@needs_compiler
def test_the_stages_of_a_run_are_told():
    found = ask(
        "import json; from dataclasses import asdict\n"
        "from stages import JOURNEYS, find_journey\n"
        "spec, settings = JOURNEYS['krefs 3']\n"
        "print(json.dumps(asdict(find_journey(spec, settings, 'warm', 1))))"
    )
    assert {"front end, passes", "emit", "process start", "search", "replay"} <= set(found["parts"])
    assert found["seconds"] == round(sum(found["parts"].values()), 4)
    assert 0 < found["parts"]["search"] < found["native_seconds"]
    assert found["model_seconds"] is None
