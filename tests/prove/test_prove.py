"""What is proved, what is refuted, what stays open, and why."""

from __future__ import annotations

import json
import time
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest

from modelcheck import api
from modelcheck.backends.smt.system import make_system
from modelcheck.backends.smt.terms import Terms
from modelcheck.backends.smt.ways import UnsupportedError
from modelcheck.cli import run
from modelcheck.diagnostics import InternalError
from modelcheck.explore.properties import list_judged
from modelcheck.frontend import load
from modelcheck.ir.bounds import bounds_of
from modelcheck.ir.memory import Memory
from modelcheck.prove import prove as proving
from modelcheck.prove import spacer
from modelcheck.prove.attempt import attempt
from modelcheck.prove.bounded import BoundedSearch
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Bad, Goal, list_goals
from modelcheck.prove.induction import Induction
from modelcheck.prove.prove import ProveOptions, prove
from modelcheck.prove.result import Answer, choose_prove_exit
from modelcheck.prove.solver import Clock, OutOfTimeError
from modelcheck.settings import choose_variant

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/prove/prove.schema.json").read_text(encoding="utf-8"))

# The holder gives the lock back only where it has it; the twin takes it without looking.
LOCK = '''
"""A lock that is taken and given back for ever."""

from modelcheck.lang import (
    Bool, U8, atomic, flag, ghost, invariant, lemma, reachable, shared, spec, struct, thread,
    variant, wait_until,
)

spec("lock")

looks = flag(True)


@struct(marked=True)
class Lock:
    taken: Bool


gate = shared(Lock)
inside: U8 = ghost(0)


@thread(count=2)
def worker():
    global inside
    while True:
        with atomic(because="test-and-set"):
            wait_until(not (looks and gate.taken))
            gate.taken = True
        inside += 1
        gate.taken = False
        inside -= 1


@invariant
def one_at_a_time():
    return inside <= 1


@reachable
def somebody():
    return inside == 1


variant("blind", looks=False, violates="one_at_a_time")
'''

# No bound on the number of rounds is known to the text, and only the lemma keeps them together.
EVEN = '''
"""Two words that change together, and one that follows."""

from modelcheck.lang import U8, atomic, invariant, lemma, shared, spec, struct, thread

spec("even")


@struct(marked=True)
class Pair:
    one: U8
    other: U8


pair = shared(Pair)


@thread
def work():
    while True:
        with atomic(because="both at once"):
            if pair.one == pair.other:
                pair.one += 2
                pair.other += 2
            else:
                pair.one += 1


@invariant
def never_one():
    return pair.one != 1
LEMMA'''

LEMMA = """

@lemma
def alike_and_even():
    return pair.one == pair.other and pair.one % 2 == 0
"""


COUNT = '''
"""Counts for ever."""

from modelcheck.lang import U8, atomic, invariant, shared, spec, thread

spec("count")

n = shared(U8)


@thread
def work():
    global n
    while True:
        with atomic(because="an increment"):
            n = n + 1


@invariant
def few():
    return n < 5


@invariant
def nearly_as_few():
    return n < 6
'''


def make(tmp_path, text, variant=None, **settings):
    path = tmp_path / "spec.py"
    path.write_text(dedent(text), encoding="utf-8")
    spec = load(path, "spec.py")
    return api.make_program(spec, choose_variant(spec.info, variant), settings)


def answers(proved):
    return {p.name: p.answer for p in proved.proofs if p.kind != "built in"}


@pytest.mark.parametrize("method", ["induction", "spacer", "auto"])
def test_an_endless_lock_is_proved(tmp_path, method):
    found = prove(make(tmp_path, LOCK), ProveOptions(method=method, seconds=40.0))
    assert answers(found)["one_at_a_time"] is Answer.PROVED
    if method != "spacer":  # which looks at the start only
        assert answers(found)["somebody"] is Answer.PROVED
    assert found.violation is None
    assert not found.is_over


