"""Who has any number of threads, and who is told apart by how many there are."""

from __future__ import annotations

import pytest

from modelcheck import api
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.prove.family import find_family
from modelcheck.prove.result import Answer
from modelcheck.prove.sizes import list_counts
from tests.prove.counted_lock import answer, write

BROKEN = {
    "number": {"me": "me", "body": "gate.n = me"},
    "all threads": {
        "thread": "@invariant\ndef few():\n    return gate.n <= sum(1 for t in threads())\n"
    },
    "all places": {
        "objects": "tasks = per_thread(Lock)",
        "body": "gate.n = places(Lock)",
    },
    "parameter in code": {"body": "if workers > 100:\n            gate.n = 1"},
    "parameter in memory": {"more": "rooms: Array[U8] = array(workers)"},
    "parameter in a property": {"thread": "@invariant\ndef few():\n    return gate.n <= workers\n"},
    "finished": {
        "thread": (
            "@thread\ndef one():\n    gate.n = 2\n\n\n"
            "@thread\ndef waiter():\n    wait_until(finished(one))\n    gate.n = 3\n"
        )
    },
    "a set of threads": {
        "more": "who: Set[ThreadId]",
        "body": "gate.who.add(current())",
    },
    "what is another's": {
        "objects": "tasks = per_thread(Lock)",
        "body": "gate.owner = current()",
        "thread": (
            "@thread\ndef looker():\n    who = READ_ONCE(gate.owner)\n"
            "    if who is not None:\n        tasks[who].n = 1\n"
        ),
    },
    "pointers to what is one's own": {
        "more": "waiter: Ptr[Node]",
        "objects": "@struct(marked=True)\nclass Node:\n    n: U8\n\n\nnodes = per_thread(Node)",
        "body": "gate.waiter = nodes[current()]",
    },
    "spawned": {
        "thread": (
            "@thread(spawned=2)\ndef helper():\n    WRITE_ONCE(gate.n, 2)\n\n\n"
            "@thread\ndef starter():\n    spawn(helper)\n"
        )
    },
    "what everybody has": {
        "objects": "tasks = per_thread(Lock)",
        "body": "for task in tasks:\n            task.n = 1",
    },
    "interrupts": {
        "thread": "@thread(interrupts=worker, count=workers)\ndef handler():\n    gate.n = 3\n"
    },
    # What the front end works out, so that no program of few threads shows it.
    "number compared": {"me": "me", "body": "if me == 4:\n            gate.n = 8"},
    "number in a table": {
        "me": "me",
        "objects": "@struct(marked=True)\nclass T:\n    a: Array[U8] = array(3)\n\n\nt = shared(T)",
        "body": "gate.n = t.a[me]",
    },
    "how many have something": {
        "objects": "tasks = per_thread(Lock)",
        "thread": "@invariant\ndef few():\n    return sum(1 for t in tasks) != 5\n",
    },
    "how many have something, by its type": {
        "objects": "tasks: Lock = per_thread(Lock)",
        "thread": "@invariant\ndef few():\n    return sum(1 for t in tasks) != 5\n",
    },
    "how many objects": {
        "thread": "@invariant\ndef few():\n    return sum(1 for t in objects(Lock)) < 5\n",
    },
    "one for each": {
        "objects": "tasks = per_thread(Lock)",
        "thread": "@thread(each=Lock)\ndef other(lock):\n    gate.n = 3\n",
    },
    "work at the start": {"first": "inside += 1\n    inside -= 1"},
    "an assert at the start": {"first": 'inside += 1\n    assert inside < 5, "few"'},
}


REASONS = {
    "number": "uses its number among its like",
    "all threads": "asks for all threads",
    "all places": "asks for all places",
    "parameter in code": "no parameter says",
    "parameter in memory": "no parameter says",
    "parameter in a property": "no parameter says",
    "finished": "`waiter` asks whether a thread has ended",
    "a set of threads": "is a set of threads",
    "what is another's": "looks at what belongs to another thread",
    "pointers to what is one's own": "may lead to what belongs to one thread",
    "spawned": "asks whether a thread has ended",
    "interrupts": "interrupts a thread",
    "what everybody has": "asks for what all threads have, `tasks`",
    "number compared": "uses its number among its like",
    "number in a table": "uses its number among its like",
    "how many have something": "asks for what all threads have, `tasks`",
    "how many have something, by its type": "asks for what all threads have, `tasks`",
    "how many objects": "asks for all objects",
    "one for each": "has a thread for each of something",
    "work at the start": "before its first access",
    "an assert at the start": "before its first access",
}

