"""Which sets are minimal, what they have in common, what breaks them again, the exit code."""

from __future__ import annotations

from itertools import product

import pytest

from modelcheck.explore.result import Verdict
from modelcheck.gate import Exit
from modelcheck.repair.sets import (
    Finding,
    Judged,
    Minimal,
    choose_repair_exit,
    find_common,
    find_minimal,
    find_spoilers,
)

A, B, C = ("a", True), ("b", True), ("c", True)
YES, NO = Verdict.VERIFIED, Verdict.VIOLATED
UNDECIDED = (Verdict.INCONCLUSIVE, Verdict.NOT_TESTED)


def judge(verdicts):
    return [Judged(on, Finding(verdict), on) for on, verdict in verdicts.items()]


def test_a_set_is_minimal_if_it_verifies_and_no_smaller_one_does():
    judged = judge({(): NO, (A,): YES, (B,): NO, (A, B): YES, (A, C): NO, (B, C): YES})
    assert find_minimal(judged) == {
        (A,): Minimal.YES,
        (A, B): Minimal.NO,
        (B, C): Minimal.YES,
    }


@pytest.mark.parametrize("undecided", UNDECIDED)
@pytest.mark.parametrize("smaller", [(), (A,), (B,)])
def test_below_what_is_not_decided_nothing_is_known_to_be_minimal(smaller, undecided):
    verdicts = {(): NO, (A,): NO, (B,): NO, (A, B): YES, (C,): YES}
    verdicts[smaller] = undecided
    found = find_minimal(judge(verdicts))
    assert found[(A, B)] is Minimal.UNKNOWN
    assert found[(C,)] is (Minimal.UNKNOWN if smaller == () else Minimal.YES)


def test_a_smaller_set_that_verifies_decides_it_whatever_else_is_open():
    judged = judge({(): Verdict.INCONCLUSIVE, (A,): YES, (A, B): YES})
    assert find_minimal(judged)[(A, B)] is Minimal.NO


def test_what_breaks_again_is_one_switch_more_and_violated():
    judged = judge({(): NO, (A,): YES, (B,): YES, (A, B): NO, (A, C): Verdict.INCONCLUSIVE})
    pairs = [(one.on, other.on) for one, other in find_spoilers(judged)]
    assert pairs == [((A,), (A, B)), ((B,), (A, B))]


def test_common_is_what_is_on_in_every_set_that_verifies():
    assert find_common(judge({(): NO, (A, B): YES, (B, C): YES, (C,): NO})) == (B,)
    assert find_common(judge({(): NO, (A,): NO})) == ()


@pytest.mark.parametrize("verdicts", list(product((YES, NO, *UNDECIDED), repeat=3)))
def test_the_exit_code_of_every_mixture(verdicts):
    code = choose_repair_exit(judge(dict(zip([(), (A,), (B,)], verdicts, strict=True))))
    if YES in verdicts:
        assert code == Exit.OK == 0
    elif set(verdicts) == {NO}:
        assert code == Exit.FOUND == 1
    else:
        assert code == Exit.UNDECIDED == 3
    assert choose_repair_exit([]) == Exit.UNDECIDED