@pytest.mark.parametrize("method", ["bounded", "induction", "auto"])
def test_its_twin_is_refuted_by_a_run_that_was_run_again(tmp_path, method):
    options = ProveOptions(method=method, most_steps=6, seconds=40.0)
    found = prove(make(tmp_path, LOCK, "blind"), options)
    assert answers(found)["one_at_a_time"] is Answer.VIOLATED
    (violation,) = found.violation.violations
    assert (violation.property, violation.depth, violation.minimal) == ("one_at_a_time", 2, "steps")
    assert len(violation.witnesses[0].moves) == 2


def test_spacer_proves_nothing_of_the_twin(tmp_path):
    found = prove(make(tmp_path, LOCK, "blind"), ProveOptions(method="spacer", seconds=40.0))
    assert answers(found)["one_at_a_time"] is Answer.OPEN


def test_a_lemma_carries_the_induction(tmp_path):
    options = ProveOptions(method="induction", most_steps=2, properties=frozenset({"never_one"}))
    alone = prove(make(tmp_path, EVEN.replace("LEMMA", "")), options)
    assert answers(alone) == {"never_one": Answer.OPEN}
    carried = prove(make(tmp_path, EVEN.replace("LEMMA", LEMMA)), options)
    assert answers(carried) == {"never_one": Answer.PROVED}


def test_a_lemma_that_is_false_carries_nothing(tmp_path):
    wrong = LEMMA.replace("pair.one % 2 == 0", "pair.one < 4")
    program = make(tmp_path, EVEN.replace("LEMMA", wrong))
    found = prove(program, ProveOptions(method="induction", most_steps=3))
    assert answers(found) == {"never_one": Answer.OPEN, "alike_and_even": Answer.VIOLATED}


def test_what_induction_cannot_exclude_is_told_as_a_run_to_a_violation(tmp_path):
    options = ProveOptions(method="induction", most_steps=1)
    found = prove(make(tmp_path, EVEN.replace("LEMMA", "")), options)
    (proof,) = [p for p in found.proofs if p.name == "never_one"]
    first, *_, last = proof.failure.stations
    one = [s.name for s in program_slots(tmp_path)].index("pair.one")
    assert last.state[one] == 1
    assert first.state[one] != 1
    assert (first.thread, last.thread) == (0, None)


def test_the_counterexample_that_is_told_is_plain(tmp_path):
    """Two steps before it has to be 255; of the other word anything but 0 and 255 would do."""
    options = ProveOptions(method="induction", most_steps=1)
    found = prove(make(tmp_path, EVEN.replace("LEMMA", "")), options)
    (proof,) = [p for p in found.proofs if p.name == "never_one"]
    slots = program_slots(tmp_path)
    first = {s.name: v for s, v in zip(slots, proof.failure.stations[0].state, strict=True)}
    assert (first["pair.one"], first["pair.other"]) == (255, 1)


def program_slots(tmp_path):
    return Memory(make(tmp_path, EVEN.replace("LEMMA", ""))).slots


def test_a_program_that_ends_is_searched_to_its_end(tmp_path):
    text = LOCK.replace("    while True:\n", "    if True:\n")
    found = prove(make(tmp_path, text), ProveOptions(method="bounded", seconds=40.0))
    assert found.is_over
    assert answers(found) == {"one_at_a_time": Answer.PROVED, "somebody": Answer.PROVED}


def test_a_reachable_that_no_run_satisfies_is_violated_where_all_runs_end(tmp_path):
    text = LOCK.replace("    while True:\n", "    if True:\n").replace(
        "return inside == 1", "return inside == 2"
    )
    found = prove(make(tmp_path, text), ProveOptions(method="bounded", seconds=40.0))
    assert answers(found)["somebody"] is Answer.VIOLATED
    assert found.violation is None


def make_start(tmp_path, begins):
    """The lock, and a start that does something before it claims that the lock is taken."""
    return make(
        tmp_path,
        LOCK.replace(
            "@thread(count=2)",
            f'@initial\ndef begin():\n{begins}    assert gate.taken, "taken"\n\n\n@thread(count=2)',
        ).replace("import (\n", "import (\n    either, initial,\n"),
    )


