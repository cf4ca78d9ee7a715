"""`modelcheck mutate` as a user has it: what it prints, its JSON, files and exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import jsonschema
import pytest

from modelcheck import api
from modelcheck.cli import run
from modelcheck.diagnostics import InternalError
from modelcheck.explore.options import Options
from modelcheck.gate import Exit
from modelcheck.mutate import crew
from modelcheck.mutate.judge import Outcome, Task
from modelcheck.mutate.mutation import Request, choose_exit, mutate
from modelcheck.mutate.report import describe_mutation

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "modelcheck/mutate/mutation.schema.json").read_text(encoding="utf-8"))
SPEC = "specs/kernfs/kernfs-release-once.py"


@pytest.fixture(autouse=True)
def in_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_every_survivor_of_kernfs_release_once_is_explained(capsys):
    assert run(["mutate", SPEC, "--fail-under", "100", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "score 100 %: of 14 mutants 12 killed, 2 explained" in out
    assert "    35  kernfs_release_file(files[me])\n        drop-step     gone: explained: " in out
    assert "drop-check    done in any case: killed by released_once after 8 steps" in out


def test_a_survivor_comes_first_and_is_1_under_a_bound(tmp_path, capsys):
    path = tmp_path / "unexplained.py"
    text = (ROOT / SPEC).read_text(encoding="utf-8")
    path.write_text(re.sub(r"  # mutate:.*", "", text), encoding="utf-8")
    arguments = ["mutate", str(path), "--mutator", "drop-step", "--jobs", "1"]
    assert run([*arguments, "--fail-under", "100"]) == 1
    out = capsys.readouterr().out
    assert out.index("SURVIVES  line 35  drop-step  in close") < out.index("killed by")
    assert "    # mutate: survives drop-step: …" in out
    assert run([*arguments, "--fail-under", "60"]) == 0


def test_the_matrix_has_the_steps_after_which_each_property_is_violated(counter):
    lines = list(describe_mutation(counter))
    start = next(n for n, line in enumerate(lines) if line.startswith("  line  mutant"))
    keys = {}
    for line in lines[start:]:
        if match := re.fullmatch(r"  ([A-Z])  (\S+)", line):
            keys[match[2]] = match[1]
    assert list(keys) == ["nothing_lost", "one_of_them", "data-race", "lock-misuse"]
    columns = lines[start].split()[2:]
    assert columns == list(keys.values())
    [row] = [line.split() for line in lines[start:] if re.match(r" +\d+  drop-lock ", line)]
    assert dict(zip(columns, row[2:], strict=True)) == {"A": "6", "B": ".", "C": "1", "D": "."}
    totals = next(line.split()[1:] for line in lines[start:] if line.strip().startswith("kills"))
    assert [int(n) for n in totals] == [counter.count_kills(name) for name in keys]
    assert "SUSPECT  these kill nothing: never_more" in lines


def test_the_first_property_alone_makes_no_suspects(counter_file, capsys):
    assert run(["mutate", str(counter_file), "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "SUSPECT" not in out
    assert "  never the first to kill: " in out


def test_json_follows_its_schema_and_tells_the_same(counter_file, counter, capsys):
    assert run(["mutate", str(counter_file), "--all-properties", "--json", "--jobs", "1"]) == 0
    value = json.loads(capsys.readouterr().out)
    jsonschema.validate(value, SCHEMA)
    assert value["outcomes"] == {o.value: counter.count(o) for o in Outcome}
    assert [m["outcome"] for m in value["mutants"]] == [o.outcome.value for o in counter.judged]
    suspects = [p["name"] for p in value["properties"] if not p["kills"]]
    assert suspects == counter.list_suspects()


def test_the_answer_does_not_depend_on_the_jobs(counter_file, capsys):
    said = []
    for jobs in ("1", "2"):
        code = run(["mutate", str(counter_file), "--json", "--jobs", jobs])
        said.append((code, capsys.readouterr().out))
    assert said[0] == said[1]


def test_a_mutant_is_written_as_a_spec_with_its_trace(counter_file, tmp_path, capsys):
    folder = tmp_path / "mutants"
    arguments = ["--mutator", "drop-lock", "--jobs", "1", "--json", "-o", str(folder)]
    assert run(["mutate", str(counter_file), *arguments]) == 0
    [mutant] = json.loads(capsys.readouterr().out)["mutants"]
    assert run(["check", mutant["file"]]) == 1
    capsys.readouterr()
    assert run(["replay", mutant["trace"]]) == 0
    assert "data-race" in capsys.readouterr().out
    assert sorted(map(str, folder.iterdir())) == sorted((mutant["file"], mutant["trace"]))


def test_the_list_runs_nothing_and_names_what_would_be_done(counter_file, capsys, monkeypatch):
    monkeypatch.setattr(api, "explore", None)
    assert run(["mutate", str(counter_file), "--list"]) == 0
    out = capsys.readouterr().out
    assert "  mutex_lock(counter.lock)\n" in out
    assert "        drop-lock     gone, with `mutex_unlock(counter.lock)`\n" in out
    assert "        swap          after `counter.rounds = 1`\n" in out
    assert out.endswith("10 mutants\n")
    assert run(["mutate", str(counter_file), "--list", "--json", "--mutator", "drop-lock"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["mutator"], told["routine"]) == ("drop-lock", "work")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["increments"], "is expected to be other than verified"),
        ([SPEC, "--only", "1"], "has no mutants at line 1; see --list"),
        ([SPEC, "--mutator", "plain"], "has no mutants by plain"),
        ([SPEC, "--mutator", "drop-all"], "'drop-all' is not one of"),
        ([SPEC, "--fail-under", "101"], "101.0 is not in the range"),
        ([SPEC, "--list", "--fail-under", "100"], "--list runs nothing"),
        ([SPEC, "--backend", "python", "--workers", "2"], "the python backend has one worker"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_wrong(arguments, message, capsys):
    assert run(["mutate", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_only_asks_one_line_and_says_nothing_of_suspects(capsys):
    assert run(["mutate", SPEC, "--only", "29", "--all-properties", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "of 1 mutant 1 killed" in out
    assert "SUSPECT" not in out


def test_relative_imports_keep_mutants_beside_their_spec(tmp_path, capsys):
    library = (
        "from modelcheck.lang import U8, shared, struct\n\n\n@struct\nclass N:\n    n: U8\n\n\n"
    )
    (tmp_path / "shared_part.py").write_text(f"{library}n = shared(N)\n", encoding="utf-8")
    head = "from modelcheck.lang import final, spec, thread\n\nfrom .shared_part import n\n\n"
    body = "@thread\ndef one():\n    n.n = 1\n\n\n@final\ndef stored():\n    return n.n == 1\n"
    path = tmp_path / "relative.py"
    path.write_text(f'{head}spec("relative")\n\n\n{body}', encoding="utf-8")
    assert run(["mutate", str(path), "--jobs", "1", "--fail-under", "100"]) == 0
    capsys.readouterr()
    assert run(["mutate", str(path), "--jobs", "1", "-o", str(tmp_path / "away")]) == 2
    assert "its mutants can only be written beside it" in capsys.readouterr().err


def test_an_interrupt_leaves_the_rest_undecided(counter_file):
    asked = 0

    def is_interrupted():
        nonlocal asked
        asked += 1
        return asked > 4

    found = mutate(Request(str(counter_file), api.Choice()), Options(interrupted=is_interrupted))
    undecided = [one for one in found.judged if one.outcome is Outcome.UNDECIDED]
    assert {one.reason for one in undecided} == {"stopped by interrupt"}
    assert found.judged[-1] in undecided
    assert found.count(Outcome.KILLED) >= 1
    assert choose_exit(found, None) is Exit.UNDECIDED
    assert choose_exit(found, 0) is Exit.UNDECIDED
    text = "\n".join(describe_mutation(found))
    assert f"interrupted: {len(undecided)} of them were not tried" in text


def test_nothing_more_is_begun_after_an_interrupt(counter_file, counter):
    known = counter.original
    task = Task(
        path=counter_file,
        shown="counter.py",
        variant=known.variant,
        settings={},
        lines=known.lines,
        meaning=known.meaning,
        plain=known.plain,
        options=Options(interrupted=lambda: True),
    )
    mutants = [one.mutant for one in counter.judged] * 4
    for jobs in (1, 2):
        found = list(crew.judge_all(mutants, task, jobs))
        assert [one.mutant for one in found] == mutants
        assert {one.reason for one in found} == {"stopped by interrupt"}


def test_a_process_that_dies_is_told_and_nothing_is_met(counter_file, monkeypatch):
    monkeypatch.setattr(crew, "_work", die)
    with pytest.raises(InternalError, match="a process that explored a mutant was killed"):
        mutate(Request(str(counter_file), api.Choice()), Options(), jobs=2)


def die(mutant):
    del mutant
    os.kill(os.getpid(), signal.SIGKILL)
