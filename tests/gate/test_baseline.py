"""A gate against a baseline: what is a change, what cannot be compared, what is never green."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from modelcheck.baseline.compare import NEW, compare_spec
from modelcheck.baseline.known import read_baseline
from modelcheck.baseline.whole import choose_compared_exit, compare_gate
from modelcheck.explore.result import Counts, PropertyResult, Result, Verdict, Violation
from modelcheck.frontend.spec import SpecInfo, Variant
from modelcheck.gate import Exit, Judgement, Outcome, choose_gate_exit
from modelcheck.report.json import judgements_to_json
from modelcheck.specfiles import SelectionError

SCOPE = ("sizes n=2", "memory model sc", "no reductions")
DEFAULT = Variant(None)
NAME, PATH = "put-twice", "specs/put-twice.py"


def make_result(*violated: str, verdict=Verdict.VERIFIED, **changes) -> Result:
    """A run with a property `safe`, and one for each that is violated, after three steps."""
    properties = [PropertyResult("safe", "invariant", verdict)]
    for name in violated:
        found = Violation(name, "", (), "", 3, ())
        properties.append(PropertyResult(name, "built in", Verdict.VIOLATED, (found,)))
    result = Result(NAME, None, tuple(properties), Counts(10, 12, 4), exhausted=True, scope=SCOPE)
    return replace(result, **changes)


def stop(result: Result, by: str = "max-states") -> Result:
    scope = (f"not exhausted (stopped by {by})", *result.scope)
    return replace(result, exhausted=False, stopped_by=by, scope=scope)


def judged(result: Result | None, outcome=Outcome.EXPECTED, variant=DEFAULT) -> Judgement:
    return Judgement(NAME, variant, outcome, (), result)


@pytest.fixture
def record(tmp_path):
    """A folder of results with these judgements of the spec, read again."""

    def go(*judgements: Judgement, spec=NAME, path=PATH):
        info = SpecInfo(spec, "", path, (), (), DEFAULT, (), ())
        text = json.dumps(judgements_to_json(info, judgements))
        (tmp_path / f"{spec}.json").write_text(text, encoding="utf-8")
        return read_baseline(tmp_path, "results")

    return go


@pytest.fixture
def compare(record):
    """One variant as it was, and now: the judgement with what changed."""

    def go(before: Judgement, now: Judgement) -> Judgement:
        [compared] = compare_spec(record(before), NAME, PATH, [now])
        return compared

    return go


def test_what_is_as_it_was_keeps_its_outcome(compare):
    now = judged(make_result("leak"))
    assert compare(now, now) == now


def test_another_verdict_is_a_change(compare):
    safe, broken = judged(make_result()), judged(make_result("deadlock"))
    there = compare(safe, broken)
    assert there.outcome is Outcome.CHANGED
    assert there.changes[:2] == ("was verified, is violated", "deadlock is violated and was not")
    back = compare(broken, safe)
    assert back.outcome is Outcome.CHANGED
    assert "deadlock was violated and is not" in back.changes
    assert choose_gate_exit([there]) is choose_gate_exit([back]) is Exit.FOUND


def test_another_property_under_the_same_verdict_is_a_change(compare):
    found = compare(judged(make_result("leak")), judged(make_result("deadlock")))
    assert found.changes == (
        "deadlock is violated and was not",
        "leak was violated and is not",
    )


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (Counts(11, 12, 4), "states: 10 in the baseline, 11 now"),
        (Counts(10, 1200, 4), "transitions: 12 in the baseline, 1,200 now"),
        (Counts(10, 12, 3), "depth: 4 in the baseline, 3 now"),
    ],
)
def test_another_count_is_a_change_with_both_numbers(compare, counts, told):
    found = compare(judged(make_result()), judged(make_result(counts=counts)))
    assert (found.outcome, found.changes) == (Outcome.CHANGED, (told,))


def test_a_longer_way_to_the_same_violation_is_a_change(compare):
    longer = replace(make_result("leak").properties[1].violations[0], depth=5)
    leak = PropertyResult("leak", "built in", Verdict.VIOLATED, (longer,))
    now = make_result("leak", properties=(make_result().properties[0], leak))
    found = compare(judged(make_result("leak")), judged(now))
    assert found.changes == ("steps to leak: 3 in the baseline, 5 now",)


def test_the_same_verdict_on_less_is_a_change(compare):
    silenced = "silenced: data-race on Buffer.users (counted; elsewhere)"
    found = compare(judged(make_result()), judged(make_result(scope=(*SCOPE, silenced))))
    assert found.outcome is Outcome.CHANGED
    assert found.changes == (f"its scope line has {silenced}",)
    smaller = make_result(scope=("sizes n=1", *SCOPE[1:]))
    found = compare(judged(make_result()), judged(smaller))
    assert found.changes == ("its scope line had sizes n=2, has sizes n=1",)
    assert compare(judged(make_result()), judged(stop(smaller))).outcome is Outcome.CHANGED


def test_counts_with_other_reductions_are_not_compared_and_verdicts_are(compare):
    scope = (*SCOPE[:2], "reduced by por, symmetry")
    reduced = {"reductions": ("por", "symmetry"), "scope": scope, "counts": Counts(3, 2, 1)}
    same = compare(judged(make_result()), judged(make_result(**reduced)))
    assert same.outcome is Outcome.EXPECTED
    [note] = same.notes
    assert note.endswith("the reductions are `por, symmetry`, the baseline has `none`")
    other = compare(judged(make_result()), judged(make_result("leak", **reduced)))
    assert other.outcome is Outcome.CHANGED


@pytest.mark.parametrize("by", ["timeout", "max-states", "interrupt"])
def test_a_run_that_gave_up_has_no_counts_but_what_it_found_counts(compare, by):
    gave_up = judged(stop(make_result(verdict=Verdict.INCONCLUSIVE), by), Outcome.INCONCLUSIVE)
    found = compare(judged(make_result()), gave_up)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.notes == (f"counts not compared: stopped by {by}",)
    broken = judged(stop(make_result("leak"), by))
    assert "leak is violated and was not" in compare(judged(make_result()), broken).changes


def test_where_the_baseline_gave_up_only_what_it_found_is_held_against_it(compare):
    before = judged(stop(make_result("leak", verdict=Verdict.INCONCLUSIVE)))
    more = compare(before, judged(make_result("leak", "deadlock")))
    assert more.outcome is Outcome.EXPECTED
    assert more.notes == ("counts not compared: the run of the baseline gave up",)
    less = compare(before, judged(make_result()))
    assert less.changes == ("leak was violated and is not",)


def test_what_was_checked_and_now_needs_something_is_a_change(compare):
    off = judged(None, Outcome.NOT_CHECKABLE, Variant(None, needs="weak-memory"))
    found = compare(judged(make_result()), off)
    assert (found.outcome, found.changes) == (
        Outcome.CHANGED,
        ("was verified, is not checked now",),
    )
    assert compare(off, off).outcome is Outcome.NOT_CHECKABLE
    on = compare(off, judged(make_result()))
    assert (on.outcome, on.notes) == (Outcome.EXPECTED, ("the baseline has no verdict",))


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("before", [make_result(), make_result("leak"), None])
def test_no_outcome_becomes_better_by_a_baseline(record, outcome, before):
    green = {Outcome.EXPECTED, Outcome.NOT_CHECKABLE}
    for now in (make_result(), make_result("leak"), stop(make_result()), None):
        [found] = compare_spec(record(judged(before)), NAME, PATH, [judged(now, outcome)])
        assert found.outcome in ({outcome, Outcome.CHANGED} - ({*green} - {outcome}))
        assert choose_gate_exit([found]) != Exit.OK or outcome is Outcome.EXPECTED
        assert (found.result, found.reasons) == (now, ())
        if outcome is Outcome.UNEXPECTED:
            assert found.outcome is outcome


# Of a recorded variant: what follows from the rest, what the spec says, and a claim about traces.
NO_FACTS = {("property",), ("expected",), ("outcome",), ("violated", 0, "minimal")}


def list_leaves(value, at=()):
    """Each number, word and None of a JSON value, by its place."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from list_leaves(inner, (*at, key))
    else:
        yield at, value


