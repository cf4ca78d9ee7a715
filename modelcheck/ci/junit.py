"""Findings → JUnit XML: a suite for each spec, a case for each variant.

The form is that of Jenkins' `junit-10.xsd`, which GitLab, Jenkins and the rest read.  What was not
decided is an error there, not a skip: a skip is green.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.ci.findings import Finding, name_variant
from modelcheck.gate import Judgement, Outcome
from modelcheck.trace.text import write_text

# XML 1.0 has no way to write these.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Suite:
    """A spec: its path, its judged variants (none if it could not be read), what is said of it."""

    path: str
    judgements: Sequence[Judgement]
    findings: Sequence[Finding]


def write_junit(suites: Sequence[Suite]) -> str:
    """The text of the file."""
    root = ET.Element("testsuites", name="modelcheck")
    for suite in suites:
        _add_suite(root, suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _add_suite(root: ET.Element, suite: Suite) -> None:
    element = ET.SubElement(root, "testsuite", name=_clean(suite.path))
    for judgement in suite.judgements:
        name = name_variant(judgement.variant)
        case = ET.SubElement(element, "testcase", classname=_clean(suite.path), name=_clean(name))
        _add_outcome(case, judgement, [f for f in suite.findings if f.variant == name])
    errors = [f for f in suite.findings if f.level == "error" and not f.variant]
    if errors:
        case = ET.SubElement(element, "testcase", classname=_clean(suite.path), name="(spec)")
        _add(case, "error", "spec", [_cite(finding) for finding in errors])
    for kind, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(kind, str(len(element.findall(f".//{tag}"))))
    element.set("skipped", str(len(element.findall(".//skipped"))))


def _add_outcome(case: ET.Element, judgement: Judgement, findings: Sequence[Finding]) -> None:
    match judgement.outcome:
        case Outcome.EXPECTED:
            return
        case Outcome.UNEXPECTED | Outcome.CHANGED:
            _add(case, "failure", findings[0].rule, [_tell(finding) for finding in findings])
        case Outcome.NOT_CHECKABLE:
            ET.SubElement(case, "skipped", message=_clean("; ".join(judgement.reasons)))
        case Outcome.INCONCLUSIVE | Outcome.SKIPPED:
            _add(case, "error", judgement.outcome.value, list(judgement.reasons))


def _add(case: ET.Element, tag: str, kind: str, texts: Sequence[str]) -> None:
    first = texts[0].splitlines()[0]
    element = ET.SubElement(case, tag, type=_clean(kind), message=_clean(first))
    element.text = _clean("\n".join(texts))


def _cite(finding: Finding) -> str:
    place = finding.place
    return f"{place.path}:{place.line}:{place.column}: {finding.rule}: {finding.message}"


def _tell(finding: Finding) -> str:
    return "\n".join((_cite(finding), *map(write_text, finding.pictures)))


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
