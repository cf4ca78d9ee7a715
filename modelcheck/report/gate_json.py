"""A whole gate as JSON: what `gate --json` prints (gate.schema.json).

Like every result it has no times and no machine names: the same specs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelcheck.baseline.whole import Comparison
from modelcheck.gate import Judgement
from modelcheck.report.gaps import Gap
from modelcheck.report.json import Json, judgement_to_json

SCHEMA = "modelcheck-gate-1"


@dataclass(frozen=True, slots=True)
class GatedFile:
    """A spec of a gate: its name and path, and its judged variants, or why it cannot be read."""

    name: str
    path: str
    judgements: Sequence[Judgement] = ()
    error: str = ""


def gate_to_json(
    files: Sequence[GatedFile], gaps: Sequence[Gap], comparison: Comparison | None, code: int
) -> Json:
    """The object that `gate --json` prints."""
    outcomes: dict[str, int] = {}
    for file in files:
        for judgement in file.judgements:
            outcomes[judgement.outcome.value] = outcomes.get(judgement.outcome.value, 0) + 1
    return {
        "schema": SCHEMA,
        "exit": code,
        "outcomes": outcomes,
        "specs": [_file_to_json(file) for file in files],
        "unchecked": [{"kind": g.kind, "what": g.what, "of": list(g.of)} for g in gaps],
        **({} if comparison is None else {"baseline": _comparison_to_json(comparison)}),
    }


def _file_to_json(file: GatedFile) -> Json:
    value: Json = {"spec": file.name, "path": file.path}
    if file.error:
        return {**value, "error": file.error}
    return {**value, "variants": [_judged_to_json(judgement) for judgement in file.judgements]}


def _judged_to_json(judgement: Judgement) -> Json:
    return {
        **judgement_to_json(judgement),
        "reasons": list(judgement.reasons),
        "changes": list(judgement.changes),
        "notes": list(judgement.notes),
    }


def _comparison_to_json(comparison: Comparison) -> Json:
    return {
        "folder": comparison.folder,
        "compared": comparison.compared,
        "changed": list(comparison.changed),
        "new": list(comparison.new),
        "gone": list(comparison.gone),
        "uncounted": {why: list(names) for why, names in comparison.uncounted.items()},
    }
