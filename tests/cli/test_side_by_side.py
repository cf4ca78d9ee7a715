"""`gate --jobs`: specs in processes of their own, and one answer however many there are."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelcheck import api
from modelcheck.cli import run, side_by_side
from modelcheck.cli.costs import write_times
from modelcheck.cli.side_by_side import Task, gate_files
from modelcheck.diagnostics import InternalError, SpecErrors
from modelcheck.explore.options import Options
from modelcheck.specfiles import find_specs

pytestmark = pytest.mark.slow  # processes that are interrupted

ROOT = Path(__file__).resolve().parent.parent.parent
SPECS = ["specs/classics/peterson.py", "specs/classics/two-jugs.py"]
LARGE = "specs/classics/increments.py"


@pytest.fixture(autouse=True)
def in_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.py"
    head = 'from modelcheck.lang import shared, spec\nspec("broken")\n'
    path.write_text(f"{head}x = shared(Nothing)\n")
    return path


KNOWN = {
    "schema": "modelcheck-results-1",
    "spec": "peterson",
    "path": SPECS[0],
    "variants": [{"variant": None}, {"variant": "gone"}],
}


def test_the_answer_does_not_depend_on_the_jobs_nor_on_what_is_first(broken, tmp_path, capsys):
    said = []
    (tmp_path / "known").mkdir()
    (tmp_path / "known/peterson.json").write_text(json.dumps(KNOWN))
    for jobs, dearest in (("1", LARGE), ("2", SPECS[1]), ("3", SPECS[0])):
        folder = tmp_path / jobs
        write_times(tmp_path / f"{jobs}.json", {dearest: 1000.0})
        files = ["--junit", str(folder / "j.xml"), "--sarif", str(folder / "s.sarif")]
        files += ["--summary", str(folder / "s.md"), "--times", str(tmp_path / f"{jobs}.json")]
        files += ["--baseline", str(tmp_path / "known")]
        options = ["--html", str(folder / "pages"), "--jobs", jobs, *files, "--github"]
        code = run(["gate", *SPECS, str(broken), LARGE, *options])
        texts = {
            str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()
        }
        said.append((code, capsys.readouterr(), texts))
    assert said[0] == said[1] == said[2]
    code, (out, err), texts = said[0]
    assert code == 2
    names = [line.split()[2] for line in out.splitlines() if line.startswith("as expected")]
    assert list(dict.fromkeys(names)) == ["peterson", "two-jugs", "increments"]
    assert "MC201" in err
    assert "pages/index.html" in texts


def test_errors_go_from_process_to_process(broken):
    [file] = find_specs([str(broken)])
    errors = api.gate_file(file, Options()).errors
    again = pickle.loads(pickle.dumps(errors))
    assert isinstance(again, SpecErrors)
    assert str(again) == str(errors)
    first, second = errors.errors[0], again.errors[0]
    for name in ("code", "message", "span", "note", "help", "related"):
        assert getattr(first, name) == getattr(second, name)


def test_a_process_that_dies_is_told_and_nothing_is_green(monkeypatch):
    files = find_specs(SPECS)
    monkeypatch.setattr(side_by_side, "_work", die)
    with pytest.raises(InternalError, match=r"checked specs/classics/peterson.py was killed by"):
        list(gate_files(files, Task(Options()), 2))


def die(file, task, stop, answers):
    del file, task, stop, answers
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_process_raises_is_raised_with_its_traceback(tmp_path):
    (tmp_path / "file").write_text("")
    task = Task(Options(), folder=tmp_path / "file" / "pages")
    with pytest.raises(Exception, match="cannot write") as raised:
        list(gate_files(find_specs(["specs/classics/two-jugs.py", SPECS[0]]), task, 2))
    assert "write_gate_pages" in "".join(raised.value.__notes__)


def test_what_has_no_time_left_is_skipped(capsys):
    assert run(["gate", *SPECS, "--jobs", "2", "--timeout", "1ms"]) == 3
    assert "skipped" in capsys.readouterr().out


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_everybody(tmp_path, jobs):
    """Two copies of a spec that takes minutes."""
    text = (ROOT / LARGE).read_text().replace("param(2, min=1", "param(6, min=1")
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(text.replace('"increments"', f'"{name}"'))
    command = [sys.executable, "-m", "modelcheck", "gate", "--backend", "python", "--jobs", jobs]
    process = subprocess.Popen(
        [*command, str(tmp_path / "one.py"), str(tmp_path / "two.py")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, "")
    assert "inconclusive" in out
    assert "interrupt" in out
    deadline = time.monotonic() + 20
    while list_group(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list_group(process.pid) == []


def list_group(session):
    """The processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(path.parent.name)
    return found
