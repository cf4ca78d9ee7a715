"""`gate --baseline`, `--spec-timeout`, `--times` and `--json`, as a user runs them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest

from modelcheck import results
from modelcheck.cli import run
from modelcheck.cli.costs import order_by_cost, read_times, tell_slower, write_times
from modelcheck.cli.side_by_side import Task, gate_files
from modelcheck.explore.options import Options
from modelcheck.specfiles import SpecFile, find_specs

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((ROOT / "modelcheck/report/gate.schema.json").read_text(encoding="utf-8"))
SPEC = """
from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, final, flag, shared, spec, thread, variant

spec("{name}")
is_wrong = flag(False)
count = shared(U8)

@thread(count={writers})
def writer():
    value = READ_ONCE(count)
    WRITE_ONCE(count, value + 1)

@final
def counted():
    return not is_wrong or count == {writers}

{variants}
"""
WRONG = 'variant("wrong", is_wrong=True, violates="counted")'
WEAK = 'variant("weak", needs="weak-memory")'


def make_spec(name, *variants, writers=2):
    return SPEC.format(name=name, writers=writers, variants="\n".join(variants))


GOOD = make_spec("good", WRONG)


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    """Run the gate in a folder where the specs are: exit code, what it printed, and to stderr."""
    monkeypatch.chdir(tmp_path)

    def go(*options, **texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text)
        code = run(["gate", "--jobs", "1", *options])
        return code, *capsys.readouterr()

    return go


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Write results of specs as `make results` does; `change` may edit those of the one spec."""
    monkeypatch.chdir(tmp_path)

    def go(name, text, change=lambda _: None, folder="results"):
        (tmp_path / f"{name}.py").write_text(text)
        assert results.main([folder, f"{name}.py"]) == 0
        file = tmp_path / folder / f"{Path(name).name}.json"
        value = json.loads(file.read_text())
        change(value["variants"])
        file.write_text(json.dumps(value))

    return go


def test_what_is_as_recorded_is_told_in_a_line(gate, record):
    record("good", GOOD)
    code, out, err = gate("good.py", "--baseline", "results")
    assert (code, err) == (0, "")
    assert out.splitlines()[-2:] == [
        "2 as expected",
        "baseline results: 2 variants compared, none changed",
    ]


def test_another_count_fails_with_both_numbers_in_every_form(gate, record, tmp_path):
    record("good", GOOD, lambda variants: variants[0]["counts"]["none"].update(states=11))
    files = ["--junit", "j.xml", "--sarif", "s.sarif", "--summary", "s.md", "--github"]
    code, out, _ = gate("good.py", "--baseline", "results", "--html", "pages", *files)
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith("CHANGED            good  (default)  expected: verified")
    told = "states: 11 in the baseline, 12 now"
    assert lines[1] == f"    {told}"
    assert "baseline results: 2 variants compared, 1 changed" in lines
    [failure] = ET.parse(tmp_path / "j.xml").iter("failure")
    assert (failure.get("type"), told in failure.text) == ("differs-from-baseline", True)
    [result] = json.loads((tmp_path / "s.sarif").read_text())["runs"][0]["results"]
    assert (result["level"], result["ruleId"]) == ("error", "differs-from-baseline")
    assert told in result["message"]["text"]
    [annotation] = [line for line in lines if line.startswith("::error")]
    assert annotation.endswith(f"::{told}")
    summary = (tmp_path / "s.md").read_text()
    assert summary.startswith("## modelcheck :x:")
    assert f"| good.py | (default) | {told} |" in summary
    page = (tmp_path / "pages/index.html").read_text()
    assert told in page
    assert '<tr class="wrong">' in page


def test_another_verdict_fails_though_it_is_what_the_spec_expects(gate, record):
    violated = [{"property": "counted", "object": "", "depth": 4, "minimal": "steps"}]

    def break_it(variants):
        variants[0].update(verdict="violated", violated=violated)

    record("good", GOOD, break_it)
    code, out, _ = gate("good.py", "--baseline", "results")
    assert code == 1
    assert "    was violated, is verified\n    counted was violated and is not\n" in out


def test_an_unexpected_variant_stays_so_and_says_what_changed(gate, record):
    record("good", GOOD)
    bad = GOOD.replace(', violates="counted"', "")
    bad = bad.replace("count=2", "count=1")  # other counts, in both
    code, out, _ = gate("good.py", "--baseline", "results", "--junit", "j.xml", good=bad)
    assert code == 1
    assert out.count("UNEXPECTED  ") == 1
    assert out.count("CHANGED  ") == 1
    failures = ET.parse("j.xml").iter("failure")
    assert [failure.get("type") for failure in failures] == ["differs-from-baseline", "counted"]


