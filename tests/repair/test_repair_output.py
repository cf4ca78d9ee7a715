"""What `repair` prints: the table, JSON by its schema, the lattice; and its exit codes."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import StringIO
from pathlib import Path

import networkx as nx
import pytest
from jsonschema import Draft202012Validator

from modelcheck.cli import run
from modelcheck.cli.console import LiveLine
from modelcheck.explore.options import Options
from modelcheck.explore.result import Verdict
from modelcheck.repair import lattice
from modelcheck.repair.crew import Limits
from modelcheck.repair.json import repair_to_json
from modelcheck.repair.lattice import build_lattice, write_lattice_dot
from modelcheck.repair.search import Question, search
from modelcheck.repair.sets import Finding, Minimal
from modelcheck.repair.text import describe_lattice, describe_repair
from modelcheck.specfiles import SelectionError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/repair/repair.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def undecided(either_or):
    """Like `either_or`, with nothing known of the empty set."""
    first, *others = either_or.judged
    open_ = replace(first, finding=Finding(Verdict.INCONCLUSIVE, reason="stopped by timeout"))
    return replace(either_or, judged=(open_, *others))


@pytest.fixture
def sized(find):
    return find("two-faults", named=[("adders", "1"), ("adders", "3"), ("at_once", None)])


def test_minimal_sets_stand_first_then_what_is_violated_with_its_steps(two_faults):
    lines = list(describe_repair(two_faults))
    assert lines[0].startswith("REPAIRED  ")
    assert lines[1] == "  1 minimal set verifies"
    rows = [line for line in lines if line.startswith(("verified  ", "VIOLATED  "))]
    assert len(rows) == len(two_faults.judged)
    assert rows[0].split() == ["verified", "minimal", "at_once", "data_first"]
    assert rows[1].split() == ["verified", "at_once", "data_first", "noise"]
    assert all(row.startswith("VIOLATED") for row in rows[2:])
    assert "(nothing)" in rows[2]
    late = next(row for row in rows if "  at_once   " in row)
    assert late.endswith("published_late(box) after 3 steps")
    assert "on in every set that verifies: at_once data_first" in lines


def test_the_lattice_as_text_says_what_each_switch_is_needed_for(two_faults, either_or):
    lines = list(describe_lattice(two_faults))
    at = lines.index("  verified  minimal  at_once data_first")
    assert lines[at + 1].startswith("      without at_once: VIOLATED  all_counted after ")
    assert lines[at + 2].startswith(
        "      without data_first: VIOLATED  published_late(box) after "
    )
    more = lines.index("  verified  at_once data_first noise")
    assert [line.split(":")[0].strip() for line in lines[more + 1 :]] == [
        "without at_once",
        "without data_first",
    ]
    heads = [line for line in lines if line.endswith(" on")]
    assert heads == ["nothing on", "1 on", "2 on", "3 on"]
    assert sum(line.startswith(("  VIOLATED  ", "  verified  ")) for line in lines) == 8
    lines = list(describe_lattice(either_or))
    assert lines[-2:] == ["      without turn_one: verified", "      without turn_other: verified"]


def test_what_a_switch_too_many_breaks_is_said(either_or):
    text = "\n".join(describe_repair(either_or))
    assert (
        "more is not always better: turn_one verifies, with turn_other besides"
        " lock-order(a -> b -> a) after" in text
    )


def test_what_is_not_decided_is_shown_and_keeps_sets_from_being_minimal(undecided):
    lines = list(describe_repair(undecided))
    assert lines[1] == "  2 sets verify and are not known to be minimal"
    row = next(line for line in lines if line.startswith("INCONCLUSIVE"))
    assert row.endswith("(nothing)            stopped by timeout")
    assert sum(line.startswith("verified      minimal?  ") for line in lines) == 2
    assert "minimal?: whether a smaller set verifies is not decided" in lines
    value = repair_to_json(undecided)
    assert value["minimal"] == []
    assert value["not_known_to_be_minimal"] == [{"turn_one": True}, {"turn_other": True}]


@pytest.mark.parametrize("name", ["two_faults", "either_or", "undecided", "sized"])
def test_the_json_is_what_its_schema_says(name, request):
    repair = request.getfixturevalue(name)
    value = json.loads(json.dumps(repair_to_json(repair)))
    Draft202012Validator(SCHEMA).validate(value)
    assert len(value["sets"]) == len(repair.judged)
    assert value["verdict"] == "repaired"
    assert [one["on"] for one in value["sets"] if one["minimal"] == "minimal"] == value["minimal"]


def test_the_lattice_has_an_edge_for_each_switch(two_faults):
    graph = build_lattice(two_faults)
    assert len(graph) == 8
    assert graph.number_of_edges() == 12
    assert nx.is_directed_acyclic_graph(graph)
    for below, above, facts in graph.edges(data=True):
        assert set(above) - set(below) == {facts["switch"]}
        assert set(below) < set(above)
    assert [on for on in graph if graph.nodes[on]["minimal"] is Minimal.YES] == [
        (("at_once", True), ("data_first", True))
    ]


def test_a_setting_with_several_values_has_one_at_a_time(sized):
    graph = build_lattice(sized)
    assert len(graph) == 3 * 2
    assert graph.number_of_edges() == 3 + 2 * 2
    assert all(len(dict(on)) == len(on) for on in graph)


def list_nodes(dot):
    """The sets of a lattice as DOT: what is written on each, and its attributes."""
    for line in dot.splitlines():
        if found := re.match(r"^set_\d+ \[(.*label=.*)\];$", line):
            yield dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\w+)', found[1]))


def test_no_colour_says_anything_alone(either_or, undecided):
    dot = write_lattice_dot(either_or)
    nodes = list(list_nodes(dot))
    assert len(nodes) == 4
    for node in nodes:
        word = {"ellipse": "verified, minimal", "octagon": "VIOLATED"}[node["shape"]]
        assert word in node["label"]
        assert node["peripheries"] == ("2" if node["shape"] == "ellipse" else "1")
    assert {node["shape"] for node in nodes} == {"ellipse", "octagon"}
    spoiled = [line for line in dot.splitlines() if "breaks it again" in line]
    assert len(spoiled) == 2
    assert all("style=dashed" in line for line in spoiled)
    dot = write_lattice_dot(undecided)
    (open_,) = [node for node in list_nodes(dot) if "INCONCLUSIVE" in node["label"]]
    assert (open_["shape"], open_["style"]) == ("box", '"filled,dashed"')
    assert dot.count("not known to be minimal") == 3  # two sets, and the title


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
def test_graphviz_draws_the_lattice(either_or):
    root = ET.fromstring(lattice.write_lattice(either_or, "svg"))
    nodes = [g for g in root.iter() if g.get("class") == "node"]
    assert len(nodes) == 4


def test_a_lattice_that_nobody_can_read_is_refused(two_faults, monkeypatch):
    monkeypatch.setattr(lattice, "MAX_NODES", 7)
    with pytest.raises(SelectionError, match="8 sets are too many for a picture"):
        write_lattice_dot(two_faults)


@pytest.mark.parametrize(
    ("arguments", "code", "first"),
    [
        (("either-or",), 0, "REPAIRED"),
        (("two-faults", "--flags", "noise", "-D", "at_once=off"), 1, "NOT REPAIRED"),
        (("two-faults", "--max-states", "2"), 3, "UNDECIDED"),
        (("two-faults", "--timeout", "1ms"), 3, "UNDECIDED"),
        (("either-or", "-D", "turn_one=on"), 0, "REPAIRED"),
    ],
)
def test_the_exit_code_says_whether_a_set_verifies(arguments, code, first, specs, capsys):
    name, *more = arguments
    assert run(["repair", specs[name], *more, "--jobs", "1", "--backend", "python"]) == code
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith(f"{first}  ")
    assert err == ""


def test_what_verifies_with_nothing_on_needs_no_repair(specs, capsys):
    arguments = [specs["either-or"], "-D", "turn_one=on", "--flags", "turn_other", "--jobs", "1"]
    assert run(["repair", *arguments]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1] == "  it verifies with nothing switched on: there is nothing to repair"
    assert any(line.split()[:3] == ["verified", "minimal", "(nothing)"] for line in out[2:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--flags", "a b"], "'a b': write name or name=value"),
        (["--flags", "turn_one="], "'turn_one=': write name or name=value"),
        (["--flags", "turn"], "has no setting `turn`"),
        (["--variant", "turn"], "has no variant `turn`"),
        (["--json", "--format", "dot"], "--json and --format: one of the two"),
        (["--format", "png"], "'png' is not one of"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_wrong(arguments, message, specs, capsys):
    assert run(["repair", specs["either-or"], *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""


def test_it_is_written_to_a_file_in_every_form(specs, tmp_path, capsys):
    arguments = ["repair", specs["either-or"], "--jobs", "1", "-o"]
    assert run([*arguments, str(tmp_path / "a.json"), "--json"]) == 0
    assert json.loads((tmp_path / "a.json").read_text())["minimal"] == [
        {"turn_one": True},
        {"turn_other": True},
    ]
    assert run([*arguments, str(tmp_path / "a.dot"), "--format", "dot"]) == 0
    assert (tmp_path / "a.dot").read_text().startswith("digraph repair {")
    assert run([*arguments, str(tmp_path / "b.txt"), "--format", "text"]) == 0
    assert "\nnothing on\n" in (tmp_path / "b.txt").read_text()
    assert run([*arguments, str(tmp_path / "a.txt")]) == 0
    assert (tmp_path / "a.txt").read_text().startswith("REPAIRED  ")
    assert capsys.readouterr().out == ""


class Terminal(StringIO):
    def isatty(self):
        return True


def test_how_far_a_search_is_stands_in_one_line_of_a_terminal_and_nowhere_else(specs, find):
    said = []
    shown, piped = Terminal(), StringIO()
    for stream in (shown, piped):
        live = LiveLine("repair", stream)
        question = Question(specs["either-or"])
        search(question, Limits(Options(backend="python")), announce=live.tell)
        said.append(stream.getvalue())
        live.clear()
    assert piped.getvalue() == ""
    assert "\rrepair: 3 of 4 sets, 3 of 3 programs" in said[0]
    assert shown.getvalue().endswith("\r")
