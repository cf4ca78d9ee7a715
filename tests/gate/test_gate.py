"""`gate` as a user runs it: every shipped spec, and what must not be green."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelcheck.cli import run

ROOT = Path(__file__).resolve().parents[2]
KERNFS = (ROOT / "specs/kernfs/kernfs-release-once.py").read_text(encoding="utf-8")
EXPECTATION = 'violates="released_once"'


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    """Gate one spec with that text: the exit code and what was printed."""
    monkeypatch.chdir(tmp_path)

    def run_gate(text: str, *arguments: str):
        Path("spec.py").write_text(text, encoding="utf-8")
        code = run(["gate", "spec.py", *arguments])
        return code, capsys.readouterr().out

    return run_gate


# All others are gated by `make gate`.
@pytest.mark.parametrize(
    "path", sorted((ROOT / "specs/classics").glob("*.py")), ids=lambda p: p.stem
)
def test_the_classics_are_as_expected(path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert run(["gate", str(path)]) == 0, capsys.readouterr().out


def test_one_line_for_each_variant(gate):
    code, out = gate(KERNFS)
    assert code == 0
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "as expected",
        "as expected",
        "2 as expected",
    ]
    assert "no_released_check" in lines[1]


def test_flipped_expectation_is_1(gate):
    code, out = gate(KERNFS.replace(f", {EXPECTATION}", ""))
    assert code == 1
    assert "unexpected: released_once" in out


def test_who_is_told_of_a_violation_is_told_how_to_see_it(gate, capsys):
    code, out = gate(KERNFS.replace(f", {EXPECTATION}", ""))
    command = out.splitlines()[-1].strip()
    assert (code, command) == (1, "modelcheck check spec.py --variant no_released_check")
    assert run(command.split()[1:]) == 1
    assert "released_once" in capsys.readouterr().out
    assert "for the traces:" not in gate(KERNFS)[1]


def test_expected_but_not_violated_is_1(gate):
    code, out = gate(KERNFS.replace(EXPECTATION, 'violates=("released_once", "deadlock")'))
    assert code == 1
    assert "expected, but not violated: deadlock" in out


def test_an_unexpected_property_is_1(gate):
    code, out = gate(KERNFS + "\n\n@final\ndef never():\n    return False\n")
    assert code == 1
    assert out.count("unexpected: never") == 2


def test_an_empty_selection_is_2(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["gate", "."]) == 2
    assert "no spec was selected" in capsys.readouterr().err


def test_a_verified_variant_that_runs_nothing_is_1(gate):
    nothing = '"""Nothing."""\n\nfrom modelcheck.lang import U8, invariant, shared, spec\n\n'
    code, out = gate(
        nothing
        + 'spec("nothing")\n\nx = shared(U8)\n\n\n@invariant\ndef zero():\n    return x == 0\n'
    )
    assert code == 1
    assert "ran nothing" in out


def test_inconclusive_only_is_3(gate):
    code, out = gate(KERNFS, "--max-states", "5")
    assert code == 3
    assert "stopped by max-states" in out


def test_no_time_at_all_is_3(gate):
    code, out = gate(KERNFS, "--timeout", "0.000001")
    assert code == 3
    assert "no time left" in out


def test_a_bad_spec_is_2_and_the_others_are_gated(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text('spec("a")\nx = y\n', encoding="utf-8")
    Path("b.py").write_text(KERNFS, encoding="utf-8")
    assert run(["gate", "."]) == 2
    out, err = capsys.readouterr()
    assert "2 as expected" in out
    assert err.startswith("a.py:")
