"""Building the search executable: what it is made of, when it is made, and every way to fail."""

import os
import shutil
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from modelcheck.backends.native import build as build_module
from modelcheck.backends.native.build import (
    BuildError,
    Source,
    build,
    compile_runtime_ahead,
    find_built,
)
from modelcheck.backends.native.compiler import NoCompilerError, find_compiler
from modelcheck.diagnostics import InternalError

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler"
)

HEADER = """
#pragma once
typedef struct { const char *name; } mc_model;
"""
MAIN = """
#include <stdio.h>
#include "model.h"
extern const mc_model *const mc_models[];
extern const unsigned mc_model_count;
int main(void) {
  for (unsigned i = 0; i < mc_model_count; i++) puts(mc_models[i]->name);
  return 0;
}
"""
ONE = Source('#include "model.h"\nconst mc_model m_model = {"one"};\n')


@pytest.fixture(autouse=True)
def small_runtime(tmp_path, monkeypatch):
    """A runtime of a few lines, so that building takes no time."""
    monkeypatch.delenv("CC", raising=False)
    folder = tmp_path / "runtime"
    folder.mkdir()
    (folder / "model.h").write_text(HEADER)
    (folder / "main.c").write_text(MAIN)
    monkeypatch.setattr(build_module, "RUNTIME", folder)
    monkeypatch.setattr(build_module.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def run(built):
    return subprocess.run([built.program], capture_output=True, text=True, check=True).stdout


def write_script(path, text):
    path.write_text(f"#!{sys.executable}\n{textwrap.dedent(text)}")
    path.chmod(0o755)
    return path


def list_temporary(tmp_path):
    return [p.name for p in (tmp_path / "temporary").iterdir()]


def test_a_model_is_built_once(folder, tmp_path):
    assert find_built([ONE], find_compiler(), folder=folder) is None
    with build([ONE], folder=folder) as built:
        assert run(built) == "one\n"
    first = built.program.stat().st_mtime_ns
    with build([ONE], folder=folder) as again:
        assert again.program == built.program
        assert again.program.stat().st_mtime_ns == first
    found = find_built([ONE], find_compiler(), folder=folder)
    assert found is not None
    assert found.program == built.program
    assert list_temporary(tmp_path) == []


def test_the_runtime_is_compiled_once(folder):
    build([ONE], folder=folder)
    build([Source(ONE.text.replace("one", "two"))], folder=folder)
    names = sorted(p.name.partition("-")[0] for p in folder.iterdir())
    assert names == ["last", "object", "search", "search"]


def count_compilations(tmp_path, monkeypatch, seconds=0.0):
    """A compiler that notes each file that it compiles: where it notes them."""
    log = tmp_path / "compiled"
    log.touch()
    script = write_script(
        tmp_path / "noting",
        f"""
        import os, sys, time
        if "-c" in sys.argv:
            with open({str(log)!r}, "a") as file:
                file.write(os.path.basename(sys.argv[sys.argv.index("-c") + 1]) + "\\n")
            time.sleep({seconds})
        os.execvp("cc", ["cc", *sys.argv[1:]])
        """,
    )
    monkeypatch.setenv("CC", str(script))
    return log


def test_who_builds_waits_for_the_runtime_that_is_compiled_ahead(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELCHECK_CACHE", str(folder))
    log = count_compilations(tmp_path, monkeypatch, seconds=0.3)
    with compile_runtime_ahead(), build([ONE]) as built:
        assert run(built) == "one\n"
    assert sorted(log.read_text().split()) == ["models.c", "runtime-rest.c"]
    assert list_temporary(tmp_path) == []


def test_a_reduction_is_compiled_for_the_models_that_call_it(
    small_runtime, folder, tmp_path, monkeypatch
):
    (small_runtime / "stubborn.c").write_text("int choose(void) { return 1; }\n")
    log = count_compilations(tmp_path, monkeypatch)
    build([ONE], folder=folder)
    assert sorted(log.read_text().split()) == ["models.c", "runtime-rest.c"]
    calling = "int choose(void);\nint (*m_chosen)(void) = choose;\n" + ONE.text
    build([Source(calling, reductions=frozenset({"stubborn"}))], folder=folder)
    assert sorted(log.read_text().split()[2:]) == ["models.c", "runtime-stubborn.c"]


def test_what_fails_ahead_is_said_by_who_needs_it(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELCHECK_CACHE", str(folder))
    monkeypatch.setenv("CC", str(write_script(tmp_path / "failing", "raise SystemExit(3)")))
    with compile_runtime_ahead():
        time.sleep(0.2)
    with compile_runtime_ahead(), pytest.raises(BuildError, match="ended with exit code 3"):
        build([ONE])


def test_what_is_compiled_ahead_ends_with_who_asked_for_it(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELCHECK_CACHE", str(folder))
    log = count_compilations(tmp_path, monkeypatch, seconds=600)
    began = time.monotonic()
    with compile_runtime_ahead():
        while not log.read_text() and time.monotonic() < began + 20:
            time.sleep(0.01)
    assert time.monotonic() < began + 30
    assert log.read_text() == "runtime-rest.c\n"
    assert list_temporary(tmp_path) == []


@pytest.mark.parametrize("what", ["text", "flags", "runtime", "header", "compiler", "version"])
def test_whatever_goes_in_decides_what_comes_out(what, folder, small_runtime, monkeypatch):
    first = build([ONE], folder=folder)
    source, compiler, flags = ONE, find_compiler(), ()
    match what:
        case "text":
            source = Source(ONE.text.replace("one", "two"))
        case "flags":
            flags = ("-DSOME",)
        case "runtime":
            (small_runtime / "main.c").write_text(MAIN + "\n")
        case "header":
            (small_runtime / "model.h").write_text(HEADER + "\n")
        case "compiler":
            compiler = type(compiler)(compiler.command, "another version")
        case "version":
            monkeypatch.setattr(build_module, "find_version", lambda: "9.9")
    second = build([source], compiler, flags=flags, folder=folder)
    assert second.program != first.program


def test_an_entry_that_was_cut_off_is_built_anew(folder):
    program = build([ONE], folder=folder).program
    for path in folder.iterdir():
        os.truncate(path, path.stat().st_size // 2)
    again = build([ONE], folder=folder)
    assert again.program == program
    assert run(again) == "one\n"


def test_entries_that_were_swapped_are_built_anew(folder):
    two = Source(ONE.text.replace("one", "two"))
    first, second = build([ONE], folder=folder).program, build([two], folder=folder).program
    first.rename(folder / "aside")
    second.rename(first)
    (folder / "aside").rename(second)
    assert run(build([ONE], folder=folder)) == "one\n"
    assert run(build([two], folder=folder)) == "two\n"


def test_without_a_cache_it_is_built_for_this_time(tmp_path):
    with build([ONE], folder=Path("/proc/modelcheck")) as built:
        assert run(built) == "one\n"
        assert built.program.exists()
    assert not built.program.exists()
    assert list_temporary(tmp_path) == []


def test_two_that_build_the_same_at_once_both_get_it(folder, small_runtime):
    code = f"""
import subprocess
from pathlib import Path
from modelcheck.backends.native import build as b
b.RUNTIME = Path({str(small_runtime)!r})
built = b.build([b.Source({ONE.text!r})], folder=Path({str(folder)!r}))
print(subprocess.run([built.program], capture_output=True, text=True, check=True).stdout)
"""
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate()[0].strip() for process in both] == ["one"] * 4
    assert not [p for p in folder.iterdir() if p.name.startswith(".part")]


def test_several_models_lie_in_one_executable(folder):
    sources = [
        Source(f'#include "model.h"\nconst mc_model m_{i} = {{"{i}"}};\n', f"m_{i}")
        for i in range(5)
    ]
    assert run(build(sources, folder=folder)).split() == list("01234")


def test_flags_reach_the_compiler(folder):
    text = '#include "model.h"\nconst mc_model m_model = {NAME};\n'
    assert run(build([Source(text)], flags=('-DNAME="flag"',), folder=folder)) == "flag\n"


def test_a_failing_compiler_is_our_fault_and_all_of_it_is_kept(tmp_path, folder, monkeypatch):
    script = write_script(
        tmp_path / "failing",
        """
        import sys
        if "--version" not in sys.argv:
            print("no registers left")
            sys.exit(3)
        """,
    )
    monkeypatch.setenv("CC", str(script))
    with pytest.raises(BuildError, match="ended with exit code 3") as caught:
        build([ONE], folder=folder)
    assert isinstance(caught.value, InternalError)
    (kept,) = (tmp_path / "temporary").iterdir()
    assert str(kept / "model-0.c") in str(caught.value)
    assert str(kept / "compiler-output.txt") in str(caught.value)
    assert (kept / "model-0.c").read_text() == ONE.text
    assert "no registers left" in (kept / "compiler-output.txt").read_text()
    assert str(script) in (kept / "compiler-output.txt").read_text()


def test_text_that_is_no_c_is_our_fault(folder):
    with pytest.raises(BuildError, match=r"model-0\.c"):
        build([Source("int x = ;\n")], folder=folder)


def test_a_compiler_that_is_killed_is_told_so(tmp_path, folder, monkeypatch):
    script = write_script(
        tmp_path / "dying",
        """
        import os, sys
        if "--version" not in sys.argv:
            os.kill(os.getpid(), 9)
        """,
    )
    monkeypatch.setenv("CC", str(script))
    with pytest.raises(BuildError, match="was killed by SIGKILL"):
        build([ONE], folder=folder)


def test_a_compiler_that_never_ends_is_ended(tmp_path, folder, monkeypatch):
    monkeypatch.setattr("modelcheck.backends.native.compiler.COMPILE_SECONDS", 0.3)
    script = write_script(
        tmp_path / "slow",
        """
        import sys, time
        if "--version" not in sys.argv:
            time.sleep(600)
        """,
    )
    monkeypatch.setenv("CC", str(script))
    with pytest.raises(BuildError, match="did not end within"):
        build([ONE], folder=folder)


def test_what_ends_a_build_early_leaves_no_process_and_no_file(tmp_path, folder, monkeypatch):
    marks = tmp_path / "marks"
    marks.mkdir()
    script = write_script(
        tmp_path / "slow",
        f"""
        import os, subprocess, sys, time
        if "--version" not in sys.argv:
            child = subprocess.Popen(["sleep", "600"])
            for pid in (os.getpid(), child.pid):
                open(f"{marks}/{{pid}}", "w").close()
            time.sleep(600)
        """,
    )
    monkeypatch.setenv("CC", str(script))
    deadline = time.monotonic() + 20

    def check_stop():
        if len(list(marks.iterdir())) >= 2 or time.monotonic() > deadline:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build([ONE], folder=folder, check_stop=check_stop)
    assert len(list(marks.iterdir())) >= 2
    assert list_temporary(tmp_path) == []
    # They were all killed; that takes the system a moment.
    while time.monotonic() < deadline + 20 and any(
        is_running(int(m.name)) for m in marks.iterdir()
    ):
        time.sleep(0.01)
    assert not any(is_running(int(mark.name)) for mark in marks.iterdir())


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_cc_is_split_as_a_shell_does(monkeypatch):
    monkeypatch.setenv("CC", "cc -DONE='a b'")
    assert find_compiler().command[1:] == ("-DONE=a b",)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("/nowhere/cc", "no program `/nowhere/cc`"),
        ("'", "no command"),
        ("no-such-cc -O", "`no-such-cc`"),
    ],
)
def test_a_cc_that_names_nothing_is_said_and_not_replaced(named, words, monkeypatch):
    monkeypatch.setenv("CC", named)
    with pytest.raises(NoCompilerError, match=words) as caught:
        find_compiler()
    assert "$CC" in str(caught.value)


def test_a_machine_without_a_compiler_is_told_what_was_looked_for(tmp_path):
    with pytest.raises(NoCompilerError, match="cc, gcc, clang; or set"):
        find_compiler({"PATH": str(tmp_path)})


def test_another_version_at_the_same_place_is_another_compiler(tmp_path, monkeypatch):
    script = tmp_path / "cc"
    monkeypatch.setenv("CC", str(script))
    identities = set()
    for version in ("1", "2"):
        write_script(script, f"print('cc version {version}')")
        assert script.stat().st_mode & stat.S_IXUSR
        identities.add(find_compiler().identity)
    assert len(identities) == 2


def test_a_compiler_that_cannot_say_its_version_in_time_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr("modelcheck.backends.native.compiler.VERSION_SECONDS", 0.2)
    monkeypatch.setenv("CC", str(write_script(tmp_path / "cc", "import time; time.sleep(60)")))
    with pytest.raises(NoCompilerError, match="does not end"):
        find_compiler()
