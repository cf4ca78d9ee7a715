"""Many programs as one executable, and running one of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from modelcheck.backends.native.build import Built, build
from modelcheck.backends.native.compiler import Compiler
from modelcheck.backends.native.emit import emit_model
from modelcheck.backends.native.process import SearchProcess
from modelcheck.explore.judging import Judging
from modelcheck.explore.limits import Watch
from modelcheck.explore.native import Prepared, _Run, explore_native, list_arguments
from modelcheck.explore.options import Options, Reduction
from modelcheck.explore.orbits import list_tables
from modelcheck.explore.reducing import make_tables
from modelcheck.explore.result import Result
from modelcheck.ir.layout import pack_slots
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Program

TINY = (
    *("-DMC_GROUP_BITS=4", "-DMC_FIRST_GROUPS=0", "-DMC_NUMBER_BITS=46"),
    "-DMC_FULL_PERCENT=97",
    *("-DMC_SMALLEST_PIECE=2", "-DMC_LARGEST_PIECE=16", "-DMC_BATCH=3"),
    *("-DMC_SMALLEST_UNIT=1", "-DMC_LARGEST_UNIT=4", "-DMC_SMALL_LEVEL=3"),
)
"""Sizes with which small programs meet full groups, equal tags, growth and several workers."""

QUICK = ("-O0",)  # to compile
SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
THREADED = ("-O1", "-g", "-fsanitize=thread")
SECONDS_TO_END = 60

NOTHING: frozenset[Reduction] = frozenset()

has_compiler = any(map(shutil.which, ("cc", "gcc", "clang")))


@dataclass(frozen=True, slots=True)
class Case:
    """A program of a batch, under a name that no other has."""

    program: Program
    prepared: Prepared
    symbol: str
    reduce: frozenset[Reduction] = NOTHING

    @staticmethod
    def make(program: Program, number: int, reduce: frozenset[Reduction] = NOTHING) -> Case:
        program = replace(program, name=f"{program.name} {number}")
        symbol = f"m_model_{number}"
        memory = Memory(program)
        layout = pack_slots(memory)
        options = Options(reduce=reduce)
        stubborn, exchanges = make_tables(program, options), list_tables(memory, options)
        emitted = emit_model(
            program, memory, layout, symbol, stubborn=stubborn, exchanges=exchanges
        )
        return Case(program, Prepared(memory, layout, emitted, exchanges), symbol, reduce)


def make_cases(programs: Iterable[Program], reduce: frozenset[Reduction] = NOTHING) -> list[Case]:
    return [Case.make(program, number, reduce) for number, program in enumerate(programs)]


def build_cases(
    cases: Sequence[Case], flags: Sequence[str] = QUICK, compiler: Compiler | None = None
) -> Built:
    sources = [case.prepared.emitted.as_source(case.symbol) for case in cases]
    return build(sources, compiler, flags=flags)


class UncleanEndError(Exception):
    """A search process that answered everything, and then did not end as it should."""


def run(case: Case, built: Built, options: Options) -> Result:
    """The result of the native search; it must end by itself, well, without a word to stderr."""
    judging, watch = Judging(case.prepared.memory, options), Watch(options)
    arguments = ["--model", case.program.name, *list_arguments(judging, options, watch)]
    with SearchProcess(built, arguments) as process:
        result = _Run(case.prepared, judging, process, watch).execute()
        try:
            code = process._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            raise UncleanEndError("it does not end when it is told to quit") from None
        if code or process._read_said():
            raise UncleanEndError(f"exit code {code}: {process._read_said()[:4000]}")
    if result is None:  # what symmetry assumed does not hold
        return explore_native(case.program, replace(options, symmetry_assumes=False))
    return result
