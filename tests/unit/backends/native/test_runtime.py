"""The fixed C files alone: they compile everywhere, and search a model that was written by hand."""

from __future__ import annotations

import json
import shutil

import pytest
from runtime_program import choose_compiler, compile_c, run_c

from modelcheck.backends.native.build import RUNTIME

SEARCH = ("--properties", "0", "--deadlock", "1", "--stuck", "1", "--leak", "1", "--races", "1")

# Both load, both store (in either order), or one after the other; the end with 1 and with 2.
STATES, TRANSITIONS, DEPTH = 12, 14, 4


@pytest.fixture(params=["gcc", "clang"])
def compiler(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"needs {request.param}")
    return request.param


def compile_stub(compiler, folder, level):
    files = sorted(path.name for path in RUNTIME.glob("*.c"))
    return compile_c(folder, "runtime_stub.c", files, level, "-pedantic", compiler=compiler)


def search(program, *arguments, said, code=0):
    """Everything that a search says."""
    lines = run_c(program, *SEARCH, *arguments, said=said, code=code)
    return [json.loads(line) for line in lines if line]


@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2", "-O3"])
def test_the_runtime_compiles_alone_and_searches(compiler, level, tmp_path):
    program = compile_stub(compiler, tmp_path, level)
    for workers in ("1", "2"):
        found, end = search(program, "--workers", workers, said="go\nquit\n")
        (lost,) = found["found"]
        assert (lost["kind"], lost["key"], lost["depth"]) == ("property", [0], DEPTH)
        assert (end["states"], end["transitions"], end["depth"]) == (STATES, TRANSITIONS, DEPTH)
        assert (end["stopped_by"], end["quiescent"], end["deadlocks"]) == ("", 2, 0)
        assert end["taken"] == [[3, 4], [3, 4]]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_stub(choose_compiler(), tmp_path_factory.mktemp("stub"), "-O0")


def test_what_the_host_asks_is_answered(program):
    end = search(program, "--search", "dfs", said="go\nquit\n")[-1]
    assert (end["states"], end["transitions"], end["depth"]) == (STATES, TRANSITIONS, None)
    found, end = search(program, said="end\nquit\n")
    assert (found["level"], end["stopped_by"]) == (4, "")
    wrong = found["found"][0]["state"]
    said = f"go\npath 4 {wrong}\npaths\nrange 4 -1 0\nrange 2 0 1\nrange 2 0 2\nranges\nquit\n"
    _, _, paths, ranges = search(program, said=said)
    assert paths["paths"] == [{"choices": [], "moves": [[1], [0], [1], [0]]}]
    assert ranges["rows"] == [[0, 2], [0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("arguments", "said", "message"),
    [
        (("--wrong", "1"), "", "there is no option `--wrong`"),
        (("--workers", "two"), "", "--workers takes a number, not `two`"),
        (("--workers",), "", "`--workers` has no value"),
        (("--model", "other"), "", "there is no model `other`"),
        ((), "perhaps\n", "the host says `perhaps`"),
        ((), "go\nperhaps\n", "the host says `perhaps`"),
        ((), "go\npath 9 0\npaths\n", "no state is as deep as 9"),
        ((), "go\npath 4 3ff\npaths\n", "a state at depth 4 has no predecessor"),
    ],
)
def test_what_it_does_not_understand_is_an_error(arguments, said, message, program):
    last = search(program, *arguments, said=said, code=70)[-1]
    assert last["event"] == "error"
    assert message in last["message"].replace("'", "`")
