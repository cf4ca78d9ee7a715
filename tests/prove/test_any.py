"""Any number of threads: what is proved, what its twins show, and who has no such threads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from modelcheck import api
from modelcheck.backends.python import runtime
from modelcheck.backends.smt.system import make_system
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
from modelcheck.prove.result import Answer, choose_prove_exit
from modelcheck.prove.solver import Clock, OutOfTimeError
from modelcheck.settings import choose_variant
from tests.prove.counted_lock import SPECS, TIME, answer, write

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/prove/prove.schema.json").read_text(encoding="utf-8"))


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


# ---------------------------------------------------------------------------------------------
# What is learned


def make_learner(tmp_path, seconds=60.0):
    spec = load(write(tmp_path), "lock.py")

    def make(counts):
        return api.make_program(spec, choose_variant(spec.info, None), counts)

    family = find_family(make, {"workers": 2})
    system = make_system(family.big, room=learn.ROOM)
    return Learner(family, system, Clock(seconds)), system


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


def test_equations_with_numbers_that_fit_nowhere_are_none(tmp_path, monkeypatch):
    wide = Equation((("inside", 1 << 60), ("gate.n", 1)), 0)
    assert wide.greatest == 1 << 60
    monkeypatch.setattr(learn, "find_equations", lambda rows: [wide])
    learner, _ = make_learner(tmp_path)
    assert learner.learn(()).facts > 0


def test_what_holds_as_it_is_written_is_proved(tmp_path):
    found = answer(write(tmp_path, more="bad: Bool", thread=NEVER_BAD))
    assert found["never_bad"] is Answer.PROVED


NEVER_BAD = "@invariant\ndef never_bad():\n    return not gate.bad\n"

# Three for those who start late; each of the others counts itself.
CUT = """
\"\"\"More starts than are followed.\"\"\"

from modelcheck.lang import Bool, U32, atomic, either, initial, param, shared, spec, struct, thread

spec("cut")

workers = param(2, min=1, max=9)


@struct(marked=True)
class G:
    k: U32
    late: Bool


g = shared(G)


@initial
def begin():
    g.late = either()
    for _ in range(4):
        either()
    if g.late:
        g.k = 3


@thread(count=workers)
def worker():
    if not g.late:
        with atomic(because="in"):
            g.k += 1
    with atomic(because="out"):
        assert g.k > 0, "under"
        g.k -= 1
"""


def test_starts_that_are_not_followed_are_still_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "MAX_CHOICES_MADE", 20)
    path = tmp_path / "cut.py"
    path.write_text(CUT, encoding="utf-8")
    found = attempt(str(path), api.Choice(None), replace(TIME, seconds=60.0), any_number=True)
    assert {p.name: p.answer for p in found.proving.proofs}["under"] is Answer.OPEN


def test_looking_at_few_threads_ends_in_time(tmp_path):
    learner, _ = make_learner(tmp_path, seconds=0.001)
    with pytest.raises(OutOfTimeError):
        learner.learn(())


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


def test_the_command_says_which_variant_fails_at_the_start(tmp_path, capsys):
    path = write_start(tmp_path, "    if either():\n        inside += 1")
    text = path.read_text(encoding="utf-8").replace("import (\n", "import (\n    variant,\n", 1)
    path.write_text(f'{text}\nvariant("wrong", workers=3, violates="empty")\n', encoding="utf-8")
    assert run(["prove", str(path), "--threads", "any", "--variant", "wrong"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith("variant=wrong")
    assert "  minimal: steps; memory model sc" in told  # nothing was explored


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
