"""pytest collects specs: `pytest specs/` runs each variant of each spec against what it expects.

A spec is collected if it lies in a folder of specs (`[tool.modelcheck] specs`, else `specs/`) or is
named itself.  A variant is an item: `-k`, `-m modelcheck`, `--lf` and xdist choose among them as
among tests, and the trace is the text of a failure.  What needs all variants of a spec at once (a
step that no variant takes) is the business of `modelcheck gate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from modelcheck.specfiles import SpecFile, read_spec_file, spec_folders

if TYPE_CHECKING:
    from modelcheck.api import Run  # not in every run of pytest
    from modelcheck.frontend import Spec
    from modelcheck.frontend.spec import Variant
    from modelcheck.gate import Judgement

MARK = "modelcheck"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker of all variants known."""
    config.addinivalue_line("markers", f"{MARK}: a variant of a spec, checked by modelcheck")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SpecCollector | None:
    """A spec that is asked for."""
    if file_path.suffix != ".py" or not _is_asked_for(file_path, parent.config):
        return None
    file = read_spec_file(file_path, parent.config.invocation_params.dir)
    return None if file is None else SpecCollector.from_parent(parent, path=file_path, file=file)


def _is_asked_for(path: Path, config: pytest.Config) -> bool:
    here = config.invocation_params.dir
    if any(path.resolve().is_relative_to(folder) for folder in spec_folders(config.rootpath)):
        return True
    named = {(here / argument.partition("::")[0]).resolve() for argument in config.args}
    # A test may hold the text of a spec.
    is_test = any(path.match(pattern) for pattern in config.getini("python_files"))
    return path.resolve() in named and not is_test


class SpecCollector(pytest.File):
    """A spec: its variants are its items."""

    def __init__(self, *, file: SpecFile, **rest: Any) -> None:  # pytest's own arguments
        super().__init__(**rest)
        self._file = file

    def collect(self) -> Iterator[VariantItem]:
        """The default and the variants.  A spec that cannot be read is an error of collection."""
        from modelcheck import api
        from modelcheck.diagnostics import SpecErrors, render

        try:
            spec = api.load_spec(self._file)
        except SpecErrors as errors:
            raise self.CollectError(render(errors).rstrip("\n")) from None
        for variant in (spec.info.default, *spec.info.variants):
            name = variant.name or "default"
            yield VariantItem.from_parent(self, name=name, spec=spec, variant=variant)


class UnexpectedError(Exception):
    """A variant does not do what its spec expects; the text is the report."""


class VariantItem(pytest.Item):
    """A variant: passed if it is as expected, skipped if it `needs` what this version has not."""

    def __init__(self, *, spec: Spec, variant: Variant, **rest: Any) -> None:  # as above
        super().__init__(**rest)
        self._spec = spec
        self._variant = variant
        self.add_marker(MARK)

    def runtest(self) -> None:
        """Explore the variant and compare.  Raises UnexpectedError."""
        from modelcheck import api
        from modelcheck.diagnostics import SpecErrors, render
        from modelcheck.gate import Outcome

        try:
            run, judgement = api.judge_variant(self._spec, self._variant, api.Options())
        except SpecErrors as errors:
            raise UnexpectedError(render(errors).rstrip("\n")) from None
        if run.result is not None:
            counts = run.result.counts
            self.user_properties += [("states", counts.states), ("transitions", counts.transitions)]
        if judgement.outcome is Outcome.NOT_CHECKABLE:
            pytest.skip("; ".join(judgement.reasons))
        if judgement.outcome is not Outcome.EXPECTED:
            raise UnexpectedError(_report(run, judgement))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report alone; a fault of ours with its traceback.  (pytest names no types here.)"""
        if isinstance(excinfo.value, UnexpectedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The line at which the variant is declared, and its heading."""
        span = self._variant.span
        line = None if span is None else span.line - 1
        return self.path, line, f"{self._spec.info.name} {self.name}"


def _report(run: Run, judgement: Judgement) -> str:
    from modelcheck import api
    from modelcheck.gate import list_unexpected
    from modelcheck.trace.text import write_text

    lines = [f"{judgement.outcome.value}: {reason}" for reason in judgement.reasons]
    if run.result is not None:
        for violation in list_unexpected(run.variant, run.result):
            lines += ["", *map(write_text, api.draw_violation(run, violation))]
    return "\n".join(lines).rstrip("\n")
