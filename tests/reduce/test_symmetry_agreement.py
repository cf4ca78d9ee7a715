"""Symmetry changes no verdict: on the shipped specs, and on random programs, by both backends."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from agree.batch import QUICK, SANITIZED, TINY, build_cases, has_compiler, make_cases, run
from checking import program_of
from random_programs.sample import make

from modelcheck.backends.native.process import SearchDiedError
from modelcheck.diagnostics import SpecErrors
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes
from modelcheck.reduce.symmetry import find_symmetry
from reduce.symmetric_texts import make_text
from reduce.symmetry_kit import SYMMETRIC, check_equivariance, verdicts
from reduce.test_symmetry_orbits import CASES, INDICES

ROOT = Path(__file__).parents[2]
SYMMETRY = frozenset({"symmetry"})
MOST_STATES = 4_000
SPECS = sorted((ROOT / "specs/classics").glob("*.py")) + [
    ROOT / f"specs/{name}.py"
    for name in (
        "kernfs/kernfs-hide-show-poll",
        "kernfs/kernfs-open-vs-remove",
        "selftest/llist-was-empty",
        "selftest/sleep-and-wake",
        "selftest/type-stable-lookup",
        "selftest/unlock-then-free",
        "selftest/plain-increments",
    )
]
EXACT = {  # states, transitions under symmetry
    ("bench/specs/krefs.py", "threads", 2): (212, 442),
    ("bench/specs/krefs.py", "threads", 3): (660, 1_762),
    ("bench/specs/krefs.py", "threads", 6): (7_896, 35_304),
    ("specs/classics/two-phase-commit.py", "managers", 3): (80, 212),
    ("specs/classics/two-phase-commit.py", "managers", 5): (314, 1_332),
    ("specs/classics/increments.py", "rounds", 2): (33, 47),
    ("specs/classics/increments.py", "rounds", 4): (285, 477),
}
LARGE = {
    ("bench/specs/krefs.py", "threads", 10): (73_964, 512_226),
    ("bench/specs/krefs.py", "threads", 8): (26_790, 152_559),
}


def load_program(path, **settings):
    return run_passes(load(ROOT / path, str(path)).program(settings))


@pytest.mark.parametrize("key", EXACT, ids=str)
def test_the_states_are_the_known_number_of_orbits(key):
    path, name, value = key
    counts = explore(load_program(path, **{name: value}), SYMMETRIC).counts
    assert (counts.states, counts.transitions) == EXACT[key]


@pytest.mark.skipif(not has_compiler, reason="needs a C compiler")
def test_the_native_backend_has_the_known_number_of_orbits():
    wanted = {**EXACT, **LARGE}
    programs = [load_program(path, **{name: value}) for path, name, value in wanted]
    programs.append(load_program("specs/classics/increments.py", threads=4, rounds=4))
    cases = make_cases(programs, SYMMETRY)
    with build_cases(cases, ("-O1",)) as built:
        found = [run(case, built, SYMMETRIC).counts for case in cases]
    counts = [(c.states, c.transitions) for c in found]
    assert counts == [*wanted.values(), (193_828, 690_730)]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_has_the_same_verdicts_in_every_variant(path):
    spec = load(path, path.name)
    for variant in (spec.info.default, *spec.info.variants):
        program = run_passes(spec.program(dict(variant.settings)))
        plain = explore(program, Options())
        reduced = explore(program, SYMMETRIC)
        assert verdicts(reduced) == verdicts(plain), variant.name
        assert reduced.counts.states <= plain.counts.states
        assert reduced.counts.depth <= plain.counts.depth


def draw(form, first, count):
    """Random programs that exchange something, and are small enough."""

    def candidates():
        number = first
        while True:
            program = run_passes(make(number, form))
            number += 1
            if find_symmetry(program).classes:
                plain = explore(program, Options(max_states=MOST_STATES))
                if plain.exhausted:
                    yield program, plain

    return list(islice(candidates(), count))


@pytest.mark.parametrize(("form", "first"), [("ir", 0), ("text", 0)])
def test_random_programs_have_the_same_verdicts(form, first):
    reduced_count = 0
    for program, plain in draw(form, first, 75):
        reduced = explore(program, SYMMETRIC)
        assert verdicts(reduced) == verdicts(plain), program.name
        # Less where the start is not symmetric: an orbit is as deep as its first state.
        assert reduced.counts.depth <= plain.counts.depth, program.name
        reduced_count += reduced.counts.states < plain.counts.states
    assert reduced_count >= 25


def draw_named(first, count):
    """Random programs full of names that exchange something, and are small enough."""
    found = []
    for seed in range(first, first + 4 * count):
        try:
            program = program_of(make_text(seed))
        except SpecErrors:
            continue
        if len(found) < count and find_symmetry(program).classes:
            plain = explore(program, Options(max_states=MOST_STATES // 2))
            if plain.exhausted:
                found.append((program, plain))
    return found


@pytest.mark.parametrize("first", [0])
def test_programs_full_of_names_have_the_same_verdicts(first):
    drawn = draw_named(first, 80)
    assert len(drawn) == 80
    tied = 0
    for program, plain in drawn:
        assert verdicts(explore(program, SYMMETRIC)) == verdicts(plain)
        check_equivariance(program, samples=12)
        tied += any(c.templates and c.objects for c in find_symmetry(program).classes)
    assert tied >= 4


@pytest.mark.parametrize("form", ["ir", "text"])
def test_what_is_exchanged_in_random_programs_does_the_same(form):
    compared = [check_equivariance(program, samples=12) for program, _ in draw(form, 200, 60)]
    assert sum(compared) > 300


WAYS = (
    Options(workers=1),
    Options(workers=3),
    Options(search="dfs"),
    Options(search="random", seed=7),
    Options(stop="first", workers=2),
    Options(search="dfs", stop="first"),
)


def find_differences(programs, flags):
    """Where the native backend has another result than python."""
    cases = make_cases(programs, SYMMETRY)
    found = []
    with build_cases(cases, flags) as built:
        for case in cases:
            for way in WAYS:
                options = replace(way, reduce=SYMMETRY, ranges=True)
                theirs = explore(case.program, options)
                try:
                    is_same = replace(run(case, built, options), backend="python") == theirs
                except SearchDiedError:  # what it says is no path of the program
                    is_same = False
                if not is_same:
                    found.append((case.program.name, options.search, options.stop))
    return found


@pytest.mark.skipif(not has_compiler, reason="needs a C compiler")
@pytest.mark.parametrize("form", ["ir", "text"])
def test_both_backends_have_the_same_results(form):
    programs = [program for program, _ in draw(form, 2_000, 40)]
    assert find_differences(programs, QUICK + TINY) == []


@pytest.mark.skipif(not has_compiler, reason="needs a C compiler")
def test_both_backends_have_the_same_results_where_names_are_kept():
    programs = [program_of(text) for text, _ in CASES.values()]
    programs += [program for program, _ in draw_named(20_000, 30)]
    assert find_differences([*programs, program_of(INDICES)], QUICK + TINY) == []


@pytest.mark.skipif(not has_compiler, reason="needs a C compiler")
def test_nothing_is_undefined():
    programs = [program for program, _ in draw("ir", 3_000, 8)]
    programs += [program_of(text) for text, _ in CASES.values()]
    assert find_differences(programs, SANITIZED + TINY) == []
