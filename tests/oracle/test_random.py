"""SPIN finds the same states, transitions, depth and violations as we do in random programs.

`make oracle` compares 300; here are some of them.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from modelcheck.ir.text import print_program
from tests.oracle.__main__ import report_left_out, run_random
from tests.oracle.compare import Comparison
from tests.oracle.sample import draw
from tests.oracle.spin import find_spin

SEEDS = range(1, 37)
TOGETHER = 2  # SPIN and the compiler are programs of their own


@pytest.fixture(autouse=True)
def spin():
    if find_spin() is None:
        assert not os.environ.get("CI"), "CI has to have `spin`"
        pytest.skip("no `spin` here")


@cache
def compare_all():
    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(run_random, SEEDS))


def test_spin_agrees():
    for name, outcome in compare_all():
        assert isinstance(outcome, Comparison), f"{name}: {outcome}"
        assert outcome.agrees, f"{name}: here {outcome.ours}, SPIN {outcome.spin}"


def test_few_programs_are_left_out():
    outcomes = [outcome for _, outcome in compare_all()]
    assert report_left_out(outcomes) == 0


def test_the_programs_are_worth_asking_about():
    """Violations and clean ones, in numbers that show a verdict that is always the same."""
    figures = [o.ours for _, o in compare_all() if isinstance(o, Comparison) and o.ours]
    violated = sum(bool(f.violated) for f in figures)
    assert len(figures) / 2 <= violated <= len(figures) * 9 / 10
    assert sum(f.states > 100 for f in figures) >= len(figures) / 3


def test_a_seed_draws_the_same_program_again():
    assert print_program(draw(3).program) == draw(3).text != draw(4).text
