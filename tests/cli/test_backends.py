"""--backend and --workers: one answer whichever runs, a promised code for every way to fail."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LARGE = ("increments", "-D", "threads=6", "-D", "rounds=6", "--property", "data-race")
LARGE += ("--reduce", "none")
MIDDLE = ("increments", "-D", "threads=3", "-D", "rounds=4")

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler"
)


@pytest.fixture
def temporary(tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def start(temporary, *arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "modelcheck", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def modelcheck(temporary, *arguments, **environment):
    process = start(temporary, *arguments, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def write_script(path, text):
    path.write_text(f"#!{sys.executable}\n{textwrap.dedent(text)}")
    path.chmod(0o755)
    return str(path)


def find_search(pid):
    """The search process of a command line, once it runs."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            try:
                words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            except OSError:
                continue
            if "--ask-at-once" in words:
                return int(child)
        time.sleep(0.01)
    raise AssertionError("no search process")


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until_gone(pid):
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


@needs_compiler
@pytest.mark.parametrize("search", ["bfs", "dfs"])
def test_the_answer_does_not_depend_on_backend_or_workers(temporary, search):
    common = ("check", *MIDDLE, "--json", "--coverage", "--search", search)
    code, first, err = modelcheck(temporary, *common, "--backend", "native", "--workers", "1")
    assert (code, err) == (1, "")
    for workers in ("2", "3"):
        again = modelcheck(temporary, *common, "--backend", "native", "--workers", workers)
        assert again == (code, first, err)
    assert modelcheck(temporary, *common) == (code, first, err)  # more than `auto` leaves to python
    _, python, _ = modelcheck(temporary, *common, "--backend", "python")
    assert json.loads(first)["backend"] == "native"
    assert {**json.loads(first), "backend": "python"} == json.loads(python)
    assert list(temporary.iterdir()) == []


@needs_compiler
def test_a_small_spec_waits_for_no_compiler(temporary, tmp_path):
    failing = write_script(tmp_path / "cc", "exit(1)")
    code, out, err = modelcheck(temporary, "check", "increments", "--json", CC=failing)
    assert (code, err) == (1, "")
    assert json.loads(out)["backend"] == "python"


def test_auto_without_a_compiler_says_so_in_one_line_and_goes_on(temporary):
    code, out, err = modelcheck(temporary, "check", "peterson", "--json", CC="/nowhere/cc")
    assert code == 0
    assert json.loads(out)["backend"] == "python"
    assert err.startswith("note: $CC is `/nowhere/cc`")
    assert err.count("\n") == 1


def test_gate_says_once_that_there_is_no_compiler(temporary, tmp_path):
    code, _, err = modelcheck(temporary, "gate", "specs/classics", PATH=str(tmp_path), CC="")
    assert code == 0
    assert err.startswith("note: no C compiler was found (cc, gcc, clang; or set $CC)")
    assert err.count("\n") == 1


@pytest.mark.parametrize("named", ["/nowhere/cc", "no-such-cc -O2", ""])
def test_native_without_a_compiler_is_2(temporary, tmp_path, named):
    code, out, err = modelcheck(
        temporary, "check", "peterson", "--backend", "native", CC=named, PATH=str(tmp_path)
    )
    assert (code, out) == (2, "")
    assert err.startswith("error: the native backend needs a C compiler: ")
    assert "$CC" in err


def test_a_compiler_that_fails_is_4_and_names_what_was_kept(temporary, tmp_path):
    failing = write_script(
        tmp_path / "cc",
        """
        import sys
        if "--version" not in sys.argv:
            print("out of registers")
            sys.exit(1)
        """,
    )
    code, out, err = modelcheck(temporary, "check", "peterson", "--backend", "native", CC=failing)
    assert (code, out) == (4, "")
    (kept,) = temporary.glob("modelcheck-kept-*")
    assert str(kept / "model-0.c") in err
    assert str(kept / "compiler-output.txt") in err
    assert "out of registers" in (kept / "compiler-output.txt").read_text()


