"""SPIN finds the same states, transitions, depth and violations as we do in every shipped spec."""

from __future__ import annotations

import os

import pytest

from tests.oracle.__main__ import list_jobs, run_job
from tests.oracle.spin import find_spin

# Variants that SPIN cannot be asked about, as "file-variant"; a new one has to be named here.
NOT_COMPARED: frozenset[str] = frozenset()


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
