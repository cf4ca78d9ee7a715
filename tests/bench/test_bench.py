"""The bench finds the counts it must, with the peers that are installed or without any."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_bench(folder, model, **environment):
    command = [sys.executable, "bench/bench.py", folder, "--quick", "--rounds", "1"]
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
    found, text = run_bench(tmp_path, "krefs", PATH=str(nothing))
    assert [(row["tool"], row["states"], row["transitions"]) for row in found["rows"]] == [
        ("modelcheck, python", 2_964, 7_769)
    ]
    assert found["tools"]["SPIN"] is None
    assert found["tools"]["Rumur"] is None
    assert "* SPIN: not installed" in text

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
    found, _ = run_bench(tmp_path, "phils")
    counts = {(row["states"], row["transitions"]) for row in found["rows"]}
    assert counts == {(6_560, 34_984)}  # SPIN's reduction saves nothing here either
