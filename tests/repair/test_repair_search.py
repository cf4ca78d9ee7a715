"""Each set is judged as `check` judges its settings, and equal programs are explored once."""

from __future__ import annotations

import os
import pickle
import time
import zlib
from pathlib import Path

import pytest

from modelcheck import api
from modelcheck.cli import run
from modelcheck.diagnostics import InternalError, SpecErrors
from modelcheck.explore.result import Verdict
from modelcheck.repair import crew
from modelcheck.repair.crew import Crew, Limits, pack, unpack
from modelcheck.repair.sets import (
    Minimal,
    find_common,
    find_minimal,
    find_spoilers,
    name_command,
)
from modelcheck.repair.text import describe_repair
from modelcheck.specfiles import find_spec

ROOT = Path(__file__).resolve().parents[2]


def verdicts(repair):
    return {one.on: one.finding.verdict.value for one in repair.judged}


def minimal(repair):
    kinds = find_minimal(repair.judged)
    return [dict(on) for on, kind in kinds.items() if kind is Minimal.YES]


def test_psi_poll_uaf_is_repaired_by_the_merged_fix_and_the_wrapper_not_by_pollfree(psi):
    """What is off is what the broken variants of the mail thread have: the queue in the trigger."""
    assert [(s.name, s.off) for s in psi.switchables] == [
        ("design", "PLAIN"),
        ("active_ref", False),
    ]
    assert minimal(psi) == [
        {"design": "MERGED", "active_ref": True},
        {"design": "SEVER_WRAP", "active_ref": True},
    ]
    found = verdicts(psi)
    assert found[()] == found[(("design", "POLLFREE"),)] == "violated"
    assert found[(("design", "POLLFREE"), ("active_ref", True))] == "violated"
    assert find_common(psi.judged) == (("active_ref", True),)
    told = "\n".join(describe_repair(psi)).replace(str(ROOT / "specs"), "specs")
    assert f"{told}\n```" in (ROOT / "docs/repair.md").read_text(encoding="utf-8")


def test_the_document_shows_what_the_command_prints(find):
    told = "\n".join(describe_repair(find("kernfs-hide-show-poll")))
    assert f"{told}\n```" in (ROOT / "docs/repair.md").read_text(encoding="utf-8")


def check(path, repair, one):
    """What `check` says of a set's settings."""
    settings = {**repair.fixed, **{s.name: s.off for s in repair.switchables}, **dict(one.on)}
    texts = {name: str(value) for name, value in settings.items()}
    options = api.Options(stop="first", backend="python")
    return api.check(path, api.Choice(None, texts), options).result


@pytest.mark.parametrize("name", ["two_faults", "either_or"])
def test_every_set_is_judged_as_check_judges_its_settings(name, specs, request):
    repair = request.getfixturevalue(name)
    for one in repair.judged:
        result = check(specs[repair.info.name], repair, one)
        assert one.finding.verdict is result.verdict
        assert one.finding.counts == result.counts
        assert one.finding.violated == tuple(p.name for p in result.properties if p.violations)
        headline = result.headline
        assert one.finding.steps == (None if headline is None else headline.depth)


@pytest.mark.parametrize("begin", [None, "turned"])
def test_the_command_that_is_named_checks_the_set(begin, find, capsys):
    named = [("turn_one", None), ("turn_other", None)]
    repair = find("either-or", variant=begin, named=named)
    assert len(repair.judged) == 4
    for one in repair.judged:
        program, *arguments = name_command(repair, one.on).split()
        assert program == "modelcheck"
        code = run([*arguments, "--backend", "python"])
        assert code == (0 if one.finding.verdict is Verdict.VERIFIED else 1)
    assert capsys.readouterr().err == ""


def test_what_each_fault_needs_is_switched_on(two_faults):
    assert minimal(two_faults) == [{"at_once": True, "data_first": True}]
    assert len(two_faults.judged) == 8


def test_more_is_not_always_better(either_or):
    assert minimal(either_or) == [{"turn_one": True}, {"turn_other": True}]
    both = (("turn_one", True), ("turn_other", True))
    assert verdicts(either_or)[both] == "violated"
    assert [other.on for _, other in find_spoilers(either_or.judged)] == [both, both]


