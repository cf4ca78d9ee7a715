"""What becomes of a mutant, and that nothing is left out of the score that belongs to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelcheck import api
from modelcheck.explore.options import Options
from modelcheck.explore.result import Counts, PropertyResult, Result, Verdict, Violation
from modelcheck.frontend import load_text
from modelcheck.gate import Exit
from modelcheck.mutate.judge import Outcome, decide, find_lines, hash_meaning
from modelcheck.mutate.mutant import find_mutants
from modelcheck.mutate.mutation import Request, choose_exit, mutate
from modelcheck.mutate.mutators import MUTATORS
from modelcheck.specfiles import SelectionError, find_spec
from tests.mutate.texts import COUNTER


def tell(one):
    return f"{one.mutant.mutator}: {one.mutant.statement}"


def test_each_mutant_of_the_counter_has_its_end(counter):
    told = {tell(one): one.outcome for one in counter.judged if one.outcome is not Outcome.KILLED}
    assert told == {
        "drop-step: counter.value += 1": Outcome.ELSEWHERE,  # the second one
        "drop-step: counter.rounds = 1": Outcome.SURVIVES,
        "swap: counter.value += 1": Outcome.EQUIVALENT,  # with what the settings leave out
        "swap: add()": Outcome.SURVIVES,
    }
    assert counter.count(Outcome.KILLED) >= 6


def test_a_kill_names_the_property_and_the_steps(counter):
    [one] = [o for o in counter.judged if tell(o) == "drop-lock: " + LOCKED]
    assert one.outcome is Outcome.KILLED
    steps = {(kill.property, kill.object): kill.steps for kill in one.kills}
    assert steps["data-race", "counter.value"] == 1  # one has loaded, and stores
    assert set(steps) == {
        ("data-race", "counter.value"),
        ("data-race", "counter.rounds"),
        ("nothing_lost", ""),
    }
    assert list(steps.values()) == sorted(steps.values())


LOCKED = "mutex_lock(counter.lock) … mutex_unlock(counter.lock)"


def test_a_property_that_kills_nothing_is_suspect(counter):
    assert counter.list_suspects() == ["never_more"]


def test_what_is_bounded_is_undecided_and_no_survivor(counter_file):
    request = Request(str(counter_file), api.Choice(), ["drop-step"], max_states=3)
    found = mutate(request, Options())
    outcomes = {one.outcome for one in found.judged}
    assert Outcome.SURVIVES not in outcomes
    assert Outcome.UNDECIDED in outcomes
    assert {o.reason for o in found.judged if o.outcome is Outcome.UNDECIDED} == {
        "stopped by max-states"
    }


def make_result(verdict, *, exhausted=True, violations=()):
    found = PropertyResult("safe", "invariant", verdict, violations)
    return Result("p", None, (found,), Counts(5, 6, 2), exhausted, "" if exhausted else "timeout")


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (make_result(Verdict.VERIFIED), Outcome.SURVIVES),
        (make_result(Verdict.NOT_TESTED), Outcome.UNDECIDED),
        (make_result(Verdict.INCONCLUSIVE, exhausted=False), Outcome.UNDECIDED),
        (make_result(Verdict.VERIFIED, exhausted=False), Outcome.UNDECIDED),
        (
            make_result(
                Verdict.VIOLATED,
                exhausted=False,
                violations=(Violation("safe", "", (), "", 2, ()),),
            ),
            Outcome.KILLED,
        ),
    ],
)
def test_only_a_whole_search_makes_a_survivor(counter, result, outcome):
    assert decide(counter.judged[0].mutant, result).outcome is outcome


def test_what_settings_leave_out_is_the_same_program(counter_file):
    spec = api.load_spec(find_spec(str(counter_file)))
    lines = find_lines(spec.program({}), spec.info.path)
    meaning = hash_meaning(api.make_program(spec, spec.info.default))
    elsewhere = [m for m in find_mutants(spec) if not lines.intersection(m.lines)]
    assert [m.statement for m in elsewhere] == ["counter.value += 1"]
    for mutant in elsewhere:
        edited = load_text(counter_file, "counter.py", mutant.text)
        assert hash_meaning(api.make_program(edited, edited.info.default)) == meaning


def test_code_that_only_a_branch_of_the_settings_has_is_in_the_program(counter_file):
    spec = api.load_spec(find_spec(str(counter_file)))
    text = COUNTER.split("\n")
    inside = next(n for n, line in enumerate(text, 1) if line == " " * 8 + "counter.value += 1")
    assert inside not in find_lines(spec.program({}), spec.info.path)
    assert inside in find_lines(spec.program({"twice": True}), spec.info.path)


def test_another_variant_is_asked_about_its_own_code(counter_file):
    request = Request(str(counter_file), api.Choice("twice"), ["drop-step"])
    found = mutate(request, Options())
    assert found.count(Outcome.ELSEWHERE) == 0
    assert found.original.program.settings[0].value == "True"


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (api.Choice("lost"), "is expected to be other than verified"),
        (api.Choice(None, {"nothing": "1"}), "has no setting"),
    ],
)
def test_what_does_not_hold_is_no_measure(counter_file, choice, message):
    with pytest.raises(SelectionError, match=message):
        mutate(Request(str(counter_file), choice), Options())


def test_a_spec_that_is_violated_is_no_measure(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text(COUNTER.replace("4 if twice else 2", "4 if twice else 3"), encoding="utf-8")
    with pytest.raises(SelectionError, match="does not hold as it is: nothing_lost"):
        mutate(Request(str(path), api.Choice()), Options())


def test_a_spec_that_gives_up_tries_no_mutant_and_is_no_pass(counter_file):
    found = mutate(Request(str(counter_file), api.Choice()), Options(max_states=3))
    assert found.judged == ()
    assert choose_exit(found, None) is Exit.UNDECIDED
    assert choose_exit(found, 0) is Exit.UNDECIDED


def make_mutation(counter, **counts):
    """The counter's, with so many mutants of each outcome."""
    one = counter.judged[0]
    judged = [
        replace(one, outcome=Outcome[name.upper()], kills=())
        for name, count in counts.items()
        for _ in range(count)
    ]
    return replace(counter, judged=tuple(judged), stale=())


