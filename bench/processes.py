"""Run a command; say how long it took and how much memory it had at its peak."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.005  # between two looks at the memory of a running command


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended.  `peak_bytes` is 0 where the system does not tell."""

    returncode: int
    output: str  # stdout and stderr together
    seconds: float
    peak_bytes: int


class CommandError(Exception):
    """A command that should have worked did not."""


def run(command: Sequence[str | Path], folder: Path, timeout: float) -> Finished:
    """Run a command in a folder until it ends; raises `CommandError` after `timeout` seconds.

    The peak is read from /proc while the command runs.  What wait4() tells is no use here: a new
    process inherits the peak of the one that started it.
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
            )
        except OSError as error:
            raise CommandError(f"{Path(command[0]).name}: {error.strerror}") from None
        peak = 0
        while True:
            try:
                process.wait(LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, _read_peak(process.pid))
            if time.perf_counter() - start > timeout:
                process.kill()
                process.wait()
                raise CommandError(f"{Path(command[0]).name}: more than {timeout:g} s")
        seconds = time.perf_counter() - start
        output.seek(0)
        return Finished(process.returncode, output.read(), seconds, peak)


def _read_peak(pid: int) -> int:
    """The peak of resident memory of a process so far, in bytes; 0 where it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    words = next((line.split() for line in text.splitlines() if line.startswith("VmHWM:")), None)
    return int(words[1]) * 1024 if words is not None else 0
