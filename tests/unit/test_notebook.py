"""modelcheck from Python: what a notebook shows, what a test asks, what is refused."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import networkx as nx
import pytest

import modelcheck
from modelcheck.cli import run
from tests.browser import Browser, find_chromium

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def violated():
    return modelcheck.check(ROOT / "docs/put-twice.py")


@pytest.fixture(scope="module")
def verified():
    return modelcheck.check(ROOT / "specs/classics/peterson.py")


def test_what_a_test_asks(violated, verified):
    assert (violated.verdict, violated.is_verified) == ("violated", False)
    assert violated.violated == ("use-after-free", "double-free")
    assert violated.properties["deadlock"] == "verified"
    assert violated.result.counts.states == 33
    assert repr(violated).startswith("<modelcheck: violated, ")
    assert verified.is_verified
    assert verified.violated == ()
    assert verified.trace is None
    assert verified.properties["at_most_one_inside"] == "verified"


def test_a_result_is_no_truth(violated, verified):
    for result in (violated, verified):
        with pytest.raises(TypeError, match=r"write .result\.is_verified"):
            assert result


def test_it_prints_what_the_command_prints(capsys):
    assert run(["check", "docs/put-twice.py"]) == 1
    told = capsys.readouterr().out
    result = modelcheck.check("docs/put-twice.py")
    assert str(result) == told.rstrip("\n")
    assert set(str(result.trace).splitlines()) <= set(told.splitlines())


def test_variants_settings_and_properties():
    result = modelcheck.check(
        "kernfs-release-once",
        variant="no_released_check",
        settings={"closers": 2},
        properties=["released_once"],
    )
    assert result.violated == ("released_once",)
    assert set(result.properties) == {"released_once"}
    assert result.run.variant.name == "no_released_check"
    assert {s.name: s.value for s in result.run.program.settings}["closers"] == "2"


def test_a_run_that_gives_up_is_inconclusive():
    result = modelcheck.check("kernfs-notify-list", max_states=10, backend="python")
    assert (result.verdict, result.is_verified) == ("inconclusive", False)
    assert set(result.properties.values()) == {"inconclusive"}


def test_a_variant_that_cannot_be_checked_is_not_tested():
    result = modelcheck.check("kernfs-open-vs-remove", variant=find_later("kernfs-open-vs-remove"))
    assert (result.verdict, result.is_verified, result.trace) == ("not tested", False, None)
    assert "NOT TESTED" in result._repr_html_()


def find_later(spec):
    """The variant of a spec that needs what this version cannot do."""
    info = modelcheck.check(spec, max_states=1).run.info
    return next(v.name for v in info.variants if v.needs)


def test_the_page_is_framed_whole(violated):
    shown = violated._repr_html_()
    assert re.fullmatch(r'<iframe srcdoc="[^"]*" sandbox="allow-scripts"[^>]*></iframe>', shown)
    page = html.unescape(re.search('srcdoc="([^"]*)"', shown)[1])
    assert page == violated.trace.draw("html")
    assert shown == violated.trace._repr_html_()


def test_without_a_trace_the_report_is_shown(verified):
    shown = verified._repr_html_()
    assert shown.startswith("<pre ")
    assert html.unescape(re.sub("<[^>]*>", "", shown)) == str(verified)
    assert verified._repr_svg_() is None


def test_the_picture_is_svg(violated):
    assert ET.fromstring(violated._repr_svg_()).tag.endswith("svg")
    assert violated._repr_svg_() == violated.trace._repr_svg_()


def test_graphs_of_states_and_of_steps(violated, verified):
    states = verified.graph()
    assert isinstance(states, nx.MultiDiGraph)
    assert (len(states), states.number_of_edges()) == (138, 248)
    assert (
        sum(marked for _, marked in violated.graph().nodes(data="marked")) == 8
    )  # and one failure
    steps = violated.trace.graph()
    assert [steps.nodes[n]["thread"] for n in sorted(steps)] == ["put[0]"] * 2 + ["put[1]"] * 4 + [
        "put[0]"
    ]
    with pytest.raises(modelcheck.SelectionError, match="more than 10 states"):
        verified.graph(max_states=10)
    with pytest.raises(IndexError, match="has 1 part"):
        violated.trace.graph(part=2)


def test_each_order_of_a_lock_cycle_is_a_part():
    result = modelcheck.check("selftest-two-mutexes", properties=["lock-order"])
    assert len(result.trace.scenes) == 2
    assert len(result.trace.graph(part=2)) > 0


def test_traces_are_saved_and_replayed(violated, tmp_path):
    for ending in (".json", ".html", ".svg", ".dot", ".mmd"):
        violated.trace.save(tmp_path / f"trace{ending}")
    again = modelcheck.replay(tmp_path / "trace.json")
    assert again.draw("svg") == (tmp_path / "trace.svg").read_text(encoding="utf-8")
    assert json.loads(again.json) == json.loads(violated.trace.json)
    with pytest.raises(modelcheck.SelectionError, match="a trace is saved as"):
        violated.trace.save(tmp_path / "trace.png")
    with pytest.raises(modelcheck.SelectionError, match="there is no format `pdf`"):
        violated.trace.draw("pdf")


def test_from_the_middle_of_a_trace(violated, tmp_path):
    file = tmp_path / "trace.json"
    violated.trace.save(file)
    part = modelcheck.check(ROOT / "docs/put-twice.py", begin=f"{file}:2")
    assert part.violated == violated.violated
    assert set(part.properties.values()) == {"violated", "inconclusive"}
    one = modelcheck.check(
        ROOT / "docs/put-twice.py", begin=f"{file}:6", properties=["deadlock"], reduce=["por"]
    )
    assert (one.verdict, one.is_verified) == ("inconclusive", False)
    with pytest.raises(modelcheck.SelectionError, match="has 7 steps; there is no step 9"):
        modelcheck.check(ROOT / "docs/put-twice.py", begin=f"{file}:9")
    with pytest.raises(modelcheck.SelectionError, match="names variant and settings itself"):
        modelcheck.check(ROOT / "docs/put-twice.py", begin=f"{file}:2", variant="x")


def test_samples(tmp_path):
    drawn = modelcheck.sample("kernfs-release-once", seed=2)
    assert str(drawn).startswith("SAMPLE  ")
    assert "sandbox" in drawn._repr_html_()
    drawn.save(tmp_path / "run.json")
    assert str(modelcheck.replay(tmp_path / "run.json")) == str(drawn)


def test_a_second_look(verified):
    assert verified.ran().states == 138
    assert verified.profile().factors[0].name == "where enter stands"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"variant": "nope"}, "peterson has no variant `nope`"),
        ({"settings": {"rounds": 9}}, "`rounds` goes from 1 to 4, not 9"),
        ({"properties": ["nope"]}, "peterson has no property `nope`"),
        ({"reduce": "por,fusion"}, "there is no reduction `fusion`; there is por, symmetry, fuse"),
        ({"reduce": ["sym"]}, "there is no reduction `sym`"),
        ({"backend": "smt"}, "there is no backend `smt`"),
        ({"search": "up"}, "there is no search `up`"),
        ({"stop": "never"}, "there is no stop `never`"),
    ],
)
def test_what_is_not_there_is_said(given, complaint):
    with pytest.raises(modelcheck.SelectionError, match=re.escape(complaint)):
        modelcheck.check("peterson", **given)


def test_faults_of_a_spec_and_of_a_trace_have_their_errors(tmp_path):
    (tmp_path / "bad.py").write_text("from modelcheck.lang import spec\nspec('bad')\nimport os\n")
    with pytest.raises(modelcheck.SpecErrors):
        modelcheck.check(tmp_path / "bad.py")
    with pytest.raises(modelcheck.SelectionError, match="there is no spec `nope`"):
        modelcheck.check("nope")
    (tmp_path / "no.json").write_text("{}")
    with pytest.raises(modelcheck.SpecError, match="MC401"):
        modelcheck.replay(tmp_path / "no.json")


def test_a_spec_that_names_the_package_imports_nothing_of_it():
    code = (
        "import sys, modelcheck, modelcheck.lang;"
        "print(sorted(m for m in sys.modules if m.startswith('modelcheck.')),"
        " 'check' in dir(modelcheck), hasattr(modelcheck, 'nothing'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['modelcheck.lang'] True False"


@pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")
def test_styles_do_not_leak_and_scripts_run_in_a_sandbox(violated, tmp_path):
    file = tmp_path / "notebook.html"
    plain = "getComputedStyle(document.querySelector('h1')).fontSize"
    browser = Browser()
    try:
        file.write_text("<!DOCTYPE html><h1>Cell</h1>", encoding="utf-8")
        browser.open(file)
        size = browser.ask(plain)
        frame = violated._repr_html_()
        file.write_text(f"<!DOCTYPE html><h1>Cell</h1>{frame}", encoding="utf-8")
        browser.open(file)
        assert browser.ask(plain) == size
        assert browser.ask("document.querySelector('iframe').contentDocument") is None
        assert [c for c in browser.complaints if "favicon" not in str(c)] == []
    finally:
        browser.close()
