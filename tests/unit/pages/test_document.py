import json
from pathlib import Path

import pytest

from modelcheck.pages.document import Markup, element, embed, join, quote, write_document
from tests.reading import read_page

HOSTILE = '</script><script>alert(1)</script><!--<img src=x onerror="alert(1)">&amp;\'"'


def test_text_is_quoted_and_markup_is_not():
    assert element("p", "a < b & c", Markup("<b>x</b>")) == "<p>a &lt; b &amp; c<b>x</b></p>"
    assert quote(quote("<")) == "&lt;"
    assert join("<", element("i", ">")) == "&lt;<i>&gt;</i>"


def test_attributes_are_quoted_or_left_out():
    made = element("li", data_step=3, class_='a"b', id=None, hidden=True, open=False)
    assert made == '<li data-step="3" class="a&quot;b" hidden></li>'
    assert element("input", type="search") == '<input type="search">'


@pytest.mark.parametrize("text", [HOSTILE, "\u2028\u2029", "\\u003c", "<!--"])
def test_embedded_data_comes_back_and_cannot_end_its_element(text):
    made = embed({"name": text}, "data")
    inside = made.removeprefix('<script type="application/json" id="data">')
    inside = inside.removesuffix("</script>")
    assert "<" not in inside
    assert json.loads(inside) == {"name": text}


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\u202eb", "a\u2066b", "a\ufffeb", "a\x7fb"])
def test_what_hides_or_turns_text_is_shown_as_such(text):
    assert quote(text) == "a\ufffdb"
    assert "a\ufffdb" in write_document("t", element("p", text), style="gate.css")


def test_a_document_is_balanced_and_asks_for_nothing():
    page = read_page(
        write_document(HOSTILE, element("p", HOSTILE), style="trace.css", script="trace.js")
    )
    assert page.faults == []
    assert page.outside == []
    assert page.text_of("title") == HOSTILE
    assert page.text_of("p") == HOSTILE


def test_the_policy_names_the_script_and_the_sheet_and_nothing_else():
    text = write_document("t", "", style="trace.css", script="trace.js")
    policy = read_page(text).policy
    assert policy["default-src"] == ["'none'"]
    for directive in ("script-src", "style-src"):
        assert len(policy[directive]) == 1
        assert policy[directive][0].startswith("'sha256-")
    without = read_page(write_document("t", "", style="gate.css")).policy
    assert "script-src" not in without


def test_every_file_of_the_package_that_is_no_python_is_installed():
    root = Path(__file__).resolve().parents[3]
    patterns = (root / "setup.py").read_text(encoding="utf-8")
    for path in (root / "modelcheck").rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            assert f'"**/*{path.suffix}"' in patterns or f'"{path.name}"' in patterns, path
