"""What a run judges, what it has found so far, and when that is enough: the same for every backend.

A backend runs steps and says what it saw; whether that is a violation, and whether the search may
end, is decided here.
"""

from __future__ import annotations

from modelcheck.explore.findings import Findings
from modelcheck.explore.options import Options
from modelcheck.explore.properties import Silence, list_judged
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Property


class Judging:
    """The judged properties of one run, and its findings."""

    def __init__(self, memory: Memory, options: Options) -> None:
        self.memory = memory
        self.program = program = memory.program
        self.options = options
        self.judged = list_judged(program, options.properties)
        self.names = frozenset(j.name for j in self.judged)
        self.findings = Findings(self.judged, Silence(program))

    def list_properties(self, kind: str) -> list[Property]:
        """The judged properties of one kind, in the order of the program."""
        return [p for p in self.program.properties if p.kind == kind and p.name in self.names]

    def find_reason_before(self, level: int) -> str:
        """Why a breadth-first search ends before it expands this level, or the empty string.

        A step that fails at one level and an invariant that breaks at the next have the same
        depth, so the level of the first violation is always expanded to its end.
        """
        if self.findings.is_refuted:
            return "refuted"
        last = self.find_last_level()
        if last is not None and last < level:
            return "first"
        if self.names and self.findings.list_violated() == self.names:
            return "decided"
        return ""

    def find_last_level(self) -> int | None:
        """The last level that is expanded where the first violation is enough, once it is known."""
        return self.findings.find_least_depth() if self.options.stop == "first" else None

    def find_reason_now(self) -> str:
        """Why a search in another order ends now, or the empty string."""
        if self.findings.is_refuted:
            return "refuted"
        return "first" if self.find_last_level() is not None else ""
