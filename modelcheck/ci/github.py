"""Findings → what GitHub shows of a job: annotations of lines, and the job's summary.

Annotations are workflow commands on standard output (docs.github.com, "Workflow commands for GitHub
Actions"); the summary is Markdown with a Mermaid diagram for each trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from modelcheck.baseline.whole import Comparison
from modelcheck.ci.findings import CHANGED, Finding, name_variant
from modelcheck.ci.junit import Suite
from modelcheck.gate import Exit, Outcome, describe_expectation
from modelcheck.report.gaps import PARTS, Gap, list_some, tell_comparison
from modelcheck.trace.fold import fold_quiet
from modelcheck.trace.mermaid import write_mermaid
from modelcheck.trace.text import write_text

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_MOST_NAMES = 20
_MOST_DIAGRAMS = 10  # a summary of more than a megabyte is not shown at all


def write_annotations(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each finding."""
    for finding in findings:
        place = finding.place
        title = " ".join(filter(None, (finding.spec, finding.variant, finding.rule)))
        where = {"file": place.path, "line": place.line, "col": place.column, "title": title}
        words = ",".join(f"{key}={_quote_property(str(value))}" for key, value in where.items())
        yield f"::{_COMMANDS[finding.level]} {words}::{_quote(finding.message)}"


def write_summary(
    suites: Sequence[Suite], gaps: Sequence[Gap], comparison: Comparison | None, code: int
) -> str:
    """The Markdown of a job summary: what was judged, what was not, and each trace.

    Soundness: the sign at the top is that of the exit code, so it is green only where the gate is.
    tests/cli/test_gate_files.py has a summary of each code.
    """
    judged = [judgement for suite in suites for judgement in suite.judgements]
    counts = Counter(judgement.outcome for judgement in judged)
    unread = [suite for suite in suites if not suite.judgements]
    lines = ["## modelcheck" + (" :white_check_mark:" if code == Exit.OK else " :x:"), ""]
    lines += ["| outcome | variants |", "|---|---:|"]
    lines += [f"| {outcome.value} | {counts[outcome]} |" for outcome in Outcome if counts[outcome]]
    if unread:
        lines.append(f"| cannot be read | {len(unread)} specs |")
    if not judged and not unread:
        lines.append("| nothing ran | 0 |")
    lines += _list_changes(suites, comparison)
    lines += _list_unchecked(suites)
    lines += _list_parts(gaps)
    lines += _list_stories([finding for suite in suites for finding in suite.findings])
    return "\n".join(lines) + "\n"


def _list_changes(suites: Sequence[Suite], comparison: Comparison | None) -> Iterator[str]:
    if comparison is None:
        return
    # The first of these lines is the heading's.
    yield from ("", f"### Against the baseline `{_quote_cell(comparison.folder)}`", "")
    yield from (f"- {_quote_cell(line)}" for line in tell_comparison(comparison, _MOST_NAMES))
    rows = [
        (suite.path, name_variant(judgement.variant), "; ".join(judgement.changes))
        for suite in suites
        for judgement in suite.judgements
        if judgement.changes
    ]
    yield from _draw_table(("spec", "variant", "what changed"), rows)


def _list_unchecked(suites: Sequence[Suite]) -> Iterator[str]:
    rows = [(suite.path, "", "", "cannot be read") for suite in suites if not suite.judgements]
    rows += [
        (
            suite.path,
            name_variant(judgement.variant),
            describe_expectation(judgement.variant),
            "; ".join(judgement.reasons),
        )
        for suite in suites
        for judgement in suite.judgements
        if judgement.outcome in {Outcome.NOT_CHECKABLE, Outcome.INCONCLUSIVE, Outcome.SKIPPED}
    ]
    if rows:
        yield from ("", "### Not checked")
        yield from _draw_table(("spec", "variant", "expected", "why"), rows)


def _list_parts(gaps: Sequence[Gap]) -> Iterator[str]:
    """What a verdict says nothing of."""
    told = [gap for gap in gaps if gap.kind in PARTS]
    if told:
        yield from ("", "### Checked, but not for everything")
        rows = [(gap.kind, gap.what, list_some(gap.of, _MOST_NAMES)) for gap in told]
        yield from _draw_table(("gap", "what", "variants"), rows)


def _draw_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield from ("", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}")
    for row in rows:
        yield "| " + " | ".join(map(_quote_cell, row)) + " |"


def _list_stories(findings: Sequence[Finding]) -> Iterator[str]:
    told = 0
    for finding in findings:
        if finding.level != "error" or finding.rule == CHANGED:  # there is a table of those
            continue
        of = " ".join(filter(None, (finding.spec, finding.variant)))
        place = f"{finding.place.path}:{finding.place.line}"
        yield from ("", f"### {_quote_cell(of)}: {_quote_cell(finding.rule)}", "")
        yield f"{_quote_cell(finding.message)} (`{place}`)"
        if finding.pictures:
            told += 1
            if told <= _MOST_DIAGRAMS:
                diagram = write_mermaid(*map(fold_quiet, finding.pictures))
                yield from ("", "```mermaid", diagram.rstrip("\n"), "```")
        for picture in finding.pictures:
            yield from ("", "<details><summary>as text</summary>", "", "```text")
            yield from (write_text(picture).rstrip("\n"), "```", "", "</details>")
    if told > _MOST_DIAGRAMS:
        yield from ("", f"{told - _MOST_DIAGRAMS} more traces are told as text only.")


def _quote(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _quote_property(text: str) -> str:
    return _quote(text).replace(":", "%3A").replace(",", "%2C")


def _quote_cell(text: str) -> str:
    """Text that is neither a column's end, nor HTML, nor a link to somebody."""
    for old, new in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "\\|"), ("\n", " ")):
        text = text.replace(old, new)
    return text.replace("@", "&#64;")
