"""Programs on which something once disagreed: each file opens with a sentence about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_programs.agree import compare

from modelcheck.ir.text import parse_program

FILES = sorted((Path(__file__).parent / "regressions").glob("*.ir"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_all_agree_on_it_now(path):
    sentence, _, text = path.read_text(encoding="utf-8").partition("\n")
    assert sentence.startswith("# ")
    found = compare(parse_program(text))
    assert found.differences == []
    assert found.naive is not None
