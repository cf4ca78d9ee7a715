"""Fixtures for all tests."""

from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


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
