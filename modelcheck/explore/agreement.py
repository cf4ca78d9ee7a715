"""Results of one program beside each other: whether they agree on all that they decided."""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.explore.result import Result, Verdict


def find_disagreement(results: Sequence[Result]) -> str:
    """A property that two results decide in different ways, and how; empty where there is none.

    Soundness: what a run that gave up says of a property counts as much as what one says that did
    not; only `inconclusive` agrees with everything.  So a violation that was found before the limit
    contradicts a `verified` of another run.
    """
    decided: dict[str, tuple[Result, Verdict]] = {}
    names = {found.name for result in results for found in result.properties}
    for result in results:
        if missing := sorted(names - {found.name for found in result.properties}):
            return f"{missing[0]} is not judged reduced by {result.reduced_by}"
        for found in result.properties:
            if found.verdict is Verdict.INCONCLUSIVE:
                continue
            before, verdict = decided.setdefault(found.name, (result, found.verdict))
            if verdict is not found.verdict:
                return (
                    f"{found.name} is {verdict.value} reduced by {before.reduced_by}, "
                    f"{found.verdict.value} reduced by {result.reduced_by}"
                )
    return ""
