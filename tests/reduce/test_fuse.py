"""States that are passed through: counted by another way, and whatever only they show is found."""

from __future__ import annotations

import dataclasses
from itertools import islice

import pytest
from agree.batch import QUICK, TINY, build_cases, has_compiler, make_cases, run
from agree.compare import compare, compare_unreduced, explore_full, list_differences, list_ways
from agree.sample import draw
from checking import program_of, violated

from modelcheck.backends.python.model import compile_program
from modelcheck.backends.python.outcomes import list_outcomes
from modelcheck.diagnostics import InternalError
from modelcheck.explore.options import Options
from modelcheck.explore.orbits import Orbits, list_tables
from modelcheck.explore.search import Run, explore
from modelcheck.explore.walk import walk
from modelcheck.reduce import Fuse, StubbornSets, make_stubborn_tables
from modelcheck.trace.confirm import confirm_run
from modelcheck.trace.derive import Claim, derive_run
from reduce.fuse_texts import TEXTS

COMBINATIONS = [
    frozenset(names) for names in ((), ("por",), ("symmetry",), ("por", "symmetry"))
]  # what fuse may be added to
FUSE = frozenset({"fuse"})
RANDOM = [("ir", 40_000), ("text", 40_000)]
PROGRAMS = 15  # of each form


@pytest.fixture(scope="module")
def programs():
    return {name: program_of(text) for name, (text, _) in TEXTS.items()}


@pytest.fixture(scope="module")
def random_programs():
    return [one.program for form, seed in RANDOM for one in islice(draw(form, seed), PROGRAMS)]


def count_by_hand(model, options):
    """How many states are stored: of the whole graph that the other reductions leave all that have
    not exactly one transition, or one that fails or raises no sum, and those of the start.
    """
    tables = list_tables(model.memory, options)
    canonical = Orbits(model.memory, tables).canonical if tables is not None else tuple
    sets = None
    if "por" in options.reduce:
        sets = StubbornSets(make_stubborn_tables(model.program))
    work = list({canonical(o.result): 0 for o in model.start() if isinstance(o.result, tuple)})
    known, stored, threads = set(work), set(work), len(model.memory.threads)
    for state in work:
        steps = [table[pc] for table, pc in zip(model.tables, state, strict=False)]
        results = [None if step is None else step(state) for step in steps]
        chosen = sets.choose(state, results) if sets is not None else 0
        taken = []
        for thread, result in enumerate(results):
            if result is not None and (not chosen or chosen >> thread & 1):
                taken += [outcome.result for outcome in list_outcomes(result)]
        reached = [one for one in taken if isinstance(one, tuple)]
        for one in map(canonical, reached):
            if one not in known:
                known.add(one)
                work.append(one)
        rises = len(reached) == 1 and sum(reached[0][:threads]) > sum(state[:threads])
        if len(taken) != 1 or not rises:
            stored.add(state)
    return len(stored)


def check_count(program, reduce, *searches):
    """Whether fewer are stored than without, and as many as there have to be, in every order."""
    model = compile_program(program)
    # Where symmetry rests on what fails the run begins again without; the count begins so.
    plain = Options(reduce=reduce, symmetry_assumes=False)
    options = dataclasses.replace(plain, reduce=reduce | FUSE)
    found, left = (Run(model, one).execute() for one in (options, plain))
    assert found.counts.states == count_by_hand(model, options), program.name
    for search in searches:
        counts = Run(model, dataclasses.replace(options, search=search)).execute().counts
        assert counts == dataclasses.replace(found.counts, depth=None)
    return found.counts.states < left.counts.states


@pytest.mark.parametrize("reduce", COMBINATIONS, ids=lambda names: "+".join(sorted(names)))
def test_what_is_stored_is_a_fact_about_the_program(programs, reduce):
    fewer = [check_count(program, reduce, "dfs", "random") for program in programs.values()]
    assert all(fewer)


def test_what_is_stored_of_random_programs_is_a_fact_about_them(random_programs):
    fewer = [check_count(one, names) for one in random_programs for names in COMBINATIONS[:2]]
    assert sum(fewer) > len(fewer) / 2


