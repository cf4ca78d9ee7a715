"""Programs → what their runs find, in processes of their own where there are several jobs.

What a program comes to is a function of the program and the options, so it is the same with any
number of jobs.  A process outlives neither the search nor whoever started it.
"""

from __future__ import annotations

import pickle
import time
import zlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.synchronize import Event
from typing import Self

from modelcheck import api
from modelcheck.diagnostics import InternalError
from modelcheck.explore.result import Verdict
from modelcheck.ir.nodes import Program
from modelcheck.ir.passes import run_passes
from modelcheck.repair.sets import Finding, tell_result
from modelcheck.workers import SECONDS_BETWEEN_LOOKS, start_pool

Packed = bytes


def pack(program: Program) -> Packed:
    """A program as it is kept and sent: a tenth of its size."""
    return zlib.compress(pickle.dumps(program, pickle.HIGHEST_PROTOCOL), 1)


def unpack(packed: Packed) -> Program:
    """The program that was packed: equal to it, spans and all."""
    program: Program = pickle.loads(zlib.decompress(packed))  # noqa: S301 (made by `pack` alone)
    return program


@dataclass(frozen=True, slots=True)
class Limits:
    """How to explore each program, and when all of it is to be over (by the monotonic clock)."""

    options: api.Options
    deadline: float | None = None


class Crew:
    """Those who explore.  Used in a `with`; what they find is fetched by `fetch`, in any order."""

    def __init__(
        self, limits: Limits, jobs: int, notice: Callable[[str], None] = lambda _: None
    ) -> None:
        self._limits, self._jobs, self._notice = limits, jobs, notice
        self._found: dict[int, Finding] = {}
        self._running: dict[Future[tuple[Finding, tuple[str, ...]]], int] = {}
        self._is_interrupted = limits.options.interrupted or (lambda: False)
        self._pool: ProcessPoolExecutor | None = None
        self._stop: Event | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._stop is not None:
            self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    @property
    def is_busy(self) -> bool:
        """Whether a program more would have to wait."""
        return len(self._running) > self._jobs

    @property
    def is_waiting(self) -> bool:
        """Whether something is still to be found."""
        return bool(self._running)

    def explore(self, number: int, program: Program, packed: Packed) -> None:
        """Have a program explored; with one job it is, when this returns."""
        if self._jobs <= 1:
            self._found[number] = explore_program(program, self._limits, self._notice)
            return
        if self._pool is None:
            self._start_pool()
        assert self._pool is not None
        self._running[self._pool.submit(_work, packed)] = number

    def fetch(self, *, patiently: bool) -> dict[int, Finding]:
        """What was found since the last call, by number; `patiently` waits a moment for it."""
        if self._stop is not None and self._is_interrupted():
            self._stop.set()
        if self._running:
            seconds = SECONDS_BETWEEN_LOOKS if patiently else 0
            for done in wait(self._running, seconds, FIRST_COMPLETED).done:
                self._receive(done, self._running.pop(done))
        found, self._found = self._found, {}
        return found

    def _receive(self, done: Future[tuple[Finding, tuple[str, ...]]], number: int) -> None:
        try:
            self._found[number], notices = done.result()
        except BrokenProcessPool:
            raise InternalError("a process that explored a program came to a sudden end") from None
        for text in notices:
            self._notice(text)

    def _start_pool(self) -> None:
        begin = partial(_begin_work, self._limits.deadline)
        self._pool, self._stop = start_pool(self._jobs, self._limits.options, begin)


def explore_program(
    program: Program, limits: Limits, notice: Callable[[str], None] = lambda _: None
) -> Finding:
    """What the run of a program (before any pass) finds; nothing, where no time is left."""
    options = limits.options
    if options.interrupted is not None and options.interrupted():
        return Finding(Verdict.INCONCLUSIVE, reason="interrupted")
    if limits.deadline is not None:
        left = limits.deadline - time.monotonic()
        if left <= 0:
            return Finding(Verdict.INCONCLUSIVE, reason="no time left")
        options = replace(options, timeout_seconds=left)
    return tell_result(api.explore(run_passes(program, verify="last"), options, notice))


_limits = Limits(api.Options())  # of a process that works


def _begin_work(deadline: float | None, options: api.Options) -> None:
    """What a process does first."""
    global _limits  # noqa: PLW0603 (a pool hands nothing else to its tasks)
    _limits = Limits(options, deadline)


def _work(packed: Packed) -> tuple[Finding, tuple[str, ...]]:
    notices: list[str] = []
    return explore_program(unpack(packed), _limits, notices.append), tuple(notices)
