"""The gain table: what is counted, what is said of searches that gave up, what is required.

The bench is a folder of programs, so each part is asked in a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from modelcheck import api
from modelcheck.specfiles import find_spec
from tests.bench.test_bench_parts import BENCH, ask

ROOT = BENCH.parent
COMBINATIONS = ["none", "por", "symmetry", "fuse", "por,symmetry", "por,symmetry,fuse"]


@pytest.fixture
def spin():
    if shutil.which("spin") is None or shutil.which("gcc") is None:
        assert not os.environ.get("CI"), "CI has to have `spin` and gcc"
        pytest.skip("no `spin` here")


def run_gain(folder, *words, **environment):
    done = subprocess.run(
        [sys.executable, "bench/bench.py", folder, "--gain", "--jobs", "1", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "gain.json").read_text(encoding="utf-8")), done.stdout


def test_every_spec_has_a_row_or_a_reason():
    found = ask(
        "import json; from cases import CASES, NO_EQUAL_THREADS\n"
        "print(json.dumps([[[c.name, str(c.spec), c.parameter, max(c.threads), "
        "c.hand is None or c.hand.exists()] for c in CASES], list(NO_EQUAL_THREADS)]))"
    )
    cases, alone = found
    for name, path, parameter, most, has_its_model in cases:
        info = api.load_spec(find_spec(path)).info
        assert info.name == name
        (declared,) = [one for one in info.parameters if one.name == parameter]
        assert declared.max >= most, name
        assert has_its_model, name
    names = {
        path.stem
        for folder in ("kernfs", "psi", "classics")
        for path in (ROOT / "specs" / folder).glob("*.py")
    }
    assert names == {case[0] for case in cases} - {"krefs", "phils", "filter"} | set(alone)


def test_all_combinations_are_counted_and_a_limit_is_a_bound():
    found = ask(
        "import json; from combinations import explore_combinations\n"
        "spec, sizes = '../bench/specs/krefs.py', {'threads': 3}\n"
        "whole = explore_combinations(spec, sizes, 10**6, 60.0, set())\n"
        "cut = explore_combinations(spec, sizes, 50, 60.0, {'none', 'por'})\n"
        "phils = '../bench/specs/phils.py'\n"
        "bad = explore_combinations(phils, {'threads': 2}, 10**6, 60.0, set())\n"
        "print(json.dumps([whole, cut, bad]))"
    )
    whole, cut, bad = found
    assert (whole["violated"], bad["violated"]) == ([], ["deadlock"])
    assert list(whole["stored"]) == COMBINATIONS
    assert whole["stored"]["none"] == {"states": 2_964, "is_whole": True}
    fewest = [whole["stored"][name]["states"] for name in (COMBINATIONS[2], *COMBINATIONS[4:])]
    assert 1_000 > fewest[0] > fewest[1] > fewest[2]
    assert whole["is_verified"]
    assert "proctype" in whole["promela"]
    assert list(cut["stored"]) == COMBINATIONS[2:]
    assert all(50 <= one["states"] < 60 for one in cut["stored"].values())
    assert not any(one["is_whole"] for one in cut["stored"].values())
    assert not cut["is_verified"]


DISAGREEMENT = """
import combinations as bench
from dataclasses import replace
from processes import CommandError
from modelcheck import api
from modelcheck.explore.result import Verdict

explore = api.explore

def explore_wrongly(program, options):
    result = explore(program, options)
    first, *others = result.properties
    wrong = replace(result, properties=(replace(first, verdict=Verdict.VIOLATED), *others))
    return wrong if options.reduce == {"por"} else result

api.explore = explore_wrongly
try:
    bench.explore_combinations("specs/krefs.py", {"threads": 2}, 10**6, 60.0, {"none"})
except CommandError as error:
    print(1 if "violated reduced by por" in str(error) else 0)