@pytest.mark.parametrize("method", ["auto", "bounded", "induction", "spacer"])
def test_where_every_start_fails_nothing_else_is_known(tmp_path, method):
    """For there is no state, of which all could be said."""
    program = make_start(tmp_path, "")
    found = prove(program, ProveOptions(method=method, most_steps=1))
    known = {proof.name: proof.answer for proof in found.proofs}
    assert known.pop("taken") is Answer.VIOLATED
    assert set(known.values()) == {Answer.NOT_ASKED}
    (violation,) = found.violation.violations
    assert (violation.property, violation.depth) == ("taken", 0)
    of_another = ProveOptions(method=method, properties=frozenset({"one_at_a_time"}))
    assert choose_prove_exit(prove(program, of_another)) == 3


def test_one_start_that_fails_says_nothing_of_the_others(tmp_path):
    program = make_start(tmp_path, "    if either():\n        gate.taken = True\n")
    found = prove(program, ProveOptions(method="induction", most_steps=3))
    known = answers(found)
    assert known["taken"] is Answer.VIOLATED
    assert known["one_at_a_time"] is Answer.PROVED
    depths = {violation.property: violation.depth for violation in found.violation.violations}
    assert depths["taken"] == 0


def test_no_time_leaves_everything_open(tmp_path):
    began = time.monotonic()
    found = prove(make(tmp_path, LOCK), ProveOptions(seconds=0.000001))
    assert found.stopped
    assert answers(found)["one_at_a_time"] is Answer.OPEN
    assert choose_prove_exit(found) == 3
    assert time.monotonic() - began < 5


def test_an_interrupt_leaves_everything_open(tmp_path):
    found = prove(make(tmp_path, LOCK), ProveOptions(interrupted=lambda: True))
    assert found.stopped
    assert set(answers(found).values()) == {Answer.OPEN}


def frames_and_goals(tmp_path, text, variant=None):
    program = make(tmp_path, text, variant)
    system = make_system(program, touches=True)
    goals = list_goals(system, list_judged(program, None)).all
    return Frames(system), {goal.name: goal for goal in goals}


def test_an_invariant_that_spacer_might_have_wrong_is_not_believed(tmp_path):
    frames, goals = frames_and_goals(tmp_path, LOCK)
    terms, before = frames.terms, frames.state(0)
    step = terms.term(frames.step(0))
    bad = terms.term(frames.at(goals["one_at_a_time"].bads[0].condition, 0))
    everything, nothing = terms.term(True), terms.term(False)
    first = before[0] == frames.at(frames.system.start.values[0], 0)
    for wrong in (everything, nothing, first):
        with pytest.raises(OutOfTimeError):
            spacer.check_invariant(frames, wrong, (step, bad), Clock())


def test_goals_that_fell_carry_no_others(tmp_path):
    """From fewer than 5 no step leads to 6; but that there are fewer than 5 does not last."""
    frames, goals = frames_and_goals(tmp_path, COUNT)
    stand = Induction(frames, Clock()).attempt(list(goals.values()), 1, Clock())
    assert {"few", "nearly_as_few"} <= {seen.goal.name for seen in stand.failed}
    found = prove(make(tmp_path, COUNT), ProveOptions(method="induction", most_steps=3))
    assert answers(found) == {"few": Answer.OPEN, "nearly_as_few": Answer.OPEN}


def test_a_failure_stays_as_it_is_where_what_came_later_forbids_a_plainer_one(tmp_path):
    """Nothing follows 1, where the only thread ends; a longer induction wants something to."""
    text = COUNT.replace("    while True:\n        with", "    if True:\n        with")
    frames, goals = frames_and_goals(tmp_path, text.replace("n < 5", "n != 1"))
    few, other = goals["few"], goals["nearly_as_few"]
    induction = Induction(frames, Clock())
    stand = induction.attempt([few], 1, Clock())
    assert [seen.goal for seen in stand.failed] == [few]
    assert induction.find_plain(stand, few, Clock()) is not None
    induction.attempt([other], 2, Clock())
    assert induction.find_plain(stand, few, Clock()) is None