@pytest.mark.parametrize("reduce", COMBINATIONS, ids=lambda names: "+".join(sorted(names)))
@pytest.mark.parametrize("name", TEXTS)
def test_what_only_a_state_on_the_way_shows_is_found(programs, name, reduce):
    program = programs[name]
    model = compile_program(program)
    options = Options(ranges=True, reduce=reduce | FUSE)
    result = explore(program, options)
    assert violated(result) == TEXTS[name][1]
    assert list(compare_unreduced(result, explore_full(model, options))) == []
    for violation in result.violations:
        assert violation.minimal == "no"
        assert violation.depth == max(
            (len(path.moves) for path in violation.witnesses), default=result.counts.states
        )
        for number, path in enumerate(violation.witnesses):
            claim = Claim(violation.property, violation.object, violation.detail)
            confirm_run(model, derive_run(model, path, claim, {}), path, claim, number)
    for found in result.properties:
        if found.kind == "reachable" and found.witness is not None:
            last = list(walk(model, found.witness))[-1]
            assert model.judges[found.name](last.state) is True


@pytest.mark.skipif(not has_compiler, reason="needs a C compiler")
@pytest.mark.parametrize("reduce", COMBINATIONS, ids=lambda names: "+".join(sorted(names)))
def test_both_backends_have_the_same_results_of_chains(programs, reduce):
    cases = [
        dataclasses.replace(case, reduce=reduce | FUSE)
        for case in make_cases(programs.values(), reduce)
    ]
    with build_cases(cases, QUICK + TINY) as built:
        for seed, case in enumerate(cases):
            ways = list_ways(case, seed)
            chosen = ways[seed % 3 :: 3]
            assert list(compare(case, built, lambda _, w=chosen: w)) == [], case.program.name


@pytest.mark.skipif(not has_compiler, reason="needs a C compiler")
@pytest.mark.parametrize("reduce", COMBINATIONS, ids=lambda names: "+".join(sorted(names)))
def test_both_backends_have_the_same_results_of_random_programs(random_programs, reduce):
    cases = [
        dataclasses.replace(case, reduce=reduce | FUSE)
        for case in make_cases(random_programs[::2], reduce)
    ]
    with build_cases(cases, QUICK + TINY) as built:
        for seed, case in enumerate(cases):
            model = compile_program(case.program)
            options = Options(ranges=True, reduce=case.reduce, workers=1 + seed % 3)
            theirs = Run(model, options).execute()
            assert list(compare_unreduced(theirs, explore_full(model, options))) == [], (
                case.program.name
            )
            for one in (options, list_ways(case, seed)[seed % 9]):
                expected = Run(model, one).execute()
                found = list(list_differences(expected, run(case, built, one)))
                assert found == [], case.program.name


def test_a_chain_that_is_longer_than_any_can_be_is_our_fault():
    """No program has one.  Here the greatest sum of program counters is thought to be less."""

    def step(state):
        return (state[0] + 1,)

    fuse = Fuse(((*[step] * 9, None),), None, None)
    assert len(list(fuse.follow((0,)))) == 9
    fuse._longest = 7
    with pytest.raises(InternalError, match="does not end"):
        list(fuse.follow((0,)))


def test_a_loop_by_itself_is_stored_once_each_round():
    program = program_of("""
        a = shared(U8)

        @thread
        def counts():
            while True:
                WRITE_ONCE(a, 1)
                WRITE_ONCE(a, 2)
                WRITE_ONCE(a, 3)
                WRITE_ONCE(a, 4)
    """)
    plain, fused = (explore(program, Options(reduce=names)) for names in (frozenset(), FUSE))
    assert (plain.counts.states, plain.counts.transitions) == (5, 5)
    # The start, and where the thread is about to go back; once to it, then round.
    assert (fused.counts.states, fused.counts.transitions, fused.counts.depth) == (2, 7, 1)
    assert violated(plain) == violated(fused) == {"stuck"}
