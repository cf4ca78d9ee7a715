"""What the command line does before any spec is read: usage, exit codes, output that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelcheck.cli import explain_failure, run
from modelcheck.diagnostics import InternalError


def modelcheck(*arguments: str, **options):
    """A real process, as a user has it."""
    command = [sys.executable, "-m", "modelcheck", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "Missing argument 'SPEC'"),
        (["chekc"], "No such command"),
        (["check", "x", "--backend", "smt"], "`modelcheck prove` asks z3"),
        (["check", "x", "--reduce", "all"], "'all' is none of auto, none, por, symmetry, fuse"),
        (
            ["check", "x", "--backend", "python", "--workers", "2"],
            "the python backend has one worker",
        ),
        (["check", "x", "--workers", "0"], "0 is not in the range"),
        (["check", "x", "--max-memory", "lots"], "write for example 512M or 4G"),
        (["check", "x", "--max-memory", "0"], "a size is more than 0"),
        (["check", "x", "--timeout", "soon"], "write for example 90s or 10m"),
        (["check", "x", "--timeout", "0s"], "a time is more than 0"),
        (["check", "x", "--max-states", "0"], "0 is not in the range"),
        (["check", "x", "-D", "closers"], "write name=value"),
        (["check", "x", "-D", "closers="], "write name=value"),
        (["graph", "x", "--format", "png"], "'png' is not one of"),
        (["graph", "x", "--states", "--format", "html"], "a state graph is dot or svg"),
        (["graph", "x", "--states", "--format", "itf"], "a state graph is dot or svg"),
        (["graph", "x", "--format", "aut"], "aut is for --states"),
        (["graph", "x.json", "--format", "graphml"], "graphml is for --states"),
        (["graph", "x.json", "--states"], "a trace file is drawn as it is"),
        (["graph", "x.json", "--format", "json"], "a trace file is drawn as it is"),
        (["explain", "MC999"], "there is no code `MC999`"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_wrong(arguments, message, capsys):
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""


def test_help_lists_the_exit_codes(capsys):
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert "0 verified, 1 violated, whatever the spec expects" in out
    assert "3 inconclusive or not tested, 4 internal error" in out


def test_version_is_one_line(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("modelcheck ")


def test_explain_prints_a_rule(capsys):
    assert run(["explain", "mc101"]) == 0
    assert capsys.readouterr().out.startswith("MC101: ")


def test_internal_error_is_4_and_keeps_a_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert explain_failure(InternalError("the table is upside down")) == 4
    err = capsys.readouterr().err
    assert err.startswith("internal error: InternalError: the table is upside down")
    assert "please report it" in err
    (kept,) = tmp_path.iterdir()
    assert str(kept) in err
    assert "upside down" in kept.read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_said_without_a_traceback():
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "modelcheck", "explain", "MC101"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "error: cannot write the output: No space left on device\n"


def test_reader_that_goes_away_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "modelcheck", "explain", "MC101"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_new_writes_once(tmp_path):
    assert modelcheck("new", "ticket-taker", cwd=tmp_path).returncode == 0
    file = tmp_path / "ticket-taker.py"
    text = file.read_text(encoding="utf-8")
    assert 'spec("ticket-taker")' in text
    again = modelcheck("new", "ticket-taker", cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr == "error: ticket-taker.py is there already; choose another name\n"
    assert file.read_text(encoding="utf-8") == text


def test_new_goes_to_specs_where_there_is_one(tmp_path):
    (tmp_path / "specs").mkdir()
    assert modelcheck("new", "x", cwd=tmp_path).returncode == 0
    assert (tmp_path / "specs/x.py").is_file()


@pytest.mark.parametrize("name", ["Foo", "a/b", "", "a b", "../x", "-"])
def test_new_refuses_what_is_no_name(name, tmp_path):
    done = modelcheck("new", "--", name, cwd=tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []
