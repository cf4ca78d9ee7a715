"""`check --coverage`, `--listing`, `--profile`: what people see, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from modelcheck.cli import console, run

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/report/result.schema.json").read_text(encoding="utf-8"))
SPEC = """\
\"\"\"A door that nobody locks.\"\"\"

from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import U8, flag, ghost, invariant, shared, spec, thread

spec("door")

checked = flag(True)
lock = shared(Mutex)
visits = shared(U8)
locked: U8 = ghost(0)


@thread
def visit():
    global locked, visits
    mutex_lock(lock)
    if checked:
        visits += 1
    if visits == 7:
        locked = 1
    mutex_unlock(lock)


@invariant
def nobody_inside():
    return not locked == 1 or visits == 0
"""
LISTING = """\
spec.py: 5 of 6 lines with code ran in 7 states; `-` is left out or decided by the settings
                 1  \"\"\"A door that nobody locks.\"\"\"
                 2
                 3  from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
                 4  from modelcheck.lang import U8, flag, ghost, invariant, shared, spec, thread
                 5
                 6  spec("door")
                 7
                 8  checked = flag(True)
                 9  lock = shared(Mutex)
                10  visits = shared(U8)
                11  locked: U8 = ghost(0)
                12
                13
                14  @thread
                15  def visit():
                16      global locked, visits
           1    17      mutex_lock(lock)
           -    18      if checked:
           2    19          visits += 1
           1    20      if visits == 7:
                           ^^^^^^^^^^^ never True
       never    21          locked = 1
           2    22      mutex_unlock(lock)
                23
                24
                25  @invariant
                26  def nobody_inside():
                    ^^^ `locked == 1` was never True
           7    27      return not locked == 1 or visits == 0
"""


@pytest.fixture
def door(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("spec.py").write_text(SPEC, encoding="utf-8")
    return "spec.py"


def test_coverage_says_what_never_was_so(door, capsys):
    assert run(["check", door, "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "coverage: 6 of 6 steps were taken\n" in out
    assert "  line 17   visit  mutex_lock(lock)  (kernel/mutex.py:80)\n" in out
    assert "\n  never True   line 20  visits == 7\n" in out
    assert "\n  invariant `nobody_inside`: `locked == 1` was never True\n" in out
    assert "steps that may have to wait and never had to\n  line 17 " in out
    assert "threads that never had to wait: visit\n" in out


def test_a_listing_marks_each_line(door, capsys):
    assert run(["check", door, "--listing"]) == 0
    out = capsys.readouterr().out
    assert out[out.index("spec.py: ") :] == LISTING


def test_the_library_is_listed_on_request(door, capsys):
    assert run(["check", door, "--listing", "--library", "-D", "checked=off"]) == 0
    out = capsys.readouterr().out
    assert "modelcheck/kernel/mutex.py: " in out
    assert "\n           -    19          visits += 1\n" in out  # left out by the flag


def test_a_step_that_is_never_taken_stands_out(tmp_path, capsys):
    file = tmp_path / "spec.py"
    file.write_text(SPEC.replace("locked = 1", "visits = 8"), encoding="utf-8")
    assert run(["check", str(file), "--coverage", "--listing"]) == 0
    out = capsys.readouterr().out
    assert "\n       never  line 21   visit  visits = 8\n" in out
    assert "\n       never    21          visits = 8\n" in out
    assert console._paint("       never  line 21").startswith(
        "       \x1b[31m\x1b[1mnever\x1b[0m  line"
    )
    assert console._paint("  never True   line 20") == "  never True   line 20"


def test_a_violated_spec_has_coverage_too_and_keeps_its_code(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert run(["check", "docs/put-twice.py", "--coverage", "--listing", "--profile"]) == 1
    out = capsys.readouterr().out
    assert (
        "           4    18      buffer.users -= 1" not in out
    )  # 2 steps of 2 threads, in many states
    assert "lines with code ran in 33 states" in out
    assert "profile of 33 states" in out


def test_a_profile_says_what_makes_it_big(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert run(["check", "increments", "--profile"]) == 1
    out = capsys.readouterr().out
    assert "profile of 57 states\n" in out
    assert "       fewer  values  slots  what\n" in out
    assert "x  " in out
    assert "  states by the number of steps to them\n            0           1  #" in out


@pytest.mark.parametrize("backend", ["python", "native"])
def test_all_of_it_is_json_and_the_same_on_both_backends(backend, door, capsys):
    asked = ["--coverage", "--listing", "--profile", "--json"]
    assert run(["check", door, "--backend", backend, *asked]) == 0
    told = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(told)
    assert told["ran"]["states"] == told["profile"]["states"] == told["counts"]["states"] == 7
    assert told["ran"]["whole"] is True
    assert told["ran"]["vacuous"] == [
        {"property": "nobody_inside", "text": "locked == 1", "never": True}
    ]
    assert told["ran"]["never_waited"] == ["visit"]
    assert {"path": "spec.py", "line": 21, "runs": 0} in told["ran"]["lines"]
    assert sum(told["profile"]["levels"]) == 7


def test_without_being_asked_nothing_is_looked_at_again(door, capsys, monkeypatch):
    monkeypatch.setattr("modelcheck.api.look", None)
    assert run(["check", door, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "ran" not in told
    assert "profile" not in told


def test_a_look_that_ends_early_says_so(door, capsys):
    assert run(["check", door, "--coverage", "--listing", "--profile", "--max-states", "2"]) == 3
    out = capsys.readouterr().out
    assert "what follows is about the first " in out
    assert "lines with code ran in the first " in out
    assert "no more were looked at; --max-states N asks for another number" in out


def test_library_alone_is_2(door, capsys):
    assert run(["check", door, "--library"]) == 2
    assert "--library is for --coverage and --listing" in capsys.readouterr().err
