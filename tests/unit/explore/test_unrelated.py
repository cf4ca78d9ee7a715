"""What plays no part in a violation of a state at rest is told last, and told apart."""

from __future__ import annotations

import pytest
from checking import program_of

from modelcheck.backends.python.model import compile_program
from modelcheck.explore.options import Options
from modelcheck.explore.result import Path
from modelcheck.explore.search import explore
from modelcheck.explore.shorten import shorten
from modelcheck.explore.shortest import measure
from modelcheck.explore.walk import walk

# `busy` has nothing to do with the lost update, nor has what `add` does after it.
COUNT = """
@struct(marked=True)
class Words:
    count: U8
    own: U8
    other: U8

words = shared(Words)

@thread
def busy():
    words.own = 1
    words.own = 2

@thread(count=2)
def add():
    words.count += 1
    words.other = 3

@final
def none_lost():
    return words.count == 2
"""
# `first` never gives `a` back; `second` waits for what `helper` did, and `bystander` has no part.
EMBRACE = """
@struct(marked=True)
class Words:
    a: U8
    b: U8
    ready: U8
    other: U8

words = shared(Words)

@thread
def bystander():
    words.other = 1
    words.other = 2

@thread
def helper():
    words.ready = 1

@thread
def first():
    with atomic():
        wait_until(words.a == 0)
        words.a = 1
    wait_until(words.b == 0)

@thread
def second():
    wait_until(words.ready == 1)
    with atomic():
        wait_until(words.b == 0)
        words.b = 1
    wait_until(words.a == 0)
"""
LEAKED = """
@struct(marked=True)
class Node:
    word: U8

@struct(marked=True)
class Words:
    other: U8

nodes = pool(Node, count=1)
words = shared(Words)

@thread
def busy():
    words.other = 1
    words.other = 2

@thread
def make():
    n = new(Node, word=0)
    n.word = 1
"""


def tell(text, property_, shortest="switches"):
    program = program_of(text)
    told = shorten(program, explore(program), Options(shortest=shortest))
    (violation,) = [v for v in told.violations if v.property == property_]
    (path,) = violation.witnesses
    return compile_program(program), path, violation


def split(model, path):
    """The threads of the moves that are shown, and of those that are left out."""
    names = [model.memory.threads[move.thread].name for move in path.moves]
    shown = len(names) - path.unrelated
    return names[:shown], names[shown:]


def run_shown(model, path):
    """The state after the moves that are shown: they alone are a run of the program."""
    *_, last = walk(model, Path(path.initial, path.moves[: len(path.moves) - path.unrelated]))
    return last.state


def test_of_a_lost_update_the_moves_that_lose_it_are_shown():
    model, path, violation = tell(COUNT, "none_lost")
    shown, left_out = split(model, path)
    assert shown == ["add[0]", "add[1]", "add[1]", "add[1]", "add[0]"]
    assert left_out == ["add[0]", "busy", "busy"]
    assert model.judges["none_lost"](run_shown(model, path)) is False
    assert (violation.minimal, measure(model, path).preemptions) == ("switches", 1)


def test_of_a_deadlock_those_who_wait_and_whom_they_waited_for_are_shown():
    model, path, _ = tell(EMBRACE, "deadlock")
    shown, left_out = split(model, path)
    assert shown == ["helper", "first", "first", "second", "second"]
    assert left_out == ["bystander", "bystander"]
    state = run_shown(model, path)
    waiting = {t.name for t in model.memory.threads if model.block(state, t.number) is not None}
    assert waiting == {"bystander", "second"}


def test_of_a_deadlock_what_was_waited_for_is_shown():
    """Nobody sets `go`, but somebody takes it away."""
    text = """
@struct(marked=True)
class Words:
    go: U8

words = shared(Words, go=1)

@thread
def stop():
    words.go = 0

@thread
def wait():
    wait_until(words.go == 1)
    wait_until(words.go == 0)
    wait_until(words.go == 1)
"""
    model, path, _ = tell(text, "deadlock")
    assert split(model, path) == (["stop"], [])


