"""What became of a spec's mutants, as JSON: what `mutate --json` prints (mutation.schema.json).

Like results: no times, no machine names, one order of keys.
"""

from __future__ import annotations

from typing import Any  # JSON values

from modelcheck.mutate.judge import Judged, Kill, Outcome
from modelcheck.mutate.mutant import Mutant
from modelcheck.mutate.mutation import Mutation, Stale

SCHEMA = "modelcheck-mutation-1"

Json = dict[str, Any]


def mutation_to_json(mutation: Mutation) -> Json:
    """The object that `mutate --json` prints."""
    original = mutation.original
    counts = original.result.counts
    score = mutation.score
    kinds = {p.name: p.kind for p in original.result.properties}
    return {
        "schema": SCHEMA,
        "spec": original.spec.info.name,
        "path": original.spec.info.path,
        "variant": original.variant.name,
        "settings": {s.name: s.value for s in original.program.settings},
        "verdict": original.result.verdict.value,
        "counts": {
            "states": counts.states,
            "transitions": counts.transitions,
            "depth": counts.depth,
        },
        "max_states": mutation.max_states,
        "all_properties": mutation.every,
        "score": None if score is None else float(score * 100),
        "outcomes": {outcome.value: mutation.count(outcome) for outcome in Outcome},
        "properties": [
            {"name": name, "kind": kinds.get(name, "built in"), "kills": mutation.count_kills(name)}
            for name in mutation.list_properties()
        ],
        "mutants": [_judged_to_json(one) for one in mutation.judged],
        "stale": [_stale_to_json(stale) for stale in mutation.stale],
    }


def mutant_to_json(mutant: Mutant) -> Json:
    """What is done to a spec, and where."""
    return {
        "line": mutant.line,
        "end_line": mutant.heads[0][1],
        "routine": mutant.routine,
        "mutator": mutant.mutator,
        "statement": mutant.statement,
        "nth": mutant.nth,
        "instead": mutant.instead,
    }


def _judged_to_json(one: Judged) -> Json:
    value = {
        **mutant_to_json(one.mutant),
        "outcome": one.outcome.value,
        "killed_by": [_kill_to_json(kill) for kill in one.kills],
        "states": one.states,
    }
    optional = {"reason": one.reason, "file": one.file, "trace": one.trace}
    return value | {name: text for name, text in optional.items() if text}


def _kill_to_json(kill: Kill) -> Json:
    return {"property": kill.property, "object": kill.object, "steps": kill.steps}


def _stale_to_json(stale: Stale) -> Json:
    explanation = stale.explanation
    return {
        "line": explanation.line,
        "mutator": explanation.mutator,
        "reason": explanation.reason,
        "why": stale.why,
    }
