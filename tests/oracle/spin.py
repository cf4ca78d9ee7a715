"""Running SPIN on a text: translate, compile, search, and read what it prints."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

MEGABYTES = 3000
SECONDS = 600
SMALL = 200_000  # states; up to here compiling without optimisation is sooner done

VECTOR = 8192  # bytes of a state, in a search of the processes form
DEPTH = 1_000_000


class SpinError(Exception):
    """SPIN, the compiler or the search did not do what was asked: the end of what they printed."""


@dataclass(frozen=True)
class Found:
    """What SPIN says of a text: breadth-first, without reduction, going on after errors."""

    states: int
    transitions: int
    depth: int
    asserted: frozenset[str]  # the variables of the assertions that do not hold


def find_spin() -> str | None:
    """Where `spin` is."""
    return shutil.which("spin")


def run_spin(text: str, *, expected_states: int) -> Found:
    """Search all states of a text; the table is made for `expected_states`."""
    with tempfile.TemporaryDirectory(prefix="oracle-") as name:
        folder = Path(name)
        (folder / "model.pml").write_text(text, encoding="utf-8")
        _run(folder, "spin", "-o3", "-DREACHABLE", "-a", "model.pml")
        level = "-O0" if expected_states < SMALL else "-O1"
        options = ["-DSAFETY", "-DNOREDUCE", "-DBFS", f"-DVECTORSZ={_vector(folder)}"]
        limit = f"-DMEMLIM={MEGABYTES}"
        _run(folder, "cc", level, "-w", *options, limit, "-o", "pan", "pan.c")
        bits = min(max(expected_states.bit_length() + 1, 10), 27)
        return _read(_run(folder, "./pan", "-c0", "-n", f"-w{bits}"))


def search_spin(text: str) -> frozenset[str]:
    """The assertions that do not hold in a text, by SPIN's usual search: depth-first, reduced."""
    with tempfile.TemporaryDirectory(prefix="oracle-") as name:
        folder = Path(name)
        (folder / "model.pml").write_text(text, encoding="utf-8")
        _run(folder, "spin", "-DREACHABLE", "-a", "model.pml")
        options = ["-DSAFETY", f"-DVECTORSZ={VECTOR}", f"-DMEMLIM={MEGABYTES}"]
        _run(folder, "cc", "-O0", "-w", *options, "-o", "pan", "pan.c")
        output = _run(folder, "./pan", "-c0", "-n", f"-m{DEPTH}", "-w18")
        if "not completed" in output or "truncated" in output or "max search depth" in output:
            raise SpinError(output[-1500:])
        if re.search(r"^pan:\d+: invalid end state", output, re.MULTILINE):
            raise SpinError("a state is no valid end, but `judge` said nothing of it")
        return frozenset(re.findall(r"assertion violated \(?(\w+)\)?", output))


def _vector(folder: Path) -> int:
    """How many bytes SPIN is to allow for a state: more than the text can declare."""
    declared = sum(
        8 * int(size) for size in re.findall(r"\bm\[(\d+)\] =", (folder / "model.pml").read_text())
    )
    return max(2048, 2 * declared + 2048)


def _run(folder: Path, *command: str) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SpinError(f"{command[0]} took more than {SECONDS} s") from error
    output = done.stdout + done.stderr
    if done.returncode != 0 or "Error:" in output:
        raise SpinError(f"{' '.join(command)}: {output[-1500:]}")
    return output


def _read(output: str) -> Found:
    if "not completed" in output or "truncated" in output or "memory" not in output:
        raise SpinError(output[-1500:])
    if "nominal" in output:
        stored = _number(r"(\d+) nominal states", output)
    else:
        stored = _number(r"(\d+) states, stored", output)
    return Found(
        stored,
        _number(r"(\d+) transitions \(= stored\+matched\)", output),
        max(_number(r"depth reached (-?\d+)", output), 0),
        frozenset(re.findall(r"assertion violated \(?(\w+)\)?", output)),
    )


def _number(pattern: str, output: str) -> int:
    found = re.search(pattern, output)
    if found is None:
        raise SpinError(f"no {pattern!r} in: {output[-1500:]}")
    return int(found[1])
