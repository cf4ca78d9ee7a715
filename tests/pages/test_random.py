"""Traces of random programs, every kind of violation and every witness, can be written too."""

from collections import Counter

import pytest
from random_programs.sample import make

from modelcheck.backends.python.model import compile_program
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.ir.passes import run_passes
from modelcheck.trace.derive import Claim, derive_run
from modelcheck.trace.draw import draw_picture
from modelcheck.trace.picture import Heading
from modelcheck.trace.replay import Scene
from modelcheck.trace.tour import tell_tour
from tests.pages.write import find_faults

SEEDS = 40
MOST_STATES = 400
LEAST = 30  # violations, of so many kinds
KINDS = 8


@pytest.mark.parametrize("form", ["ir", "text"])
def test_traces_of_random_programs_can_be_written(form):
    kinds = Counter()
    for seed in range(SEEDS):
        program = run_passes(make(seed, form))
        model = compile_program(program)
        for violation in explore(program, Options(max_states=MOST_STATES)).violations:
            claim = Claim(violation.property, violation.object, violation.detail)
            for number, path in enumerate(violation.witnesses):
                run = derive_run(model, path, claim, {}, number)
                scene = Scene(
                    draw_picture(run.story, Heading("spec.py")), tell_tour(model, run, {})
                )
                assert list(find_faults((scene,))) == [], (seed, violation.property)
            kinds[violation.property] += 1
    assert kinds.total() >= LEAST
    assert len(kinds) >= KINDS, kinds
