"""Any number of threads: what is proved, what its twins show, and who has no such threads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from modelcheck import api
from modelcheck.backends.smt.system import make_system
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.cli import run
from modelcheck.explore.options import Options
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.ir.memory import Memory
from modelcheck.prove import learn
from modelcheck.prove.attempt import attempt
from modelcheck.prove.counts import Equation, find_equations
from modelcheck.prove.family import find_family
from modelcheck.prove.learn import Conjecture, Learner
from modelcheck.prove.patterns import Patterns, find_values
from modelcheck.prove.prove import ProveOptions
from modelcheck.prove.result import Answer, choose_prove_exit
from modelcheck.prove.sizes import list_counts
from modelcheck.prove.solver import Clock, OutOfTimeError
from modelcheck.settings import choose_variant

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/prove/prove.schema.json").read_text(encoding="utf-8"))
SPECS = ROOT / "specs" / "proofs"
TIME = ProveOptions(seconds=200.0)

LOCK = '''
"""A lock that is made by hand."""

from modelcheck.lang import (
    Bool, Ptr, ThreadId, U8, WRITE_ONCE, atomic, current, either, final, finished, flag, ghost,
    invariant, param, per_thread, places, pool, reachable, shared, spawn, spec, struct, thread,
    threads, wait_until, READ_ONCE, Array, array, Set, objects,
)

spec("lock")

workers = param(2, min=1, max=4)


@struct(marked=True)
class Lock:
    taken: Bool
    owner: ThreadId
    n: U8
    MORE


gate = shared(Lock)
inside: U8 = ghost(0)
OBJECTS


@thread(count=workers)
def worker(ME):
    global inside
    FIRST
    while either():
        with atomic(because="test-and-set"):
            wait_until(not gate.taken)
            gate.taken = True
        inside += 1
        BODY
        gate.taken = False
        inside -= 1


@invariant
def one_at_a_time():
    return inside <= 1


THREAD
'''


def write(tmp_path, *, more="", objects="", me="", first="", body="gate.n = 1", thread=""):
    text = LOCK.replace("MORE", more).replace("OBJECTS", objects).replace("(ME)", f"({me})")
    text = text.replace("FIRST", first)
    path = tmp_path / "lock.py"
    path.write_text(text.replace("BODY", body).replace("THREAD", thread), encoding="utf-8")
    return path


def answer(path, variant=None):
    found = attempt(str(path), api.Choice(variant), TIME, any_number=True)
    return {p.name: p.answer for p in found.proving.proofs}


@pytest.mark.parametrize(
    ("name", "variant", "property_", "expected"),
    [
        ("proof-mutex", None, "one_at_a_time", Answer.PROVED),
        ("proof-mutex", "blind", "one_at_a_time", Answer.OPEN),
        ("proof-release-once", None, "released_once_at_most", Answer.PROVED),
        ("proof-release-once", None, "data-race", Answer.PROVED),
    ],
)
def test_a_spec_is_proved_for_any_number_of_threads_and_its_twin_is_not(
    answers, name, variant, property_, expected
):
    assert answers(name, variant)[property_] is expected


@pytest.fixture(scope="session")
def answers():
    known = {}

    def ask(name, variant):
        if (name, variant) not in known:
            known[name, variant] = answer(SPECS / f"{name}.py", variant)
        return known[name, variant]

    return ask


def test_the_hand_made_lock_is_proved(tmp_path):
    assert answer(write(tmp_path))["one_at_a_time"] is Answer.PROVED


def test_what_fails_with_more_threads_than_were_looked_at_is_not_proved(tmp_path):
    """Six threads find the seventh room taken; those that are learned from never do."""
    path = write(
        tmp_path,
        body="gate.n = gate.n + 1",
        thread="@invariant\ndef few():\n    return gate.n < 5\n",
    )
    path.write_text(path.read_text().replace("while either():", "if True:"), encoding="utf-8")
    found = answer(path)
    assert found["one_at_a_time"] is Answer.PROVED
    assert found["few"] is Answer.OPEN


def test_a_count_in_a_byte_is_not_proved_for_more_threads_than_it_counts(tmp_path):
    """With 256 users it is 0 while they use it; the threads that are numbers only have to count."""
    text = (SPECS / "proof-refcount.py").read_text(encoding="utf-8")
    path = tmp_path / "byte.py"
    path.write_text(text.replace("U32", "U8"), encoding="utf-8")
    assert answer(path)["used_while_it_lives"] is Answer.OPEN


# Each breaks one condition under which one program stands for all sizes.
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


ORDERS = '''
"""Orders that are recorded at the start and later."""

from modelcheck.lang import (
    Bool, U8, READ_ONCE, WRITE_ONCE, initial, param, precedes, shared, spec, struct, thread,
)

spec("orders")

workers = param(2, min=1, max=4)
n = shared(U8)


@struct(marked=True)
class Region:
    busy: Bool


low = shared(Region)
high = shared(Region)
'''

LATER = """

