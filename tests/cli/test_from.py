"""`check --from TRACE.json:STEP`: what it says of a part of a spec, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from modelcheck.cli import run

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/report/result.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def trace(tmp_path, capsys):
    assert run(["check", "docs/put-twice.py", "-o", str(tmp_path)]) == 1
    capsys.readouterr()
    return tmp_path / "put-twice.trace.json"


def test_a_violation_behind_the_state_is_told_with_the_way_to_it(trace, capsys):
    assert run(["check", "--from", f"{trace}:2"]) == 1
    out = capsys.readouterr().out
    first, second, *_ = out.splitlines()
    assert first == "VIOLATED  docs/put-twice.py"
    assert second == "  use-after-free of buffer in step 7, freed in step 6 by put[1]"
    assert "explored only what follows step 2 of put-twice.trace.json" in out
    assert "minimal: no" in out


def test_no_violation_behind_the_state_is_3_and_never_verified(trace, capsys):
    beside = ["--property", "deadlock", "--json"]
    assert run(["check", "docs/put-twice.py", "--from", f"{trace}:6", *beside]) == 3
    told = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(told)
    assert (told["verdict"], told["exhausted"], told["stopped_by"]) == ("inconclusive", False, None)
    assert told["from"] == "step 6 of put-twice.trace.json"
    assert told["scope"].startswith("explored only what follows step 6 of put-twice.trace.json")


def test_its_trace_is_another_file_that_can_be_replayed_and_begun_from(trace, tmp_path, capsys):
    assert run(["check", "--from", f"{trace}:2", "-o", str(tmp_path)]) == 1
    assert trace.exists()
    file = tmp_path / "put-twice.from-2.trace.json"
    assert run(["replay", str(file)]) == 0
    assert run(["check", "--from", f"{file}:4"]) == 1
    capsys.readouterr()


def test_the_orders_of_a_lock_cycle_each_have_steps(tmp_path, capsys):
    assert run(["check", "selftest-two-mutexes", "--property", "lock-order", "-o", str(tmp_path)])
    (file,) = tmp_path.iterdir()
    capsys.readouterr()
    assert run(["check", "--from", f"{file}:2.1"]) in (1, 3)
    assert "explored only what follows step 1 of order 2 of " in capsys.readouterr().out
    assert run(["check", "--from", f"{file}:3.1"]) == 2
    assert "has 2 paths, so there is no step 1 of order 3 of " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("", "names no step; write TRACE.json:STEP, where step 0 is the start"),
        (":", "names no step"),
        (":-1", "names no step"),
        (":seven", "names no step"),
        (":8", "has 7 steps; there is no step 8"),
        (":7", r"step 7 of .* fails \(use-after-free\), so no state follows it; the last state is"),
        (":2.1", "has one path, so there is no step 1 of order 2"),
        ("x:1", "cannot read .*: No such file"),
    ],
)
def test_a_step_that_is_not_there_is_2_and_says_why(place, complaint, trace, capsys):
    assert run(["check", "--from", f"{trace}{place}"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(complaint, err), err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["increments"], "is a trace of put-twice, not of increments"),
        (["no-such-spec"], "there is no spec `no-such-spec`"),
        (["--property", "no_such"], "has no property `no_such`"),
        (["--variant", "x"], "no --variant with --from: the trace names it"),
        (["-D", "users=3"], "no -D with --from"),
        (["--reduce", "por"], "no --reduce with --from: that search has no reductions"),
        (["--compare-reductions"], "no --compare-reductions with --from"),
        (["--shortest", "steps"], "no --shortest with --from"),
        (["--backend", "native"], "no --backend native with --from: the python backend explores"),
        (["--compact"], "no --compact with --from"),
        (["--without", "1"], "no --without with --from"),
        (["--coverage"], "no --coverage with --from: it is about the whole spec"),
        (["--listing"], "no --listing with --from"),
        (["--profile"], "no --profile with --from"),
    ],
)
def test_what_does_not_go_with_it_is_2(options, complaint, trace, capsys):
    assert run(["check", *options, "--from", f"{trace}:2"]) == 2
    assert complaint in capsys.readouterr().err


def test_a_stale_trace_and_what_is_no_trace_have_codes(tmp_path, monkeypatch, capsys):
    text = (ROOT / "docs/put-twice.py").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Path("spec.py").write_text(text, encoding="utf-8")
    assert run(["check", "spec.py", "-o", "out"]) == 1
    Path("spec.py").write_text(text.replace("users=2", "users=3"), encoding="utf-8")
    capsys.readouterr()
    assert run(["check", "--from", "out/put-twice.trace.json:2"]) == 2
    assert "MC402" in capsys.readouterr().err
    old = json.loads(Path("out/put-twice.trace.json").read_text(encoding="utf-8"))
    Path("old.json").write_text(json.dumps({**old, "schema": "modelcheck-trace-0"}), "utf-8")
    assert run(["check", "--from", "old.json:2"]) == 2
    err = capsys.readouterr().err
    assert "MC401" in err
    assert "its `schema` is `modelcheck-trace-0`, and this version reads" in err


def test_a_trace_that_was_edited_is_no_fault_of_ours(trace, capsys):
    value = json.loads(trace.read_text(encoding="utf-8"))
    value["witnesses"][0]["steps"][1]["thread"] = "put[1]"
    trace.write_text(json.dumps(value), encoding="utf-8")
    assert run(["check", "--from", f"{trace}:1"]) == 1
    capsys.readouterr()
    assert run(["check", "--from", f"{trace}:2"]) == 2
    assert "cannot be run to step 2" in capsys.readouterr().err


def test_without_it_a_spec_has_to_be_named(capsys):
    assert run(["check"]) == 2
    assert "Missing argument 'SPEC'" in capsys.readouterr().err