def test_sets_that_differ_in_one_part_of_the_program_are_explored_each(specs, find):
    named = [("limit", "3"), ("start", "3"), ("threads", "3")]
    repair = find("parts", named=named)
    assert repair.programs == len(repair.judged) == 8
    for one in repair.judged:
        assert one.like == one.on
        assert one.finding.counts == check(specs["parts"], repair, one).counts
    assert {one.on for one in repair.judged if one.finding.verdict is Verdict.VERIFIED} == {
        (("limit", 3),),
        (("limit", 3), ("threads", 3)),
    }


def test_sets_with_equal_programs_are_explored_once(find, monkeypatch):
    """What a writer prefers plays no part where the lock is only tried."""
    explored = []
    before = crew.explore_program
    monkeypatch.setattr(crew, "explore_program", lambda *a: explored.append(a) or before(*a))
    named = [("writer_preference", None), ("trylock", None)]
    repair = find("selftest-recursive-read", settings={"again": "off"}, named=named)
    assert len(explored) == repair.programs < len(repair.judged) == 4
    shared = [one for one in repair.judged if one.like != one.on]
    assert shared
    by_set = {one.on: one for one in repair.judged}
    assert all(one.finding == by_set[one.like].finding for one in shared)


def test_what_contains_a_set_that_verifies_may_be_left_out_and_nothing_is_said_of_it(
    either_or, two_faults, find
):
    named = [("at_once", None), ("data_first", None), ("noise", None)]
    for whole, found in (
        (either_or, find("either-or", only=True)),
        (two_faults, find("two-faults", named=named, only=True)),
    ):
        assert minimal(found) == minimal(whole)
        (left,) = [one for one in found.judged if one.finding.reason.startswith("not asked: ")]
        assert left.finding.verdict is Verdict.NOT_TESTED
        assert left.on == found.judged[-1].on
        assert found.judged[:-1] == whole.judged[:-1]


def test_what_needs_more_than_this_version_can_is_never_verified(find):
    repair = find("parts", named=[("limit", "3"), ("weak", None)])
    found = verdicts(repair)
    assert found[(("limit", 3),)] == "verified"
    weak = [one for one in repair.judged if ("weak", True) in one.on]
    assert [one.finding.verdict for one in weak] == [Verdict.NOT_TESTED] * 2
    assert weak[0].finding.reason == "not checkable yet: needs weak-memory"
    assert [one.like for one in weak] == [None, None]
    assert repair.programs == 2


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_states": 2}, "stopped by max-states"),
        ({"deadline": 0.0}, "no time left"),
        ({"interrupted": lambda: True}, "interrupted"),
    ],
)
def test_a_search_that_gives_up_verifies_nothing(limits, reason, find):
    repair = find("two-faults", **limits)
    assert {one.finding.verdict for one in repair.judged} == {Verdict.INCONCLUSIVE}
    assert {one.finding.reason for one in repair.judged} == {reason}


def test_a_set_without_a_program_is_not_tested_and_a_spec_without_any_is_refused(tmp_path, find):
    text = (
        "from modelcheck.lang import U8, Array, array, flag, shared, spec, struct, thread\n"
        "spec('sizes')\nsize = flag(2)\n@struct\nclass Box:\n    a: Array[U8] = array(size)\n"
        "box = shared(Box)\n@thread\ndef put():\n    box.a[0] = 1\n"
    )
    (tmp_path / "sizes.py").write_text(text)
    path = str(tmp_path / "sizes.py")
    repair = find(path, named=[("size", "0")])
    assert [one.finding.verdict for one in repair.judged] == [Verdict.VERIFIED, Verdict.NOT_TESTED]
    assert repair.judged[1].finding.reason.startswith("no program: MC")
    with pytest.raises(SpecErrors):
        find(path, settings={"size": "0"}, named=[("size", "-1")])


def test_the_answer_does_not_depend_on_the_jobs(two_faults, find):
    named = [("at_once", None), ("data_first", None), ("noise", None)]
    assert find("two-faults", named=named, jobs=2) == two_faults


class Bomb:
    def __reduce__(self):
        return os._exit, (9,)


def test_a_process_that_dies_is_told_and_nothing_is_concluded():
    with (
        Crew(Limits(api.Options()), jobs=2) as workers,
        pytest.raises(InternalError, match="sudden end"),
    ):
        workers.explore(0, None, zlib.compress(pickle.dumps(Bomb())))
        deadline = time.monotonic() + 60
        while workers.is_waiting and time.monotonic() < deadline:
            workers.fetch(patiently=True)


def test_what_is_packed_is_unpacked():
    spec = api.load_spec(find_spec("kernfs-release-once"))
    program = spec.program({})
    assert unpack(pack(program)) == program
