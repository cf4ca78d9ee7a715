"""SPIN finds the same states, transitions, depth and violations as we do in every shipped spec.

Every variant, but of the specs in `ONLY_DEFAULT`, of which `make oracle` compares the rest.
"""

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
NOT_COMPARED: frozenset[str] = frozenset(
    (
        "kernfs-open-vs-remove-on_published_relaxed",  # a weak memory model
    )
)
# Specs whose variants take SPIN's compiler long; a default does everything that they do.
ONLY_DEFAULT = frozenset(("psi-poll-uaf", "psi-trigger-replace"))

REGRESSIONS = sorted((Path(__file__).parents[1] / "regressions").glob("*.ir"))


@pytest.fixture(autouse=True)
def spin():
    if find_spin() is None:
        assert not os.environ.get("CI"), "CI has to have `spin`"
        pytest.skip("no `spin` here")


def name_spec(job):
    return Path(job[0]).stem


def name_job(job):
    return f"{name_spec(job)}-{job[1] or 'default'}"


def choose_jobs():
    jobs = list(list_jobs(["specs"]))
    return [job for job in jobs if job[1] is None or name_spec(job) not in ONLY_DEFAULT]


@pytest.mark.parametrize("job", choose_jobs(), ids=name_job)
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
