"""Run a command; say how long it took and how much memory it had at its peak."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.005  # between two looks at the memory of a running command, at first
LONGEST_LOOK_SECONDS = 0.1
LOOKS = 200  # of those that have been: the more there were, the rarer they are

# What a tool compiles on its way is no part of its search, whoever calls the compiler.
COMPILERS = frozenset(
    ("cc", "gcc", "clang", "cc1", "as", "collect2", "ld", "ld.bfd", "ld.gold", "ld.lld")
)


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended.  `peak_bytes` is 0 where the system does not tell."""

    returncode: int
    output: str  # stdout and stderr together
    seconds: float
    peak_bytes: int


class CommandError(Exception):
    """A command that should have worked did not."""


def run(
    command: Sequence[str | Path],
    folder: Path,
    timeout: float,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a command in a folder until it ends; raises `CommandError` after `timeout` seconds.

    `environment` is added to ours.  The peak is read from /proc while the command runs, and is the
    sum over its process and all below it, compilers left out.  What wait4() tells is no use here:
    a new process inherits the peak of the one that started it.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(  # noqa: S603 (our own commands)
                [str(word) for word in command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        except OSError as error:
            raise CommandError(f"{Path(command[0]).name}: {error.strerror}") from None
        family = _Family(process.pid)
        peak = 0
        passed = 0.0
        while True:
            try:
                process.wait(min(max(LOOK_SECONDS, passed / LOOKS), LONGEST_LOOK_SECONDS))
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, family.read_peak())
            passed = time.perf_counter() - start
            if passed > timeout:
                process.kill()
                process.wait()
                raise CommandError(f"{Path(command[0]).name}: more than {timeout:g} s")
        seconds = time.perf_counter() - start
        output.seek(0)
        return Finished(process.returncode, output.read(), seconds, peak)


class _Family:
    """A process and all that it started, and what they started."""

    def __init__(self, pid: int) -> None:
        self._pids = [pid]
        self._strangers: set[int] = set()

    def read_peak(self) -> int:
        """The peaks of resident memory of those that live now, in bytes, together.

        One that was only just started still has the memory of its parent: the same figures count
        once.
        """
        self._find_new()
        return sum(resident for _, resident in set(map(_read_peaks, self._pids)))

    def _find_new(self) -> None:
        """Parents come before their children, for those get higher numbers, but for a wrap."""
        try:
            there = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
        except OSError:
            return
        self._pids = [pid for pid in self._pids if pid in there]
        self._strangers &= there
        for pid in sorted(there - self._strangers - set(self._pids)):
            if _read_parent(pid) in self._pids:
                self._pids.append(pid)
            else:
                self._strangers.add(pid)


def _read_parent(pid: int) -> int:
    """The number of the process that started it; 0 where it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return int(text.rpartition(")")[2].split()[1])


def _read_peaks(pid: int) -> tuple[int, int]:
    """The peaks of a process so far, in bytes: of what it reserved and of what is resident; 0 where
    it has ended.
    """
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return (0, 0)
    facts = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    if facts.get("Name", "").strip() in COMPILERS:
        return (0, 0)
    reserved, resident = (facts.get(name, "0").split()[0] for name in ("VmPeak", "VmHWM"))
    return int(reserved) * 1024, int(resident) * 1024
