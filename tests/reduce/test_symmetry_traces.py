"""What a search under symmetry finds is told of the program: threads keep their names."""

from __future__ import annotations

import pytest
from checking import program_of, violated

from modelcheck.backends.python.model import compile_program
from modelcheck.backends.python.outcomes import Failure
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.search import explore
from modelcheck.explore.walk import walk
from modelcheck.trace.confirm import confirm_run
from modelcheck.trace.derive import Claim, derive_run
from reduce.symmetry_kit import SYMMETRIC, search

FREED = """
@struct(marked=True)
class Buffer:
    word: U8
    users: U8


buffers = shared(Buffer, count=2)


@thread(count=3)
def use(me):
    buffer = choose(b for b in buffers)
    buffer.users += 1
    if buffer.users > 1:
        free(buffer)
    buffer.word = 1
"""
COUNTED = """
counter = shared(U8)


@thread(count=3)
def add():
    value = READ_ONCE(counter)
    WRITE_ONCE(counter, value + 1)


@final
def all_counted():
    return counter == 3


@reachable
def two_counted():
    return counter == 2
"""
RACING = """
@struct
class Cell:
    word: U8


cells = shared(Cell, count=2)


@thread(count=3)
def write():
    i = choose(range(2))
    cells[i].word = 1
"""
LOCKS = """
@struct(marked=True)
class Lock:
    owner: ThreadId


a = shared(Lock)
b = shared(Lock)


@observer
def note(first, second):
    precedes("lock-order", first, second)


def take(lock: Ptr[Lock]):
    with atomic():
        wait_until(lock.owner is None)
        lock.owner = current()


@thread(count=2)
def forth():
    take(a)
    note(a, b)
    take(b)


@thread(count=2)
def back():
    take(b)
    note(b, a)
    take(a)
"""
LEAKING = """
@struct
class Node:
    word: U8


nodes = pool(Node, count=2)


@thread(count=2)
def make():
    n = new(Node, word=0)
    n.word = 1
"""
ALL = {
    "use after free": (FREED, {"use-after-free", "double-free"}),
    "a lost update": (COUNTED, {"all_counted"}),
    "a race": (RACING, {"data-race"}),
    "lock order": (LOCKS, {"lock-order", "deadlock"}),
    "a leak": (LEAKING, {"leak"}),
}


@pytest.mark.parametrize("case", ALL)
def test_each_trace_is_one_of_the_program_and_shows_what_it_says(case):
    text, expected = ALL[case]
    program = program_of(text)
    plain, reduced = search(program)
    assert violated(plain) == violated(reduced) == expected
    assert reduced.counts.states < plain.counts.states
    model = compile_program(program)
    for violation in reduced.violations:
        for number, path in enumerate(violation.witnesses):
            claim = Claim(violation.property, violation.object)
            run = derive_run(model, path, claim, {})
            confirm_run(model, run, path, claim, number)
            last = list(walk(model, path))[-1]
            if path.last == "step":
                assert isinstance(last.outcome.result, Failure)
                assert last.outcome.result.object == violation.object
            if path.last == "race":
                names = {failure.object for failure, _, _ in RaceCheck(model).find(last.state)}
                assert violation.object in names


@pytest.mark.parametrize("case", ALL)
def test_a_violation_is_as_deep_as_without(case):
    plain, reduced = search(program_of(ALL[case][0]))
    least = [
        {name: min(v.depth for v in r.violations if v.property == name) for name in violated(r)}
        for r in (plain, reduced)
    ]
    assert least[0] == least[1]


def test_objects_that_are_exchanged_are_told_once_and_others_each():
    text = """
@struct
class Cell:
    word: U8


cells = shared(Cell, count=2)
first = shared(Cell)
second = shared(Cell)


@thread(count=2)
def write():
    i = choose(range(2))
    cells[i].word = 1
    first.word = 1
    second.word = 1
"""
    plain, reduced = search(program_of(text))
    races = [
        sorted(v.object for v in r.violations if v.property == "data-race")
        for r in (plain, reduced)
    ]
    assert races[0] == ["cells[0].word", "cells[1].word", "first.word", "second.word"]
    assert races[1] in ([o, *races[0][2:]] for o in races[0][:2])


def test_a_reachable_is_witnessed_by_a_path_of_the_program():
    program = program_of(COUNTED)
    result = explore(program, SYMMETRIC)
    (seen,) = [p.witness for p in result.properties if p.name == "two_counted"]
    last = list(walk(compile_program(program), seen))[-1]
    assert compile_program(program).judges["two_counted"](last.state) is True


def test_an_object_without_fields_has_a_name():
    text = """
@struct
class Empty:
    never: Bool


empties = shared(Empty, count=2)


@struct(marked=True)
class Count:
    value: U8


count = shared(Count)


@thread(count=2)
def work():
    i = choose(range(2))
    count.value = 1
    assert empties[i].never, "told"
"""
    plain, reduced = search(program_of(text))
    assert {v.object for v in plain.violations} >= {"empties[0]", "empties[1]"}
    assert [v.property for v in reduced.violations].count("told") == 1


def test_a_failing_start_is_told_as_it_is():
    text = """
counter = shared(U8)


@initial
def fill():
    global counter
    counter = choose(range(3))
    assert counter < 2, "small"


@thread(count=2)
def add():
    global counter
    counter += 1
"""
    program = program_of(text)
    plain, reduced = search(program)
    (one,) = [v for v in plain.violations if v.property == "small"]
    (other,) = [v for v in reduced.violations if v.property == "small"]
    assert one == other


def test_the_scope_line_says_so():
    plain, reduced = search(program_of(COUNTED))
    assert "no reductions" in plain.scope
    assert "reduced by symmetry" in reduced.scope
