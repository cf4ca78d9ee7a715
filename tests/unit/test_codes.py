"""The table of codes against the package, and its examples against the front end."""

import re
from pathlib import Path

import pytest

from modelcheck import lang
from modelcheck.codes import _TABLES, CODES, explain, render_markdown
from modelcheck.diagnostics import REPORTED, SpecErrors
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes

PACKAGE = Path(__file__).resolve().parents[2] / "modelcheck"
TEXTS = [row for row in CODES.values() if not row.described]


def complete(text):
    """An example with the imports and the name that the table leaves out."""
    words = set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", text))
    known = {name for name in vars(lang) if not name.startswith("_")}
    declared = set(re.findall(r"^(?:class |def )?(\w+)(?=[:( ])", text, re.MULTILINE))
    names = sorted((words & known) - (declared - {"spec", "variant", "default", "allow"}))
    head = f"from modelcheck.lang import {', '.join({'spec', *names})}\n"
    return head + ("" if "spec(" in text else 'spec("example")\n') + text


def codes_of(text, tmp_path):
    path = tmp_path / "example.py"
    path.write_text(complete(text), encoding="utf-8")
    try:
        spec = load(path, "example.py")
        warnings = spec.warnings(run_passes(spec.program({})))
    except SpecErrors as errors:
        return {e.code for e in errors.errors}, str(errors)
    return {w.code for w in warnings}, str(warnings)


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: row.code)
def test_the_bad_example_gives_exactly_its_code(row, tmp_path):
    codes, text = codes_of(row.bad, tmp_path)
    assert codes == {row.code}, text


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: row.code)
def test_the_good_example_is_accepted(row, tmp_path):
    codes, text = codes_of(row.good, tmp_path)
    assert not codes, text


def test_every_code_raised_has_a_row_and_every_row_is_raised():
    raised = {
        code
        for path in PACKAGE.rglob("*.py")
        if "codes" not in path.relative_to(PACKAGE).parts
        for code in re.findall(r"\"(MC\d{3})\"", path.read_text(encoding="utf-8"))
    }
    assert raised - {REPORTED} == set(CODES)


def test_no_code_has_two_rows():
    rows = [row.code for table in _TABLES for row in table]
    assert sorted(rows) == sorted(set(rows))


def test_rules_read_alike():
    for row in CODES.values():
        assert re.fullmatch(r"MC[0-5]\d{2}", row.code)
        assert not row.rule.endswith(".")
        assert "invalid" not in (row.rule + row.reason).lower()
        assert not row.reason or row.reason.endswith(".")


def test_explain_shows_rule_reason_and_examples():
    text = explain("mc148")
    assert text.startswith("MC148: division is `//`\n")
    assert "x / 2" in text
    assert "x // 2" in text
    assert explain("MC999") is None


def test_the_document_has_every_code_once():
    text = render_markdown()
    headings = re.findall(r"^### (MC\d{3}): ", text, re.MULTILINE)
    assert headings == sorted(CODES)
    assert text.count("```") == 4 * len(TEXTS)
