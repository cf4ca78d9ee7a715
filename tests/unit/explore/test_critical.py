"""The orderings that a trace needs, against every order of its steps, each run on its own."""

from __future__ import annotations

import pytest
from checking import program_of
from random_programs.sample import make
from script_runs import TooManyRunsError, is_enough, list_runs

from modelcheck.backends.python.model import compile_program
from modelcheck.backends.python.outcomes import Failure
from modelcheck.explore import critical
from modelcheck.explore.critical import find_needs
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.explore.shorten import shorten
from modelcheck.explore.walk import walk
from modelcheck.ir.passes import run_passes

LOST = """
count = shared(U8)

@thread(count=2)
def add():
    global count
    count += 1

@final
def none_lost():
    return count == 2
"""
# Both look before either says that it is in.
ENTER = """
@struct(marked=True)
class Words:
    busy: U8
    inside: U8

words = shared(Words)

@thread(count=2)
def enter():
    wait_until(words.busy == 0)
    words.busy = 1
    with atomic():
        words.inside += 1

@invariant
def one_inside():
    return words.inside < 2
"""
# The reader has the object when it is taken away; the locks around both play no part.
FREED = """
@struct(marked=True)
class Node:
    word: U8

@struct(marked=True)
class Words:
    lock: ThreadId
    head: Ptr[Node]

nodes = pool(Node, count=1)
words = shared(Words)

@initial
def start():
    words.head = new(Node, word=0)

@thread
def read():
    with atomic():
        wait_until(words.lock is None)
        words.lock = current()
    node = words.head
    words.lock = None
    if node is not None:
        node.word = 1

@thread
def remove():
    with atomic():
        wait_until(words.lock is None)
        words.lock = current()
    node = words.head
    words.head = None
    words.lock = None
    free(node)
"""
# In any order of its steps: whoever looks first, both wait.
EMBRACE = """
@struct(marked=True)
class Words:
    a: U8
    b: U8

words = shared(Words)

@thread
def first():
    words.a = 1
    wait_until(words.b == 2)

@thread
def second():
    words.b = 1
    wait_until(words.a == 2)
"""
RACING = """
@struct(marked=True)
class Flags:
    go: U8
    other: U8

flags = shared(Flags)
word = shared(U8)

@thread
def first():
    global word
    flags.go = 1
    word = 1

@thread
def second():
    global word
    flags.other = 1
    wait_until(flags.go == 1)
    word = 2
"""
# The state that is false is on the way, not at the end of what conflicts.
PASSING_BY = """
@struct(marked=True)
class Words:
    a: U8
    b: U8

words = shared(Words)

@thread
def first():
    words.a = 1
    words.a = 0

@thread
def second():
    words.b = 1
    words.b = 0

@invariant
def never_both():
    return words.a == 0 or words.b == 0
"""
SPAWNED = """
@struct(marked=True)
class Words:
    ready: U8

words = shared(Words)

@thread
def main():
    spawn(child)
    words.ready = 1
    words.ready = 0

@thread(spawned=True)
def child():
    assert words.ready == 0, "is_idle"
"""
TEXTS = {
    "none_lost": LOST,
    "one_inside": ENTER,
    "use-after-free": FREED,
    "deadlock": EMBRACE,
    "data-race": RACING,
    "never_both": PASSING_BY,
    "is_idle": SPAWNED,
}


def tell(text, name):
    """The model of a text and its violation of a property, told by the fewest switches."""
    program = program_of(text)
    found = shorten(program, explore(program), Options(shortest="switches"))
    violation = next(v for v in found.violations if v.property == name)
    return compile_program(program), violation


def compare(model, violation, path, most=3_000):
    """The needs of a path, after they were compared with all its runs; the number of these."""
    target = (violation.property, violation.object)
    runs = list_runs(model, target, path, most)
    needs = find_needs(model, target, path)
    assert needs is not None
    pairs = [(need.first - 1, need.second - 1) for need in needs]
    assert is_enough(runs, pairs)
    for need, pair in zip(needs, pairs, strict=True):
        others = [other for other in pairs if other != pair]
        assert not is_enough(runs, others)
        order = find_order(path, need.without)
        assert any(r.order == order and r.respects(others) and not r.shows for r in runs)
    return needs, len(runs)


def find_order(path, run):
    """Which steps of a path the moves of a run are: of each thread the first ones, in order."""
    order = []
    for move in run.moves:
        own = [n for n, m in enumerate(path.moves) if m.thread == move.thread and n not in order]
        order.append(own[0])
    return tuple(order)


