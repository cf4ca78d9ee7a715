"""The specs of a gate on several cores: a process for each spec, answers in the order of the specs.

What a spec comes to is a function of the spec and the options, so the answer is the same with any
number of jobs.  A process ends with its spec; none outlives the command, however that ends.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Self

from modelcheck import api
from modelcheck.cli.console import spare_collector
from modelcheck.diagnostics import InternalError
from modelcheck.processes import make_context, share_options
from modelcheck.specfiles import SpecFile

if TYPE_CHECKING:
    from modelcheck.ci.junit import Suite
    from modelcheck.pages.gate import Entry

_SECONDS_BETWEEN_LOOKS = 0.1
_PRELOADED = ("modelcheck.cli", "modelcheck.cli.side_by_side", "modelcheck.ci.suites")


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with each spec; `deadline` is a time of the monotonic clock, `folder`
    where pages go (None: there are none).
    """

    options: api.Options
    deadline: float | None = None
    folder: Path | None = None
    wants_suite: bool = False


@dataclass(frozen=True, slots=True)
class Gated:
    """What a spec came to.  Its runs stay where they were made; what was drawn of them is here."""

    spec: api.GatedSpec
    entry: Entry | None
    suite: Suite | None
    notices: tuple[str, ...]


def gate_file(
    file: SpecFile, task: Task, announce: Callable[[str], None] = lambda _: None
) -> Gated:
    """Check one spec.  Raises `OutputError` where its pages cannot be written."""
    notices: list[str] = []
    found = api.gate_file(file, task.options, task.deadline, announce, notices.append)
    entry = suite = None
    if task.folder is not None:
        entry = api.write_gate_pages(found, task.folder)
    if task.wants_suite:
        from modelcheck.ci.suites import make_suite

        suite = make_suite(found)
    return Gated(replace(found, runs=()), entry, suite, tuple(notices))


def gate_files(
    files: Sequence[SpecFile],
    task: Task,
    jobs: int,
    announce: Callable[[str], None] = lambda _: None,
) -> Iterator[Gated]:
    """Check specs, `jobs` at a time.  What one of them raises is raised when its turn comes."""
    jobs = min(jobs, len(files))
    if jobs <= 1:
        yield from (gate_file(file, task, announce) for file in files)
        return
    done: dict[int, Gated | Exception] = {}
    with _Crew(files, task, jobs) as crew:
        for turn in range(len(files)):
            while turn not in done:
                announce(f"{len(done)} of {len(files)} specs")
                done.update(crew.wait())
            answer = done[turn]
            if isinstance(answer, Exception):
                raise answer
            yield answer


class _Crew:
    """The processes: those that run, and the specs that wait for one."""

    def __init__(self, files: Sequence[SpecFile], task: Task, jobs: int) -> None:
        self._context = make_context(_PRELOADED)
        self._files = files
        self._is_interrupted = task.options.interrupted or (lambda: False)
        self._stop: Event = self._context.Event()
        self._task = replace(task, options=share_options(task.options, jobs))
        self._waiting = list(reversed(range(len(files))))
        self._running: dict[Connection, tuple[int, BaseProcess]] = {}
        self._jobs = jobs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for _, process in self._running.values():
            process.terminate()
        for _, process in self._running.values():
            process.join()

    def wait(self) -> dict[int, Gated | Exception]:
        """Keep everybody busy for a moment; the answers that came, by number of the spec."""
        while self._waiting and len(self._running) < self._jobs:
            self._start(self._waiting.pop())
        if self._is_interrupted():
            self._stop.set()
        answers: dict[int, Gated | Exception] = {}
        for connection in wait(list(self._running), _SECONDS_BETWEEN_LOOKS):
            if not isinstance(connection, Connection):
                continue
            number, process = self._running.pop(connection)
            answers[number] = self._receive(connection, process, number)
        return answers

    def _start(self, number: int) -> None:
        ours, theirs = self._context.Pipe(duplex=False)
        arguments = (self._files[number], self._task, self._stop, theirs)
        process = self._context.Process(target=_work, args=arguments, daemon=False)
        process.start()
        theirs.close()  # so that its end is seen here
        self._running[ours] = number, process

    def _receive(
        self, connection: Connection, process: BaseProcess, number: int
    ) -> Gated | Exception:
        try:
            answer: Gated | Exception = connection.recv()
        except EOFError:
            process.join()
            shown = self._files[number].shown
            return InternalError(f"the process that checked {shown} {_tell_end(process)}")
        finally:
            connection.close()
        process.join()
        return answer


def _work(file: SpecFile, task: Task, stop: Event, answers: Connection) -> None:
    """One spec, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command's business; it sets `stop`
    spare_collector()
    parent = os.getppid()

    def is_interrupted() -> bool:
        return stop.is_set() or os.getppid() != parent

    try:
        answer: Gated | Exception = gate_file(
            file, replace(task, options=replace(task.options, interrupted=is_interrupted))
        )
    except Exception as error:  # noqa: BLE001  raised again where somebody can tell the user
        error.add_note("".join(traceback.format_exception(error)))
        answer = error
    answers.send(answer)


def _tell_end(process: BaseProcess) -> str:
    code = process.exitcode or 0
    return f"was killed by signal {-code}" if code < 0 else f"ended with {code}"


def find_deadline(timeout_seconds: float | None) -> float | None:
    """When that time is over, by the clock of `Task`."""
    return None if timeout_seconds is None else time.monotonic() + timeout_seconds