def test_a_run_is_not_over_before_its_end(tmp_path):
    found = prove(make(tmp_path, COUNT), ProveOptions(method="bounded", most_steps=7))
    assert answers(found) == {"few": Answer.VIOLATED, "nearly_as_few": Answer.VIOLATED}
    assert {v.property: v.depth for v in found.violation.violations} == {
        "few": 5,
        "nearly_as_few": 6,
    }


def test_what_only_the_first_steps_show_is_searched_before_it_is_proved(tmp_path):
    """Nothing leads to 0, so no two good states lead to 1; but the first step does."""
    text = COUNT.replace("n + 1", "min(n + 1, 9)").replace("n < 5", "n != 1")
    for method in ("induction", "spacer", "auto"):
        found = prove(make(tmp_path, text), ProveOptions(method=method, most_steps=4, seconds=4))
        assert answers(found)["few"] is not Answer.PROVED


def test_numbers_near_the_edge_of_a_word_keep_their_order(tmp_path):
    text = COUNT.replace("n + 1", "200").replace("n < 5", "n != 7 and (n == 0 or n > 100)")
    frames, goals = frames_and_goals(tmp_path, text)
    search, found = BoundedSearch(frames, Clock()), []
    for _ in range(3):
        found += [seen.goal.name for seen in search.advance([goals["few"]])]
    assert found == []


@pytest.mark.parametrize("method", ["bounded", "induction", "auto"])
def test_a_reachable_that_is_satisfied_and_fails_elsewhere_is_violated(tmp_path, method):
    """What fails in the body of a property violates it; `check` says so, too."""
    text = """
        '''Looks behind the end.'''

        from modelcheck.lang import Array, U8, array, reachable, shared, spec, struct, thread

        spec("behind")


        @struct(marked=True)
        class Rooms:
            taken: Array[U8] = array(2)
            last: U8


        rooms = shared(Rooms)


        @thread
        def work():
            for i in range(4):
                rooms.last = i


        @reachable
        def second_is_free():
            return rooms.last == 1 and rooms.taken[rooms.last] == 0


        @reachable
        def looks():
            return rooms.taken[rooms.last] == 0
        """
    options = ProveOptions(method=method, most_steps=8, seconds=20)
    found = prove(make(tmp_path, text), options)
    assert answers(found)["looks"] is Answer.VIOLATED
    assert {v.property: v.depth for v in found.violation.violations}["looks"] == 3


def test_an_interrupt_waits_until_it_is_let_in(tmp_path):
    text = """
        '''The handler runs before interrupts are off, or after they are on again.'''

        from modelcheck.lang import (
            U8, Bool, WRITE_ONCE, ghost, invariant, irqs, shared, spec, thread,
        )

        spec("off")

        n = shared(U8)
        off: Bool = ghost(False)
        inside: Bool = ghost(False)


        @thread
        def work():
            global off
            irqs(False)
            off = True
            WRITE_ONCE(n, 2)
            irqs(True)
            off = False


        @thread(interrupts=work)
        def handler():
            global inside
            WRITE_ONCE(n, 3)
            inside = off


        @invariant
        def never_inside():
            return not inside
        """
    frames, goals = frames_and_goals(tmp_path, text)
    search = BoundedSearch(frames, Clock())
    while not search.is_over:
        assert search.advance([goals["never_inside"]]) == []


def test_a_state_that_the_layout_forbids_is_a_fault_of_ours(tmp_path, monkeypatch):
    def list_wrong(system):
        judged = list_judged(system.program, None)[0]
        wrong = Goal(type(judged)("$wrong", "lemma"), (Bad(True, "lemma"),))
        return (wrong,)

    monkeypatch.setattr(proving, "list_structure", list_wrong)
    with pytest.raises(InternalError, match="is no state"):
        prove(make(tmp_path, LOCK), ProveOptions(most_steps=1))


def test_bounded_search_goes_one_step_at_a_time(tmp_path):
    frames, goals = frames_and_goals(tmp_path, LOCK, "blind")
    search = BoundedSearch(frames, Clock())
    wanted = [goals["one_at_a_time"]]
    assert [search.advance(wanted), search.advance(wanted), search.depth] == [[], [], 1]
    (seen,) = search.advance(wanted)
    assert (len(seen.states), len(seen.threads)) == (3, 2)