@pytest.mark.parametrize(
    ("counts", "fail_under", "code"),
    [
        ({"killed": 9, "survives": 1}, 90, Exit.OK),
        ({"killed": 9, "survives": 1}, 90.1, Exit.FOUND),
        ({"killed": 9, "survives": 1}, None, Exit.OK),
        ({"killed": 8, "explained": 1, "survives": 1}, 90, Exit.OK),
        ({"killed": 10, "explained": 2}, 100, Exit.OK),
        ({"killed": 999, "survives": 1}, 100, Exit.FOUND),
        ({"killed": 9, "undecided": 1}, 100, Exit.UNDECIDED),
        ({"killed": 9, "undecided": 1}, 90, Exit.OK),
        ({"killed": 8, "survives": 1, "undecided": 1}, 95, Exit.FOUND),
        ({"undecided": 3}, 0, Exit.UNDECIDED),
        ({"equivalent": 3, "elsewhere": 2}, 0, Exit.UNDECIDED),
        ({"killed": 1, "equivalent": 3, "no_program": 5}, 100, Exit.OK),
    ],
)
def test_a_bound_is_met_only_if_every_doubt_counts_against_it(counter, counts, fail_under, code):
    assert choose_exit(make_mutation(counter, **counts), fail_under) is code


def test_a_hundred_percent_is_only_said_where_nothing_survives(counter):
    from modelcheck.mutate.report import describe_score

    assert describe_score(make_mutation(counter, killed=999, survives=1)).startswith("score 99 %")
    assert describe_score(make_mutation(counter, killed=999)).startswith("score 100 %")
    assert describe_score(make_mutation(counter, undecided=2)).startswith("no score")
    doubts = make_mutation(counter, killed=6, survives=1, undecided=2)
    assert describe_score(doubts).startswith("score 66 to 88 %: of 9 mutants")


def test_every_mutator_is_explained_in_words():
    assert all(len(text.split()) >= 2 for text in MUTATORS.values())
