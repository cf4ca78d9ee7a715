"""The table of trace lengths: a row for each violated variant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_row_says_how_long_each_trace_is():
    done = subprocess.run(
        [sys.executable, "bench/traces.py", "kernfs-release-once"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    *_, row = done.stdout.splitlines()
    names = "| kernfs-release-once | no_released_check | released_once "
    assert row == f"{names}| 8 / 0 | 8 / 1* | 8 / 0 | 8 / 0 | switches |"
