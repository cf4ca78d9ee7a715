"""The index of a gate, on judgements made by hand: it must not be greener than they are."""

import dataclasses

import pytest

from modelcheck.explore.result import Counts, PropertyResult, Result, Verdict, Violation
from modelcheck.frontend.spec import Flag, SpecInfo, Variant
from modelcheck.gate import Judgement, Outcome
from modelcheck.pages.gate import SIGNS, Entry, write_index
from tests.reading import read_page

SPAN = None
DEFAULT, EARLY = Variant(None), Variant("early", {"early": True}, ("safe",))
INFO = SpecInfo(
    "free-twice",
    "\nA page is freed twice.\n\nMore.",
    "specs/free-twice.py",
    (),
    (Flag("early", False, (), SPAN),),
    DEFAULT,
    (EARLY,),
    (),
)


def make_result(verdict=Verdict.VERIFIED, *, violated=()):
    violations = {name: (Violation(name, "", (), "", 3, ()),) for name in violated}
    properties = tuple(
        PropertyResult(
            name,
            "invariant",
            Verdict.VIOLATED if name in violated else verdict,
            violations.get(name, ()),
        )
        for name in ("safe", "live")
    )
    return Result("free-twice", None, properties, Counts(1234, 2000, 9), exhausted=True)


def judged(variant, outcome, result, *reasons):
    return Judgement("free-twice", variant, outcome, reasons, result)


def rows_of(page):
    return [
        (row.facts.get("class"), [cell.text for cell in row.inside if cell.tag == "td"])
        for body in page.all("tbody")
        for row in body.inside
    ]


GOOD = (
    judged(DEFAULT, Outcome.EXPECTED, make_result()),
    judged(EARLY, Outcome.EXPECTED, make_result(violated=("safe",))),
)


def test_variants_stand_side_by_side_with_what_each_one_breaks():
    page = read_page(write_index([Entry("x.py", INFO, GOOD, {"early": "free-twice.early.html"})]))
    assert page.faults == page.outside == []
    assert page.text_of("h1") == page.text_of("title") == "gate: 2 as expected"
    assert "A page is freed twice." in page.text_of("section")
    assert [n.text for n in page.all("th", class_="property")] == ["safe"]
    (_, default), (_, early) = rows_of(page)
    tail = ["1,234", "\u2714 as expected"]
    assert default == ["(default)", "", "verified", "\u2714 verified", *tail, ""]
    broken = ["violates safe", "\u2716 3 steps", *tail, "the trace"]
    assert early == ["early", "early=True ", *broken]
    (link,) = page.all("a")
    assert link.facts["href"] == "free-twice.early.html"


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.EXPECTED])
def test_what_is_not_as_expected_is_marked_says_why_and_is_counted(outcome):
    bad = judged(EARLY, outcome, None, "because of this")
    page = read_page(write_index([Entry("x.py", INFO, (GOOD[0], bad))]))
    (kind, _), (marked, cells) = rows_of(page)
    assert kind is None
    assert marked is not None
    assert f"{SIGNS[outcome]} {outcome.value}because of this" in cells
    assert "\u2714" not in "".join(cells)
    assert page.text_of("h1") == f"gate: 1 as expected, 1 {outcome.value}"


def test_a_spec_that_cannot_be_read_has_its_place_and_is_counted():
    entries = [Entry("a.py", INFO, GOOD), Entry("b.py", error="b.py:3:1: error[MC101]: <x>\n")]
    page = read_page(write_index(entries))
    assert page.text_of("h1") == "gate: 2 as expected, 1 not read"
    assert "error[MC101]: <x>" in page.text_of("div", class_="error")


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.NOT_TESTED])
def test_a_property_that_is_not_decided_is_not_called_verified(verdict):
    undecided = judged(DEFAULT, Outcome.INCONCLUSIVE, make_result(verdict), "timeout")
    page = read_page(write_index([Entry("x.py", INFO, (undecided, GOOD[1]))]))
    cells = rows_of(page)[0][1]
    assert f"? {verdict.value}" in cells
    assert "\u2714" not in "".join(cells)


def test_a_gate_of_nothing_says_that_nothing_ran():
    assert read_page(write_index([])).text_of("h1") == "gate: nothing ran"


def test_hostile_names_stay_text():
    info = dataclasses.replace(INFO, name="<script>alert(1)</script>", doc="<img src=x>")
    page = read_page(write_index([Entry("x", info, GOOD, {"early": 'a"b<c>.html'})]))
    assert page.faults == page.outside == []
    assert page.all("script") == page.all("img") == []
    assert page.all("a")[0].facts["href"] == "a%22b%3Cc%3E.html"
