"""`explore`: a walk through the states, by a pipe and through a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest

from modelcheck.cli import run
from tests.mermaid_grammar import read_diagram
from tests.reading import read_page

ROOT = Path(__file__).resolve().parents[2]
BROKEN = ("kernfs-release-once", "--variant", "no_released_check")
SECONDS = 60
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def walk(monkeypatch, capsys):
    """Walk with these lines: `walk(("peterson",), "1", "u")` gives what was printed after each."""
    monkeypatch.chdir(ROOT)

    def go(program, *lines):
        stdin = Lines(lines, capsys)
        monkeypatch.setattr("sys.stdin", stdin)
        assert run(["explore", *program]) == 0
        return [*stdin.shown, capsys.readouterr().out]

    return go


class Lines(StringIO):
    """Lines for stdin; what is printed before each is kept."""

    def __init__(self, lines, capsys):
        super().__init__("".join(f"{line}\n" for line in lines))
        self.capsys = capsys
        self.shown = []

    def __next__(self):
        line = super().__next__()
        self.shown.append(self.capsys.readouterr().out)
        return line


def test_the_start_shows_threads_and_what_each_step_would_do(walk):
    (shown,) = walk(BROKEN)
    assert shown.splitlines() == [
        "at the start",
        "  close: can step  line 34  mutex_lock(open_file_mutex)",
        "  drain: can step  line 41  mutex_lock(open_file_mutex)",
        "  1  close  line 34  mutex_lock(open_file_mutex)  (in take_mutex (kernel/mutex.py:80))",
        "       open_file_mutex.owner None -> close",
        "       files[0].calls 0 -> 1  (line 28)",
        "  2  drain  line 41  mutex_lock(open_file_mutex)  (in take_mutex (kernel/mutex.py:80))",
        "       open_file_mutex.owner None -> drain",
        "       files[0].calls 0 -> 1  (line 28)",
    ]


def test_a_step_is_taken_and_taken_back(walk):
    start, taken, back, refused = walk(BROKEN, "1", "u", "u")
    assert taken.startswith("after 1 step\n")
    assert "  drain: waits  line 41" in taken
    assert "open_file_mutex is held by close since step 1" in taken
    assert back == start
    assert refused == "this is the start; h shows what can be done\n"


def test_the_only_step_to_a_violation_says_so_and_leads_there(walk):
    shown = walk(BROKEN, "v", "u", "1")
    assert "VIOLATED  released_once" in shown[1]
    assert "=> released_once" in shown[2]
    assert "VIOLATED" not in shown[2]
    assert shown[3] == shown[1]
    assert "no step is possible" in shown[1]


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (("docs/put-twice.py",), "VIOLATED  use-after-free of buffer"),
        (("selftest-plain-increments",), "VIOLATED  data-race(counter.plain)"),
        (("selftest-two-mutexes",), "VIOLATED  lock-order(a -> b -> a)"),
        (("dining-philosophers",), "VIOLATED  deadlock"),
        (("peterson", "--variant", "no_turn"), "VIOLATED  stuck"),
    ],
)
def test_every_kind_of_violation_is_found_kept_and_replayed(walk, program, says, tmp_path, capsys):
    file = tmp_path / "found.json"
    shown = walk(program, "v", f"save {file}")
    assert says in shown[1]
    assert shown[2] == f"wrote {file}\n"
    assert run(["replay", str(file)]) == 0
    assert capsys.readouterr().out.startswith("VIOLATED  ")


def test_a_path_chosen_by_hand_is_kept_and_says_that_nothing_was_searched(walk, tmp_path, capsys):
    files = [tmp_path / f"path{ending}" for ending in (".json", ".html", ".mmd", ".svg", ".dot")]
    walk(BROKEN, *["1"] * 8, *(f"save {file}" for file in files))
    trace = json.loads(files[0].read_text(encoding="utf-8"))
    assert (trace["property"], trace["minimal"]) == ("released_once", "no")
    assert trace["scope"] == ["chosen step by step: nothing was searched"]
    assert run(["replay", str(files[0])]) == 0
    out = capsys.readouterr().out
    assert "nothing was searched" in out
    assert "shortest" not in out
    assert read_page(files[1].read_text(encoding="utf-8")).faults == []
    assert read_diagram(files[2].read_text(encoding="utf-8"))


def test_a_path_without_a_violation_is_not_kept(walk, tmp_path):
    file = tmp_path / "path.json"
    shown = walk(BROKEN, f"save {file}", "1", f"save {file}")
    assert shown[1].startswith("nothing is violated here")
    assert shown[3].startswith("nothing is violated here")
    assert not file.exists()


def test_a_verified_spec_has_no_violation_to_go_to_and_is_not_called_verified(walk):
    shown = walk(("kernfs-release-once",), "v")
    assert shown[1] == "no violation was found; h shows what can be done\n"


def test_random_steps_depend_on_the_seed_only(walk):
    walks = [walk((*BROKEN, "--seed", seed), "r 5")[1] for seed in ("1", "1", "2", "3", "4")]
    assert walks[0] == walks[1]
    assert len(set(walks)) > 1
    assert all(shown.startswith("after 5 steps\n") for shown in walks)
    assert "after 8 steps" in walk(BROKEN, "r 100")[1]


def test_state_and_path_are_those_of_the_walk(walk):
    shown = walk(BROKEN, "1", "2", "1", "s", "s all", "p")
    assert "there is no step 2 here" in shown[2]
    assert "  files[0].released = True\n" in shown[4]
    assert "open_file_mutex.holder" not in shown[4]
    assert "open_file_mutex.holder = close" in shown[5]
    assert [line.split()[:2] for line in shown[6].splitlines()] == [["1", "close"], ["2", "close"]]


CHOICES = """\
from modelcheck.lang import U8, choose, initial, reachable, shared, spec, struct, thread

