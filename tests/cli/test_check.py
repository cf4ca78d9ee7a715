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


@pytest.mark.slow
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


BUGGY = ["psi-pressure-write-vs-release", "--variant", "buggy"]


def test_what_the_trace_needs_stands_below_the_headline(capsys):
    """The free is local work behind another step: it is named all the same."""
    assert run(["check", *BUGGY]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:5]] == ["used", "freed", "allocated"]
    assert lines[5:9] == [
        "  needs: 1. `kfree(ctx)` in cgroup_rmdir (step 20)",
        "            before `if ctx.trigger is not None:` in kernfs_fop_write_iter[0] (step 23)",
        "         2. `if not cgrp.dead:` in kernfs_fop_write_iter[0] (step 7)",
        "            before `cgrp.dead = True` in cgroup_rmdir (step 12)",
    ]


def test_a_run_without_an_ordering_is_shown_on_request(capsys):
    assert run(["check", *BUGGY, "--without", "2"]) == 1
    out = capsys.readouterr().out
    said = out.partition("without 2, so not `if not cgrp.dead:` in kernfs_fop_write_iter[0]")[2]
    assert "VIOLATED" not in said
    assert said.endswith(
        "  use-after-free of contexts[0] is not seen, and the trace's steps end here:\n"
        "    kernfs_fop_write_iter[0] waits at line 343: mutex_lock(cgroup_mutex)\n"
    )


@pytest.mark.slow
def test_a_run_without_an_ordering_may_fail_otherwise(capsys):
    assert run(["check", "psi-trigger-replace", "--variant", "replace", "--without", "3"]) == 1
    out = capsys.readouterr().out
    assert "; 2 more below" in out
    assert "it fails in another way: use-after-free of psi_triggers[1]" in out.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([*BUGGY, "--without", "3"], "--without 3: the trace needs 2 orderings"),
        (["kernfs-release-once", "--without", "1"], "no ordering is known"),
        (["selftest-two-mutexes", "--without", "1"], "no ordering is known"),
        ([*BUGGY, "--without", "1", "--json"], "--without is text"),
    ],
)
def test_an_ordering_that_is_not_there_cannot_be_left_out(capsys, arguments, says):
    assert run(["check", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_an_order_that_does_not_matter_is_said_not_to(capsys):
    assert run(["check", "dining-philosophers"]) == 1
    said = "needs: no order between the threads: in any order these steps fail"
    assert said in capsys.readouterr().out


def test_needs_are_in_the_json(check):
    code, value = check(*BUGGY)
    assert code == 1
    (violation,) = next(p["violations"] for p in value["properties"] if p.get("violations"))
    assert [(need["step"], need["before"]) for need in violation["needs"]] == [(20, 23), (7, 12)]


def test_what_a_stored_trace_says_it_needs_is_not_believed(tmp_path, capsys):
    assert run(["check", *BUGGY, "-o", str(tmp_path)]) == 1
    told = capsys.readouterr().out.splitlines()[:6]
    (file,) = tmp_path.glob("*.trace.json")
    trace = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(trace, TRACE_SCHEMA)
    text = "`if not cgrp.dead:` in kernfs_fop_write_iter[0] (step 7) before `cgrp.dead = True`"
    assert trace["needs"][1] == {
        "step": 7,
        "before": 12,
        "text": f"{text} in cgroup_rmdir (step 12)",
    }
    trace["needs"] = [{"step": 1, "before": 2, "text": "nothing"}]
    file.write_text(json.dumps(trace), encoding="utf-8")
    assert run(["replay", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[:6] == told


def test_steps_that_were_left_out_are_counted_and_stored(tmp_path, capsys):
    """`cgroup_pressure_write` would go on to its end: that has nothing to do with the failure."""
    arguments = [*BUGGY[:2], "fix_no_null_test", "-o", str(tmp_path)]
    assert run(["check", *arguments]) == 1
    out = capsys.readouterr().out
    assert "null-dereference in step 23 (fewest switches)" in out
    said = [line.rpartition("  ")[2] for line in out.splitlines() if "unrelated" in line]
    assert said == ["... 2 unrelated steps"]
    (file,) = tmp_path.glob("*.trace.json")
    trace = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(trace, TRACE_SCHEMA)
    (witness,) = trace["witnesses"]
    assert len(witness["steps"]) == 23
    dropped = [(step["after"], step["thread"]) for step in witness["dropped"]]
    assert dropped == [(19, "cgroup_pressure_write")] * 2
    assert run(["replay", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == out.splitlines()[:-1]
    witness["dropped"][0]["thread"] = "nobody"
    file.write_text(json.dumps(trace), encoding="utf-8")
    assert run(["replay", str(file)]) == 4