"""


def test_verdicts_that_depend_on_reductions_end_the_bench():
    assert ask(DISAGREEMENT) == 1


def test_the_ends_of_processes_are_stopped_where_they_are_known():
    found = ask(
        "import json\n"
        "from spin_stored import take_exported\n"
        "from processes import CommandError\n"
        "text = 'active proctype t() {\\n  x = 1;\\n  ended_0: skip\\n}\\n'\n"
        "unknown = text.replace('skip', 'skip; x = 2')\n"
        "found = []\n"
        "for one in (text, unknown):\n"
        "    try:\n"
        "        found.append(take_exported(one).stopping.count('ended_0: false'))\n"
        "    except CommandError as error:\n"
        "        found.append(str(error))\n"
        "print(json.dumps(found))"
    )
    assert found[0] == 1
    assert "ends of processes" in found[1]


def test_processes_that_look_at_an_invariant_are_no_states():
    """They would store each state of the others twice; one that looks again and again does not."""
    found = ask(
        "import json\n"
        "from spin_stored import take_exported\n"
        "always = 'active proctype watch_a() {\\n  end: atomic { (!ok) -> assert(a) }\\n}\\n'\n"
        "once = 'active proctype watch_b() {\\n  int v;\\n  end: atomic { started ->\\n'\n"
        "once += '    fi;\\n  }\\n}\\n'\n"
        "thread = 'active proctype t() {\\n  x = 1;\\n  ended_0: skip\\n}\\n'\n"
        "sought = '#ifdef REACHABLE\\n' + once + '#endif\\n'\n"
        "text = always + once + sought + once + thread\n"
        "print(json.dumps([take_exported(text).dying, always + thread]))"
    )
    assert found[0].replace("\n\n", "\n") == found[1]


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("State-vector 60 byte, depth reached 53, errors: 1\n   172996 states, stored\n", True),
        ("Interrupted\nerrors: 1\n   172996 states, stored\n", False),
        ("Warning: Search not completed\nerrors: 1\n   172996 states, stored\n", False),
        ("error: max search depth too small\nerrors: 1\n   172996 states, stored\n", False),
    ],
)
def test_totals_are_whole_only_where_the_search_was(text, is_whole):
    assert ask(
        "import json; from processes import Finished; from spin_stored import read_totals\n"
        f"stored, errors = read_totals(Finished(0, {text!r}, 1.0, 0))\n"
        "print(json.dumps([stored.states, stored.is_whole, errors]))"
    ) == [172_996, is_whole, 1]


def test_what_spin_gave_up_is_a_bound(spin):
    found = ask(
        "import json, tempfile; from pathlib import Path\n"
        "from spin_stored import Limits, count_spin, take_hand\n"
        "text = take_hand(Path('models/krefs.pml'), 3)\n"
        "with tempfile.TemporaryDirectory() as name:\n"
        "    whole = count_spin(text, Path(name), Limits(1000, 60))\n"
        "    again = count_spin(text, Path(name), Limits(1000, 60), whole)\n"
        "    text = take_hand(Path('models/krefs.pml'), 5)\n"
        "    cut = count_spin(text, Path(name), Limits(81, 60))\n"
        "    after = count_spin(text, Path(name), Limits(81, 60), cut)\n"
        "print(json.dumps([[one.full.states, one.full.is_whole, one.reduced.states, "
        "one.reduced.is_whole, one.ends, one.errors] for one in (whole, again, cut, after)]))"
    )
    whole, again, cut, after = found
    assert whole[:2] == [2_964, True]
    assert whole[2] < 2_964
    assert whole[3] is True
    assert whole[4] > 0
    assert whole[5] == 0
    assert again == whole
    assert cut[1] is False
    assert 0 < cut[0] < 172_996
    assert after[:2] == cut[:2]


@pytest.mark.parametrize("name", ["kernfs-release-once", "kernfs-active-drain", "krefs"])
def test_the_models_by_hand_find_their_bug(name, spin):
    assert ask(
        "import json, tempfile; from dataclasses import replace; from pathlib import Path\n"
        "from spin_stored import Limits, count_spin, take_hand\n"
        f"text = take_hand(Path('models/{name}.pml'), 2)\n"
        "broken = replace(text, macros=(*text.macros, '-DBUG=1'))\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    found = [count_spin(t, Path(folder), Limits(1000, 60)) for t in (text, broken)]\n"
        "print(json.dumps([one.errors > 0 for one in found]))"
    ) == [False, True]


LADDER = """
import json
from pathlib import Path
import gain
from cases import Case
from combinations import Counted, Stored
from processes import CommandError
from spin_stored import SpinStored

asked, said, errors = [], [], 0

def count_combinations(spec, settings, folder, *, most_states, seconds, without):
    asked.append(sorted(without))
    states = 10 ** settings["n"]
    names = [name for name in ("none", "por,symmetry,fuse") if name not in without]
    stored = {name: Stored(min(states, most_states), states <= most_states) for name in names}
    stored.update({"por,symmetry,fuse": Stored(settings["n"])})
    violated = ("safe",) if settings["n"] == 4 else ()
    return Counted(stored, violated, (), states <= most_states, "text", "")

def count_spin(text, folder, limits, before):
    return SpinStored(Stored(9), Stored(8), 1, errors)

gain.count_combinations, gain.count_spin = count_combinations, count_spin
gain.take_exported = lambda text: text

def measure(**more):
    case = Case("c", "kernel", Path("c.py"), "n", (2, 3, 4))
    limits = gain.GainLimits(states=500)
    rows = gain.measure_gains([case], limits, jobs=1, complain=said.append, **more)
    return [[r.stored["none"].states, r.stored["none"].is_whole,
             r.exported and r.find_gain(r.exported).times] for r in rows]

