"""SPIN finds the same states, transitions, depth and violations as we do in every shipped spec."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelcheck.ir.passes import run_passes
from modelcheck.ir.text import parse_program
from tests.oracle.__main__ import list_jobs, run_job
from tests.oracle.compare import compare
from tests.oracle.spin import find_spin

# Variants that SPIN cannot be asked about, as "file-variant"; a new one has to be named here.
NOT_COMPARED: frozenset[str] = frozenset()

REGRESSIONS = sorted((Path(__file__).parents[1] / "regressions").glob("*.ir"))


@pytest.fixture(autouse=True)
def spin():
    if find_spin() is None:
        assert not os.environ.get("CI"), "CI has to have `spin`"
        pytest.skip("no `spin` here")


def name_job(job):
    path, variant = job
    return f"{path.rpartition('/')[2].removesuffix('.py')}-{variant or 'default'}"


@pytest.mark.parametrize("job", list(list_jobs(["specs"])), ids=name_job)
def test_spin_agrees(job):
    outcome = run_job(job)
    assert not isinstance(outcome, str), outcome
    assert not outcome.excluded or name_job(job) in NOT_COMPARED, outcome.excluded
    assert outcome.agrees, f"here {outcome.ours}, SPIN {outcome.spin}"


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_spin_agrees_on_what_once_disagreed(path):
    program = run_passes(parse_program(path.read_text(encoding="utf-8").partition("\n")[2]))
    outcome = compare(program)
    assert outcome.excluded or outcome.agrees, f"here {outcome.ours}, SPIN {outcome.spin}"
