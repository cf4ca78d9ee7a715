"""Spec text → program, without ever running the spec.

`load` reads a spec and its imports; `Spec.program` lowers it under given settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelcheck.diagnostics import Report, SpecWarning
from modelcheck.frontend.head import read_head
from modelcheck.frontend.lint import find_warnings
from modelcheck.frontend.modules import Module, Modules
from modelcheck.frontend.parse import Source, read_source, read_text
from modelcheck.frontend.program import make_program
from modelcheck.frontend.reach import check_names
from modelcheck.frontend.spec import SettingValue, SpecInfo
from modelcheck.ir.nodes import Program


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec that was read: its head, and the files it is made of."""

    info: SpecInfo
    modules: Modules
    main: Module

    def program(self, settings: Mapping[str, SettingValue]) -> Program:
        """The program under `settings` (names of parameters and flags; others have their
        defaults), before any pass.  Raises SpecErrors.
        """
        report = Report()
        self.modules.report = report
        return make_program(self.modules, self.main, self.info, settings, report)

    def warnings(self, program: Program) -> tuple[SpecWarning, ...]:
        """What is worth a look in a program of this spec after all passes."""
        return find_warnings(program, self.modules.in_order())

    @property
    def sources(self) -> dict[str, str]:
        """The text of every file read so far, by the path shown to the user."""
        return {m.source.shown: m.source.text for m in self.modules.in_order()}


def load(path: Path, shown: str) -> Spec:
    """Read the spec at `path`, called `shown` in messages.  Raises SpecErrors."""
    return _load(read_source(path, shown))


def load_text(path: Path, shown: str, text: str) -> Spec:
    """Like `load`, as if the file held `text`; nothing has to be there.  Raises SpecErrors."""
    return _load(read_text(text, path, shown))


def _load(source: Source) -> Spec:
    report = Report()
    modules = Modules(report)
    main = modules.take(source, source.path.stem)
    report.stop()
    check_names(modules, report)
    info = read_head(modules, main, report)
    return Spec(info, modules, main)