def test_variants_on_one_side_are_told_and_fail_nothing(gate, record):
    record("good", make_spec("good", WRONG, 'variant("old")'))
    record("gone", make_spec("gone"))
    Path("gone.py").unlink()
    now = make_spec("good", WRONG, 'variant("fresh")')
    code, out, _ = gate("good.py", "--baseline", "results", good=now)
    assert code == 0
    assert out.splitlines()[-3:] == [
        "baseline results: 2 variants compared, none changed",
        "  not in it: good fresh",
        "  in no spec any more: gone (default), good old",
    ]


def test_it_does_not_matter_from_where_in_a_project_the_gate_runs(gate, record, monkeypatch):
    (Path("specs") / "deep").mkdir(parents=True)
    record("specs/deep/good", GOOD)
    record("specs/other", make_spec("other"))
    Path("pyproject.toml").write_text('[tool.modelcheck]\nbaseline = "results"\n')
    monkeypatch.chdir("specs/deep")
    code, out, _ = gate("good.py")
    assert code == 0
    assert out.splitlines()[-1].endswith("/results: 2 variants compared, none changed")


def test_a_baseline_of_other_specs_is_not_green(gate, record):
    record("other", make_spec("other"))
    code, out, _ = gate("good.py", "--baseline", "results", good=GOOD)
    assert code == 3
    assert "baseline results: 0 variants compared, NOTHING COMPARED" in out


def test_the_baseline_of_a_project_is_the_one_that_it_names(gate, record, tmp_path):
    record("good", GOOD, lambda variants: variants[0]["counts"]["none"].update(depth=1), "known")
    (tmp_path / "pyproject.toml").write_text('[tool.modelcheck]\nbaseline = "known"\n')
    assert gate("good.py")[0] == 1
    assert gate("good.py", "--no-baseline")[0] == 0
    code, _, err = gate("good.py", "--no-baseline", "--baseline", "known")
    assert (code, "take one" in err) == (2, True)
    (tmp_path / "pyproject.toml").write_text("[tool.modelcheck]\nbaseline = 3\n")
    code, _, err = gate("good.py")
    assert (code, err) == (2, "error: pyproject.toml: [tool.modelcheck] baseline is a folder\n")
    (tmp_path / "pyproject.toml").write_text('[tool.modelcheck]\nbaseline = "none"\n')
    code, _, err = gate("good.py")
    assert (code, err.startswith("error: none: there is no such folder of results;")) == (2, True)


def test_a_spec_has_so_much_time_and_the_others_theirs(gate):
    """The large one is cut off in its default, and its variant does not begin."""
    large = make_spec("large", 'variant("right", is_wrong=False)', WRONG, writers=12)
    code, out, _ = gate(
        *("good.py", "large.py", "--backend", "python", "--spec-timeout", "1500ms"),
        good=GOOD,
        large=large,
    )
    assert code == 3
    assert "2 as expected, 1 inconclusive, 2 skipped" in out
    assert out.splitlines()[-3:] == [
        "not checked:",
        "  skipped, no time left: large right, large wrong",
        "  inconclusive, stopped by timeout: large (default)",
    ]


@pytest.mark.parametrize(
    ("text", "options", "code", "said"),
    [
        (make_spec("s", WEAK), (), 0, "needs weak-memory: s weak"),
        ("from modelcheck.lang import spec\nspec('s')\n", (), 1, "ran nothing: no thread"),
        (make_spec("s"), ("--timeout", "0.000001"), 3, "skipped, no time left: s (default)"),
        (make_spec("s"), ("--spec-timeout", "0.000001"), 3, "skipped, no time left: s (default)"),
        (make_spec("s"), ("--max-states", "3"), 3, "inconclusive, stopped by max-states: s"),
        (make_spec("s").replace("not is", "no is"), (), 2, "cannot be read: s.py"),
    ],
)
def test_what_was_not_checked_is_listed_and_not_green(gate, text, options, code, said):
    found, out, _ = gate("s.py", *options, s=text)
    assert (found, said in out) == (code, True)


def test_where_every_variant_needs_something_the_gate_is_undecided(gate):
    text = make_spec("s", WEAK).replace('spec("s")', 'spec("s")\ndefault(needs="weak-memory")')
    code, out, _ = gate("s.py", s=text.replace("import READ", "import default, READ"))
    assert code == 3
    assert "2 not checkable yet" in out


