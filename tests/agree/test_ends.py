"""However a search or its host ends, the other one ends too, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agree.batch import build_cases, has_compiler, make_cases
from modelcheck.frontend import load
from modelcheck.ir.passes import run_passes

pytestmark = pytest.mark.skipif(not has_compiler, reason="needs a C compiler")

ROOT = Path(__file__).resolve().parents[2]
SPEC = "specs/classics/increments.py"
ENDLESS = {"threads": 6, "rounds": 6}  # 10^12 states
MEMORY = 1 << 30
SECONDS = 10  # for what happens at once, on a machine that does other things too


@pytest.fixture(scope="module")
def program():
    program = run_passes(load(ROOT / SPEC, SPEC).program(ENDLESS))
    with build_cases(make_cases([program]), ()) as built:
        yield built.program


@pytest.fixture
def search(program):
    process = subprocess.Popen(
        [program, "--memory", str(MEMORY), "--workers", "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert json.loads(process.stdout.readline())["event"] == "progress"  # it is at work
    try:
        yield process
    finally:
        end(process)


def end(process):
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def read_until(process, event):
    while (message := json.loads(process.stdout.readline()))["event"] != event:
        assert message["event"] == "progress"
    return message


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT, b"stop\n"])
def test_one_that_is_told_to_stop_says_what_it_has_found(search, way):
    if isinstance(way, bytes):
        search.stdin.write(way)
        search.stdin.flush()
    else:
        search.send_signal(way)
    end = read_until(search, "end")
    assert end["stopped_by"] == "interrupt"
    assert end["states"] > 0
    search.stdin.write(b"range 0 -1 0\nranges\nquit\n")
    search.stdin.flush()
    assert read_until(search, "ranges")["rows"][0][0] == 0
    assert search.wait(SECONDS) == 0
    assert search.stderr.read() == b""


def test_one_whose_input_ends_ends_without_a_word(search):
    search.stdin.close()
    assert search.wait(SECONDS) == 0
    assert all(json.loads(line)["event"] == "progress" for line in search.stdout)


def test_one_that_nobody_listens_to_ends(search):
    search.stdout.close()
    assert search.wait(SECONDS) == -signal.SIGPIPE


# ---------------------------------------------------------------------------------------------
# The command line around it


@pytest.fixture
def check(tmp_path):
    settings = [w for name, n in ENDLESS.items() for w in ("-D", f"{name}={n}")]
    command = [sys.executable, "-m", "modelcheck", "check", SPEC, *settings, "--json"]
    process = subprocess.Popen(
        [*command, "--backend", "native", "--max-memory", "1G"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    yield process
    end(process)


def find_search(process):
    """The search process, once it runs."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == process.pid and b"--workers" in (folder / "cmdline").read_bytes():
                    return int(folder.name)
            except OSError:
                continue
        time.sleep(0.02)
    pytest.fail("no search began")


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def is_gone_soon(pid):
    deadline = time.monotonic() + SECONDS
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_search_ends_with_its_host(check, number, tmp_path):
    search = find_search(check)
    check.send_signal(number)
    check.wait(SECONDS)
    assert is_gone_soon(search)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_both_with_what_is_known(check, tmp_path):
    search = find_search(check)
    time.sleep(0.5)
    check.send_signal(signal.SIGINT)
    out, _ = check.communicate(timeout=60)
    assert check.returncode == 3
    assert json.loads(out)["stopped_by"] == "interrupt"
    assert is_gone_soon(search)
    assert list(tmp_path.iterdir()) == []


def test_a_search_that_is_killed_is_an_internal_error_and_everything_is_kept(check, tmp_path):
    os.kill(find_search(check), signal.SIGKILL)
    out, said = check.communicate(timeout=60)
    assert (check.returncode, out) == (4, b"")
    assert b"was killed by SIGKILL" in said
    assert b"Traceback" not in said
    kept, error = sorted(tmp_path.iterdir(), reverse=True)
    assert error.suffix == ".txt"
    assert {path.name for path in kept.iterdir()} >= {"model-0.c", "search", "stderr.txt"}
