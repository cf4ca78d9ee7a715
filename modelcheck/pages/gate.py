"""Judged specs → an index: for each spec its variants side by side, with what each one breaks.

It says what the lines of `modelcheck gate` say, and never more: a spec that could not be read
and a variant that did not run have their place in it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote as quote_url

from modelcheck.explore.result import Result, Verdict
from modelcheck.frontend.spec import SpecInfo, Variant
from modelcheck.gate import Judgement, Outcome, describe_expectation
from modelcheck.pages.document import Markup, element, join, write_document
from modelcheck.report.text import describe_totals

SIGNS = {
    Outcome.EXPECTED: "\u2714",
    Outcome.UNEXPECTED: "\u2716",
    Outcome.CHANGED: "\u2716",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_CHECKABLE: "\u25cb",
    Outcome.SKIPPED: "\u25cb",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One spec of a gate: its judged variants, or why it could not be read.

    `pages` are the names of the pages of its traces, by variant.
    """

    path: str
    info: SpecInfo | None = None
    judgements: tuple[Judgement, ...] = ()
    pages: Mapping[str | None, str] = field(default_factory=dict)
    error: str = ""


def write_index(entries: Sequence[Entry]) -> str:
    """The page of a whole gate.

    Soundness: every spec and every variant of the gate is in it, each with its own outcome; only
    what is *as expected* or *verified* has a tick.  tests/unit/pages/test_gate_page.py has one of
    each other kind.
    """
    judgements = [j for entry in entries for j in entry.judgements]
    unread = sum(bool(entry.error) for entry in entries)
    title = f"gate: {describe_totals(judgements)}" + (f", {unread} not read" if unread else "")
    body = join(
        element("h1", title),
        *(_write_entry(entry) for entry in entries),
        element("footer", element("p", "Made by modelcheck gate --html; states per variant.")),
    )
    return write_document(title, body, style="gate.css")


def _write_entry(entry: Entry) -> Markup:
    if entry.info is None or entry.error:
        return element(
            "section",
            element("h2", element("code", entry.path)),
            element("div", element("pre", entry.error), class_="error"),
        )
    summary = next((line for line in entry.info.doc.splitlines() if line.strip()), "")
    return element(
        "section",
        element("h2", entry.info.name),
        element("p", summary.strip()),
        element("p", element("code", entry.info.path)),
        element("div", _write_table(entry, entry.info), class_="box"),
        id=entry.info.name,
    )


def _write_table(entry: Entry, info: SpecInfo) -> Markup:
    """A row per variant, a column per property that one of them breaks."""
    broken = _list_broken(entry.judgements)
    head = element(
        "tr",
        *(element("th", name) for name in ("variant", "sets", "expected")),
        *(element("th", name, class_="property") for name in broken),
        *(element("th", name) for name in ("states", "judged", "")),
    )
    rows = (_write_row(entry, info, judgement, broken) for judgement in entry.judgements)
    return element("table", element("thead", head), element("tbody", *rows))


def _list_broken(judgements: Sequence[Judgement]) -> list[str]:
    return list(
        dict.fromkeys(v.property for j in judgements if j.result for v in j.result.violations)
    )


def _write_row(entry: Entry, info: SpecInfo, judgement: Judgement, broken: list[str]) -> Markup:
    result, variant = judgement.result, judgement.variant
    page = entry.pages.get(variant.name)
    states = f"{result.counts.states:,}" if result else ""
    classes = {Outcome.EXPECTED: None, Outcome.UNEXPECTED: "wrong", Outcome.CHANGED: "wrong"}
    told = (*judgement.reasons, *judgement.changes)
    reasons = (element("div", reason, class_="reason") for reason in told)
    return element(
        "tr",
        element("td", element("code", variant.name or "(default)")),
        element("td", *_list_settings(info, variant), class_="set"),
        element("td", describe_expectation(variant)),
        *(_write_cell(result, name) for name in broken),
        element("td", states, class_="number"),
        element(
            "td",
            f"{SIGNS[judgement.outcome]} {judgement.outcome.value}",
            *reasons,
            class_="outcome",
        ),
        element("td", element("a", "the trace", href=quote_url(page)) if page else ""),
        class_=classes.get(judgement.outcome, "open"),
    )


def _list_settings(info: SpecInfo, variant: Variant) -> Iterator[Markup]:
    """What a variant sets to another value than the default."""
    usual = {p.name: p.default for p in info.parameters} | {f.name: f.default for f in info.flags}
    for name, value in variant.settings.items():
        if usual.get(name) != value:
            yield join(element("code", f"{name}={value}"), " ")


def _write_cell(result: Result | None, name: str) -> Markup:
    """What became of a property: broken with the depth, or the word for it."""
    found = next((p for p in result.properties if p.name == name), None) if result else None
    if found is None:
        return element("td", "\u2013", class_="none")
    if found.verdict is Verdict.VIOLATED:
        depth = min((v.depth for v in found.violations), default=0)
        return element("td", f"\u2716 {depth} step{'' if depth == 1 else 's'}", class_="broken")
    sign = "\u2714" if found.verdict is Verdict.VERIFIED else "?"
    return element("td", f"{sign} {found.verdict.value}", class_="none")
