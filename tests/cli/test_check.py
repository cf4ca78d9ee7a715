"""`check`, `list`, `gate`, `ir` on real specs: exit codes, JSON, limits, bad input."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from modelcheck.cli import run
from modelcheck.explore.options import SHORTEST_BUDGET

ROOT = Path(__file__).resolve().parents[2]
TRACE_SCHEMA = json.loads((ROOT / "modelcheck/trace/trace.schema.json").read_text(encoding="utf-8"))
SCHEMA = json.loads((ROOT / "modelcheck/report/result.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def check(capsys):
    """Run `check --json`: the exit code and the object, which follows the schema."""

    def run_check(*arguments: str):
        code = run(["check", "--json", *arguments])
        value = json.loads(capsys.readouterr().out)
        jsonschema.validate(value, SCHEMA)
        return code, value

    return run_check


def test_verified_is_0_with_its_counts_and_scope(check):
    code, value = check("kernfs-release-once")
    assert code == 0
    assert value["verdict"] == "verified"
    assert value["exhausted"] is True
    assert value["counts"] == {"states": 23, "transitions": 30, "depth": 9}
    assert (value["variant"], value["property"], value["violated"]) == (None, None, [])
    assert "sc" in value["scope"]


def test_violated_is_1_whatever_the_spec_expects(check):
    code, value = check("kernfs-release-once", "--variant", "no_released_check")
    assert code == 1
    assert value["violated"] == ["released_once"]
    assert value["property"] == "released_once"
    assert value["counts"] == {"states": 21, "transitions": 28, "depth": 8}


def test_settings_change_the_program(check):
    code, value = check("kernfs-release-once", "-D", "closers=2")
    assert (code, value["counts"]["states"]) == (0, 102)
    assert value["settings"]["closers"] == "2"


def test_text_has_verdict_and_scope_line(capsys):
    assert run(["check", "kernfs-release-once"]) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("verified  specs/kernfs/kernfs-release-once.py  closers=1")
    assert last.startswith("  23 states, 30 transitions, depth 9; ")


def test_text_of_a_violation_names_property_and_replay(capsys, tmp_path):
    arguments = ["check", "kernfs-release-once", "--variant", "no_released_check"]
    assert run([*arguments, "-o", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("VIOLATED  ")
    assert "released_once" in out
    (trace,) = tmp_path.iterdir()
    assert trace.name == "kernfs-release-once.no_released_check.trace.json"
    assert f"modelcheck replay {trace}" in out
    assert run(["replay", str(trace)]) == 0
    assert "released_once" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (("--max-states", "100"), "max-states"),
        (("--timeout", "1ms"), "timeout"),
        (("--max-memory", "1M"), "max-memory"),
    ],
)
def test_a_limit_is_3_with_how_far_it_got(check, limit, reason):
    sizes = ("-D", "threads=4", "-D", "rounds=4", "--backend", "python")
    code, value = check("increments", *sizes, "--property", "data-race", *limit)
    assert code == 3
    assert value["verdict"] == "inconclusive"
    assert value["exhausted"] is False
    assert value["stopped_by"] == reason
    assert value["counts"]["states"] > 0


def test_ctrl_c_is_3_with_how_far_it_got():
    command = [sys.executable, "-m", "modelcheck", "check", "--json", "increments"]
    command += ["--backend", "python"]
    sizes = ["-D", "threads=4", "-D", "rounds=4", "--property", "data-race", "--reduce", "none"]
    process = subprocess.Popen(
        command + sizes, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (3, "")
    assert json.loads(out)["stopped_by"] == "interrupt"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["kernfs-relase-once"], "did you mean `kernfs-release-once`?"),
        (["specs"], "is a folder"),
        (["specs/classics"], "is a folder"),
        (["increments", "--variant", "rwm"], "has no variant `rwm`; there is rmw"),
        (["increments", "-D", "thread=2"], "has no setting `thread`; did you mean `threads`?"),
        (["increments", "-D", "threads=99"], "`threads` goes from 1 to 6, not 99"),
        (["increments", "-D", "threads=two"], "`threads` is a number, not 'two'"),
        (["increments", "-D", "rmw=2"], "`rmw` is on or off"),
        (["increments", "--property", "no_update_los"], "did you mean `no_update_lost`?"),
    ],
)
def test_what_is_not_there_is_2(arguments, message, capsys):
    assert run(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert message in err


@pytest.mark.parametrize(
    "content", [None, b"\xff\xfe\x00", b'spec("x")\x00\n', b"def (", b'"""No spec."""\n']
)
def test_bad_files_are_2_with_a_coded_place(content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "bad.py").write_bytes(content)
    assert run(["check", "bad.py"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bad.py:")
    assert ": error[MC" in err.splitlines()[0]


def test_a_spec_that_needs_more_is_3(tmp_path, check):
    text = (ROOT / "specs/classics/increments.py").read_text(encoding="utf-8")
    file = tmp_path / "later.py"
    file.write_text(text + 'variant("weak", needs="weak-memory")\n', encoding="utf-8")
    code, value = check(str(file), "--variant", "weak")
    assert code == 3
    assert value["verdict"] == "not tested"
    assert "weak-memory" in value["scope"]


def test_list_says_what_there_is(capsys):
    assert run(["list", "--json"]) == 0
    listed = {entry["spec"]: entry for entry in json.loads(capsys.readouterr().out)}
    variants = {v["variant"]: v for v in listed["kernfs-release-once"]["variants"]}
    assert variants[None]["violates"] == []
    assert variants["no_released_check"]["violates"] == ["released_once"]
    assert listed["increments"]["parameters"][0] == {
        "name": "threads", "default": 2, "min": 1, "max": 6,
    }  # fmt: skip


def test_ir_prints_the_program(capsys):
    assert run(["ir", "increments"]) == 0
    assert "increment" in capsys.readouterr().out


def test_a_new_spec_checks_cleanly_and_gates(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["new", "starter"]) == 0
    assert run(["check", "starter"]) == 2  # a file here, not below specs/: name it as a path
    assert run(["check", "starter.py"]) == 0
    assert run(["gate", "starter.py"]) == 0
    assert "2 as expected" in capsys.readouterr().out


def test_reduced_runs_say_so(capsys):
    assert run(["check", "kernfs-open-node-rcu", "--reduce", "por"]) == 0
    out, _ = capsys.readouterr()
    assert "reduced by por" in out
    assert "no reductions" not in out


@pytest.mark.parametrize("first", [["--reduce", "por"], ["--search", "dfs"]])
def test_a_trace_that_is_not_proven_short_is_not_called_so(capsys, first):
    """And where the budget was too small, that is said."""
    arguments = ["check", "kernfs-release-once", "--variant", "no_released_check", *first]
    assert run([*arguments, "--shortest-budget", "0"]) == 1
    out, _ = capsys.readouterr()
    assert "minimal: no" in out
    assert "shortest" not in out
    assert "fewest" not in out
    assert run([*arguments, "--shortest-budget", "3"]) == 1
    out, _ = capsys.readouterr()
    assert "minimal: no" in out
    assert "fewest" not in out
    assert "\n  fewer switches may do: there are more than 3 states to look at" in out


@pytest.mark.parametrize(
    ("given", "proof", "words"),
    [
        ([], "switches", "(fewest switches)"),
        (["--shortest", "switches"], "switches", "(fewest switches)"),
        (["--shortest", "steps"], "steps", "(shortest)"),
    ],
)
@pytest.mark.parametrize("first", [[], ["--reduce", "por,symmetry"], ["--search", "dfs"]])
def test_the_second_search_finds_the_shortest_trace_whatever_the_first_did(
    capsys, check, first, given, proof, words
):
    arguments = ["kernfs-release-once", "--variant", "no_released_check", *given]
    assert run(["check", *arguments, *first]) == 1
    out, _ = capsys.readouterr()
    assert words in out
    assert f"minimal: {proof}" in out
    _, value = check(*arguments, *first)
    _, plain = check(*arguments)
    (told,) = [p["violations"] for p in value["properties"] if p["verdict"] == "violated"]
    (same,) = [p["violations"] for p in plain["properties"] if p["verdict"] == "violated"]
    assert told[0]["minimal"] == proof
    assert told[0]["witnesses"] == same[0]["witnesses"]


def test_the_help_says_the_budget_that_there_is(capsys):
    assert run(["check", "--help"]) == 0
    assert f"else {SHORTEST_BUDGET:,}" in capsys.readouterr().out


def test_steps_that_play_no_part_are_stored_and_not_shown(tmp_path, capsys):
    arguments = ["kernfs-release-once", "--variant", "no_released_check", "-o", str(tmp_path)]
    assert run(["check", *arguments]) == 1
    out, _ = capsys.readouterr()
    assert "is false after 8 steps" in out
    assert "=> 5  drain" in out
    assert "... 3 unrelated steps of drain to the end" in out
    (file,) = tmp_path.glob("*.trace.json")
    trace = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(trace, TRACE_SCHEMA)
    (witness,) = trace["witnesses"]
    assert (len(witness["steps"]), witness["unrelated"]) == (8, 3)
    assert run(["replay", str(file)]) == 0
    shown = out.splitlines()[:-2]  # the run's last line goes on with the scope
    assert capsys.readouterr().out.splitlines()[: len(shown) - 1] == shown[:-1]


def test_a_stored_trace_says_why_it_may_not_be_the_shortest(tmp_path, capsys):
    arguments = ["kernfs-release-once", "--variant", "no_released_check", "--reduce", "por"]
    folder = str(tmp_path)
    assert run(["check", *arguments, "--shortest-budget", "3", "-o", folder]) == 1
    (file,) = tmp_path.glob("*.trace.json")
    capsys.readouterr()
    assert run(["replay", str(file)]) == 0
    assert "there are more than 3 states to look at" in capsys.readouterr().out


def test_a_reachable_that_cannot_be_asked_is_told_with_a_trace(tmp_path, capsys):
    """This was an internal error: its trace was taken for one to a state that satisfies it."""
    file = tmp_path / "gone.py"
    file.write_text(
        """
from modelcheck.lang import U8, free, reachable, shared, spec, struct, thread

spec("gone")


@struct(marked=True)
class Item:
    word: U8


item = shared(Item)


@thread
def drop():
    item.word = 1
    free(item)


@reachable
def sees_one():
    return item.word == 3
""",
        encoding="utf-8",
    )
    assert run(["check", str(file)]) == 1
    out, _ = capsys.readouterr()
    assert "reachable `sees_one` (line 22) fails after 2 steps" in out
    assert "it cannot be evaluated: use-after-free of item" in out
    assert "REACHED" not in out