# What library code could do, for which the text is not asked.
OF_PROGRAMS = {
    "number": "uses its number among its like",
    "what everybody has": "`worker` does depends on how many threads",
    "work at the start": "before its first access",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_spec_without_such_threads_is_not_asked(tmp_path, what):
    path = write(tmp_path, **BROKEN[what])
    spec = load(path, "lock.py")
    states = explore(
        api.make_program(spec, spec.info.default, {}), Options(max_states=10)
    ).counts.states
    assert states > 1  # it is a spec, and only this question is not for it
    with pytest.raises(UnsupportedError, match=REASONS[what]):
        answer(path)


@pytest.mark.parametrize("what", OF_PROGRAMS)
def test_programs_that_are_told_apart_by_their_size_are_no_family(tmp_path, what):
    spec = load(write(tmp_path, **BROKEN[what]), "lock.py")
    with pytest.raises(UnsupportedError, match=OF_PROGRAMS[what]):
        find_family(
            lambda counts: api.make_program(spec, spec.info.default, counts), {"workers": 2}
        )


def test_a_thread_may_name_what_is_its_own(tmp_path):
    own = "gate.n = 1\n        mine[current()].n = 1"
    path = write(tmp_path, objects="mine = per_thread(Lock)", body=own)
    assert answer(path)["one_at_a_time"] is Answer.PROVED


def test_words_under_other_names_are_still_words(tmp_path):
    """A routine called `thread` is none, and one that another file passes on is."""
    path = write(tmp_path, objects="def thread(count) -> U8:\n    return count", body="BODY")
    text = path.read_text(encoding="utf-8")
    text = text.replace("struct, thread,", "struct, thread as task,").replace("@thread(", "@task(")
    path.write_text(text.replace("BODY", "gate.n = thread(count=workers)"), encoding="utf-8")
    with pytest.raises(UnsupportedError, match="no parameter says"):
        answer(path)
    (tmp_path / "words.py").write_text(
        '"""Passes on."""\n\nfrom modelcheck.lang import places as rooms\n', encoding="utf-8"
    )
    path = write(tmp_path, objects="from .words import rooms", body="gate.n = rooms(Lock)")
    with pytest.raises(UnsupportedError, match="asks for all rooms"):
        answer(path)


def test_only_parameters_that_say_how_many_count(tmp_path):
    path = write(tmp_path)
    path.write_text(
        path.read_text()
        .replace("\n\n@struct", "\nothers = param(1, min=1, max=3)\n\n@struct", 1)
        .replace("gate.n = 1", "gate.n = others")
    )
    spec = load(path, "lock.py")
    program = api.make_program(spec, spec.info.default, {})
    assert list_counts(spec, program) == {"workers": 2}


def test_names_that_are_kept_make_room_for_more_threads(tmp_path):
    path = write(tmp_path, body="gate.owner = current()\n        gate.n = 2")
    spec = load(path, "lock.py")

    def make(counts):
        return api.make_program(spec, spec.info.default, counts)

    without = load(write(tmp_path), "lock.py")
    plain = find_family(
        lambda counts: api.make_program(without, without.info.default, counts), {"workers": 2}
    )
    assert find_family(make, {"workers": 2}).big.templates[0].count == (
        plain.big.templates[0].count + 1
    )


def test_names_within_a_step_are_not_kept(tmp_path):
    body = "gate.n = 1\n        with atomic(because='x'):\n            KEEP"
    keep = "if gate.owner is None:\n                gate.owner = current()"

    def count(text, end=""):
        spec = load(write(tmp_path, body=body.replace("KEEP", text) + end), "lock.py")
        family = find_family(
            lambda counts: api.make_program(spec, spec.info.default, counts), {"workers": 2}
        )
        return family.big.templates[0].count

    assert count("gate.n = 2") == 3
    assert count(keep) == 4
    later = "\n        gate.n = 3\n        if was is None:\n            gate.n = 4"
    assert count(f"was = gate.owner\n            {keep}", later) == 7


# Without workers `k` never changes, `a` begins with its second access, and sees what `b` has not
# done yet.
NOBODY = """
\"\"\"There may be no worker.\"\"\"

from modelcheck.lang import (
    Bool, U8, READ_ONCE, WRITE_ONCE, ghost, invariant, param, shared, spec, thread,
)

spec("nobody")

workers = param(2, min=LEAST, max=6)
k = shared(U8)
m = shared(U8)
seen: Bool = ghost(False)
bad: Bool = ghost(False)


@thread
def a():
    global bad
    x = READ_ONCE(k)
    bad = not seen
    WRITE_ONCE(m, x)


@thread
def b():
    global seen
    seen = True
    WRITE_ONCE(m, 2)


@thread(count=workers)
def worker():
    WRITE_ONCE(k, 1)


@invariant
def fine():
    return not bad
"""


def test_where_there_may_be_no_thread_nothing_is_asked(tmp_path):
    path = tmp_path / "nobody.py"
    path.write_text(NOBODY.replace("LEAST", "0"), encoding="utf-8")
    spec = load(path, path.name)
    for workers, is_wrong in ((0, True), (1, False)):
        program = api.make_program(spec, spec.info.default, {"workers": workers})
        found = {violation.property for violation in explore(program, Options()).violations}
        assert ("fine" in found) is is_wrong
    with pytest.raises(UnsupportedError, match="`workers` may be 0"):
        answer(path)
    path.write_text(NOBODY.replace("LEAST", "1"), encoding="utf-8")
    assert answer(path)["fine"] is Answer.PROVED


def test_a_remainder_is_no_number_of_a_thread(tmp_path):
    path = write(tmp_path, body="gate.n = (gate.n + 1) % 2")
    assert answer(path)["one_at_a_time"] is Answer.PROVED


@pytest.mark.parametrize("least", [2, 3, 4])
def test_a_difference_is_no_number_of_a_thread(tmp_path, least):
    """Though there are as many of them as threads in one of the programs that are compared."""
    path = write(tmp_path, body=f"gate.n = (gate.n % {least} + 1) - 1")
    assert answer(path)["one_at_a_time"] is Answer.PROVED


def test_a_program_that_is_none_with_few_threads_is_not_asked(tmp_path):
    path = write(tmp_path, thread="@invariant\ndef mine():\n    return gate.owner != worker[2]\n")
    text = path.read_text(encoding="utf-8").replace("param(2, min=1", "param(3, min=3")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnsupportedError, match="with workers=2 there is no program"):
        answer(path)
