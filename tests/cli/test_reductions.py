"""What `check` says of reductions."""

from __future__ import annotations

import pytest

from modelcheck import api
from modelcheck.cli import run
from modelcheck.diagnostics import InternalError

SPEC = "selftest-type-stable-lookup"


def test_they_are_compared_in_a_table(capsys):
    assert run(["check", SPEC, "--compare-reductions"]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = [line.split("  ") for line in lines[-5:]]
    assert [[word.strip() for word in line if word] for line in table] == [
        ["reductions", "states", "transitions", "verdict"],
        ["none", "182", "316", "verified"],
        ["por", "90", "120", "verified"],
        ["symmetry", "91", "158", "verified"],
        ["por, symmetry", "45", "60", "verified"],
    ]


def test_the_table_has_the_verdict_of_a_violated_spec(capsys):
    arguments = ["check", "kernfs-release-once", "--variant", "no_released_check"]
    assert run([*arguments, "--reduce", "por", "--compare-reductions"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[-5:]] == ["verdict", *["violated"] * 4]


def test_verdicts_that_differ_are_our_fault(monkeypatch):
    spec = api.load_spec(api.find_spec(SPEC))
    broken = api.load_spec(api.find_spec("kernfs-release-once"))
    made = api.make_program(broken, api.choose_variant(broken.info, "no_released_check"), {})
    program = api.make_program(spec, spec.info.default, {})
    options = api.Options()
    result = api.explore(program, options)
    found = api.Run(spec.info, spec.info.default, program, result, spec.sources, ())
    monkeypatch.setattr(api, "explore", lambda *_: api.explore_program(made, options))
    with pytest.raises(InternalError, match="depend on the reductions"):
        api.compare_reductions(found, options)


def test_each_step_says_who_notices_it(capsys, golden):
    assert run(["check", SPEC, "--explain-reductions"]) == 0
    out = capsys.readouterr().out
    golden("cli/explain-reductions.txt", out[out.index("what partial-order") :])


def test_each_step_that_waits_says_for_whom(capsys):
    assert run(["check", "kernfs-release-once", "--explain-reductions"]) == 0
    out = capsys.readouterr().out
    lock = "open_file_mutex.owner"
    waits = f"waits while {lock} is not None and {lock} is not its own: needs close:108; drain:108"
    assert out.count(f"{waits} where {lock} is its own\n") == 2
    assert f"{lock} (its own): drain:80\n" in out


@pytest.mark.parametrize("option", ["--compare-reductions", "--explain-reductions"])
def test_both_are_text(option, capsys):
    assert run(["check", SPEC, option, "--json"]) == 2
    assert "are text, no JSON" in capsys.readouterr().err


def test_what_is_not_exchanged_says_which_line_is_against_it(capsys):
    assert run(["check", "kernfs-node-lifetime", "--explain-reductions"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "not kernfs_nodes" in line]
    assert "a slot is named that `new` may take" in line
    assert "modelcheck/kernel/rcu.py:" in line
