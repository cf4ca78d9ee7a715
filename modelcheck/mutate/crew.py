"""Mutants on several cores: whoever is free takes the next one; answers in the mutants' order.

What becomes of a mutant is a function of its text and the task, so the answers are the same with
any number of jobs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.synchronize import Event

from modelcheck.diagnostics import InternalError
from modelcheck.explore.limits import share_options
from modelcheck.mutate.judge import INTERRUPTED, Judged, Outcome, Task, judge
from modelcheck.mutate.mutant import Mutant

_SECONDS_BETWEEN_LOOKS = 0.1
_SECONDS_TO_LEAVE = 5.0  # for what a process has started to end, once its parent is gone


def judge_all(
    mutants: Sequence[Mutant],
    task: Task,
    jobs: int,
    announce: Callable[[int, int], None] = lambda _done, _all: None,
    prepare: Callable[[], None] | None = None,
) -> Iterator[Judged]:
    """Judge mutants, `jobs` at a time; `announce` is told how many are done of how many.

    What is not begun when `task.options.interrupted` says so is undecided.
    """
    is_interrupted = task.options.interrupted or (lambda: False)
    if min(jobs, len(mutants)) <= 1:
        for done, mutant in enumerate(mutants):
            announce(done, len(mutants))
            yield _judge_unless_over(mutant, task)
        return
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    shared = replace(task, options=share_options(task.options, jobs))
    with ProcessPoolExecutor(
        min(jobs, len(mutants)),
        mp_context=context,
        initializer=_begin,
        initargs=(shared, stop, prepare),
    ) as pool:
        futures = [pool.submit(_work, mutant) for mutant in mutants]
        try:
            for future in futures:
                announce(sum(f.done() for f in futures), len(mutants))
                yield _wait(future, stop, is_interrupted)
        except BrokenProcessPool:
            raise InternalError("a process that explored a mutant was killed") from None
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _wait(future: Future[Judged], stop: Event, is_interrupted: Callable[[], bool]) -> Judged:
    while True:
        if is_interrupted():
            stop.set()  # who works gives up, and begins nothing more
        try:
            return future.result(_SECONDS_BETWEEN_LOOKS)
        except TimeoutError:
            continue


def _judge_unless_over(mutant: Mutant, task: Task) -> Judged:
    if task.options.interrupted is not None and task.options.interrupted():
        return Judged(mutant, Outcome.UNDECIDED, reason=INTERRUPTED)
    return judge(mutant, task)


class _Here:
    """What a process of the crew was given when it began."""

    task: Task


def _begin(task: Task, stop: Event, prepare: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command's business; it sets `stop`
    if prepare is not None:
        prepare()
    parent = os.getppid()

    def is_interrupted() -> bool:
        return stop.is_set() or os.getppid() != parent

    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _Here.task = replace(task, options=replace(task.options, interrupted=is_interrupted))


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    time.sleep(_SECONDS_TO_LEAVE)
    os._exit(1)


def _work(mutant: Mutant) -> Judged:
    return _judge_unless_over(mutant, _Here.task)
