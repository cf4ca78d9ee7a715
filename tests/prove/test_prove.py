"""What is proved, what is refuted, what stays open, and why."""

from __future__ import annotations

import time

import pytest

from modelcheck.backends.smt.system import make_system
from modelcheck.diagnostics import InternalError
from modelcheck.explore.properties import list_judged
from modelcheck.ir.memory import Memory
from modelcheck.prove import prove as proving
from modelcheck.prove import spacer
from modelcheck.prove.bounded import BoundedSearch
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Bad, Goal, list_goals
from modelcheck.prove.induction import Induction
from modelcheck.prove.prove import ProveOptions, prove
from modelcheck.prove.result import Answer, choose_prove_exit
from modelcheck.prove.solver import Clock, OutOfTimeError
from tests.prove.endless import COUNT, EVEN, LEMMA, LOCK, answers, make


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
