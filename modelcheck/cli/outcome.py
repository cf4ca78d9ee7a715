"""What a gate came to, spec by spec, and where it is told: the terminal, JSON, files of CI."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelcheck.baseline.known import Baseline
from modelcheck.baseline.whole import Comparison, choose_compared_exit, compare_gate
from modelcheck.cli.console import say_all
from modelcheck.cli.side_by_side import Gated
from modelcheck.gate import Judgement, Outcome, choose_gate_exit, list_unexpected
from modelcheck.report.gaps import Gap, describe_comparison, describe_gaps, list_gaps

if TYPE_CHECKING:
    from modelcheck.ci.junit import Suite
    from modelcheck.pages.gate import Entry


# Where a variant was cut off or skipped, a spec would have taken longer.
_TIMED = {Outcome.EXPECTED, Outcome.UNEXPECTED, Outcome.CHANGED, Outcome.NOT_CHECKABLE}


@dataclass(slots=True)
class GateOutcome:
    """A gate as far as it is; `failures` are the exit codes of specs that cannot be read."""

    baseline: Baseline | None = None
    specs: list[Gated] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)

    def add(self, gated: Gated, failure: int) -> None:
        """The next spec, in the order in which they are told."""
        self.specs.append(gated)
        if gated.spec.errors is not None:
            self.failures.append(failure)

    @property
    def judgements(self) -> list[Judgement]:
        """All variants, in order."""
        return [judgement for gated in self.specs for judgement in gated.spec.judgements]

    @property
    def is_empty(self) -> bool:
        """Whether there was no spec at all."""
        return not self.judgements and not self.failures

    @property
    def entries(self) -> list[Entry]:
        """What the index of the pages has."""
        return [gated.entry for gated in self.specs if gated.entry is not None]

    @property
    def suites(self) -> list[Suite]:
        """What the files of CI have."""
        return [gated.suite for gated in self.specs if gated.suite is not None]

    @property
    def seconds(self) -> dict[str, float]:
        """How long the specs took of which all was explored."""
        return {
            gated.spec.file.shown: gated.seconds
            for gated in self.specs
            if gated.spec.errors is None and all(j.outcome in _TIMED for j in gated.spec.judgements)
        }

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not checked."""
        unread = [gated.spec.file.shown for gated in self.specs if gated.spec.errors is not None]
        return list_gaps(self.judgements, unread)

    @property
    def comparison(self) -> Comparison | None:
        """How it stands with the baseline; None without one."""
        if self.baseline is None:
            return None
        return compare_gate(
            self.baseline,
            (
                (gated.spec.info.name, gated.spec.info.path, gated.spec.judgements)
                for gated in self.specs
                if gated.spec.info is not None
            ),
        )

    @property
    def code(self) -> int:
        """The exit code: a spec that cannot be read goes before everything."""
        if self.failures:
            return max(self.failures)
        code = choose_gate_exit(self.judgements)
        comparison = self.comparison
        return code if comparison is None else choose_compared_exit(code, comparison)

    def describe(self, most: int) -> Iterator[str]:
        """The lines at the end: totals, where to read on, the baseline, what was not checked."""
        from modelcheck.report.text import describe_totals

        yield describe_totals(self.judgements)
        commands = list(self._list_commands())
        if commands:
            yield "for the traces:"
        yield from (f"  {command}" for command in commands[:most])
        if len(commands) > most:
            yield f"  and {len(commands) - most} more"
        comparison = self.comparison
        if comparison is not None:
            yield from describe_comparison(comparison, most)
        yield from describe_gaps(self.gaps, most)

    def _list_commands(self) -> Iterator[str]:
        """How to see each variant that is violated and should not be."""
        for gated in self.specs:
            for judgement in gated.spec.judgements:
                variant, result = judgement.variant, judgement.result
                if result is not None and list_unexpected(variant, result):
                    option = f" --variant {variant.name}" if variant.name else ""
                    yield f"modelcheck check {shlex.quote(gated.spec.file.shown)}{option}"

    def write_json(self) -> str:
        """What `gate --json` prints."""
        from modelcheck.report.gate_json import GatedFile, gate_to_json
        from modelcheck.report.json import write_json

        files = [
            GatedFile(
                spec.file.name,
                spec.file.shown,
                spec.judgements,
                str(spec.errors) if spec.errors is not None else "",
            )
            for spec in (gated.spec for gated in self.specs)
        ]
        return write_json(gate_to_json(files, self.gaps, self.comparison, self.code))


def write_files(
    outcome: GateOutcome,
    junit: Path | None,
    sarif: Path | None,
    summary: Path | None,
    *,
    github: bool,
) -> None:
    """Write the files that were asked for, and what GitHub reads.  Raises `OutputError`."""
    from importlib import metadata

    from modelcheck.ci.github import write_annotations, write_summary
    from modelcheck.ci.junit import write_junit
    from modelcheck.ci.sarif import write_sarif
    from modelcheck.report.files import write_whole

    suites = outcome.suites
    findings = [finding for suite in suites for finding in suite.findings]
    if junit is not None:
        write_whole(junit, write_junit(suites))
    if sarif is not None:
        write_whole(sarif, write_sarif(findings, metadata.version("modelcheck")))
    if summary is None and not github:
        return
    text = write_summary(suites, outcome.gaps, outcome.comparison, outcome.code)
    if summary is not None:
        write_whole(summary, text)
    if github:
        say_all(write_annotations(findings))
        _add_to_job(text)


def _add_to_job(text: str) -> None:
    from modelcheck.report.files import OutputError

    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:  # other steps write there too
            file.write(text)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
