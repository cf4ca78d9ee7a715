"""When a run has to give up: time, memory, an interrupt.

Giving up is never passing: whoever asks here ends the run as not exhausted.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from modelcheck.backends.native.compiler import count_cores
from modelcheck.explore.options import Options

AVAILABLE_SHARE = 0.8  # of the memory that is available when the run starts
SECONDS_BETWEEN_REPORTS = 0.5

_CGROUP_FILES = (
    # (limit, current use) of cgroup v2 and v1; inside a container these are its own
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def read_resident_bytes() -> int:
    """The memory this process occupies now (0 where the system does not say)."""
    try:
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _read_peak_bytes()


def _read_peak_bytes() -> int:
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def read_available_bytes() -> int | None:
    """How much more memory this process may take: the machine's and each cgroup's word, the
    least of them; None where nobody says.
    """
    answers = [*_read_machine_bytes(), *_read_cgroup_bytes()]
    return max(0, min(answers)) if answers else None


def _read_machine_bytes() -> list[int]:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    return [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]


def _read_cgroup_bytes() -> list[int]:
    found = []
    for limit_file, use_file in (*_CGROUP_FILES, *_own_cgroup_files()):
        try:
            limit = Path(limit_file).read_text(encoding="ascii").strip()
            use = Path(use_file).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdigit() and use.isdigit():
            found.append(int(limit) - int(use))
    return found


def _own_cgroup_files() -> list[tuple[str, str]]:
    """The limit files of this process's v2 cgroup and of every group around it."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    own = [line[3:] for line in lines if line.startswith("0::/")]
    groups = [Path("/sys/fs/cgroup") / name.lstrip("/") for name in own]
    return [
        (str(folder / "memory.max"), str(folder / "memory.current"))
        for group in groups
        for folder in (group, *group.parents)
        if folder.is_relative_to("/sys/fs/cgroup")
    ]


def choose_memory_limit(options: Options, occupied: int = 0) -> int | None:
    """How much memory the process of a search may occupy, of which it occupies some already."""
    if options.max_memory is not None:
        return options.max_memory
    available = read_available_bytes()
    return None if available is None else occupied + int(available * AVAILABLE_SHARE)


def share_options(options: Options, jobs: int) -> Options:
    """The options of one of several processes: its part of memory and cores, and nobody to ask
    or tell but who started it.
    """
    limit = choose_memory_limit(options)
    if options.max_memory is None and limit is not None:
        limit //= jobs
    workers = options.workers or max(1, count_cores() // jobs)
    if options.backend == "python":
        workers = options.workers or 1
    return replace(options, max_memory=limit, workers=workers, progress=None, interrupted=None)


class Watch:
    """Looks at the clock, the memory and the interrupt flag of one run."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._start = time.monotonic()
        self._next_report = self._start + SECONDS_BETWEEN_REPORTS
        self._max_memory = choose_memory_limit(options, read_resident_bytes())

    @property
    def seconds(self) -> float:
        """How long the run has taken so far."""
        return time.monotonic() - self._start

    def find_call_to_stop(self) -> str:
        """Whether the user or the clock ends the run: `interrupt`, `timeout` or nothing."""
        options = self._options
        if options.interrupted is not None and options.interrupted():
            return "interrupt"
        if options.timeout_seconds is not None and self.seconds >= options.timeout_seconds:
            return "timeout"
        return ""

    def find_reason_to_stop(self) -> str:
        """The name of the limit that is reached, as in `Result.stopped_by`, or the empty string."""
        if reason := self.find_call_to_stop():
            return reason
        if self._max_memory is not None and read_resident_bytes() >= self._max_memory:
            return "max-memory"
        return ""

    def is_time_to_report(self) -> bool:
        """Whether a progress report is due; asking counts as giving one."""
        now = time.monotonic()
        if self._options.progress is None or now < self._next_report:
            return False
        self._next_report = now + SECONDS_BETWEEN_REPORTS
        return True