def change_leaf(value, at):
    *way, last = at
    for key in way:
        value = value[key]
    old = value[last]
    value[last] = f"x{old}" if isinstance(old, str) else (old or 0) + 1


def test_every_fact_of_a_record_counts(record, tmp_path):
    violated = PropertyResult(
        "leak", "built in", Verdict.VIOLATED, (Violation("leak", "a[0]", (), "", 3, ()),)
    )
    now = judged(make_result(properties=(violated,)))
    record(now)
    file = tmp_path / f"{NAME}.json"
    text = file.read_text(encoding="utf-8")
    missed = set()
    for at, _ in list_leaves(json.loads(text)["variants"][0]):
        value = json.loads(text)
        change_leaf(value["variants"][0], at)
        file.write_text(json.dumps(value), encoding="utf-8")
        [found] = compare_spec(read_baseline(tmp_path, "results"), NAME, PATH, [now])
        if found.outcome is not Outcome.CHANGED and found.notes != (NEW,):
            missed.add(at)
    assert missed == NO_FACTS


def test_variants_on_one_side_only_are_told_and_fail_nothing(record):
    slow = Variant("slow")
    baseline = record(judged(make_result()), judged(make_result(), variant=Variant("old")))
    now = compare_spec(
        baseline, NAME, PATH, [judged(make_result()), judged(make_result(), variant=slow)]
    )
    assert [j.notes for j in now] == [(), (NEW,)]
    told = compare_gate(baseline, [(NAME, PATH, now)])
    assert (told.compared, told.new, told.gone) == (1, (f"{NAME} slow",), (f"{NAME} old",))
    assert choose_compared_exit(Exit.OK, told) is Exit.OK


