"""Traces of random programs are as short as the naive explorer says the shortest are."""

from __future__ import annotations

import naive
import pytest

from modelcheck.backends.python.model import compile_program
from modelcheck.diagnostics import InternalError
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.explore.shorten import shorten
from modelcheck.explore.shortest import measure
from modelcheck.ir.passes import run_passes
from modelcheck.trace.confirm import confirm_run
from modelcheck.trace.derive import Claim, derive_run
from random_programs.lengths import add_by_steps, add_by_switches, find_lengths
from random_programs.sample import make

MOST_STATES = 250
COUNT = {"ir": 100, "text": 50}  # seeds
LEAST = {"ir": 100, "text": 40}  # ways that are compared, those of them with a preemption,
PREEMPTED = {"ir": 4, "text": 4}
LONGER = {"ir": 4, "text": 4}  # and those where fewer preemptions take more steps


def tell(program, first, options):
    """The result with its traces told anew; a fault of ours is what the test is about."""
    try:
        return shorten(program, first, options)
    except InternalError as error:
        pytest.fail(str(error))


def list_ways(result):
    """What each witness of a result shows, as the naive explorer names it, and the witness."""
    for violation in result.violations:
        circle = (*violation.names, *violation.names[:1])
        for number, path in enumerate(violation.witnesses):
            what = violation.property
            if path.last == "edge":
                what = (violation.property, *circle[number : number + 2])
            yield what, path


def compare_lengths(program, model, found, shortest):
    """The least length of each way, told and naive."""
    add = add_by_switches if shortest == "switches" else add_by_steps
    expected = find_lengths(program, add, most_states=MOST_STATES)
    told = {}
    for what, path in list_ways(found):
        length = measure(model, path)
        pair = (length.preemptions, length.steps)
        if shortest == "steps":
            pair = pair[::-1]
        told[what] = min(told.get(what, pair), pair)
    return told, {what: expected[what] for what in told}


def confirm_all(model, found):
    """Each witness shows what it is said to show."""
    for violation in found.violations:
        for number, path in enumerate(violation.witnesses):
            claim = Claim(violation.property, violation.object, violation.detail)
            confirm_run(model, derive_run(model, path, claim, {}), path, claim, number)


@pytest.mark.parametrize("form", ["ir", "text"])
def test_the_traces_of_random_programs_are_the_shortest(form):
    """And each shows what it is said to show, and is the same after any first search."""
    compared = preempted = longer = 0
    for seed in range(COUNT[form]):
        program = run_passes(make(seed, form))
        try:
            naive.explore(program, most_states=MOST_STATES)
        except naive.TooManyStates:
            continue
        model = compile_program(program)
        first = explore(program)
        others = [
            explore(program, Options(search="dfs")),
            explore(program, Options(reduce=frozenset({"por"}))),
        ]
        lengths = {}
        for shortest in ("switches", "steps"):
            options = Options(shortest=shortest)
            found = tell(program, first, options)
            told, expected = compare_lengths(program, model, found, shortest)
            assert told == expected, f"seed {seed}, {shortest}"
            assert {v.minimal for v in found.violations if v.witnesses} <= {shortest}
            for other in others:
                again = tell(program, other, options)
                assert list(list_ways(again)) == list(list_ways(found)), f"seed {seed}"
            confirm_all(model, found)
            lengths[shortest] = told
        compared += len(lengths["steps"])
        preempted += sum(length[0] > 0 for length in lengths["switches"].values())
        longer += sum(
            lengths["switches"][what][1] > lengths["steps"][what][0] for what in lengths["steps"]
        )
    assert compared >= LEAST[form]
    assert preempted >= PREEMPTED[form]  # else any way would do
    assert longer >= LONGER[form]  # else the two searches could be one
