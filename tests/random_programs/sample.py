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
LEAST_STATES = 250  # fewer are kept now and then
KEPT_ANYWAY = 0.03
KEPT_WITHOUT_CYCLE = 0.15  # most random programs end; those that go round are harder
MENDINGS = {"all": 0.4, "all but one": 0.4, "nothing": 0.2}  # how many seeds mend how much
ROUNDS = 4
ATTEMPTS = 40
FREQUENT = ("data-race", "stuck", "deadlock", "leak", "capacity", "diverges")
"""What the programs violate anyway: if one violation is to stay, then rather another."""


def make(seed: int, form: Form) -> Program:
    """One random program, whatever its size."""
    return make_program(seed) if form == "ir" else load_program(seed)


def take(number: int, form: Form) -> Iterator[tuple[int, Program, Comparison]]:
    """One program of whatever size: most are small, so many can be compared in little time."""
    program = make(number, form)
    yield number, program, compare(program)


def draw(seed: int, form: Form) -> Iterator[tuple[int, Program, Comparison]]:
    """Candidates until one is of a useful size: it is the last one.  All were compared.

    A seed that mends follows each candidate with what `mend` makes of it, until that violates
    nothing, or only what is to stay.
    """
    rng = Random(seed)
    mends = rng.choices(list(MENDINGS), list(MENDINGS.values()))[0]
    for attempt in range(ATTEMPTS):
        number = seed * ATTEMPTS + attempt
        program = make(number, form)
        comparison = compare(program)
        yield number, program, comparison
        kept = choose_kept(rng, comparison) if mends == "all but one" else set()
        for _ in range(ROUNDS if mends != "nothing" else 0):
            found = comparison.naive
            if comparison.differences or found is None:
                break
            if not (violated := found.violated - kept - {"diverges"}):  # no way to mend that
                break
            program = mend(program, violated)
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


def choose_kept(rng: Random, comparison: Comparison) -> set[str]:
    """The violation that stays while the others are mended."""
    violated = sorted(comparison.naive.violated) if comparison.naive is not None else []
    rare = [name for name in violated if name not in FREQUENT]
    return {rng.choice(rare or violated)} if violated else set()
