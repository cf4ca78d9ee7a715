"""What `check` says of reductions."""

from __future__ import annotations

import pytest

from modelcheck import api
from modelcheck.api import runs
from modelcheck.cli import run
from modelcheck.diagnostics import InternalError
from modelcheck.settings import choose_variant
from modelcheck.specfiles import find_spec

SPEC = "selftest-type-stable-lookup"


def read_table(out):
    """The lines from the headings of the table on, each as the words between two spaces."""
    lines = out[out.index("reductions  ") :].splitlines()
    return [[word.strip() for word in line.split("  ") if word.strip()] for line in lines]


def test_they_are_compared_in_a_table(capsys):
    assert run(["check", SPEC, "--compare-reductions"]) == 0
    assert read_table(capsys.readouterr().out) == [
        ["reductions", "states", "fewer", "transitions", "fewer", "depth", "verdict"],
        ["none", "182", "-", "316", "-", "12", "verified"],
        ["por", "86", "2.1 times", "112", "2.8 times", "11", "verified"],
        ["symmetry", "91", "2.0 times", "158", "2.0 times", "12", "verified"],
        ["fuse", "134", "1.4 times", "394", "1.2 times more", "11", "verified"],
        ["por, symmetry", "43", "4.2 times", "56", "5.6 times", "11", "verified"],
        ["por, fuse", "34", "5.4 times", "150", "2.1 times", "6", "verified"],
        ["symmetry, fuse", "67", "2.7 times", "197", "1.6 times", "11", "verified"],
        ["por, symmetry, fuse", "17", "10.7 times", "75", "4.2 times", "6", "verified"],
        ["decided in every line, with the same verdict: 16 properties"],
    ]


def test_the_table_has_the_verdict_of_a_violated_spec(capsys):
    arguments = ["check", "kernfs-release-once", "--variant", "no_released_check"]
    assert run([*arguments, "--reduce", "por", "--compare-reductions"]) == 1
    table = read_table(capsys.readouterr().out)
    assert [row[-1] for row in table[1:9]] == ["violated: released_once in 8 steps"] * 8


def test_what_leaves_out_nothing_is_named(capsys):
    assert run(["check", "two-jugs", "--compare-reductions"]) == 1
    table = read_table(capsys.readouterr().out)
    assert [row[1] for row in table[1:9]] == ["32"] * 8
    hints = [row[0].partition(":")[0] for row in table if "leaves out" in row[0]]
    assert hints == [f"{name} leaves out nothing here" for name in ("por", "symmetry", "fuse")]


def test_of_a_run_that_gave_up_nothing_is_told_but_how_far_it_came(capsys):
    """So many states are enough for six of the eight."""
    assert run(["check", SPEC, "--compare-reductions", "--max-states", "95"]) == 3
    out = capsys.readouterr().out
    table = read_table(out)
    assert [row[1] for row in table[1:6]] == ["> 96", "86", "91", "> 96", "43"]
    assert [row[2] for row in table[1:6]] == ["-", *["> 1.1 times"] * 2, "-", "> 2.2 times"]
    assert [row[-1] for row in table[1:5]] == ["inconclusive", *["verified"] * 2, "inconclusive"]
    assert table[9] == ["`>`: at least; stopped by max-states"]
    assert "same verdict" not in out


def test_verdicts_that_differ_are_our_fault(monkeypatch):
    spec = api.load_spec(find_spec(SPEC))
    broken = api.load_spec(find_spec("kernfs-release-once"))
    made = api.make_program(broken, choose_variant(broken.info, "no_released_check"), {})
    program = api.make_program(spec, spec.info.default, {})
    options = api.Options()
    result = api.explore(program, options)
    found = api.Run(spec.info, spec.info.default, program, result, spec.sources, ())
    monkeypatch.setattr(runs, "explore", lambda *_: runs.explore_program(made, options))
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


def test_steps_behind_which_fuse_stores_a_state_are_named(capsys):
    assert run(["check", "kernfs-active-drain", "--explain-reductions"]) == 0
    told = capsys.readouterr().out.partition("what fuse passes through")[2].splitlines()
    assert len(told) == 3
    assert "remove  wait_event(root.deactivate_waitq" in told[1]
    assert told[2].strip() == "may go back, and then its state is stored, once each round"
    assert run(["check", "increments", "--explain-reductions"]) in (0, 1)
    assert capsys.readouterr().out.endswith("  no step goes back or chooses\n")


@pytest.mark.parametrize("option", ["--compare-reductions", "--explain-reductions"])
def test_both_are_text(option, capsys):
    assert run(["check", SPEC, option, "--json"]) == 2
    assert "are text, no JSON" in capsys.readouterr().err


def test_what_is_not_exchanged_says_which_line_is_against_it(capsys):
    assert run(["check", "rmmod-late-callback", "--explain-reductions"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "not user, files" in line]
    assert "goes through them in order" in line
    assert "specs/psi/rmmod-late-callback.py:" in line


@pytest.mark.slow
def test_what_is_exchanged_says_on_what_it_rests_and_where_numbers_begin(capsys):
    settings = ["-D", "closers=2", "--max-states", "1"]
    run(["check", "kernfs-open-node-rcu", *settings, "--explain-reductions"])
    text = capsys.readouterr().out
    shown = text[text.index("what symmetry exchanges") :].splitlines()
    assert "  closer, open_files: numbers 0, 1" in shown
    assert "    of open_files 1, 2" in shown
    assert "  as long as nothing violates lock-misuse, uninitialised, use-after-free" in shown