def name_steps(model, path, needs):
    """Each ordering as the two steps' threads and what they stand at."""

    def name(number):
        move = path.moves[number - 1]
        facts = model.memory.threads[move.thread]
        body = model.memory.lookup.template(facts.template).body
        step = next(b.step for b in body.blocks if b.label == move.location)
        return f"{facts.name}: {step.text}"

    return [(name(need.first), name(need.second)) for need in needs]


NEEDED = {
    "none_lost": [
        ("add[1]: count += 1", "add[0]: count += 1"),
        ("add[0]: count += 1", "add[1]: count += 1"),
    ],
    "one_inside": [
        ("enter[1]: wait_until(words.busy == 0)", "enter[0]: words.busy = 1"),
        ("enter[0]: wait_until(words.busy == 0)", "enter[1]: words.busy = 1"),
    ],
    # Not the locks, though whoever takes his first does the rest first.
    "use-after-free": [
        ("remove: free(node)", "read: node.word = 1"),
        ("read: node = words.head", "remove: words.head = None"),
    ],
    "deadlock": [],
    "data-race": [],
    "never_both": [],
    "is_idle": [("main: words.ready = 1", 'child: assert words.ready == 0, "is_idle"')],
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_needed_is_enough_and_no_less_is(name):
    model, violation = tell(TEXTS[name], name)
    path = violation.witnesses[0]
    needs, runs = compare(model, violation, path)
    assert runs > 1
    assert name_steps(model, path, needs) == NEEDED[name]
    if violation.needs is not None:  # the headline
        assert violation.needs == needs


@pytest.mark.slow
@pytest.mark.parametrize(("form", "seeds", "least"), [("ir", 80, 9), ("text", 30, 4)])
def test_the_needs_of_random_programs_are_those_of_all_their_runs(form, seeds, least):
    needed = 0
    for seed in range(seeds):
        program = run_passes(make(seed, form))
        first = explore(program, Options(max_states=2_000))
        model = compile_program(program)
        for violation in shorten(program, first, Options(shortest="switches")).violations:
            for path in violation.witnesses:
                is_alone = len({move.thread for move in path.moves}) < 2
                if is_alone or path.last == "edge" or violation.property == "stuck":
                    continue
                try:
                    needs, _ = compare(model, violation, path, most=1_000)
                except TooManyRunsError:
                    continue
                needed += bool(needs)
    assert needed >= least  # where nothing is needed any order does


@pytest.mark.parametrize("name", ["none_lost", "use-after-free", "is_idle"])
def test_where_the_conflicts_are_not_enough_all_pairs_are_tried(monkeypatch, name):
    model, violation = tell(TEXTS[name], name)
    monkeypatch.setattr(critical, "list_conflicts", lambda *_: [])
    needs, _ = compare(model, violation, violation.witnesses[0])
    assert len(needs) == len(NEEDED[name])


@pytest.mark.parametrize("limit", ["MOST_PLACES", "MOST_VISITS"])
def test_where_the_budget_ends_nothing_is_said(monkeypatch, limit):
    model, violation = tell(LOST, "none_lost")
    monkeypatch.setattr(critical, limit, 5)
    target = (violation.property, violation.object)
    assert find_needs(model, target, violation.witnesses[0]) is None


def test_nothing_is_said_of_what_one_path_does_not_show():
    """What is stuck is a fact about all that follows."""
    text = """
@struct(marked=True)
class Words:
    a: U8
    b: U8

words = shared(Words)

@thread
def first():
    if words.a == 0:
        while True:
            words.b = 1

@thread
def second():
    words.a = 1
"""
    model, violation = tell(text, "stuck")
    path = violation.witnesses[0]
    assert path.moves
    assert find_needs(model, ("stuck", ""), path) is None


def test_a_run_without_an_ordering_may_fail_in_another_way():
    text = """
@struct(marked=True)
class Words:
    a: U8
    b: U8

words = shared(Words)

@thread
def first():
    assert words.b == 0, "b_is_zero"
    words.a = 1

@thread
def second():
    words.b = 1
    assert words.a == 0, "a_is_zero"
"""
    model, violation = tell(text, "a_is_zero")
    needs, _ = compare(model, violation, violation.witnesses[0])
    ends = [list(walk(model, need.without))[-1].outcome.result for need in needs]
    assert [end.property for end in ends if isinstance(end, Failure)] == ["b_is_zero"]
