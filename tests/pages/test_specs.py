"""All traces of the small specs can be written; `python -m tests.pages` does it for all."""

from pathlib import Path

import pytest

from modelcheck import api
from tests.browser import Browser, find_chromium
from tests.pages.walk import walk_page
from tests.pages.write import walk_scenes, write_all

ROOT = Path(__file__).resolve().parents[2]
SMALL = (*(ROOT / "specs/classics").glob("*.py"), *(ROOT / "specs/selftest").glob("*.py"))


@pytest.mark.parametrize("path", sorted(SMALL), ids=lambda p: p.stem)
def test_every_violated_variant_can_be_written(path):
    assert [(name, faults) for name, faults in write_all(path) if faults] == []


@pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium")
def test_a_walk_through_a_page_finds_nothing_and_would_find_a_wrong_number_of_steps(tmp_path):
    file = tmp_path / "trace.html"
    run = api.check("peterson", api.Choice("no_turn"), api.Options())
    scenes = api.draw_scenes(run)
    file.write_text(api.write_scenes(scenes, "html"), encoding="utf-8")
    steps = sum(row.kind == "step" for row in scenes[0].picture.rows)
    browser = Browser()
    try:
        assert walk_scenes(browser, scenes) == []
        assert list(walk_page(browser, file, steps - 1)) != []
    finally:
        browser.close()
