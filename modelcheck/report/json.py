"""Results as JSON: what `check --json` prints and `results/` holds (result.schema.json).

Pure functions of results: no times, no machine names, one order of keys, so that the same
program gives the same bytes.  A change that old readers would not understand raises `SCHEMA`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any  # JSON values

from modelcheck.diagnostics import SpecWarning
from modelcheck.explore.result import (
    Counts,
    Coverage,
    Move,
    Ordering,
    Path,
    PropertyResult,
    Result,
    Violation,
)
from modelcheck.frontend.spec import Flag, Parameter, SpecInfo, Variant
from modelcheck.gate import Judgement, describe_expectation
from modelcheck.ir.nodes import Program

SCHEMA = "modelcheck-result-1"

Json = dict[str, Any]


def write_json(value: object) -> str:
    """The text of a JSON value, two spaces deep, ending in a newline."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def result_to_json(
    info: SpecInfo,
    program: Program,
    result: Result,
    *,
    coverage: bool = False,
    warnings: Sequence[SpecWarning] = (),
) -> Json:
    """The object that `check --json` prints."""
    headline = result.headline
    value: Json = {
        "schema": SCHEMA,
        "spec": info.name,
        "path": info.path,
        "variant": result.variant,
        "settings": {s.name: s.value for s in program.settings},
        "verdict": result.verdict.value,
        "property": headline.property if headline else None,
        "violated": list_violated(result),
        "exhausted": result.exhausted,
        "stopped_by": result.stopped_by or None,
        "counts": _counts_to_json(result.counts),
        "backend": result.backend,
        "reductions": list(result.reductions),
        "search": result.search,
        "scope": "; ".join(result.scope),
        "properties": [_property_to_json(p) for p in result.properties],
    }
    if result.begun:
        value["from"] = result.begun
    if coverage:
        value["coverage"] = _coverage_to_json(result.coverage)
    return value | _warnings_to_json(warnings)


def unchecked_to_json(
    info: SpecInfo, variant: Variant, warnings: Sequence[SpecWarning] = ()
) -> Json:
    """What `check --json` prints for a variant that needs what this version cannot do."""
    return {
        "schema": SCHEMA,
        "spec": info.name,
        "path": info.path,
        "variant": variant.name,
        "settings": dict(variant.settings),
        "verdict": "not tested",
        "property": None,
        "violated": [],
        "exhausted": False,
        "stopped_by": f"needs {variant.needs}",
        "counts": {"states": 0, "transitions": 0, "depth": None},
        "backend": "none",
        "reductions": [],
        "search": "none",
        "scope": f"not checkable yet: needs {variant.needs}",
        "properties": [],
        **_warnings_to_json(warnings),
    }


def list_violated(result: Result) -> list[str]:
    """The bare names of the violated properties, in the order of the properties."""
    return [p.name for p in result.properties if p.violations]


def info_to_json(info: SpecInfo) -> Json:
    """What `list --json` says of a spec."""
    return {
        "spec": info.name,
        "path": info.path,
        "doc": info.doc,
        "parameters": [_parameter_to_json(p) for p in info.parameters],
        "flags": [_flag_to_json(f) for f in info.flags],
        "variants": [_variant_to_json(v) for v in (info.default, *info.variants)],
    }


def judgements_to_json(
    info: SpecInfo, judgements: Sequence[Judgement], larger: Sequence[Result] = ()
) -> Json:
    """What `results/<spec>.json` holds: each variant's expectation, verdict and counts; then those
    of the default with larger sizes.
    """
    return {
        "schema": "modelcheck-results-1",
        "spec": info.name,
        "path": info.path,
        "variants": [judgement_to_json(j) for j in judgements],
        "larger": [
            {
                "sizes": next(iter(result.scope), ""),
                "verdict": result.verdict.value,
                "counts": {"none": _counts_to_json(result.counts)},
            }
            for result in larger
        ],
    }