spec("starts")


@struct
class Box:
    n: U8


x = shared(Box)


@initial
def start():
    x.n = choose(0, 3)


@thread
def add():
    x.n = choose(4, 5, 6)


@reachable
def five():
    return x.n == 5
"""


def test_starts_and_choices_are_chosen_and_a_reachable_is_reached(walk, tmp_path):
    file = tmp_path / "starts.py"
    file.write_text(CHOICES, encoding="utf-8")
    lines = ("s", "start 4", "s", "start 7", "start 2", "1", "u", "start 3", "1")
    shown = walk((str(file),), *lines)
    assert shown[0].startswith("at start 1 of 6\n")
    assert shown[1] == "  x.n = 0\n"
    assert shown[2].startswith("at start 4 of 6\n")
    assert shown[3] == "  x.n = 3\n"
    assert shown[4] == "there are 6 starts; h shows what can be done\n"
    assert "=> five" in shown[5]
    assert "REACHED  five" in shown[6]
    assert shown[7] == shown[5]
    assert "five" not in shown[8] + shown[9]


BOTH = (
    CHOICES.replace("reachable, shared", "invariant, reachable, shared")
    + """

@invariant
def not_five():
    return x.n != 5
"""
)


def test_of_what_is_reached_and_what_is_violated_the_violation_is_kept(walk, tmp_path):
    file, kept = tmp_path / "starts.py", tmp_path / "kept.json"
    file.write_text(BOTH, encoding="utf-8")
    shown = walk((str(file),), "start 2", "1", f"save {kept}")
    assert "REACHED  five\nVIOLATED  not_five\n" in shown[2]
    assert json.loads(kept.read_text(encoding="utf-8"))["property"] == "not_five"


FAILING = CHOICES.replace("choose(0, 3)", "choose(0, 3)\n    assert x.n == 3, 'three'")
NOWHERE = CHOICES.replace("choose(0, 3)", "7\n    x.n = choose(n for n in range(3) if n > x.n)")


def test_a_start_that_fails_is_a_violation_and_can_be_kept(walk, tmp_path, capsys):
    file, kept = tmp_path / "starts.py", tmp_path / "kept.json"
    file.write_text(FAILING, encoding="utf-8")
    shown = walk((str(file),), f"save {kept}", "u", "r", "s", "p", "v", "start 2", "1")
    assert "VIOLATED  three" in shown[0]
    assert "no step is possible" in shown[0]
    assert shown[1] == f"wrote {kept}\n"
    assert shown[4] == shown[5] == ""
    assert "VIOLATED  three" in shown[6]
    assert shown[8].startswith("after 1 step\n")
    assert run(["replay", str(kept)]) == 0
    assert "three" in capsys.readouterr().out


def test_a_spec_without_a_start_is_2(tmp_path, capsys):
    file = tmp_path / "starts.py"
    file.write_text(NOWHERE, encoding="utf-8")
    assert run(["explore", str(file)]) == 2
    assert "no initial state" in capsys.readouterr().err


def test_a_variant_that_needs_what_is_not_there_is_2(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    spec = next(p for p in sorted((ROOT / "specs").rglob("*.py")) if "needs=" in p.read_text())
    name = re.search(r'variant\(\s*"(\w+)"[^)]*needs=', spec.read_text(encoding="utf-8"))[1]
    assert run(["explore", str(spec), "--variant", name]) == 2
    assert f"{name} is not checkable yet: it needs " in capsys.readouterr().err


ALLOWED = """

