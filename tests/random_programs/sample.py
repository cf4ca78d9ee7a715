"""Programs of a useful size: a seed to a program, and the smaller ones thrown away on the way."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Literal

from modelcheck.ir.nodes import Program
from random_programs.agree import Comparison, compare
from random_programs.ir_program import make_program
from random_programs.mend import mend
from random_programs.text_program import load_program

Form = Literal["ir", "text"]
LEAST_STATES = 150  # fewer are kept now and then
KEPT_ANYWAY = 0.1
KEPT_WITHOUT_CYCLE = 0.45  # most random programs end; those that go round are harder
MENDED = 0.5  # of the seeds: their programs go on where they failed
MENDINGS = 4
ATTEMPTS = 40


def make(seed: int, form: Form) -> Program:
    """One random program, whatever its size."""
    return make_program(seed) if form == "ir" else load_program(seed)


def take(number: int, form: Form) -> Iterator[tuple[int, Program, Comparison]]:
    """One program of whatever size: most are small, so many can be compared in little time."""
    program = make(number, form)
    yield number, program, compare(program)


def draw(seed: int, form: Form) -> Iterator[tuple[int, Program, Comparison]]:
    """Candidates until one is of a useful size: it is the last one.  All were compared.

    A seed whose programs are mended follows a candidate with what `mend` makes of it, until that
    violates nothing or `mend` knows no more.
    """
    rng = Random(seed)
    mends = rng.random() < MENDED
    for attempt in range(ATTEMPTS):
        number = seed * ATTEMPTS + attempt
        program = make(number, form)
        comparison = compare(program)
        yield number, program, comparison
        for _ in range(MENDINGS * mends):
            found = comparison.naive
            if comparison.differences or found is None or not found.violated:
                break
            program = mend(program, found)
            comparison = compare(program)
            yield number, program, comparison
        if comparison.differences:
            return
        found = comparison.naive
        if found is None:
            continue
        large = found.states >= LEAST_STATES or rng.random() < KEPT_ANYWAY
        if large and (found.has_cycle or rng.random() < KEPT_WITHOUT_CYCLE):
            return