# ---------------------------------------------------------------------------------------------
# The command


@pytest.mark.parametrize(
    ("arguments", "code", "begins"),
    [
        ((), 0, "PROVED  "),
        (("--variant", "blind"), 1, "VIOLATED  "),
        (("--method", "bounded", "--depth", "2"), 3, "INCONCLUSIVE  "),
        (("--variant", "blind", "--property", "deadlock"), 0, "PROVED  "),
    ],
)
def test_the_command_ends_with_the_promised_code(tmp_path, capsys, arguments, code, begins):
    path = tmp_path / "lock.py"
    path.write_text(LOCK, encoding="utf-8")
    assert run(["prove", str(path), *arguments]) == code
    assert capsys.readouterr().out.startswith(begins)


@pytest.mark.parametrize(
    "arguments", [(), ("--variant", "blind"), ("--method", "induction", "--depth", "1")]
)
def test_the_json_is_as_its_schema_says(tmp_path, capsys, arguments):
    path = tmp_path / "lock.py"
    path.write_text(LOCK, encoding="utf-8")
    run(["prove", str(path), "--json", *arguments])
    value = json.loads(capsys.readouterr().out)
    jsonschema.validate(value, SCHEMA)
    assert {p["name"] for p in value["properties"]} >= {"one_at_a_time", "somebody", "stuck"}


