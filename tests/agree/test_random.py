"""Random programs, a hundred to an executable, in every way; `make soak-native` runs any others."""

from __future__ import annotations

import os
import shutil
from itertools import islice
from pathlib import Path

import pytest

from agree.batch import QUICK, SANITIZED, THREADED, TINY, Case, build_cases, has_compiler
from agree.compare import compare, list_ways
from agree.sample import compare_all, draw
from modelcheck.backends.native.compiler import find_compiler
from modelcheck.ir.passes import run_passes
from modelcheck.ir.text import parse_program

pytestmark = pytest.mark.skipif(not has_compiler, reason="needs a C compiler")

COUNT = 100
CHECKED_COUNT = 16  # under a sanitizer, where everything takes longer
REGRESSIONS = sorted((Path(__file__).parents[1] / "regressions").glob("*.ir"))
SEEDS = 8


def find_differences(form, first, count, flags, compiler=None):
    found = []
    drawn = list(islice(draw(form, first), count))
    compare_all(drawn, flags, lambda d, said: found.append((d.name, said)), compiler)
    return found


@pytest.mark.parametrize("form", ["ir", "text"])
def test_the_backends_agree_on_random_programs(form):
    assert find_differences(form, 0, COUNT, QUICK + TINY) == []


@pytest.mark.parametrize("form", ["ir", "text"])
def test_nothing_is_undefined_on_random_programs(form):
    assert find_differences(form, 500, CHECKED_COUNT, SANITIZED + TINY) == []


@pytest.mark.skipif(shutil.which("clang") is None, reason="needs clang")
def test_another_compiler_makes_the_same_of_random_programs():
    clang = find_compiler({"CC": "clang", "PATH": os.environ["PATH"]})
    assert find_differences("text", 800, CHECKED_COUNT, ("-O2", *TINY), clang) == []


def test_workers_do_not_race_on_random_programs():
    assert find_differences("ir", 700, CHECKED_COUNT, THREADED + TINY) == []


def test_the_backends_agree_on_what_they_once_did_not():
    programs = [
        run_passes(parse_program(path.read_text().split("\n", 1)[1])) for path in REGRESSIONS
    ]
    cases = [Case.make(program, number) for number, program in enumerate(programs)]
    with build_cases(cases, QUICK + TINY) as built:
        for path, case in zip(REGRESSIONS, cases, strict=True):
            for seed in range(SEEDS):
                found = list(compare(case, built, lambda c, s=seed: list_ways(c, s)))
                assert found == [], path.stem
