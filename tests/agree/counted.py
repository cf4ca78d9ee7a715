"""Proofs for any number of threads against what exploring finds with few of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from random_programs.counted import draw_spec

from modelcheck import api
from modelcheck.explore.options import Options
from modelcheck.explore.result import Verdict
from modelcheck.explore.search import explore
from modelcheck.frontend import load
from modelcheck.ir.nodes import Program
from modelcheck.prove.anynumber import prove_any
from modelcheck.prove.prove import ProveOptions
from modelcheck.prove.result import Answer, Proving

THREADS = (1, 2, 3, 4, 5)
MOST_STATES = 30_000


def compare_counted(seed: int, folder: Path, seconds: float) -> tuple[list[str], Proving]:
    """What is proved of a drawn spec for any number of threads, and violated with a few; and what
    is said to be violated, and is not.
    """
    path = folder / f"drawn-{seed}.py"
    path.write_text(draw_spec(seed), encoding="utf-8")
    spec = load(path, path.name)

    def make(counts: Mapping[str, int]) -> Program:
        return api.make_program(spec, spec.info.default, {"workers": 2, **counts})

    proving = prove_any(make, {"workers": 2}, ProveOptions(seconds=seconds))
    violated: dict[str, int] = {}
    for threads in THREADS:
        result = explore(make({"workers": threads}), Options(max_states=MOST_STATES))
        for known in result.properties:
            if known.verdict is Verdict.VIOLATED:
                violated.setdefault(known.name, threads)
    found = [
        f"{proof.name} is proved, and violated with {violated[proof.name]} threads"
        for proof in proving.list_with(Answer.PROVED)
        if proof.name in violated
    ]
    found += [
        f"{proof.name} is violated, and not with {THREADS} threads"
        for proof in proving.list_with(Answer.VIOLATED)
        if proof.name not in violated
    ]
    return found, proving
