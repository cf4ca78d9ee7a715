"""What is offered to CI systems is valid by their own rules, and its commands do what they say.

The schemas are those that `check-jsonschema` carries (SchemaStore's, and GitLab's own); hooks are
read by `pre-commit` itself.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema
from pre_commit.clientlib import load_manifest
from ruamel.yaml import YAML

from modelcheck.cli import run

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "ci/gate.sh"
BROKEN = (ROOT / "docs/put-twice.py").read_text(encoding="utf-8")  # violated
GOOD = BROKEN.replace("users=2", "users=1").replace("count=2", "count=1")


def read_yaml(name):
    return YAML(typ="safe").load((ROOT / name).read_text(encoding="utf-8"))


def run_bash(command, folder, **variables):
    """Run it as a step of a job: with the installed `modelcheck`, and only these variables more."""
    path = os.pathsep.join((str(folder / "bin"), str(Path(sys.executable).parent), "/usr/bin:/bin"))
    kept = {name: os.environ[name] for name in ("HOME", "MODELCHECK_CACHE") if name in os.environ}
    return subprocess.run(
        ["bash", *command],
        cwd=folder,
        env={**kept, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    """A project with one spec, which is violated."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/put-twice.py").write_text(BROKEN)
    return tmp_path


@pytest.fixture
def told(tmp_path):
    """Run the action's script with a `modelcheck` that tells its arguments: what it was given."""
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin/modelcheck"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > told\nexit 3\n')
    fake.chmod(0o755)

    def go(**variables):
        done = run_bash([SCRIPT], tmp_path, GITHUB_OUTPUT="outputs", **variables)
        assert (done.returncode, done.stderr) == (0, "")
        return (tmp_path / "told").read_text().splitlines()

    return go


@pytest.mark.parametrize(
    ("file", "schema"),
    [("ci/action.yml", "vendor.github-actions"), ("ci/gitlab-ci.yml", "vendor.gitlab-ci")],
)
def test_a_file_is_what_its_system_takes(file, schema):
    rules = get_builtin_schema(schema)
    check = jsonschema.validators.validator_for(rules)(rules)
    value = read_yaml(file)
    check.validate(value)
    assert not check.is_valid({**value, "runs": 1, "modelcheck": 1})


def test_the_hook_is_one_for_pre_commit():
    [hook] = load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))
    assert hook["language"] == "python"
    assert not hook["pass_filenames"]


@pytest.mark.parametrize(
    ("path", "is_meant"),
    [("specs/a.py", True), ("x/specs/fs/a.py", True), ("specs/a.md", False), ("a.py", False)],
)
def test_the_hook_runs_where_a_spec_or_its_library_changed(path, is_meant):
    [hook] = load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))
    assert bool(re.search(hook["files"], path)) is is_meant


@pytest.mark.parametrize(("text", "code"), [(BROKEN, 1), (GOOD, 0)])
def test_what_the_hook_runs_is_the_gate_over_all_specs(folder, monkeypatch, capsys, text, code):
    (folder / "specs/put-twice.py").write_text(text)
    monkeypatch.chdir(folder)
    [hook] = load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))
    program, *arguments = (*shlex.split(hook["entry"]), *hook["args"])
    assert program == "modelcheck"
    assert run(arguments) == code
    assert "put-twice" in capsys.readouterr().out


def test_every_input_of_the_action_comes_to_the_script():
    action = read_yaml("ci/action.yml")
    [step] = [one for one in action["runs"]["steps"] if one.get("id") == "gate"]
    variables = {
        name: re.fullmatch(r"\$\{\{ (.*) \}\}", text)[1] for name, text in step["env"].items()
    }
    assert set(variables) == set(re.findall(r"GATE_[A-Z]+(?:_[A-Z]+)*", SCRIPT.read_text()))
    of_other_steps = {"upload-sarif", "python-version"}
    assert {f"inputs.{name}" for name in set(action["inputs"]) - of_other_steps} == {
        *variables.values()
    }
    assert all("${{" not in one.get("run", "") for one in action["runs"]["steps"])


def test_the_script_passes_what_it_was_given_and_nothing_becomes_a_command(told, tmp_path):
    given = {
        "GATE_SPECS": "specs *.py\n$(touch spoilt)",
        "GATE_JOBS": "2",
        "GATE_SARIF": "a b.sarif",
    }
    arguments = told(**given, GATE_ARGUMENTS="--backend python")
    assert arguments[:2] == ["gate", "--github"]
    assert arguments[2:6] == ["--jobs", "2", "--sarif", "a b.sarif"]
    assert arguments[6:] == ["--backend", "python", "--", "specs", "*.py", "$(touch", "spoilt)"]
    assert not (tmp_path / "spoilt").exists()
    assert (tmp_path / "outputs").read_text() == "exit-code=3\n"


def test_the_script_takes_no_input_at_all(told):
    assert told() == ["gate", "--github", "--"]


def test_the_script_leaves_the_exit_code_and_the_file_to_later_steps(folder):
    variables = {"GITHUB_OUTPUT": "outputs", "GITHUB_STEP_SUMMARY": "summary.md"}
    done = run_bash([SCRIPT], folder, GATE_SPECS="specs", GATE_SARIF="out/gate.sarif", **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "outputs").read_text() == "exit-code=1\nsarif=out/gate.sarif\n"
    assert "::error file=specs/put-twice.py,line=" in done.stdout
    assert (folder / "summary.md").read_text().startswith("## modelcheck :x:")
    assert (folder / "out/gate.sarif").is_file()


@pytest.mark.parametrize(("code", "ends"), [("0", 0), ("1", 1), ("3", 3), ("", 4)])
def test_the_action_ends_as_the_gate_and_never_better(tmp_path, code, ends):
    *_, last = read_yaml("ci/action.yml")["runs"]["steps"]
    assert last["if"] == "${{ always() }}"
    assert last["env"] == {"GATE_EXIT_CODE": "${{ steps.gate.outputs.exit-code }}"}
    done = run_bash(["-e", "-o", "pipefail", "-c", last["run"]], tmp_path, GATE_EXIT_CODE=code)
    assert done.returncode == ends


def test_the_gitlab_job_leaves_its_files_where_it_says(folder):
    configured = read_yaml("ci/gitlab-ci.yml")
    job = configured["modelcheck"]
    variables = {**configured["variables"], "MODELCHECK_SPECS": "specs"}
    done = run_bash(["-e", "-c", "\n".join(job["script"])], folder, **variables)
    assert (done.returncode, done.stderr) == (1, "")
    assert job["artifacts"]["when"] == "always"
    kept = [job["artifacts"]["reports"]["junit"], *job["artifacts"]["paths"]]
    assert [name for name in kept if not (folder / name).is_file()] == []


def test_the_gitlab_job_does_not_install_whatever_is_called_like_us(tmp_path):
    configured = read_yaml("ci/gitlab-ci.yml")
    command = "\n".join(configured["modelcheck"]["before_script"])
    done = run_bash(["-e", "-c", command], tmp_path, **configured["variables"])
    assert done.returncode != 0
    assert "say what pip is to install" in done.stderr
