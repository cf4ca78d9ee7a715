"""Warnings on the command line: on stderr, in the JSON, and never in an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from modelcheck.cli import run

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/report/result.schema.json").read_text(encoding="utf-8"))

SPEC = '''"""Moves one from here to there."""

from modelcheck.lang import U8, atomic, flag, invariant, shared, spec, struct, thread, variant

spec("move")

more = flag(False)


@struct(marked=True)
class Pair:
    here: U8
    there: U8


pair = shared(Pair, here=2)


@thread(count=2)
def move():
    with atomic():
        pair.here -= 1
        pair.there += 1
    if more:
        with atomic():
            pair.here -= 1
            pair.there += 1


@invariant
def none_gone():
    return pair.here + pair.there == 2


variant("twice", more=True, violates="none_gone")
variant("weak", needs="weak-memory")
'''

WARNING = """\
move.py:21:10: warning[MC501]: this `atomic` joins accesses to several places and gives no reason
   |
21 |     with atomic():
   |          ^^^^^^^^
   = note: one step is one access, or one load and one store of one place
   = help: say why it is one: `atomic(because="lock region, no lock-free reader")`
move.py:23:9: this access is to another place
23 |         pair.there += 1
   |         ^^^^^^^^^^
"""


@pytest.fixture(autouse=True)
def spec_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "move.py"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_check_warns_on_stderr_and_still_ends_with_0(capsys):
    assert run(["check", "move.py"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("verified  ")
    assert "MC501" not in out
    assert err == WARNING


def test_check_warns_and_still_ends_with_1_and_3(capsys):
    assert run(["check", "move.py", "--variant", "twice"]) == 1
    assert capsys.readouterr().err.count("warning[MC501]") == 2
    assert run(["check", "move.py", "--variant", "weak"]) == 3
    assert capsys.readouterr().err == WARNING


def test_gate_tells_each_line_once_for_all_variants(capsys):
    assert run(["gate", "move.py"]) == 0
    out, err = capsys.readouterr()
    assert "2 as expected" in out
    heads = [line.partition(" this")[0] for line in err.splitlines() if "warning" in line]
    assert heads == ["move.py:21:10: warning[MC501]:", "move.py:25:14: warning[MC501]:"]


@pytest.mark.parametrize("variant", [(), ("--variant", "weak")])
def test_json_has_the_warnings(variant, capsys):
    run(["check", "move.py", "--json", *variant])
    value = json.loads(capsys.readouterr().out)
    jsonschema.validate(value, SCHEMA)
    assert value["warnings"] == [
        {
            "code": "MC501",
            "message": "this `atomic` joins accesses to several places and gives no reason",
            "path": "move.py",
            "line": 21,
            "column": 10,
        }
    ]


def test_with_a_reason_nothing_is_said(spec_file, capsys):
    text = SPEC.replace("atomic():", 'atomic(because="one lock for both"):')
    spec_file.write_text(text, encoding="utf-8")
    assert run(["check", "move.py", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "warnings" not in json.loads(out)


def test_list_does_not_warn(capsys):
    assert run(["list", "move.py"]) == 0
    assert capsys.readouterr().err == ""


def test_explain_knows_the_code(capsys):
    assert run(["explain", "MC501"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("MC501: ")
    assert "Warned about:" in out
