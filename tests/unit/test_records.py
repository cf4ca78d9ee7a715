"""`record`: what it promises of a frozen class, and that the pipeline keeps to it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from modelcheck.records import record

CHANGE = """
from dataclasses import FrozenInstanceError
from modelcheck.ir.nodes import Local
try:
    Local("a").name = "b"
except FrozenInstanceError:
    print("refused")
"""
GATE = """
from modelcheck import api
specs = ["specs/kernfs/kernfs-release-once.py", "specs/selftest/type-stable-lookup.py"]
for gated in api.gate(specs, api.Options(backend="python", reduce=frozenset({"por", "symmetry"}))):
    for judgement in gated.judgements:
        print(judgement.outcome.value)
    for run in gated.runs:
        api.draw_scenes(run)
"""


@record(frozen=True, slots=True)
class Pair:
    first: int
    second: tuple[int, ...] = ()


def run_in_dev_mode(code: str) -> str:
    command = [sys.executable, "-X", "dev", "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_equal_records_have_one_hash():
    assert Pair(1, (2,)) == Pair(1, (2,)) != Pair(1)
    assert hash(Pair(1, (2,))) == hash(Pair(1, (2,)))
    assert len({Pair(1), Pair(1, ()), Pair(2)}) == 2


def test_a_record_has_the_fields_of_its_class_and_no_others():
    with pytest.raises(AttributeError):
        Pair(1).third = 3  # type: ignore[attr-defined]


def test_nodes_refuse_to_be_changed_in_dev_mode():
    assert run_in_dev_mode(CHANGE) == "refused\n"


def test_no_part_of_the_pipeline_changes_a_node():
    assert run_in_dev_mode(GATE) == "as expected\n" * 7
