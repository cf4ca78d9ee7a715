"""A gate in the formats of continuous integration: what is judged, with its traces, to files.

The other files write the texts; here the violations are run again for their traces.
"""

from __future__ import annotations

from modelcheck.api import GatedSpec, draw_violation
from modelcheck.ci.findings import (
    Finding,
    list_error_findings,
    list_findings,
    list_warning_findings,
)
from modelcheck.ci.junit import Suite
from modelcheck.explore.result import Violation
from modelcheck.gate import Judgement
from modelcheck.trace.picture import Picture


def make_suite(gated: GatedSpec) -> Suite:
    """A spec of a gate with all that is to be said of it."""
    path = gated.file.shown
    if gated.info is None:
        found = list_error_findings(gated.file.name, path, gated.errors) if gated.errors else []
        return Suite(path, (), tuple(found))
    runs = {run.variant.name: run for run in gated.runs}

    def draw(judgement: Judgement, violation: Violation) -> tuple[Picture, ...]:
        run = runs.get(judgement.variant.name)
        return () if run is None else draw_violation(run, violation)

    findings: list[Finding] = list_warning_findings(gated.info, gated.warnings)
    for judgement in gated.judgements:
        findings += list_findings(gated.info, judgement, draw)
    return Suite(path, gated.judgements, tuple(findings))
