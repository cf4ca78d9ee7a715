"""Run in a copy of the tree: import the damaged module, run tests, write what happened as JSON.

This file imports nothing of the project before `modelcheck` itself, so that a damage shows where
it is and nowhere else.  The module may be `-`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import hypothesis
import pytest
from _pytest.config import default_plugins

OURS = ("modelcheck", "tests")
# What tests and pytest itself import of others, before anything of a copy is.
UNDAMAGED = (
    "pytest",
    *(f"_pytest.{name}" for name in default_plugins),
    "_hypothesis_pytestplugin",
    "hypothesis.strategies",
    "click.testing",
)


class Recorder:
    """How each test ended, by node id: `passed`, `wrong` (an assertion of the test), or else the
    error that kept it from telling.
    """

    def __init__(self, package: Path, tests: Sequence[str]) -> None:
        self.package = package
        self.tests = tests
        self.ends: dict[str, str] = {}
        self.noticed: set[str] = set()  # of the named tests, those of which a case was wrong

    def find_named(self, node: str) -> set[str]:
        """The named tests that a case belongs to."""
        return {test for test in self.tests if node == test or node.startswith(f"{test}[")}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """One wrong case is enough; the others of that test are not run."""
        return True if self.find_named(item.nodeid) <= self.noticed else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if report.failed:
            end = self.ends[item.nodeid] = self.explain(call.excinfo)
            if end == "wrong":
                self.noticed |= self.find_named(item.nodeid)
        elif report.skipped:
            self.ends[item.nodeid] = "skipped"
        else:
            self.ends.setdefault(item.nodeid, "passed")
        return report

    def pytest_collectreport(self, report):
        if report.failed:
            self.ends[report.nodeid] = f"it cannot be collected: {report.longreprtext[-300:]}"

    def explain(self, excinfo) -> str:
        raised_at = excinfo.traceback[-1].path
        if excinfo.errisinstance(pytest.fail.Exception):
            return "wrong"
        if excinfo.errisinstance(AssertionError) and self.package not in Path(raised_at).parents:
            return "wrong"
        return f"{excinfo.typename}: {excinfo.value}"


def run_inside(tree: Path, output: Path, report: Path, module: str, tests: Sequence[str]) -> None:
    """Be a process of the copy from here on: what it imports, starts and says is the copy's."""
    with output.open("wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    os.environ["PYTHONPATH"] = str(tree)
    os.environ["PYTEST_ADDOPTS"] = ""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]  # this file's own package
    found = run_copy(module, tests)
    report.write_text(json.dumps(found), encoding="utf-8")


def run_copy(module: str, tests: Sequence[str]) -> dict[str, object]:
    """Import the package, then MODULE, then run the tests."""
    try:
        package = importlib.import_module("modelcheck")
        file = str(package.__file__)
        if module != "-":
            importlib.import_module(module)
    except Exception as error:  # noqa: BLE001  whatever the damage made of it
        said = "".join(traceback.format_exception_only(error)).strip()
        return {"package": "", "error": said, "ends": {}}
    # What a wrong example could be made smaller to, nobody reads.
    phases = [phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.shrink]
    hypothesis.settings.register_profile("damage", phases=phases)
    hypothesis.settings.load_profile("damage")
    recorder = Recorder(Path(file).parent, tests)
    options = ["-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist"]
    options += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    pytest.main([*options, *tests], plugins=[recorder])
    return {"package": file, "error": "", "ends": recorder.ends}
