"""`graph` and `replay`: what they draw, and what they refuse."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from modelcheck import api
from modelcheck.cli import run

ROOT = Path(__file__).resolve().parents[2]
BROKEN = ("kernfs-release-once", "--variant", "no_released_check")
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


@needs_dot
@pytest.mark.parametrize("more", [(), ("--states",)])
def test_graphviz_takes_the_dot(more, capsys):
    assert run(["graph", *BROKEN, *more, "--format", "dot"]) == 0
    text = capsys.readouterr().out
    done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("more", [(), pytest.param(("--states",), marks=needs_dot)])
def test_svg_is_written_to_a_file_and_is_xml(more, tmp_path, capsys):
    file = tmp_path / "trace.svg"
    assert run(["graph", *BROKEN, *more, "--format", "svg", "-o", str(file)]) == 0
    assert ET.parse(file).getroot().tag.endswith("svg")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", ["svg", "dot", "html", "mermaid", "itf"])
def test_a_stored_trace_draws_the_same_picture(form, tmp_path, capsys):
    assert run(["graph", *BROKEN, "--format", "json"]) == 0
    file = tmp_path / "trace.json"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert run(["graph", *BROKEN, "--format", form]) == 0
    direct = capsys.readouterr().out
    assert run(["graph", str(file), "--format", form]) == 0
    assert capsys.readouterr().out == direct


def test_nothing_to_draw_is_3(capsys):
    assert run(["graph", "kernfs-release-once"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("no violation was found, so there is no trace to draw; --sample")


def test_a_large_state_graph_is_refused(capsys):
    assert run(["graph", "increments", "-D", "threads=3", "--states"]) == 2
    assert "too many for a picture" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["aut", "graphml"])
def test_a_state_graph_for_other_tools_goes_on_where_a_picture_ends(form, tmp_path, capsys):
    arguments = ["graph", "increments", "-D", "threads=3", "-D", "rounds=2", "--states"]
    file = tmp_path / f"states.{form}"
    assert run([*arguments, "--format", form, "-o", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    counts = api.check(
        "increments", api.Choice(None, {"threads": "3"}), api.Options()
    ).result.counts
    if form == "aut":
        assert text.startswith(f"des (0, {counts.transitions}, {counts.states})\n")
    else:
        assert text.count("<node ") == counts.states
        assert text.count("<edge ") == counts.transitions
    assert run([*arguments, "--format", form, "--max-states", "100"]) == 2
    assert "more than 100 states: --max-states N writes more" in capsys.readouterr().err


def test_a_sample_is_written_as_itf(capsys):
    assert run(["graph", "kernfs-release-once", "--sample", "--format", "itf"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["#meta"]["ends-with"] == "state"
    assert len(value["states"]) > 5


def test_a_stale_trace_is_2_and_says_what_moved(tmp_path, monkeypatch, capsys):
    text = (ROOT / "docs/put-twice.py").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Path("spec.py").write_text(text, encoding="utf-8")
    assert run(["check", "spec.py", "-o", "out"]) == 1
    Path("spec.py").write_text(text.replace("users=2", "users=3"), encoding="utf-8")
    capsys.readouterr()
    assert run(["replay", "out/put-twice.trace.json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "the spec has changed since the trace" in err


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"schema": "other"})])
def test_what_is_no_trace_is_2(text, tmp_path, capsys):
    file = tmp_path / "no.json"
    file.write_text(text, encoding="utf-8")
    assert run(["replay", str(file)]) == 2
    assert "this is no trace file" in capsys.readouterr().err
    assert run(["replay", str(tmp_path / "missing.json")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_the_command_that_a_run_names_is_the_run(capsys):
    choice = api.Choice("no_released_check", {"closers": "2"})
    checked = api.check("kernfs-release-once", choice, api.Options())
    program, *arguments = api.name_command(checked).split()
    assert program == "modelcheck"
    assert arguments[2:] == ["--variant", "no_released_check", "-D", "closers=2"]
    assert run(arguments) == 1
    said = capsys.readouterr().out
    assert f"{checked.result.counts.states:,} states" in said
    picture = api.draw_pictures(checked)[0]
    assert picture.title in said
