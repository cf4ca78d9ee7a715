"""How long the traces of violated variants are, as they were found and as they are told.

    python bench/traces.py [SPEC…]      prints a table in Markdown; of all specs without any

Of each trace its steps and preemptions, counted by running it, and a star where nothing was proven.
The first search is breadth-first, without reductions and with por; then the second one, by switches
and by steps, and which of the two is told.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from modelcheck import api
from modelcheck.backends.python.model import compile_program
from modelcheck.explore.result import Violation
from modelcheck.explore.shortest import Length, measure

HEAD = "| spec | variant | property | found | with por | fewest switches | fewest steps | told |"
RULE = "|---|---|---|---:|---:|---:|---:|---|"


@dataclass(frozen=True, slots=True)
class Told:
    """The headline violation of a run, and the length of its trace (of a cycle: all its edges)."""

    violation: Violation
    length: Length

    @property
    def cell(self) -> str:
        """`12 / 1`: steps and preemptions."""
        star = "*" if self.violation.minimal == "no" else ""
        return f"{self.length.steps} / {self.length.preemptions}{star}"


def list_rows(specs: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A row of texts for each violated variant that has a trace."""
    options = api.Options()
    for gated in api.gate(specs, options):
        for run in gated.runs:
            first = _tell(run)
            if first is None:
                continue
            by_switches = _tell(api.shorten(run, replace(options, shortest="switches")))
            by_steps = _tell(api.shorten(run, replace(options, shortest="steps")))
            por = replace(options, reduce=frozenset({"por"}))
            reduced = _tell(replace(run, result=api.explore(run.program, por)))
            all_told = (first, reduced, by_switches, by_steps)
            cells = ["–" if one is None else one.cell for one in all_told]  # noqa: RUF001 (a dash)
            variant = run.variant.name or "(default)"
            told = _tell(api.shorten(run, replace(options, shortest="auto")))
            proof = "" if told is None else told.violation.minimal
            yield (run.info.name, variant, first.violation.property, *cells, proof)


def _tell(run: api.Run) -> Told | None:
    headline = run.result.headline if run.result is not None else None
    if headline is None or not headline.witnesses:
        return None
    model = compile_program(run.program)
    lengths = [measure(model, path) for path in headline.witnesses]
    total = Length(
        sum(length.preemptions for length in lengths),
        sum(length.steps for length in lengths),
        sum(length.switches for length in lengths),
    )
    return Told(headline, total)


def list_lines(specs: Sequence[str]) -> Iterator[str]:
    """The lines of the table."""
    yield HEAD
    yield RULE
    yield from (f"| {' | '.join(row)} |" for row in list_rows(specs))


def main(specs: Sequence[str]) -> int:
    """Print the table."""
    for line in list_lines(specs):
        print(line, flush=True)  # noqa: T201 (a program)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
