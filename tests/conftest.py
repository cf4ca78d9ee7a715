"""Fixtures for all tests."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


def pytest_collection_modifyitems(items):
    """Mark what waits for a C compiler: the fast tests do without."""
    for item in items:
        reasons = [mark.kwargs.get("reason", "") for mark in item.iter_markers("skipif")]
        if "backends/native" in item.nodeid or any("C compiler" in why for why in reasons):
            item.add_marker("compiles")


@pytest.fixture
def golden(request):
    """Compare a text with a file under tests/golden/: `golden("ir/counter.ir", text)`."""
    update = request.config.getoption("--update-golden")
    command = f'pytest "{request.node.nodeid}" --update-golden'

    def compare(name, text):
        path = GOLDEN / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if not path.exists():
            pytest.fail(f"{path} is missing; look at what `{command}` writes, then commit it")
        expected = path.read_text(encoding="utf-8")
        assert text == expected, f"differs from {path}; if that is right: {command}"

    return compare


@dataclass(frozen=True)
class Found:
    """What a run found: the names of the violated properties, the counts, and the result."""

    violated: set
    states: int
    transitions: int
    depth: int
    result: object


@pytest.fixture
def explore(tmp_path):
    """Explore all of a spec given as text: `explore(text, setting=value).violated`."""
    from modelcheck.explore.options import Options
    from modelcheck.explore.search import explore as search
    from modelcheck.frontend import load
    from modelcheck.ir.passes import run_passes

    def run(text, **settings):
        path = tmp_path / "spec.py"
        path.write_text(dedent(text), encoding="utf-8")
        result = search(run_passes(load(path, "spec.py").program(settings)), Options())
        assert result.exhausted
        counts = result.counts
        return Found(
            {v.property for v in result.violations},
            counts.states,
            counts.transitions,
            counts.depth,
            result,
        )

    return run
