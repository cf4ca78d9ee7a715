"""The shipped specs have exactly the states, transitions and depth that are known of them.

increments and kernfs-release-once: counted by hand-written searches before there was a checker.
Two-phase commit: 288 and 8,832 are known from the TLA+ model of Gray and Lamport; transitions and
depth were counted by a search of its actions, without receptions that change nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

SPECS = Path(__file__).resolve().parent.parent / "specs"

COUNTS = [
    ("classics/increments", {"threads": 2, "rounds": 2}, (57, 82, 8)),
    ("classics/increments", {"threads": 2, "rounds": 4}, (541, 910, 16)),
    ("classics/increments", {"threads": 3, "rounds": 3}, (7_646, 18_843, 18)),
    ("classics/increments", {"threads": 3, "rounds": 4}, (42_237, 110_595, 24)),
    ("classics/two-phase-commit", {"managers": 3}, (288, 761, 10)),
    ("classics/two-phase-commit", {"managers": 5}, (8_832, 37_345, 16)),
    ("kernfs/kernfs-release-once", {"closers": 1}, (23, 30, 9)),
    ("kernfs/kernfs-release-once", {"closers": 2}, (102, 175, 15)),
    ("kernfs/kernfs-release-once", {"closers": 3}, (405, 846, 21)),
    ("kernfs/kernfs-release-once", {"closers": 1, "check_released": False}, (21, 28, 8)),
    ("kernfs/kernfs-release-once", {"closers": 2, "check_released": False}, (90, 159, 13)),
    ("kernfs/kernfs-release-once", {"closers": 3, "check_released": False}, (351, 756, 18)),
]


@pytest.mark.parametrize(("spec", "settings", "counts"), COUNTS)
def test_counts_are_exact(explore, spec, settings, counts):
    found = explore((SPECS / f"{spec}.py").read_text(encoding="utf-8"), **settings)
    assert (found.states, found.transitions, found.depth) == counts


def test_the_jugs_are_measured_in_six_pourings(explore):
    found = explore((SPECS / "classics/two-jugs.py").read_text(encoding="utf-8"))
    assert found.result.headline.property == "goal_is_never_measured"
    assert found.result.headline.depth == 6