def test_json_is_one_object_that_its_schema_takes(gate, record):
    silenced = 'allow("data-race", on=count, because="counted")'
    plain = make_spec("plain", WEAK, silenced)
    record("good", GOOD, lambda variants: variants[0]["counts"]["none"].update(states=1))
    broken = GOOD.replace("count == 2", "cuont == 2")
    specs = {"good": GOOD, "plain": plain.replace("import READ", "import allow, READ")}
    code, out, err = gate(
        *("good.py", "plain.py", "broken.py", "--baseline", "results", "--json"),
        broken=broken,
        **specs,
    )
    value = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    assert code == value["exit"] == 2
    assert "MC" in err
    assert value["outcomes"] == {"CHANGED": 1, "as expected": 2, "not checkable yet": 1}
    first, _, broken = value["specs"]
    assert first["variants"][0]["changes"] == ["states: 1 in the baseline, 12 now"]
    assert "MC" in broken["error"]
    assert {"silenced", "cannot be read", "not checkable yet"} == {
        gap["kind"] for gap in value["unchecked"]
    }
    assert value["baseline"]["new"] == ["plain (default)", "plain weak"]


def test_json_and_annotations_do_not_share_standard_output(gate):
    code, out, err = gate("good.py", "--json", "--github", good=GOOD)
    assert (code, out) == (2, "")
    assert "both write to standard output" in err


def make_file(tmp_path, name, size=100):
    path = tmp_path / f"{name}.py"
    path.write_text("#" * size)
    return SpecFile(path, f"{name}.py", name)


def test_the_cheapest_is_first_by_time_then_by_states_then_by_size(record, tmp_path):
    from modelcheck.baseline.known import read_baseline

    def make_it_large(variants):
        variants[0]["counts"]["none"].update(states=600_000)

    record("known", make_spec("known"), make_it_large)
    baseline = read_baseline(tmp_path / "results", "results")
    files = [make_file(tmp_path, "a", 90_000), make_file(tmp_path, "b", 30_000)]
    files += [make_file(tmp_path, "c"), SpecFile(tmp_path / "known.py", "known.py", "known")]
    names = [files[number].name for number in order_by_cost(files, {}, None)]
    assert names == ["c", "known", "b", "a"]
    names = [files[n].name for n in order_by_cost(files, {"c.py": 9.0}, baseline)]
    assert names == ["b", "a", "c", "known"]


def test_whatever_is_first_the_answers_come_as_the_specs_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        (tmp_path / f"{name}.py").write_text(make_spec(name))
    begun = []
    answers = list(gate_files(find_specs(["."]), Task(Options()), 1, begun.append, [2, 0, 1]))
    assert begun == ["c", "a", "b"]
    assert [gated.spec.file.name for gated in answers] == ["a", "b", "c"]


def test_what_is_raised_is_raised_when_its_turn_comes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(make_spec("a"))
    (tmp_path / "b.py").write_text(make_spec("b", WRONG))
    (tmp_path / "file").write_text("")
    task = Task(Options(), folder=tmp_path / "file" / "pages")  # b has a page
    answers = gate_files(find_specs(["."]), task, 1, order=[1, 0])
    assert next(answers).spec.file.name == "a"
    with pytest.raises(Exception, match="cannot write"):
        next(answers)


def test_times_are_kept_beside_what_is_known_of_others(gate, tmp_path):
    write_times(tmp_path / "t.json", {"other.py": 2.5, "good.py": 0.0})
    code, _, err = gate("good.py", "cut.py", "--times", "t.json", good=GOOD, cut=make_spec("cut"))
    assert (code, err) == (0, "")
    found = read_times(tmp_path / "t.json")
    assert sorted(found) == ["cut.py", "good.py", "other.py"]
    assert found["other.py"] == 2.5
    assert 0 < found["good.py"] < 60
    gate("good.py", "cut.py", "--times", "cut.json", "--max-states", "3")
    assert read_times(tmp_path / "cut.json") == {}  # it would have taken longer


def test_much_slower_is_a_note_and_a_little_is_none():
    before = {"a.py": 1.0, "b.py": 1.0, "c.py": 10.0}
    assert list(tell_slower(before, {"a.py": 3.1, "b.py": 2.9, "c.py": 19.0, "d.py": 99.0})) == [
        "a.py took 3.1 s, 1.0 s the last time"
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "modelcheck-times-0"}'])
def test_a_file_that_holds_something_else_is_not_overwritten(gate, tmp_path, text):
    (tmp_path / "t.json").write_text(text)
    code, _, err = gate("good.py", "--times", "t.json", good=GOOD)
    assert (code, err) == (
        2,
        "error: t.json holds no times of this version; remove it, or name another file\n",
    )
    assert (tmp_path / "t.json").read_text() == text