def test_a_spec_is_gone_if_its_file_is_or_declares_another_one(record, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.py").write_text("")
    (tmp_path / "renamed.py").write_text("")
    for name in ("there", "renamed", "removed"):
        baseline = record(judged(make_result()), spec=name, path=f"{name}.py")
    told = compare_gate(baseline, [("new-name", "renamed.py", [judged(make_result())])])
    assert set(told.gone) == {"renamed (default)", "removed (default)"}


def test_a_spec_that_was_moved_is_found_by_its_name(record, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    baseline = record(judged(make_result("leak")))
    [found] = compare_spec(baseline, NAME, "elsewhere.py", [judged(make_result())])
    assert found.outcome is Outcome.CHANGED
    (tmp_path / "specs").mkdir()
    (tmp_path / PATH).write_text("")  # another spec of the same name
    [found] = compare_spec(baseline, NAME, "elsewhere.py", [judged(make_result())])
    assert found.notes == (NEW,)


def test_a_baseline_with_nothing_on_what_ran_is_not_green(record):
    baseline = record(judged(make_result()), spec="another")
    now = compare_spec(baseline, NAME, PATH, [judged(make_result())])
    told = compare_gate(baseline, [(NAME, PATH, now)])
    assert choose_compared_exit(choose_gate_exit(now), told) is Exit.UNDECIDED
    assert choose_compared_exit(Exit.FOUND, told) is Exit.FOUND


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.txt", "", "no results are there; `python -m modelcheck.results results SPEC…` writes"),
        ("x.json", "{", "results/x.json is no JSON"),
        ("x.json", '{"schema": "modelcheck-results-1"}', "x.json is no file of results: KeyError"),
        ("x.json", '{"schema": "modelcheck-results-2"}', "modelcheck-results-2, not modelcheck-"),
        (
            "x.json",
            '{"schema": "modelcheck-results-1", "spec": "x", "path": "x", "variants": {"a": 1}}',
            "x.json is no file of results: TypeError",
        ),
    ],
)
def test_a_folder_that_holds_no_results_is_told_why(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(SelectionError) as error:
        read_baseline(tmp_path, "results")
    assert told in str(error.value)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SelectionError, match="there is no such folder of results"):
        read_baseline(tmp_path / "none", "none")
