"""Random programs of pools, rounds and shifted numbers: verdicts, equivariance, unused slots."""

from __future__ import annotations

import pytest
from agree.batch import QUICK, TINY, has_compiler
from checking import program_of

from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.reduce.symmetry import find_symmetry
from reduce.pooled_texts import make_text
from reduce.symmetry_kit import SYMMETRIC, check_equivariance, verdicts
from reduce.test_symmetry_agreement import find_differences
from reduce.test_symmetry_fresh import check_evenness

MOST_STATES = 2_000


def draw(first, count):
    """Random programs that exchange something, and are small enough, with their results."""
    found = []
    seed = first
    while len(found) < count:
        try:
            program = program_of(make_text(seed))
        except SpecErrors:
            continue
        finally:
            seed += 1
        if find_symmetry(program).classes:
            plain = explore(program, Options(max_states=MOST_STATES))
            if plain.exhausted:
                found.append((program, plain))
    return found


@pytest.mark.parametrize("first", [0, 1_000, 2_000])
def test_pooled_programs_have_the_same_verdicts(first):
    tied = assumed = refuted = shifted = 0
    for program, plain in draw(first, 40):
        symmetry = find_symmetry(program)
        reduced = explore(program, SYMMETRIC)
        assert verdicts(reduced) == verdicts(plain), program.name
        assert reduced.counts.states <= plain.counts.states
        check_equivariance(program, samples=12)
        check_evenness(program)
        tied += any("nodes" in known.objects and known.templates for known in symmetry.classes)
        shifted += any(known.shifts for known in symmetry.classes)
        assumed += bool(symmetry.assumed)
        refuted += any(v.property in symmetry.assumed for v in plain.violations)
    assert min(tied, assumed, refuted) >= 2
    assert shifted >= 1


@pytest.mark.skipif(not has_compiler, reason="needs a C compiler")
def test_both_backends_have_the_same_results_of_pooled_programs():
    assert find_differences([program for program, _ in draw(3_000, 12)], QUICK + TINY) == []