def test_the_trace_of_a_violation_is_stored_and_replays(tmp_path, capsys):
    path = tmp_path / "lock.py"
    path.write_text(LOCK, encoding="utf-8")
    assert run(["prove", str(path), "--variant", "blind", "-o", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().out
    assert run(["replay", str(tmp_path / "out" / "lock.blind.trace.json")]) == 0
    replayed = capsys.readouterr().out
    assert replayed.splitlines()[1] == told.splitlines()[1]


def test_a_loop_that_no_formula_tells_of_is_said_to_be_one(tmp_path, capsys):
    path = tmp_path / "spin.py"
    body = "    n: U8 = READ_ONCE(word)\n    while n != 7:\n        n = n * 3 % 5\n"
    path.write_text(
        '"""Local work without end."""\n\n'
        "from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, shared, spec, thread\n\n"
        'spec("spin")\n\nword = shared(U8)\n\n\n@thread\ndef work():\n' + body,
        encoding="utf-8",
    )
    assert run(["prove", str(path)]) == 3
    assert "a loop of local work" in capsys.readouterr().err


def test_what_cannot_be_checked_yet_is_not_proved(tmp_path, capsys):
    path = tmp_path / "lock.py"
    path.write_text(LOCK + 'variant("later", needs="liveness")\n', encoding="utf-8")
    assert run(["prove", str(path), "--variant", "later"]) == 3
    assert "not checkable yet" in capsys.readouterr().out
    assert attempt(str(path), api.Choice("later"), ProveOptions()).proving is None


# ---------------------------------------------------------------------------------------------
# Numbers that are larger than those the program holds

WIDE = '''
"""Two Bools that are set in order, and many threads or objects."""

from modelcheck.lang import (
    Array, Bool, Int, U16, READ_ONCE, WRITE_ONCE, array, atomic, between, choose, invariant, shared,
    spec, struct, thread, wait_until,
)

spec("wide")

p = shared(Bool)
q = shared(Bool)
'''

MANY_THREADS = """

@thread
def first():
    WRITE_ONCE(p, True)


@thread(count=COUNT)
def filler():
    wait_until(q and not p, idle=True)


@thread
def last():
    WRITE_ONCE(q, True)


@invariant
def in_order():
    return p or not q
"""

MANY_PLACES = """

@struct(marked=True)
class Item:
    v: Bool


@struct(marked=True)
class Outer:
    items: Array[Item] = array(10)


@struct(marked=True)
class Chosen:
    i: Int = between(0, 7)
    j: Int = between(0, 9)


outers = shared(Outer, count=8)
chosen = shared(Chosen)


@thread
def worker():
    with atomic(because="one step"):
        chosen.i = choose(range(8))
        chosen.j = 4
        p = True
    outers[0].items[0].v = True


@invariant
def not_the_first():
    return not (p and chosen.i == 6) or outers[chosen.i].items[chosen.j] is outers[0].items[0]
"""

LONG_STEP = """
level = shared(U16)


@thread
def worker():
    top = READ_ONCE(level)
    x: U16 = 0
    n: U16 = 0
    while n < 390:
ASKS
        n += 1
    WRITE_ONCE(level, x)


@thread
def other():
    WRITE_ONCE(level, 1)
"""


@pytest.mark.parametrize("count", [1, 2, 6, 7, 9, 14, 15, 16, 30, 31])
@pytest.mark.parametrize("method", ["bounded", "auto"])
def test_threads_are_told_apart_however_many_there_are(tmp_path, count, method):
    """With the width of a Bool the 17th would move with the first."""
    program = make(tmp_path, WIDE + MANY_THREADS.replace("COUNT", str(count)))
    found = prove(program, ProveOptions(method=method, most_steps=2, seconds=40.0))
    assert answers(found)["in_order"] is Answer.VIOLATED


def test_bounds_hold_the_numbers_of_threads(tmp_path):
    program = make(tmp_path, WIDE + MANY_THREADS.replace("COUNT", "20"))
    memory = Memory(program)
    assert bounds_of(memory, [t.body for t in program.templates])[1] >= len(memory.threads) == 22


def test_bounds_hold_how_many_elements_there_are(tmp_path):
    text = ALLOWED.replace("count=3", "count=700")
    program = make(tmp_path, WIDE.replace("    spec, struct,", "    allow, spec, struct,") + text)
    memory = Memory(program)
    assert bounds_of(memory, [t.body for t in program.templates])[1] >= 700


def test_objects_are_told_apart_however_many_there_are(tmp_path):
    text = WIDE + MANY_PLACES.replace("    with atomic", "    global p\n    with atomic")
    found = prove(make(tmp_path, text), ProveOptions(most_steps=3))
    assert answers(found)["not_the_first"] is Answer.VIOLATED


def test_there_is_room_for_what_faults_are_about(tmp_path):
    text = WIDE + MANY_PLACES.replace("    with atomic", "    global p\n    with atomic")
    text = text.replace("is outers[0].items[0]", "is outers[0].items[0] or True")
    program = make(tmp_path, text)
    with pytest.raises(InternalError):
        make_system(program).terms.term(80)
    make_system(program, asked=frozenset({"range"})).terms.term(80)


ALLOWED = """
numbers = shared(Bool, count=3)


@struct(marked=True)
class At:
    i: Int = between(-2, 6)


at = shared(At)
allow("out-of-bounds", on=numbers, because="a test")


@thread
def worker():
    at.i = choose(range(9)) - 2
    WRITE_ONCE(numbers[at.i], True)
"""


def test_what_is_allowed_of_an_object_is_allowed_outside_of_it_too(tmp_path):
    text = WIDE.replace("    spec, struct,", "    allow, spec, struct,") + ALLOWED
    found = prove(make(tmp_path, text), ProveOptions(method="bounded", seconds=40.0))
    known = {proof.name: proof.answer for proof in found.proofs}
    assert known["out-of-bounds"] is Answer.PROVED


def test_a_step_of_more_blocks_than_there_may_be_is_no_formula(tmp_path):
    """It diverges, and that is found by running it."""
    asks = "\n".join(f"        if top == {i}:\n            x = {i}" for i in range(2, 40))
    program = make(tmp_path, WIDE + LONG_STEP.replace("ASKS", asks))
    with pytest.raises(UnsupportedError, match="goes round too often"):
        prove(program, ProveOptions(most_steps=1))


def test_a_number_that_does_not_fit_is_no_term():
    terms = Terms("bits", -3, 5)
    assert terms.width == 5  # a sign, and one more than 5 needs
    assert [terms.number(terms.term(n)) for n in (-3, 5, 15, -16)] == [-3, 5, 15, -16]
    for number in (16, -17):
        with pytest.raises(InternalError, match="does not fit into 5 bits"):
            terms.term(number)
    assert Terms("ints", -3, 5).term(1 << 40) is not None
