"""Generated C against the python backend: every spec and variant, and random programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from emit_compare import Case, compare
from random_programs.sample import make

from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes

ROOT = Path(__file__).parents[4]
MOST_STATES = 2_000
SPECS = [*sorted(ROOT.glob("specs/*/*.py")), *sorted(ROOT.glob("bench/specs/*.py"))]


def list_cases(path):
    """The spec as it is, then every variant."""
    spec = load(path, path.relative_to(ROOT).as_posix())
    for i, variant in enumerate((spec.info.default, *spec.info.variants)):
        program = run_passes(spec.program(variant.settings))
        yield Case.make(f"{path.stem} {variant.name}", program, MOST_STATES, f"m_model_{i}")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_c_of_a_spec_does_what_python_does(path, tmp_path):
    tally = compare(tmp_path, list(list_cases(path)), ("-O2",))
    assert tally.states > 0


@pytest.mark.parametrize("form", ["ir", "text"])
@pytest.mark.parametrize("first", range(0, 120, 40))
def test_the_c_of_random_programs_does_what_python_does(form, first, tmp_path):
    cases = [
        Case.make(f"{form} {seed}", run_passes(make(seed, form)), 60, f"m_model_{seed - first}")
        for seed in range(first, first + 40)
    ]
    tally = compare(tmp_path, cases)
    assert tally.programs == 40
