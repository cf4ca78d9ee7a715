"""The specs of a gate on several cores: a process for each spec, answers in the order of the specs.

What a spec comes to is a function of the spec and the options, so the answer is the same with any
number of jobs, and whichever spec is begun first.  A process ends with its spec; none outlives the
command, however that ends.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Self

from modelcheck import api
from modelcheck.baseline.compare import compare_spec
from modelcheck.baseline.known import Baseline
from modelcheck.cli.console import spare_collector
from modelcheck.diagnostics import InternalError
from modelcheck.explore.limits import share_options
from modelcheck.specfiles import SpecFile
from modelcheck.workers import SECONDS_BETWEEN_LOOKS, follow_parent

if TYPE_CHECKING:
    from modelcheck.ci.junit import Suite
    from modelcheck.pages.gate import Entry

# The server's socket lies in a folder of the temporary one, and its path has 108 bytes (unix(7)).
_LONGEST_FOLDER = 64
_PRELOADED = ("modelcheck.cli", "modelcheck.cli.side_by_side", "modelcheck.ci.suites")


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with each spec.

    `deadline` is a time of the monotonic clock, `spec_seconds` what each spec may take, `folder`
    where pages go (None: there are none).
    """

    options: api.Options
    deadline: float | None = None
    spec_seconds: float | None = None
    folder: Path | None = None
    wants_suite: bool = False
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class Gated:
    """What a spec came to.  Its runs stay where they were made; what was drawn of them is here."""

    spec: api.GatedSpec
    entry: Entry | None
    suite: Suite | None
    notices: tuple[str, ...]
    seconds: float


def gate_file(
    file: SpecFile, task: Task, announce: Callable[[str], None] = lambda _: None
) -> Gated:
    """Check one spec.  Raises `OutputError` where its pages cannot be written."""
    notices: list[str] = []
    begin = time.monotonic()
    ends = [task.deadline] if task.deadline is not None else []
    ends += [begin + task.spec_seconds] if task.spec_seconds is not None else []
    deadline = min(ends, default=None)
    found = api.gate_file(file, task.options, deadline, announce, notices.append)
    if task.baseline is not None and found.info is not None:
        name, path = found.info.name, found.info.path
        compared = compare_spec(task.baseline, name, path, found.judgements)
        found = replace(found, judgements=compared)
    entry = suite = None
    if task.folder is not None:
        entry = api.write_gate_pages(found, task.folder)
    if task.wants_suite:
        from modelcheck.ci.suites import make_suite

        suite = make_suite(found)
    seconds = time.monotonic() - begin
    return Gated(replace(found, runs=()), entry, suite, tuple(notices), seconds)


def gate_files(
    files: Sequence[SpecFile],
    task: Task,
    jobs: int,
    announce: Callable[[str], None] = lambda _: None,
    order: Sequence[int] | None = None,
) -> Iterator[Gated]:
    """Check specs, `jobs` at a time, in the `order` of their numbers (None: as they stand).

    The answers come as the specs stand.  What one of them raises is raised when its turn comes.
    """
    jobs = min(jobs, len(files))
    order = range(len(files)) if order is None else order
    if jobs <= 1:
        yield from _take_turns(_gate_one_by_one(files, task, announce, order), len(files))
        return
    with _Crew(files, task, jobs, order) as crew:
        yield from _take_turns(crew.work(announce), len(files))


Answer = tuple[int, "Gated | Exception"]  # with the number of the spec


def _take_turns(answers: Iterator[Answer], count: int) -> Iterator[Gated]:
    """Answers that come in any order, by the numbers of their specs."""
    done: dict[int, Gated | Exception] = {}
    for turn in range(count):
        while turn not in done:
            number, answer = next(answers)
            done[number] = answer
        answer = done.pop(turn)
        if isinstance(answer, Exception):
            raise answer
        yield answer


def _gate_one_by_one(
    files: Sequence[SpecFile], task: Task, announce: Callable[[str], None], order: Sequence[int]
) -> Iterator[Answer]:
    for number in order:
        try:
            answer: Gated | Exception = gate_file(files[number], task, announce)
        except Exception as error:  # noqa: BLE001  raised again when its turn comes
            answer = error
        yield number, answer


class _Crew:
    """The processes: those that run, and the specs that wait for one."""

    def __init__(
        self, files: Sequence[SpecFile], task: Task, jobs: int, order: Sequence[int]
    ) -> None:
        self._context = _make_context()
        self._files = files
        self._is_interrupted = task.options.interrupted or (lambda: False)
        self._stop: Event = self._context.Event()
        self._task = replace(task, options=share_options(task.options, jobs))
        self._waiting = list(reversed(order))
        self._running: dict[Connection, tuple[int, BaseProcess]] = {}
        self._jobs = jobs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for _, process in self._running.values():
            process.terminate()
        for _, process in self._running.values():
            process.join()

    def work(self, announce: Callable[[str], None]) -> Iterator[Answer]:
        """Check everything; the answers as they come."""
        count = 0
        while self._waiting or self._running:
            announce(f"{count} of {len(self._files)} specs")
            for answer in self._wait():
                count += 1
                yield answer

    def _wait(self) -> list[Answer]:
        """Keep everybody busy for a moment; the answers that came."""
        while self._waiting and len(self._running) < self._jobs:
            self._start(self._waiting.pop())
        if self._is_interrupted():
            self._stop.set()
        answers: list[Answer] = []
        for connection in wait(list(self._running), SECONDS_BETWEEN_LOOKS):
            if not isinstance(connection, Connection):
                continue
            number, process = self._running.pop(connection)
            answers.append((number, self._receive(connection, process, number)))
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


def _make_context() -> ForkServerContext | SpawnContext:
    has_room = len(tempfile.gettempdir()) <= _LONGEST_FOLDER
    if not has_room or "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    return context


def _work(file: SpecFile, task: Task, stop: Event, answers: Connection) -> None:
    """One spec, in a process of its own."""
    spare_collector()
    options = follow_parent(task.options, stop)
    try:
        answer: Gated | Exception = gate_file(file, replace(task, options=options))
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
