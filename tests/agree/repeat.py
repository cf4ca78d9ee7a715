"""The command line again and again: what it prints as JSON depends on nothing but the program."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKERS = (1, 2, 4)
LARGE = {  # some 10^5 states, with levels large enough for several workers
    "verified": ("bench/specs/krefs.py", "-D", "threads=5"),
    "violated": ("bench/specs/krefs.py", "-D", "threads=5", "--variant", "test_before_lock"),
}
EXITS = {"verified": 0, "violated": 1}


def check(arguments: tuple[str, ...], workers: int, code: int) -> bytes:
    """What `check --json` prints with so many workers."""
    command = [sys.executable, "-m", "modelcheck", "check", *arguments, "--json"]
    done = subprocess.run(
        [*command, "--backend", "native", "--workers", str(workers)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (code, b"")
    return done.stdout


def count_answers(verdict: str, runs: int) -> Counter[bytes]:
    """The different texts that were printed, and how often."""
    arguments, code = LARGE[verdict], EXITS[verdict]
    return Counter(check(arguments, n, code) for n in WORKERS for _ in range(runs))