def test_who_might_have_put_it_right_is_shown():
    """A `final` that is false from the start is violated by what does not happen."""
    text = """
@struct(marked=True)
class Words:
    users: U8
    removed: U8
    other: U8

words = shared(Words)

@thread
def user():
    words.users = 1
    words.other = 1

@thread
def remove():
    if words.users == 0:
        words.removed = 1

@final
def is_removed():
    return words.removed == 1
"""
    model, path, _ = tell(text, "is_removed")
    assert split(model, path) == (["user", "user", "remove"], [])


def test_who_might_have_woken_an_idle_thread_is_shown():
    """He writes nothing that the `final` looks at; the worker would have, and waits for him."""
    text = """
@struct(marked=True)
class Words:
    closed: U8
    queued: U8
    done: U8

words = shared(Words)

@thread
def close():
    words.closed = 1

@thread
def submit():
    if words.closed == 0:
        words.queued = 1

@thread
def worker():
    wait_until(words.queued == 1, idle=True)
    words.done = 1

@final
def is_done():
    return words.done == 1
"""
    model, path, _ = tell(text, "is_done")
    assert split(model, path) == (["close", "submit"], [])


def test_who_does_not_wake_is_shown_though_he_has_no_code_to_do_it():
    """He makes true what the other one looked at before it went to sleep."""
    text = """
@struct(marked=True)
class Words:
    active: U8
    woken: U8

words = shared(Words, active=1)

@thread
def wait():
    if words.active == 1:
        wait_until(words.woken == 1)

@thread
def put():
    words.active = 0
"""
    model, path, _ = tell(text, "deadlock")
    assert split(model, path) == (["wait", "put"], [])


def test_of_a_leak_the_life_of_what_leaks_is_shown():
    model, path, _ = tell(LEAKED, "leak")
    assert split(model, path) == (["make", "make"], ["busy", "busy"])


@pytest.mark.parametrize("shortest", ["switches", "steps"])
@pytest.mark.parametrize(
    ("text", "property_"), [(COUNT, "none_lost"), (EMBRACE, "deadlock"), (LEAKED, "leak")]
)
def test_the_way_is_as_short_as_before_and_ends_where_it_did(text, property_, shortest):
    """Of both kinds of least ways; so what was proven of them stays true."""
    model, path, violation = tell(text, property_, shortest)
    assert path.unrelated
    assert violation.minimal == shortest
    *_, last = walk(model, path)
    assert not any(model.outcomes(last.state, t.number) for t in model.memory.threads)


def test_a_thread_that_the_property_counts_is_no_bystander():
    """Without any `add` the count is wrong as well, but by another value.

    What the first one does last stays: put last it would be a preemption.
    """
    text = COUNT.replace("words.count == 2", "words.count == 3")
    model, path, _ = tell(text, "none_lost")
    shown, _ = split(model, path)
    assert shown == ["add[0]"] * 3 + ["add[1]"] * 2


def test_no_preemption_is_made_to_put_more_last():
    """What `one` does last has no part in it, but he would have to be preempted before it."""
    text = """
@struct(marked=True)
class Words:
    count: U8
    mine: U8
    yours: U8

words = shared(Words)

@thread
def one():
    words.count = 1
    words.mine = 1

@thread
def two():
    words.count = 2
    words.yours = 1

@final
def is_zero():
    return words.count == 0
"""
    model, path, _ = tell(text, "is_zero")
    assert split(model, path) == (["one", "one", "two"], ["two"])
    assert measure(model, path).preemptions == 0


def test_who_is_spawned_later_may_do_anything():
    """Where he would go on he does not stand yet: this was a KeyError."""
    text = """
@struct(marked=True)
class Words:
    count: U8
    own: U8
    other: U8

words = shared(Words)

@thread
def add():
    words.count = 1

@thread(spawned=1)
def work():
    words.other = 1

@thread
def begin():
    words.own = 1
    spawn(work)

@final
def is_zero():
    return words.count == 0
"""
    model, path, _ = tell(text, "is_zero")
    shown, left_out = split(model, path)
    assert shown == ["add", "begin", "begin"]
    assert left_out == ["work"]


def test_what_an_invariant_shows_leaves_nothing_out():
    _, path, _ = tell(COUNT.replace("@final", "@invariant"), "none_lost")
    assert (path.moves, path.unrelated) == ((), 0)
