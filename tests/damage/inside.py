"""Run in a copy of the tree: import the damaged module, run tests, write what happened as JSON.

    python -P tests/damage/inside.py REPORT MODULE TEST…

This file imports nothing of the project before `modelcheck` itself, so that a damage shows where
it is and nowhere else.  MODULE may be `-`.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path

import pytest


class Recorder:
    """How each test ended, by node id: `passed`, `wrong` (an assertion of the test), or else the
    error that kept it from telling.
    """

    def __init__(self, package: Path) -> None:
        self.package = package
        self.ends: dict[str, str] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if report.failed:
            self.ends[item.nodeid] = self.explain(call.excinfo)
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


def main(report: str, module: str, *tests: str) -> None:
    found: dict[str, object] = {"package": "", "error": "", "ends": {}}
    try:
        package = importlib.import_module("modelcheck")
        found["package"] = package.__file__
        if module != "-":
            importlib.import_module(module)
    except Exception as error:  # noqa: BLE001  whatever the damage made of it
        found["error"] = "".join(traceback.format_exception_only(error)).strip()
    else:
        recorder = Recorder(Path(package.__file__).parent)
        options = ["-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist"]
        pytest.main([*options, *tests], plugins=[recorder])
        found["ends"] = recorder.ends
    Path(report).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
