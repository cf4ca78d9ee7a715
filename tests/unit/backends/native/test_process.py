"""The search process: what it says is read, and however it or we end, nothing is left behind."""

import gc
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from modelcheck.backends.native.build import Built, Source
from modelcheck.backends.native.process import SearchDiedError, SearchProcess
from modelcheck.diagnostics import InternalError

ECHO = """
    import sys
    print('{"event": "ready"}', flush=True)
    for line in sys.stdin:
        if line == "quit\\n":
            break
        print('{"event": "said", "line": "%s"}' % line.strip(), flush=True)
"""


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    folder = tmp_path / "kept"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def make(tmp_path):
    def make_process(text, *arguments):
        path = tmp_path / "search"
        path.write_text(f"#!{sys.executable}\n{textwrap.dedent(text)}")
        path.chmod(0o755)
        return SearchProcess(Built(path, [Source("int x;\n")]), arguments)

    return make_process


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_until_gone(pid):
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


def test_messages_and_commands_go_line_by_line(make):
    with make(ECHO) as process:
        assert process.read() == {"event": "ready"}
        assert process.read(0.05) is None
        process.write("one", "two")
        assert process.read(5) == {"event": "said", "line": "one"}
        assert process.read(5) == {"event": "said", "line": "two"}
        assert is_running(process.pid)
    assert not is_running(process.pid)


def test_a_long_message_in_pieces_is_one(make):
    text = """
        import sys, time
        for piece in ('{"event": "x", "long": "', "a" * 300000, '"}\\n{"event": "y"}\\n'):
            sys.stdout.write(piece); sys.stdout.flush(); time.sleep(0.05)
        sys.stdin.read()
    """
    with make(text) as process:
        assert len(process.read(5)["long"]) == 300000
        assert process.read(5) == {"event": "y"}


def test_many_commands_and_a_long_answer_do_not_wait_for_each_other(make):
    text = """
        import sys
        count = 0
        for line in sys.stdin:
            if line == "paths\\n":
                break
            count += 1
        long = "a" * (1 << 20)
        print('{"event": "paths", "count": %d, "long": "%s"}' % (count, long), flush=True)
        sys.stdin.read()
    """
    with make(text) as process:
        process.write(*(f"path 3 {'f' * 1000}" for _ in range(1000)), "paths")
        assert process.read(20)["count"] == 1000


def test_arguments_reach_it(make):
    with make("""import sys; print('{"event": "%s"}' % sys.argv[1:])""", "--seed", "3") as process:
        assert process.read(5) == {"event": "['--seed', '3']"}


def test_one_that_is_killed_says_so_and_everything_is_kept(make, kept):
    with make(ECHO, "--workers", "2") as process:
        process.read()
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(SearchDiedError, match="was killed by SIGKILL") as caught:
            process.read(10)
    assert isinstance(caught.value, InternalError)
    (folder,) = kept.iterdir()
    for name in ("model-0.c", "search", "stderr.txt"):
        assert str(folder / name) in str(caught.value)
        assert (folder / name).exists()
    assert "--workers 2" in (folder / "command.txt").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import sys; sys.exit(3)", "ended with exit code 3"),
        ("pass", "ended with exit code 0"),
        ("import os; os.abort()", "killed by SIGABRT"),
        ("print('hello', flush=True); input()", "no message"),
        ("print('[1]', flush=True); input()", "no message"),
        ("""print('{"event": 1}', flush=True); input()""", "no message"),
        ("print('\\x80{', flush=True); input()", "no message"),
        ("""print('{"event": "error", "message": "out of luck"}'); exit(1)""", "out of luck"),
        ("import os, time; os.close(1); time.sleep(60)", "did not end"),
    ],
)
def test_one_that_fails_says_how(make, text, words, monkeypatch):
    monkeypatch.setattr("modelcheck.backends.native.process._SECONDS_TO_END", 0.3)
    with make(text) as process, pytest.raises(SearchDiedError, match=words):
        process.read(20)
    assert not is_running(process.pid)


def test_what_it_wrote_to_stderr_is_kept(make, kept):
    text = "import sys; print('a' * 200000, file=sys.stderr); sys.exit(1)"
    with make(text) as process, pytest.raises(SearchDiedError):
        process.read(20)
    (folder,) = kept.iterdir()
    assert len((folder / "stderr.txt").read_text()) == 200001


def test_a_broken_pipe_says_how_the_process_ended(make):
    with make("import sys; sys.exit(4)") as process:
        time.sleep(0.3)
        with pytest.raises(SearchDiedError, match="exit code 4"):
            for _ in range(100):
                process.write("stop")
                time.sleep(0.01)


def test_what_cannot_be_run_says_so(tmp_path):
    path = tmp_path / "search"
    path.write_text("#!/nowhere/at/all\n")
    path.chmod(0o755)
    with pytest.raises(SearchDiedError, match="cannot be run"):
        SearchProcess(Built(path, [Source("")]), [])


def test_one_that_does_not_listen_is_killed(make):
    text = """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print('{"event": "ready"}', flush=True)
        time.sleep(600)
    """
    with pytest.raises(KeyboardInterrupt), make(text) as process:
        process.read()
        raise KeyboardInterrupt
    assert not is_running(process.pid)


def test_one_that_nobody_closes_goes_with_its_last_name(make):
    process = make(ECHO)
    process.read()
    pid = process.pid
    del process
    gc.collect()
    assert wait_until_gone(pid)


def test_one_whose_host_is_killed_goes_too(tmp_path):
    search = tmp_path / "search"
    search.write_text(f"#!{sys.executable}\n{textwrap.dedent(ECHO)}")
    search.chmod(0o755)
    code = f"""
from pathlib import Path
import time
from modelcheck.backends.native.build import Built, Source
from modelcheck.backends.native.process import SearchProcess
process = SearchProcess(Built(Path({str(search)!r}), [Source("")]), [])
process.read()
print(process.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as host:
        pid = int(host.stdout.readline())
        assert is_running(pid)
        host.kill()
    assert wait_until_gone(pid)


def test_ctrl_c_does_not_reach_it(make):
    with make(ECHO) as process:
        process.read()
        assert os.getsid(process.pid) == process.pid
