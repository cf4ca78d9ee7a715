"""C of the tests with fixed C files of the runtime: compiled and run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from modelcheck.backends.native.build import RUNTIME

HERE = Path(__file__).parent
STRICT = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread")


def choose_compiler() -> str:
    name = next(filter(shutil.which, ("cc", "gcc", "clang")), None)
    if name is None:
        pytest.skip("needs a C compiler")
    return name


def compile_c(
    folder: Path, own: str, runtime: Iterable[str], *flags: str, compiler: str = ""
) -> Path:
    """A program of one file that lies here and some of the runtime; no compiler warns."""
    program = folder / "program"
    files = [HERE / own, *(RUNTIME / name for name in runtime)]
    command = [compiler or choose_compiler(), *STRICT, *flags, "-I", RUNTIME, *files]
    done = subprocess.run(
        [*command, "-o", program], check=False, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    return program


def run_c(program: Path, *arguments: object, said: str = "", code: int = 0) -> list[str]:
    """The lines that it prints; it must end with that code, and write nothing to stderr."""
    done = subprocess.run(
        [program, *map(str, arguments)],
        check=False,
        input=said,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (code, ""), done.stdout[-1000:]
    return done.stdout.splitlines()
