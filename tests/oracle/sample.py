"""Random programs for SPIN: a seed to one program of a useful size, half of them from spec text."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.ir.nodes import Program
from modelcheck.ir.passes import run_passes
from modelcheck.ir.text import print_program

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from random_programs.ir_program import make_program
from random_programs.text_program import load_program

LEAST_STATES = 30  # fewer are kept now and then: what fails or rests at once
MOST_STATES = 3_000
KEPT_ANYWAY = 0.1
ATTEMPTS = 40


@dataclass(frozen=True)
class Drawn:
    """A program after all passes, and what it was made from."""

    name: str
    program: Program

    @property
    def text(self) -> str:
        """The program, as `modelcheck ir` prints it."""
        return print_program(self.program)


def draw(seed: int) -> Drawn:
    """The first program of this seed that has a useful size."""
    rng = Random(seed)
    form = ("ir", "text")[seed % 2]
    for attempt in range(ATTEMPTS):
        number = seed * ATTEMPTS + attempt
        source = make_program(number) if form == "ir" else load_program(number)
        program = run_passes(source)
        result = explore(program, Options(max_states=MOST_STATES))
        if not result.exhausted:
            continue
        if result.counts.states >= LEAST_STATES or rng.random() < KEPT_ANYWAY:
            return Drawn(f"{form} {number} (seed {seed})", program)
    raise LookupError(f"seed {seed} has no program of a useful size")
