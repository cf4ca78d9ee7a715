"""Programs of a useful size: a seed to a program, and the smaller ones thrown away on the way."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Literal

import naive

from modelcheck.ir.nodes import Program
from random_programs.agree import Comparison, compare
from random_programs.ir_program import make_program
from random_programs.text_program import load_program

Form = Literal["ir", "text"]
LEAST_STATES = 70  # fewer are kept now and then
KEPT_ANYWAY = 0.1
KEPT_WITHOUT_CYCLE = 0.45  # most random programs end; those that go round are harder
ATTEMPTS = 40


def make(seed: int, form: Form) -> Program:
    """One random program, whatever its size."""
    return make_program(seed) if form == "ir" else load_program(seed)


def take(number: int, form: Form) -> Iterator[tuple[int, Program, Comparison]]:
    """One program of whatever size: most are small, so many can be compared in little time."""
    program = make(number, form)
    yield number, program, compare(program)


def draw(seed: int, form: Form) -> Iterator[tuple[int, Program, Comparison]]:
    """Candidates until one is of a useful size: it is the last one.  All were compared."""
    rng = Random(seed)
    for attempt in range(ATTEMPTS):
        number = seed * ATTEMPTS + attempt
        program = make(number, form)
        comparison = compare(program)
        yield number, program, comparison
        found: naive.Findings | None = comparison.naive
        if comparison.differences or found is None:
            if comparison.differences:
                return
            continue
        large = found.states >= LEAST_STATES or rng.random() < KEPT_ANYWAY
        if large and (found.has_cycle or rng.random() < KEPT_WITHOUT_CYCLE):
            return
