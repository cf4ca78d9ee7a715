"""`graph --sample`: every format, and what it says where there is nothing to draw."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from modelcheck.cli import run

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/trace/trace.schema.json").read_text(encoding="utf-8"))
GOAL = ("peterson", "--sample", "--property", "somebody_inside")
DOOMED = '''\
"""Whatever happens, it is wrong."""

from modelcheck.lang import U8, final, shared, spec, thread, wait_until, initial, reachable

spec("doomed")

x = shared(U8)


@thread
def up():
    global x
    x = 1


@final
def never():
    return x == 0


@reachable
def nowhere():
    return x == 9
'''
NO_START = DOOMED.replace(
    "@thread\n", "@initial\ndef begin():\n    wait_until(x == 1)\n\n\n@thread\n"
)


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("spec", [("kernfs-release-once", "--sample"), GOAL])
def test_every_format_is_drawn(spec, tmp_path, capsys):
    for form in ("dot", "svg", "html", "mermaid", "json"):
        assert run(["graph", *spec, "--format", form]) == 0
        text = capsys.readouterr().out
        word = "REACHED" if "--property" in spec else "SAMPLE"
        if form == "json":
            Draft202012Validator(SCHEMA).validate(json.loads(text))
        else:
            assert word in text
            assert "VIOLATED" not in text.partition("<script>")[0]
        if form == "svg":
            assert ET.fromstring(text).tag.endswith("svg")
        if form == "html":
            assert "To the end (End)" in text
            assert "violation</" not in text.partition("<script>")[0].lower()


def test_the_same_seed_is_the_same_run_and_is_replayed(tmp_path, capsys):
    file = tmp_path / "run.json"
    ask = ["graph", "kernfs-active-drain", "--sample", "--format", "json"]
    assert run([*ask, "--seed", "5", "-o", str(file)]) == 0
    assert run([*ask, "--seed", "5"]) == 0
    assert capsys.readouterr().out == file.read_text(encoding="utf-8")
    assert run(["replay", str(file)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SAMPLE  specs/kernfs/kernfs-active-drain.py")
    assert "one run, drawn by chance (seed 5): nothing was searched" in out
    assert run(["graph", str(file), "--format", "svg"]) == 0
    assert run(["check", "--from", f"{file}:3"]) == 3  # a sample is a place to begin, too
    capsys.readouterr()


def test_a_violated_spec_has_passing_runs_too(capsys):
    assert run(["graph", "docs/put-twice.py", "--sample", "--format", "mermaid"]) == 0
    assert "that comes to rest" in capsys.readouterr().out.replace("<br/>", " ")


def test_the_way_to_a_reachable_is_a_shortest_one(tmp_path, capsys):
    file = tmp_path / "goal.json"
    assert run(["graph", *GOAL, "--format", "json", "-o", str(file)]) == 0
    assert run(["replay", str(file)]) == 0
    out = capsys.readouterr().out
    assert "reachable `somebody_inside` (line 71) holds after 3 steps (shortest)" in out


def test_nothing_to_draw_is_3_and_says_why(tmp_path, capsys):
    file = tmp_path / "doomed.py"
    file.write_text(DOOMED, encoding="utf-8")
    assert run(["graph", str(file), "--sample"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "no run without a violation was found; --seed N draws others" in err
    assert run(["graph", str(file), "--sample", "--property", "nowhere"]) == 3
    assert "no reachable state satisfies `nowhere`" in capsys.readouterr().err
    given_up = ["--sample", "--property", "nowhere", "--max-states", "1"]
    assert run(["graph", str(file), *given_up]) == 3
    assert "was found before max-states ended the search" in capsys.readouterr().err


def test_a_spec_without_a_start_has_no_run(tmp_path, capsys):
    file = tmp_path / "no_start.py"
    file.write_text(NO_START, encoding="utf-8")
    assert run(["graph", str(file), "--sample"]) == 2
    assert "no initial state" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["peterson", "--sample", "--property", "nope"], "peterson has no property `nope`"),
        (
            ["peterson", "--sample", "--property", "at_most_one_inside"],
            "`at_most_one_inside` is an invariant; a sample is of a `reachable` (there is some",
        ),
        (["peterson", "--sample", "--property", "deadlock"], "`deadlock` is a built-in check"),
        (["peterson", "--sample", "--states"], "--sample draws a run, --states all states"),
        ([*GOAL, "--seed", "2"], "the way to a `reachable` is not drawn by chance"),
        (["peterson", "--seed", "2"], "--property and --seed are for --sample"),
        (["peterson", "--property", "stuck"], "--property and --seed are for --sample"),
        (["trace.json", "--sample"], "--sample is of a spec"),
    ],
)
def test_what_cannot_be_is_2(arguments, complaint, capsys):
    assert run(["graph", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err
