"""What a reader must know of the machine to make something of the times; nothing that names it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path


def describe_machine() -> dict[str, str | int]:
    """Processor, cores, memory, system, compiler, Python."""
    return {
        "cpu": _read_first("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": _read_memory_gib(),
        "system": f"{platform.system()} {platform.machine()}",
        "compiler": ask_version(["cc", "--version"]) or "none",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def ask_version(command: list[str | Path]) -> str:
    """The first line with a digit that a command prints about itself; empty if there is none."""
    try:
        done = subprocess.run(  # noqa: S603 (our own commands)
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = (done.stdout + done.stderr).splitlines()
    return next((line.strip() for line in lines if re.search(r"\d", line)), "")


def _read_first(file: str, pattern: str) -> str:
    try:
        match = re.search(pattern, Path(file).read_text(encoding="utf-8"))
    except OSError:
        return ""
    return match[1].strip() if match is not None else ""


def _read_memory_gib() -> int:
    kib = _read_first("/proc/meminfo", r"MemTotal:\s*(\d+) kB")
    return round(int(kib) / 2**20) if kib else 0