def judgement_to_json(judgement: Judgement) -> Json:
    """One variant: its expectation, and what became of it."""
    value: Json = {
        "variant": judgement.variant.name,
        "expected": describe_expectation(judgement.variant),
        "outcome": judgement.outcome.value,
    }
    result = judgement.result
    if result is None:
        return value
    headline = result.headline
    return {
        **value,
        "verdict": result.verdict.value,
        "property": headline.property if headline else None,
        "violated": [
            {"property": v.property, "object": v.object, "depth": v.depth, "minimal": v.minimal}
            for v in result.violations
        ],
        "counts": {result.reduced_by: _counts_to_json(result.counts)},
        "scope": "; ".join(result.scope),
    }


def _warnings_to_json(warnings: Sequence[SpecWarning]) -> Json:
    found = [
        {
            "code": warning.code,
            "message": warning.message,
            "path": warning.span.path,
            "line": warning.span.line,
            "column": warning.span.col,
        }
        for warning in warnings
    ]
    return {"warnings": found} if found else {}


def _counts_to_json(counts: Counts) -> Json:
    return {"states": counts.states, "transitions": counts.transitions, "depth": counts.depth}


def _property_to_json(result: PropertyResult) -> Json:
    value: Json = {"name": result.name, "kind": result.kind, "verdict": result.verdict.value}
    if result.reason:
        value["reason"] = result.reason
    if result.violations:
        value["violations"] = [_violation_to_json(v) for v in result.violations]
    if result.witness is not None:
        value["witness"] = _path_to_json(result.witness)
    return value


def _violation_to_json(violation: Violation) -> Json:
    return {
        "object": violation.object,
        "names": list(violation.names),
        "detail": violation.detail,
        "depth": violation.depth,
        "minimal": violation.minimal,
        **({"unproven": violation.unproven} if violation.unproven else {}),
        "witnesses": [_path_to_json(w) for w in violation.witnesses],
        **({} if violation.needs is None else {"needs": list(map(_need_to_json, violation.needs))}),
    }


def _need_to_json(need: Ordering) -> Json:
    return {"step": need.first, "before": need.second, "without": _path_to_json(need.without)}


def _path_to_json(path: Path) -> Json:
    value: Json = {
        "initial": list(path.initial),
        "moves": [_move_to_json(m) for m in path.moves],
        "last": path.last,
    }
    if path.race:
        value["race"] = [_move_to_json(m) for m in path.race]
    if path.unrelated:
        value["unrelated"] = path.unrelated
    if path.dropped:
        dropped = [{"after": count, **_move_to_json(move)} for count, move in path.dropped]
        value["dropped"] = dropped
    return value


def _move_to_json(move: Move) -> Json:
    return {"thread": move.thread, "location": move.location, "choices": list(move.choices)}


def _coverage_to_json(coverage: Coverage) -> Json:
    return {
        "taken": [
            {"thread": thread, "location": label, "transitions": count}
            for (thread, label), count in sorted(coverage.taken.items())
        ],
        "untaken": [{"thread": thread, "location": label} for thread, label in coverage.untaken],
        "unevaluated": list(coverage.unevaluated),
        "ranges": [
            {"name": r.name, "least": r.least, "greatest": r.greatest, "lo": r.lo, "hi": r.hi}
            for r in coverage.ranges
        ],
        "quiescent": coverage.quiescent,
        "deadlocks": coverage.deadlocks,
    }


def _parameter_to_json(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "default": parameter.default,
        "min": parameter.min,
        "max": parameter.max,
    }


def _flag_to_json(flag: Flag) -> Json:
    return {"name": flag.name, "default": flag.default, "choices": list(flag.choices)}


def _variant_to_json(variant: Variant) -> Json:
    return {
        "variant": variant.name,
        "settings": dict(variant.settings),
        "violates": list(variant.violates),
        "also": list(variant.also),
        "needs": variant.needs or None,
    }
