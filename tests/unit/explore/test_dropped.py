"""What threads do at their ends, and that plays no part, is left out of a trace and noted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from checking import program_of
from random_programs.sample import make

from modelcheck.backends.python.model import compile_program
from modelcheck.diagnostics import InternalError
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.explore.shorten import shorten
from modelcheck.explore.shortest import measure
from modelcheck.explore.walk import ReplayError, walk
from modelcheck.ir.passes import run_passes
from modelcheck.trace.confirm import confirm_run
from modelcheck.trace.derive import Claim, derive_run

# Without a preemption `first` runs to its end; `other` lets nobody pass before it has run.
RUNS_ON = """
@struct(marked=True)
class Words:
    a: U8
    b: U8
    c: U8

words = shared(Words)

@thread
def first():
    words.a = 1
    words.b = 1
    words.b = 2

@thread
def second():
    assert words.a == 0, "a_is_zero"
"""
# The race is seen where `first` waits; what `helper` did before is needed, what it does after not.
WHOLE_THREAD = """
@struct(marked=True)
class Words:
    a: U8
    b: U8

words = shared(Words)

@thread
def first():
    wait_until(words.a == 1)
    words.b = 1

@thread
def helper():
    words.a = 1

@invariant
def b_is_zero():
    return words.b == 0
"""


def tell(text, name):
    program = program_of(text)
    found = shorten(program, explore(program), Options(shortest="switches"))
    violation = next(v for v in found.violations if v.property == name)
    return compile_program(program), violation


def list_names(model, moves):
    return [model.memory.threads[move.thread].name for move in moves]


def shows(model, violation, path, number=0):
    """Whether a path shows a violation."""
    claim = Claim(violation.property, violation.object, violation.detail)
    try:
        run = derive_run(model, path, claim, {})
    except ReplayError:
        return False
    try:
        confirm_run(model, run, path, claim, number)
    except InternalError:  # what `confirm_run` says of a claim that is not so
        return False
    return True


def test_what_runs_on_only_to_save_a_preemption_is_left_out():
    model, violation = tell(RUNS_ON, "a_is_zero")
    (path,) = violation.witnesses
    assert list_names(model, path.moves) == ["first", "second"]
    assert [count for count, _ in path.dropped] == [1, 1]
    assert list_names(model, path.whole.moves) == ["first", "first", "first", "second"]
    assert (measure(model, path).preemptions, measure(model, path).steps) == (0, 4)
    assert shows(model, violation, path)
    assert shows(model, violation, path.whole)


def test_what_makes_another_thread_go_on_is_not_left_out():
    model, violation = tell(WHOLE_THREAD, "b_is_zero")
    (path,) = violation.witnesses
    assert list_names(model, path.moves) == ["helper", "first", "first"]
    assert path.dropped == ()


def test_nothing_is_left_out_of_the_fewest_steps():
    program = program_of(RUNS_ON)
    found = shorten(program, explore(program), Options(shortest="steps"))
    assert [path.dropped for v in found.violations for path in v.witnesses] == [()]


def test_each_thread_that_runs_on_is_cut():
    text = """
@struct(marked=True)
class Words:
    a: U8
    b: U8
    c: U8

words = shared(Words)

@thread
def first():
    words.a = 1
    words.c = 1
    words.c = 2

@thread
def other():
    words.b = 1
    words.c = 3

@thread
def second():
    assert words.a == 0 or words.b == 0, "never_both"
"""
    model, violation = tell(text, "never_both")
    (path,) = violation.witnesses
    assert list_names(model, path.moves) == ["first", "other", "second"]
    assert [count for count, _ in path.dropped] == [1, 1, 2]


def test_what_fails_otherwise_shows_nothing():
    """Without `first`, `second` fails in the same step by another check."""
    text = """
@struct(marked=True)
class Words:
    a: U8
    b: U8

words = shared(Words, b=1)

@thread
def first():
    words.b = 0
    words.a = 1

@thread
def second():
    with atomic():
        assert words.b == 0, "b_is_zero"
        assert words.a == 0, "a_is_zero"
"""
    model, violation = tell(text, "a_is_zero")
    (path,) = violation.witnesses
    assert list_names(model, path.moves) == ["first", "first", "second"]


@pytest.mark.slow
@pytest.mark.parametrize(("form", "seeds", "least"), [("ir", 100, 5), ("text", 20, 2)])
def test_random_programs_are_told_without_what_plays_no_part(form, seeds, least):
    """The whole way is a run too, and no thread can do without its last moves."""
    dropped = 0
    for seed in range(seeds):
        program = run_passes(make(seed, form))
        first = explore(program, Options(max_states=2_000))
        model = compile_program(program)
        for violation in shorten(program, first, Options(shortest="switches")).violations:
            for number, path in enumerate(violation.witnesses):
                assert count_steps(model, path.whole) == len(path.moves) + len(path.dropped)
                assert shows(model, violation, path, number)
                dropped += bool(path.dropped)
                is_told_at_rest = path.unrelated or violation.property in ("stuck", "deadlock")
                if violation.minimal != "switches" or path.last == "edge" or is_told_at_rest:
                    continue
                for fewer in list_fewer(path):
                    assert not shows(model, violation, fewer), f"seed {seed}"
    assert dropped >= least


def count_steps(model, path):
    """How many steps of a path the program can take; -1 where not all of them."""
    try:
        return len(list(walk(model, path))) - 1
    except ReplayError:
        return -1


def list_fewer(path):
    """The path without the last moves of one thread."""
    for thread in {move.thread for move in path.moves}:
        own = [place for place, move in enumerate(path.moves) if move.thread == thread]
        for count in range(1, len(own) + 1):
            left = [m for place, m in enumerate(path.moves) if place not in own[-count:]]
            yield replace(path, moves=tuple(left), dropped=())
