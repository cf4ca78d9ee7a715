"""All traces of the small specs can be written; `python -m tests.pages` does it for all."""

from pathlib import Path

import pytest

from tests.pages.write import write_all

ROOT = Path(__file__).resolve().parents[2]
SMALL = (*(ROOT / "specs/classics").glob("*.py"), *(ROOT / "specs/selftest").glob("*.py"))


@pytest.mark.parametrize("path", sorted(SMALL), ids=lambda p: p.stem)
def test_every_violated_variant_can_be_written(path):
    assert [(name, faults) for name, faults in write_all(path) if faults] == []
