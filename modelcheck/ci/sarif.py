"""Findings → SARIF 2.1.0, which code hosts show beside the lines of a change.

A trace is a code flow of one thread flow: the interleaving, each step named with its thread.  A
thread flow for each thread would be more in the spirit of the standard (section 3.36), but viewers
show one at a time, and then the story is lost; `executionOrder` counts the steps either way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from urllib.parse import quote

from modelcheck.ci.findings import RULES, Finding, Place
from modelcheck.trace.picture import Picture, Row
from modelcheck.trace.text import write_text

Json = dict[str, "Json | Sequence[Json] | str | int"]
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def write_sarif(findings: Iterable[Finding], version: str) -> str:
    """The text of the file: one run of the tool, with a result for each finding."""
    told = list(findings)
    rules = sorted({finding.rule for finding in told})
    driver: Json = {
        "name": "modelcheck",
        "version": version,
        "rules": [_describe_rule(rule) for rule in rules],
    }
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_describe(finding, rules.index(finding.rule)) for finding in told],
    }
    text = json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)
    return text + "\n"


def _describe_rule(rule: str) -> Json:
    own = f"`{rule}` is violated where the spec does not expect it."
    coded = f"A fault in the text of a spec: `modelcheck explain {rule}` says more."
    text = RULES.get(rule, coded if re.fullmatch(r"MC\d+", rule) else own)
    return {"id": rule, "shortDescription": {"text": text}}


def _describe(finding: Finding, index: int) -> Json:
    of = " ".join(filter(None, (finding.spec, finding.variant)))
    report = "".join(f"\n\n{write_text(picture)}" for picture in finding.pictures)
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": f"{of}: {finding.message}{report}"},
        "locations": [_locate(finding.place)],
        # The same fault after lines have moved: no line in it.
        "partialFingerprints": {"modelcheck/v1": f"{of}: {finding.rule}: {finding.message}"},
    }
    if finding.pictures:
        result["codeFlows"] = [_describe_flow(picture) for picture in finding.pictures]
    return result


def _describe_flow(picture: Picture) -> Json:
    steps = [_describe_step(picture, row, i) for i, row in enumerate(picture.rows, start=1)]
    return {"message": {"text": picture.title}, "threadFlows": [{"locations": steps}]}


def _describe_step(picture: Picture, row: Row, number: int) -> Json:
    effects = "; ".join(line.text for line in row.lines[1:])
    text = f"{picture.lanes[row.lane].name}: {row.does}" + (f" ({effects})" if effects else "")
    location = _locate(Place(row.at.path, row.at.line))
    return {
        "location": {**location, "message": {"text": text}},
        "executionOrder": number,
        "importance": "essential" if row.failed else "important",
    }


def _locate(place: Place) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _write_uri(place.path)},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _write_uri(path: str) -> str:
    pure = PurePath(path)
    if pure.is_absolute():
        return pure.as_uri()
    return quote(pure.as_posix())