@thread(count=workers)
def worker():
    READ_ONCE(n)
    precedes("mine", high, low)
    WRITE_ONCE(n, 1)
"""

AT_START = {
    "one in initial code": """

@initial
def begin():
    precedes("mine", low, high)

"""
    + LATER,
    "one of a thread": """

@thread
def other():
    precedes("mine", low, high)
    WRITE_ONCE(n, 2)

"""
    + LATER,
    "both": """

@thread
def other():
    precedes("mine", low, high)
    precedes("mine", high, low)
    WRITE_ONCE(n, 2)


@thread(count=workers)
def worker():
    READ_ONCE(n)
""",
    "both, and an assert": """

@thread
def other():
    precedes("mine", low, high)
    precedes("mine", high, low)
    WRITE_ONCE(n, 2)


@thread(count=workers)
def worker():
    assert READ_ONCE(n) == 2, "mine"
""",
}


@pytest.mark.parametrize("what", AT_START)
def test_orders_that_only_the_start_records_are_not_asked_either(tmp_path, what):
    path = tmp_path / "orders.py"
    path.write_text(ORDERS + AT_START[what], encoding="utf-8")
    spec = load(path, path.name)
    result = explore(api.make_program(spec, spec.info.default, {}), Options())
    assert "mine" in {violation.property for violation in result.violations}
    assert answer(path)["mine"] is Answer.NOT_ASKED


def test_a_thread_may_record_orders_before_its_first_access(tmp_path):
    text = 'precedes("mine", gate, other)\n    global inside'
    path = write(tmp_path, objects="other = shared(Lock)")
    source = path.read_text(encoding="utf-8").replace("global inside", text, 1)
    path.write_text(source.replace("objects,\n)", "objects, precedes,\n)"), encoding="utf-8")
    assert answer(path)["one_at_a_time"] is Answer.PROVED


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


# ---------------------------------------------------------------------------------------------
# What is learned


def make_learner(tmp_path):
    spec = load(write(tmp_path), "lock.py")

    def make(counts):
        return api.make_program(spec, choose_variant(spec.info, None), counts)

    family = find_family(make, {"workers": 2})
    system = make_system(family.big, room=learn.ROOM)
    return Learner(family, system, Clock(60)), system


def test_facts_that_do_not_hold_at_the_start_or_after_a_step_are_not_believed(tmp_path):
    learner, system = make_learner(tmp_path)
    terms = system.terms
    slots = {slot.name: slot.number for slot in system.memory.slots}
    taken, count = system.state[slots["gate.taken"]], system.state[slots["inside"]]
    for wrong in (taken, terms.negate(taken), terms.equal(count, 0), False):
        with pytest.raises(OutOfTimeError):
            learner.check([Conjecture(("shared",), wrong, None)])
    learner.check([Conjecture(("shared",), terms.apply(">=", (count, -(1 << 20))), None)])


def test_every_pattern_of_a_state_is_among_those_that_are_thought_of(tmp_path):
    """Else one that comes up would be conjectured never to."""
    spec = load(write(tmp_path, body="gate.owner = current()\n        gate.n = 2"), "lock.py")
    program = api.make_program(spec, spec.info.default, {"workers": 3})
    from modelcheck.explore.look import look

    states = look(program).states
    memory = Memory(program)
    patterns = Patterns(memory, find_values(memory, states))
    seen = {pattern for state in states for pattern in patterns.list_in(state)}
    assert len(seen) > 50
    assert seen <= set(patterns.list_all(seen))


def test_equations_are_those_that_hold_in_all_rows():
    rows = [{"x": 2 * a + b, ("t", 0): a, ("t", 1): b} for a in range(4) for b in range(3)]
    assert find_equations(rows) == [Equation((("x", 1), (("t", 0), -2), (("t", 1), -1)), 0)]
    assert find_equations([*rows, {"x": 1, ("t", 0): 3, ("t", 1): 1}]) == []
    constant = [{"x": 5, "y": a} for a in range(3)]
    assert find_equations(constant) == [Equation((("x", 1),), -5)]


def test_goals_about_all_threads_at_once_are_not_asked(tmp_path):
    path = write(tmp_path, thread="@reachable\ndef somebody():\n    return inside == 1\n")
    found = answer(path)
    assert {found[name] for name in ("deadlock", "stuck", "somebody")} == {Answer.NOT_ASKED}


def write_start(tmp_path, begins):
    """The lock, and a start that does something before it claims that nobody is inside."""
    path = write(tmp_path)
    text = path.read_text(encoding="utf-8").replace("import (\n", "import (\n    initial,\n")
    start = f"@initial\ndef begin():\n    global inside\n{begins}\n"
    claim = '    assert inside == 0, "empty"\n\n\n'
    path.write_text(text.replace("@thread(count", f"{start}{claim}@thread(count"), encoding="utf-8")
    return path


def test_a_start_that_can_fail_is_a_violation_for_any_number(tmp_path):
    path = write_start(tmp_path, "    if either():\n        inside += 1")
    found = attempt(str(path), api.Choice(None), TIME, any_number=True).proving
    known = {p.name: p.answer for p in found.proofs}
    assert known["empty"] is Answer.VIOLATED
    assert known["one_at_a_time"] is Answer.PROVED  # of the other starts
    (violation,) = found.violation.violations
    assert (violation.property, violation.depth) == ("empty", 0)
    assert choose_prove_exit(found) == 1


def test_nothing_is_proved_for_any_number_before_the_start_is_judged(tmp_path):
    """Also not what nothing but the start can violate."""
    path = write_start(tmp_path, "    if either():\n        inside += 1")
    found = attempt(str(path), api.Choice(None), replace(TIME, seconds=1e-6), any_number=True)
    known = {p.name: p.answer for p in found.proving.proofs}
    assert known["empty"] is Answer.OPEN
    assert Answer.PROVED not in known.values()


def test_where_every_start_fails_nothing_is_proved_for_any_number(tmp_path):
    path = write_start(tmp_path, "    inside += 1")
    found = answer(path)
    assert found.pop("empty") is Answer.VIOLATED
    assert set(found.values()) == {Answer.NOT_ASKED}


def test_the_start_is_judged_also_where_it_is_not_asked_about(tmp_path):
    path = write_start(tmp_path, "    inside += 1")
    chosen = replace(TIME, properties=frozenset({"one_at_a_time"}))
    found = attempt(str(path), api.Choice(None), chosen, any_number=True).proving
    assert [p.answer for p in found.proofs] == [Answer.NOT_ASKED]
    assert choose_prove_exit(found) == 3


def test_the_command_says_for_whom_it_is_proved(capsys):
    assert run(["prove", str(SPECS / "proof-mutex.py"), "--threads", "any"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("PROVED  ")
    assert "workers=any" in told
    assert "with any number of threads worker (up to 4,194,304)" in told
    assert run(["prove", str(SPECS / "proof-mutex.py"), "--threads", "any", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    jsonschema.validate(value, SCHEMA)
    assert value["family"]
    assert run(["prove", "peterson", "--threads", "any"]) == 3
    assert "no parameter says how many threads" in capsys.readouterr().err
    assert run(["prove", "peterson", "--threads", "any", "--depth", "3"]) == 2