def test_a_compiler_whose_program_dies_is_4_and_names_what_was_kept(temporary, tmp_path):
    odd = write_script(
        tmp_path / "cc",
        """
        import os, sys
        if "-o" in sys.argv:
            name = sys.argv[sys.argv.index("-o") + 1]
            with open(name, "w") as file:
                file.write("#!/bin/sh\\nkill -SEGV $$\\n")
            os.chmod(name, 0o755)
        """,
    )
    cache = str(tmp_path / "cache")
    code, out, err = modelcheck(
        temporary, "check", "peterson", "--backend", "native", CC=odd, MODELCHECK_CACHE=cache
    )
    assert (code, out) == (4, "")
    assert "was killed by SIGSEGV" in err
    (kept,) = temporary.glob("modelcheck-kept-*")
    for name in ("model-0.c", "search", "stderr.txt"):
        assert str(kept / name) in err
        assert (kept / name).exists()


@needs_compiler
def test_a_cache_that_cannot_be_written_is_no_failure(temporary):
    code, _, err = modelcheck(
        temporary, "check", "peterson", "--backend", "native", MODELCHECK_CACHE="/proc/nowhere"
    )
    assert (code, err) == (0, "")
    assert list(temporary.iterdir()) == []


@needs_compiler
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
class TestEndings:
    def test_ctrl_c_is_3_with_how_far_it_got(self, temporary):
        process = start(temporary, "check", "--json", "--backend", "native", *LARGE)
        search = find_search(process.pid)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (3, "")
        value = json.loads(out)
        assert value["stopped_by"] == "interrupt"
        assert value["counts"]["states"] > 0
        assert not is_running(search)
        assert list(temporary.iterdir()) == []

    def test_a_search_that_is_killed_is_4_and_names_what_was_kept(self, temporary):
        process = start(temporary, "check", "--backend", "native", *LARGE)
        os.kill(find_search(process.pid), signal.SIGKILL)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (4, "")
        assert "was killed by SIGKILL" in err
        (kept,) = temporary.glob("modelcheck-kept-*")
        assert str(kept / "search") in err

    @pytest.fixture
    def default_hangup(self):
        """Who runs the tests may ignore SIGHUP (nohup), and a process inherits that."""
        before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        yield
        signal.signal(signal.SIGHUP, before)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
    @pytest.mark.usefixtures("default_hangup")
    def test_the_search_goes_when_we_do(self, temporary, number):
        process = start(temporary, "check", "--backend", "native", *LARGE)
        search = find_search(process.pid)
        process.send_signal(number)
        process.communicate(timeout=60)
        assert wait_until_gone(search)

    @pytest.mark.parametrize(
        ("limit", "reason"),
        [
            (("--max-states", "100000"), "max-states"),
            (("--timeout", "2s"), "timeout"),
            (("--timeout", "1ms"), "timeout"),
            (("--max-memory", "100M"), "max-memory"),
        ],
    )
    def test_a_limit_is_3_with_how_far_it_got(self, temporary, limit, reason):
        code, out, err = modelcheck(
            temporary, "check", "--json", "--backend", "native", *LARGE, *limit
        )
        assert (code, err) == (3, "")
        value = json.loads(out)
        assert (value["verdict"], value["stopped_by"]) == ("inconclusive", reason)


def test_export_writes_the_c_that_native_compiles(temporary):
    code, out, err = modelcheck(temporary, "export", "kernfs-release-once", "--to", "c")
    assert (code, err) == (0, "")
    assert '#include "model.h"' in out
    assert "m_step_close_" in out
    code, _, err = modelcheck(temporary, "export", "peterson", "--to", "c", "--form", "oracle")
    assert code == 2
    assert "--form oracle is not for --to c" in err


def test_compact_is_3_or_0_where_that_is_accepted(temporary):
    common = ("check", "peterson", "--backend", "native", "--compact")
    code, out, _ = modelcheck(temporary, *common)
    assert code == 3
    assert "hash-compacted, p(any state omitted) < " in out
    assert modelcheck(temporary, *common, "--accept-compact")[0] == 0
    broken = (*common, "--accept-compact", "--variant", "turn_first")
    assert modelcheck(temporary, *broken)[0] == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--accept-compact",),
        ("--compact", "--backend", "python"),
        ("--compact", "--search", "dfs"),
    ],
)
def test_compact_where_it_makes_no_sense_is_2(temporary, options):
    assert modelcheck(temporary, "check", "peterson", *options)[0] == 2