found = [measure(has_spin=True), measure(has_spin=False), asked[:3], said[:1]]
errors = 2
try:
    measure(has_spin=True)
except CommandError as error:
    found.append(str(error))
print(json.dumps(found))
"""


def test_what_was_too_large_is_not_tried_with_more_threads():
    with_spin, without, asked, said, error = ask(LADDER)
    assert with_spin == [[100, True, 4], [500, False, 8 / 3], [500, False, 2]]
    assert [row[2] for row in without] == [None] * 3
    assert asked == [[], [], ["none"]]
    assert said == ["c 4: violated with so many threads: safe"]
    assert error == "c 2 is verified, and SPIN finds 2 errors"


REQUIREMENTS = """
import json
from combinations import Stored
from gain import GainRow
from gain_requirements import judge_gains
from pace import Pace
from spin_stored import SpinStored

def row(name, area, threads, symmetry, all_, spin, hand=None):
    stored = {"none": Stored(10**6), "por": Stored(10**5), "symmetry": symmetry,
              "por,symmetry,fuse": all_}
    counts = [SpinStored(one, one, 0, 0) if one else None for one in (spin, hand)]
    return GainRow(name, area, threads, stored, *counts)

def krefs(threads, states, both=None):
    both = both or Stored(2**threads)
    return row("krefs", "bench", threads, Stored(states), both, None, Stored(814_855))

def kernel(name, both, spin):
    return row(name, "kernel", 4, Stored(9), both, spin)

pace = Pace("krefs 7", 10**6, 1.0, 10**4, 0.04, 4.0)
good = [krefs(n, s) for n, s in ((4, 100), (5, 300), (6, 600), (7, 900))]
good += [kernel("a", Stored(10), Stored(50)), kernel("b", Stored(10), Stored(800, False))]
bad = [krefs(n, s) for n, s in ((4, 100), (5, 200), (6, 500))]
bad += [krefs(7, 900, Stored(15_000, False)), kernel("a", Stored(10), Stored(5000)),
        kernel("b", Stored(10, False), Stored(5000))]
print(json.dumps([[(r.where, r.measured, r.is_met) for r in judge_gains(rows, paces)]
                  for rows, paces in ((good, []), (bad, [pace]))]))
"""


def test_what_was_counted_is_held_against_what_is_required():
    good, bad = ask(REQUIREMENTS)
    by_hand = "(SPIN, by hand, its own reduction: 814,855)"
    assert good == [
        ["krefs 7", f"128 {by_hand}", True],
        ["2 kernel specs", "more than 20.00", True],
        ["krefs, n = 5 … 7", "3.00, 2.00, 1.50", True],
        ["krefs", "2.00 (600 / 300)", True],
        ["krefs, n = 5 … 7", "2.00, 2.00, 2.00", False],
        ["krefs", "2.00 (64 / 32)", True],
    ]
    assert bad == [
        ["krefs 7", f"more than 15,000 {by_hand}", False],
        ["1 kernel specs", "500.00; without b, where we gave up", False],
        ["krefs, n = 5 … 7", "2.00, 2.50, 1.80", False],
        ["krefs", "2.50 (500 / 200)", False],
        ["krefs, n = 5 … 6", "2.00, 2.00", False],
        ["krefs", "2.00 (64 / 32)", True],
        ["krefs 7", "4.00 times (10,000 states in 0.040 s, 1,000,000 in 1.000 s)", False],
    ]


def test_without_spin_ours_are_counted(tmp_path):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    found, text = run_gain(
        tmp_path, "--quick", "--model", "kernfs-release-once", PATH=str(nothing), CC=""
    )
    (row,) = found["rows"]
    assert row["stored"]["none"] == {"states": 102, "is_whole": True}
    assert row["exported"] is None
    assert found["tools"]["SPIN"] is None
    assert "| kernfs-release-once | 2 | 102 |" in text
    assert "* SPIN: not installed" in text
    assert "by hand" not in text
    for place in (ROOT, tmp_path, sys.prefix):
        assert str(place) not in text
        assert str(place) not in json.dumps(found)


def test_with_spin_both_forms_are_beside_ours(tmp_path, spin):
    found, text = run_gain(tmp_path, "--model", "kernfs-release-once", "--size", "3")
    (row,) = found["rows"]
    assert row["stored"]["none"] == {"states": 405, "is_whole": True}
    for form in ("exported", "by_hand"):
        assert row[form]["full"]["is_whole"]
        assert 0 < row[form]["reduced"]["states"] <= row[form]["full"]["states"]
        assert row[form]["ends"] > 0
        assert row[form]["errors"] == 0
    assert "## Beside models written by hand" in text
    assert found["left_out"] == []
