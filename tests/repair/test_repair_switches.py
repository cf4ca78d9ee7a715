"""What is off and what may be switched on: the spec's own convention, or what the user says."""

from __future__ import annotations

import pytest

from modelcheck import api
from modelcheck.repair import switches
from modelcheck.repair.switches import find_switchables, list_sets, list_smaller
from modelcheck.settings import choose_variant
from modelcheck.specfiles import SelectionError, find_spec, find_specs


@pytest.fixture(scope="module")
def infos(specs):
    named = {file.name: file for file in find_specs(["specs"])}
    named |= {name: find_spec(path) for name, path in specs.items()}
    return {name: api.load_spec(file).info for name, file in named.items()}


def told(found):
    return [(s.name, s.off, s.on) for s in found]


def test_what_breaks_a_verified_default_is_off_and_nothing_else_is_switched(infos):
    found = told(find_switchables(infos["two-faults"]))
    assert found == [("at_once", False, (True,)), ("data_first", False, (True,))]
    found = told(find_switchables(infos["psi-poll-uaf"]))
    assert [name for name, _, _ in found] == ["design", "notify", "active_ref"]
    assert found[0][1] == "PLAIN"
    assert set(found[0][2]) >= {"MERGED", "SEVER_WRAP", "POLLFREE"}


def test_a_flag_is_not_blamed_for_what_is_violated_without_it(infos):
    """merged_hide_show_released_test sets `released_test` alone, and merged_hide_show is broken."""
    assert "released_test" not in dict.fromkeys(
        s.name for s in find_switchables(infos["psi-poll-uaf"])
    )
    (noise,) = find_switchables(infos["two-faults"], named=[("noise", None)])
    assert (noise.off, noise.on) == (False, (True,))


def test_a_default_that_is_expected_to_be_violated_is_what_is_off(infos):
    found = told(find_switchables(infos["either-or"]))
    assert found == [("turn_one", False, (True,)), ("turn_other", False, (True,))]


def test_a_variant_to_begin_with_says_what_is_off(infos):
    info = infos["psi-poll-uaf"]
    begin = choose_variant(info, "pollfree_no_gp")
    found = find_switchables(info, begin, named=[("design", None), ("notify", None)])
    assert [(s.name, s.off) for s in found] == [("design", "POLLFREE"), ("notify", True)]


def test_a_variant_to_begin_with_is_asked_for_its_own_flags_or_those_of_its_sizes(infos):
    info = infos["psi-poll-uaf"]
    found = find_switchables(info, choose_variant(info, "plain_5_2"))
    assert [(s.name, s.off) for s in found] == [("design", "PLAIN")]
    found = find_switchables(info, choose_variant(info, "merged_hide_show"))
    assert [(s.name, s.off) for s in found] == [("released_test", "NEVER")]


def test_what_the_user_sets_is_off_and_what_he_names_is_on(infos):
    info = infos["psi-poll-uaf"]
    named = [("design", "MERGED"), ("design", "SEVER_WRAP"), ("warn", "off"), ("events", "2")]
    found = told(find_switchables(info, None, {"design": "OPS_FREE"}, named))
    assert found == [
        ("design", "OPS_FREE", ("MERGED", "SEVER_WRAP")),
        ("warn", True, (False,)),
        ("events", 0, (2,)),
    ]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ([("desing", None)], "has no setting `desing`; did you mean `design`"),
        ([("design", "MERGD")], "`design` has no member `MERGD`"),
        ([("design", "PLAIN")], "`design` is PLAIN before anything is switched on"),
        ([("design", None), ("selects", "7")], "`selects` goes from 0 to 6, not 7"),
    ],
)
def test_what_cannot_be_switched_is_said(named, message, infos):
    with pytest.raises(SelectionError, match=message):
        find_switchables(infos["psi-poll-uaf"], named=named)


def test_a_number_needs_a_value_and_a_spec_without_flags_a_name(infos):
    with pytest.raises(SelectionError, match="write rounds=value"):
        find_switchables(infos["peterson"], named=[("rounds", None)])
    with pytest.raises(SelectionError, match="has no flag that a variant changes"):
        find_switchables(infos["two-jugs"])


def test_too_many_sets_are_refused_before_anything_runs(infos, monkeypatch):
    monkeypatch.setattr(switches, "MAX_SETS", 27)
    with pytest.raises(SelectionError, match="make 28 sets, and a search looks at no more than 27"):
        find_switchables(infos["psi-poll-uaf"])


def test_every_combination_is_there_once_the_smaller_ones_first(infos):
    found = find_switchables(infos["psi-poll-uaf"])
    sets = list_sets(found)
    assert len(set(sets)) == len(sets) == 7 * 2 * 2
    assert sets[0] == ()
    assert [len(on) for on in sets] == sorted(len(on) for on in sets)
    assert all(len(dict(on)) == len(on) for on in sets)


def test_smaller_sets_have_some_of_the_switches_and_not_all():
    on = (("design", "MERGED"), ("notify", True), ("active_ref", True))
    smaller = list(list_smaller(on))
    assert len(set(smaller)) == len(smaller) == 2**3 - 1
    assert smaller[0] == ()
    assert on not in smaller
    assert (on[0], on[2]) in smaller
    assert list(list_smaller(())) == []
