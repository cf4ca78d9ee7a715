"""`modelcheck prove` as its users see it: exit codes, words, JSON, traces."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from modelcheck import api
from modelcheck.cli import run
from modelcheck.prove.attempt import attempt
from modelcheck.prove.prove import ProveOptions
from tests.prove.endless import LOCK

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/prove/prove.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "code", "begins"),
    [
        ((), 0, "PROVED  "),
        (("--variant", "blind"), 1, "VIOLATED  "),
        (("--method", "bounded", "--depth", "2"), 3, "INCONCLUSIVE  "),
        (("--variant", "blind", "--property", "deadlock"), 0, "PROVED  "),
    ],
)
def test_the_command_ends_with_the_promised_code(tmp_path, capsys, arguments, code, begins):
    path = tmp_path / "lock.py"
    path.write_text(LOCK, encoding="utf-8")
    assert run(["prove", str(path), *arguments]) == code
    assert capsys.readouterr().out.startswith(begins)


@pytest.mark.parametrize(
    "arguments", [(), ("--variant", "blind"), ("--method", "induction", "--depth", "1")]
)
def test_the_json_is_as_its_schema_says(tmp_path, capsys, arguments):
    path = tmp_path / "lock.py"
    path.write_text(LOCK, encoding="utf-8")
    run(["prove", str(path), "--json", *arguments])
    value = json.loads(capsys.readouterr().out)
    jsonschema.validate(value, SCHEMA)
    assert {p["name"] for p in value["properties"]} >= {"one_at_a_time", "somebody", "stuck"}


def test_the_trace_of_a_violation_is_stored_and_replays(tmp_path, capsys):
    path = tmp_path / "lock.py"
    path.write_text(LOCK, encoding="utf-8")
    assert run(["prove", str(path), "--variant", "blind", "-o", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().out
    assert run(["replay", str(tmp_path / "out" / "lock.blind.trace.json")]) == 0
    replayed = capsys.readouterr().out
    assert replayed.splitlines()[1] == told.splitlines()[1]


def test_a_loop_that_no_formula_tells_of_is_said_to_be_one(tmp_path, capsys):
    path = tmp_path / "spin.py"
    body = "    n: U8 = READ_ONCE(word)\n    while n != 7:\n        n = n * 3 % 5\n"
    path.write_text(
        '"""Local work without end."""\n\n'
        "from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, shared, spec, thread\n\n"
        'spec("spin")\n\nword = shared(U8)\n\n\n@thread\ndef work():\n' + body,
        encoding="utf-8",
    )
    assert run(["prove", str(path)]) == 3
    assert "a loop of local work" in capsys.readouterr().err


def test_what_cannot_be_checked_yet_is_not_proved(tmp_path, capsys):
    path = tmp_path / "lock.py"
    path.write_text(LOCK + 'variant("later", needs="liveness")\n', encoding="utf-8")
    assert run(["prove", str(path), "--variant", "later"]) == 3
    assert "not checkable yet" in capsys.readouterr().out
    assert attempt(str(path), api.Choice("later"), ProveOptions()).proving is None


def test_what_no_run_reached_yet_does_not_hold(tmp_path, capsys):
    path = tmp_path / "lock.py"
    path.write_text(LOCK.replace("return inside == 1", "return inside == 2"), encoding="utf-8")
    assert run(["prove", str(path), "--method", "bounded", "--depth", "2"]) == 3
    told = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "holds to depth 2" in told
    assert told[told.index("open: somebody") + 1] == "not satisfied to depth 2"
