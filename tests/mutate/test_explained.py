"""What a spec says of its survivors counts, and only as long as it is true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from modelcheck.diagnostics import SpecErrors
from modelcheck.frontend import load, load_text
from modelcheck.gate import Exit
from modelcheck.mutate.explained import read_explanations
from modelcheck.mutate.judge import Kill, Outcome
from modelcheck.mutate.mutant import find_mutants
from modelcheck.mutate.mutation import choose_exit, explain
from modelcheck.mutate.mutators import MUTATORS
from tests.mutate.texts import COUNTER

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = "    counter.rounds = 1"


@pytest.fixture
def read(folder):
    def read_text(text):
        return read_explanations(load_text(folder / "counter.py", "counter.py", text))

    return read_text


@pytest.fixture
def judge(counter, read):
    """The judged mutants of the counter, explained as another text of it does."""

    def explain_with(text, judged=counter.judged):
        told, stale = explain(judged, read(text))
        explained = {
            f"{one.mutant.mutator}: {one.mutant.statement}": one.reason
            for one in told
            if one.outcome is Outcome.EXPLAINED
        }
        return explained, [(s.explanation.mutator, s.why) for s in stale]

    return explain_with


@pytest.mark.parametrize(
    "comment",
    [
        f"{ROUNDS}  # mutate: survives drop-step: nobody asks",
        f"{ROUNDS}  #mutate:survives drop-step:nobody asks",
        f"{ROUNDS}  # mutate: survives drop-step: nobody asks  ",
        f"{ROUNDS}  # one more  # mutate: survives drop-step: nobody asks",
    ],
)
def test_a_comment_behind_a_statement_is_about_it(judge, comment):
    explained, stale = judge(COUNTER.replace(ROUNDS, comment))
    assert explained == {"drop-step: counter.rounds = 1": "nobody asks"}
    assert stale == []


def test_a_comment_on_a_line_of_its_own_is_about_the_next_statement(read):
    above = COUNTER.replace(
        ROUNDS, f"    # mutate: survives drop-step: nobody asks,\n    # ever\n\n{ROUNDS}"
    )
    [found] = read(above)
    lines = above.split("\n")
    assert lines[found.line - 1].strip().startswith("# mutate")
    assert lines[found.first - 1] == ROUNDS
    assert found.first == found.last


def test_a_comment_at_a_routine_is_about_all_of_it(judge):
    text = COUNTER.replace(
        "def work():", "def work():  # mutate: survives swap: all under the lock"
    )
    explained, stale = judge(text)
    assert explained == {"swap: add()": "all under the lock"}
    assert stale == []


def test_one_comment_names_several_mutators(judge):
    text = COUNTER.replace("    add()\n", "    add()  # mutate: survives swap, drop-get: so what\n")
    explained, stale = judge(text)
    assert explained == {"swap: add()": "so what"}
    assert stale == [("drop-get", "there is no such mutant")]


def test_an_explanation_of_what_is_killed_is_stale(judge):
    text = COUNTER.replace("    add()\n", "    add()  # mutate: survives drop-step: it does not\n")
    explained, stale = judge(text)
    assert explained == {}
    assert stale == [("drop-step", "it is killed by nothing_lost")]


def test_an_explanation_of_the_same_program_is_stale(judge):
    text = COUNTER.replace(
        "def add():\n    counter.value += 1",
        "def add():\n    counter.value += 1  # mutate: survives swap: as it is",
    )
    assert judge(text) == ({}, [("swap", "it is equivalent: the same program")])


def test_an_explanation_of_code_that_the_settings_leave_out_waits(judge):
    inner = "        counter.value += 1"
    text = COUNTER.replace(inner, f"{inner}  # mutate: survives drop-step: in twice only")
    assert judge(text) == ({}, [])


def test_what_is_undecided_is_not_explained(counter, judge):
    undecided = [replace(one, outcome=Outcome.UNDECIDED, kills=()) for one in counter.judged]
    text = COUNTER.replace(ROUNDS, f"{ROUNDS}  # mutate: survives drop-step: nobody asks")
    assert judge(text, undecided) == ({}, [])


def test_of_two_mutants_at_a_line_each_is_told(counter, judge):
    """A comment is about all mutants of its mutator there: one that is killed stays killed."""
    [one] = [
        o for o in counter.judged if o.mutant.statement == "counter.rounds = 1" and not o.kills
    ]
    other = replace(one, outcome=Outcome.KILLED, kills=(Kill("safe", "", 3),))
    text = COUNTER.replace(ROUNDS, f"{ROUNDS}  # mutate: survives drop-step: nobody asks")
    explained, stale = judge(text, [other, one])
    assert (len(explained), stale) == (1, [])


def test_a_stale_explanation_is_1_whatever_the_score(counter, read):
    text = COUNTER.replace("    add()\n", "    add()  # mutate: survives drop-step: it does not\n")
    told, stale = explain(counter.judged, read(text))
    found = replace(counter, judged=tuple(told), stale=stale)
    assert choose_exit(found, None) is Exit.FOUND
    assert choose_exit(found, 0) is Exit.FOUND


@pytest.mark.parametrize(
    ("comment", "message", "help_text"),
    [
        ("# mutate: survives drop-stpe: why", "there is no mutator `drop-stpe`", "`drop-step`"),
        ("# mutate: survives nothing: why", "there is no mutator `nothing`", "there is drop-lock"),
        ("# mutate: survives drop-step", "does not say what survives", "why nothing misses it"),
        ("# mutate: survives drop-step:", "does not say what survives", "why nothing misses it"),
        ("# mutate: drop-step is needless", "does not say what survives", "survives MUTATOR"),
    ],
)
def test_a_comment_that_cannot_be_read_is_an_error(read, comment, message, help_text):
    with pytest.raises(SpecErrors, match=message) as caught:
        read(COUNTER.replace(ROUNDS, f"{ROUNDS}  {comment}"))
    [error] = caught.value.errors
    assert error.code == "MC420"
    assert help_text in error.help
    assert COUNTER.split("\n")[error.span.line - 1] == ROUNDS
    assert error.span.col == len(ROUNDS) + 3


def test_what_only_looks_like_a_comment_is_none(read):
    text = COUNTER.replace("A counter under", "# mutate: survives swap: x\nA counter under")
    assert read(text) == ()
    assert read(COUNTER) == ()


def test_every_name_of_a_mutator_can_be_written(read):
    names = ", ".join(MUTATORS)
    found = read(COUNTER.replace(ROUNDS, f"{ROUNDS}  # mutate: survives {names}: why"))
    assert [e.mutator for e in found] == list(MUTATORS)


def test_every_explanation_of_a_shipped_spec_names_a_mutant():
    told = 0
    for path in sorted((ROOT / "specs").rglob("*.py")):
        if "# mutate:" not in path.read_text(encoding="utf-8"):
            continue
        spec = load(path, path.name)
        mutants = find_mutants(spec)
        for explanation in read_explanations(spec):
            told += 1
            assert any(map(explanation.is_about, mutants)), f"{path.name}:{explanation.line}"
    assert told >= 40
