"""A search for a fix as JSON (repair.schema.json): what `repair --json` prints."""

from __future__ import annotations

from typing import Any  # JSON values

from modelcheck.gate import Exit
from modelcheck.repair.sets import (
    Judged,
    Minimal,
    Repair,
    choose_repair_exit,
    find_common,
    find_minimal,
    find_spoilers,
    name_command,
)
from modelcheck.repair.switches import FixSet

SCHEMA = "modelcheck-repair-1"
VERDICTS = {Exit.OK: "repaired", Exit.FOUND: "not repaired", Exit.UNDECIDED: "undecided"}

Json = dict[str, Any]


def repair_to_json(repair: Repair) -> Json:
    """The object that `repair --json` prints; sets are told by what is on in them."""
    minimal = find_minimal(repair.judged)
    return {
        "schema": SCHEMA,
        "spec": repair.info.name,
        "path": repair.info.path,
        "variant": repair.begin.name if repair.begin is not None else None,
        "settings": dict(repair.fixed),
        "switches": [{"name": s.name, "off": s.off, "on": list(s.on)} for s in repair.switchables],
        "stop": repair.stop,
        "verdict": VERDICTS[choose_repair_exit(repair.judged)],
        "minimal": [dict(on) for on, kind in minimal.items() if kind is Minimal.YES],
        "not_known_to_be_minimal": [
            dict(on) for on, kind in minimal.items() if kind is Minimal.UNKNOWN
        ],
        "in_every_fix": dict(find_common(repair.judged)),
        "spoiled": [
            {"set": dict(one.on), "by": dict(other.on)}
            for one, other in find_spoilers(repair.judged)
        ],
        "programs": repair.programs,
        "sets": [
            _judged_to_json(one, minimal.get(one.on)) | {"command": name_command(repair, one.on)}
            for one in repair.judged
        ],
    }


def _judged_to_json(one: Judged, minimal: Minimal | None) -> Json:
    finding, counts = one.finding, one.finding.counts
    value: Json = {
        "on": dict(one.on),
        "verdict": finding.verdict.value,
        "minimal": None if minimal is None else minimal.value,
        "violated": list(finding.violated),
        "headline": finding.told or None,
        "steps": finding.steps,
        "steps_are_least": finding.is_least,
        "counts": {
            "states": counts.states,
            "transitions": counts.transitions,
            "depth": counts.depth,
        },
        "same_program_as": _name_like(one),
    }
    return value | ({"reason": finding.reason} if finding.reason else {})


def _name_like(one: Judged) -> dict[str, Any] | None:
    like: FixSet | None = one.like
    return None if like is None or like == one.on else dict(like)
