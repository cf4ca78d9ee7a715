"""The bench finds the counts it must, with the peers that are installed or without any."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelcheck.backends.native.compiler import NoCompilerError, find_compiler

ROOT = Path(__file__).resolve().parents[2]


def has_compiler():
    try:
        find_compiler()
    except NoCompilerError:
        return False
    return True


needs_compiler = pytest.mark.skipif(not has_compiler(), reason="there is no C compiler")


def run_bench(folder, model, *tools, **environment):
    command = [sys.executable, "bench/bench.py", folder, "--quick", "--rounds", "1"]
    command += [word for tool in tools for word in ("--tool", tool)]
    done = subprocess.run(
        [*command, "--model", model],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "bench.json").read_text(encoding="utf-8")), done.stdout


def test_without_peers_they_are_listed_as_missing_and_ours_is_measured(tmp_path):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    found, text = run_bench(tmp_path, "krefs", PATH=str(nothing), CC="")
    assert [(row["tool"], row["states"], row["transitions"]) for row in found["rows"]] == [
        ("modelcheck, python", 2_964, 7_769)
    ]
    assert found["rows"][0]["times_ours"] == 1
    assert found["tools"]["modelcheck"] is not None
    assert found["tools"]["SPIN"] is None
    assert found["tools"]["Rumur"] is None
    assert "* SPIN: not installed" in text
    assert found["requirements"] == []
    assert found["journeys"] == {}

    (spending,) = found["spending"].values()
    assert spending["states"] == 2_964
    shares = {part["name"]: part["share"] for part in spending["parts"]}
    assert {"generated steps", "hashing and store", "property checks", "race check"} <= set(shares)
    assert shares["generated steps"] > 0
    assert "Where the python backend's time goes" in text

    # What is told of the machine is what these six say; no names of hosts, no paths.
    assert set(found["machine"]) == {"cpu", "cores", "memory_gib", "system", "compiler", "python"}
    for place in (ROOT, tmp_path, sys.prefix):
        assert str(place) not in text
        assert str(place) not in json.dumps(found)


def test_the_peers_that_are_there_agree(tmp_path):
    """The bench ends with an error where a peer that reduces nothing has other counts."""
    found, _ = run_bench(tmp_path, "phils", "modelcheck, python", "SPIN", "Rumur", "TLC")
    counts = {(row["states"], row["transitions"]) for row in found["rows"]}
    assert counts == {(6_560, 34_984)}


@needs_compiler
def test_the_native_backend_is_what_the_others_are_compared_with(tmp_path):
    native, warm = "modelcheck, native", "modelcheck, native, warm cache"
    found, _ = run_bench(tmp_path, "counters", native, warm, "SPIN, exported")
    rows = {row["tool"]: row for row in found["rows"]}
    assert rows[native]["times_ours"] == 1
    for name in (native, warm):
        assert (rows[name]["states"], rows[name]["transitions"]) == (10_000, 36_000)
        assert rows[name]["state_bytes"] == 16
    assert rows[warm]["seconds"] < rows[native]["seconds"]
    if "SPIN, exported" in rows:
        assert rows["SPIN, exported"]["states"] >= 10_000
