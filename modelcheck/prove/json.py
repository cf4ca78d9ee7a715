"""An attempt at a proof as JSON (prove.schema.json): what `prove --json` prints."""

from __future__ import annotations

from typing import Any  # JSON values

from modelcheck.prove.attempt import Attempt
from modelcheck.prove.result import Answer, Proof

SCHEMA = "modelcheck-prove-1"
VERDICTS = {
    Answer.PROVED: "proved",
    Answer.VIOLATED: "violated",
    Answer.OPEN: "inconclusive",
    Answer.NOT_ASKED: "not asked",
}

Json = dict[str, Any]


def attempt_to_json(attempt: Attempt) -> Json:
    """The object that `prove --json` prints."""
    run, proving = attempt.run, attempt.proving
    value: Json = {
        "schema": SCHEMA,
        "spec": run.info.name,
        "path": run.info.path,
        "variant": run.variant.name,
        "settings": {s.name: s.value for s in run.program.settings},
        "verdict": "not tested" if proving is None else VERDICTS[proving.answer],
        "depth": None,
        "no_run_is_longer": False,
        "out_of_time": False,
        "family": None,
        "properties": [],
    }
    if proving is None:
        return value | {"reason": f"needs {run.variant.needs}"}
    return value | {
        "depth": proving.depth if proving.depth >= 0 else None,
        "no_run_is_longer": proving.is_over,
        "out_of_time": proving.stopped,
        "family": proving.family or None,
        "properties": [_proof_to_json(proof) for proof in proving.proofs],
    }


def _proof_to_json(proof: Proof) -> Json:
    value: Json = {
        "name": proof.name,
        "kind": proof.kind,
        "verdict": VERDICTS[proof.answer],
        "by": proof.by or None,
    }
    if proof.failure is not None:
        value["counterexample_to_induction"] = [
            {"state": list(station.state), "thread": station.thread}
            for station in proof.failure.stations
        ]
    return value