from modelcheck.lang import allow

allow("deadlock", because="it is meant to hang")
"""


def test_what_the_spec_allows_is_no_violation(walk, tmp_path):
    file = tmp_path / "allowed.py"
    text = (ROOT / "specs/selftest/two-mutexes.py").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    steps = ("1", "2")  # each takes its first mutex
    assert "VIOLATED  deadlock" in walk((str(file),), *steps)[-1]
    file.write_text(text + ALLOWED, encoding="utf-8")
    shown = walk((str(file),), *steps)
    assert "VIOLATED" not in "".join(shown)
    assert "=>" not in "".join(shown)


@pytest.mark.parametrize(
    "line", ["x", "-1", "0", "r 0", "r x", "start 0", "save", "save x.txt", "1 2 3 4", "\x00", "²"]
)
def test_what_is_no_command_changes_nothing(walk, line):
    start, refused, again = walk(BROKEN, line, "")
    assert refused.endswith("; h shows what can be done\n")
    assert again == start


def test_a_file_that_cannot_be_written_ends_nothing(walk, tmp_path):
    folder = tmp_path / "x.json"
    folder.mkdir()
    shown = walk(BROKEN, "v", f"save {folder}", "u")
    assert shown[2].startswith("cannot write")
    assert shown[3].startswith("after 7 steps")


# ---------------------------------------------------------------- through a terminal


class Terminal:
    """The program behind a pseudo-terminal: type, and read up to what is awaited."""

    def __init__(self, *arguments):
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "dumb", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "modelcheck", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            # A shell's background jobs ignore Ctrl-C, and so would what they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        os.close(slave)
        self.text = ""

    def wait_for(self, awaited):
        """What was printed up to and with `awaited`."""
        until = time.monotonic() + SECONDS
        while awaited not in self.text:
            ready, _, _ = select.select([self.master], [], [], max(until - time.monotonic(), 0))
            assert ready, f"no {awaited!r} in {self.text!r}"
            try:
                self.text += COLOUR.sub("", os.read(self.master, 1 << 16).decode())
            except OSError:  # the other end is closed
                raise AssertionError(f"it ended without {awaited!r}: {self.text!r}") from None
        seen, _, self.text = self.text.partition(awaited)
        return (seen + awaited).replace("\r\n", "\n")

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal():
    terminals = []

    def begin(*arguments):
        terminals.append(Terminal(*arguments))
        return terminals[-1]

    yield begin
    for each in terminals:
        each.end()


def test_in_a_terminal_there_is_a_prompt_and_ctrl_d_ends_it(terminal):
    walk = terminal("explore", *BROKEN)
    assert "at the start" in walk.wait_for("0> ")
    walk.type("1\n")
    assert "after 1 step" in walk.wait_for("1> ")
    walk.type("u\n")
    assert "at the start" in walk.wait_for("0> ")
    walk.type("v\n")
    assert "VIOLATED  released_once" in walk.wait_for("8> ")
    walk.type("\x04")
    assert walk.process.wait(SECONDS) == 0


def test_ctrl_c_drops_the_line_and_the_walk_goes_on(terminal):
    walk = terminal("explore", *BROKEN)
    walk.wait_for("0> ")
    walk.type("1")
    walk.wait_for("1")  # the echo: it was read
    # CPython misses a SIGINT that comes just before readline waits; a person presses again.
    for _ in range(SECONDS):
        os.kill(walk.process.pid, signal.SIGINT)
        if select.select([walk.master], [], [], 1)[0]:
            break
    walk.wait_for("0> ")
    walk.type("s\n")
    assert "files[0].calls = 0" in walk.wait_for("0> ")
    walk.type("q\n")
    assert walk.process.wait(SECONDS) == 0
