"""Mutants on several cores: whoever is free takes the next one; answers in the mutants' order.

What becomes of a mutant is a function of its text and the task, so the answers are the same with
any number of jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from multiprocessing.synchronize import Event

from modelcheck.diagnostics import InternalError
from modelcheck.explore.options import Options
from modelcheck.mutate.judge import INTERRUPTED, Judged, Outcome, Task, judge
from modelcheck.mutate.mutant import Mutant
from modelcheck.workers import SECONDS_BETWEEN_LOOKS, start_pool


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
    begin = partial(_begin, replace(task, options=Options()), prepare)
    pool, stop = start_pool(min(jobs, len(mutants)), task.options, begin)
    with pool:
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
            return future.result(SECONDS_BETWEEN_LOOKS)
        except TimeoutError:
            continue


def _judge_unless_over(mutant: Mutant, task: Task) -> Judged:
    if task.options.interrupted is not None and task.options.interrupted():
        return Judged(mutant, Outcome.UNDECIDED, reason=INTERRUPTED)
    return judge(mutant, task)


class _Here:
    """What a process of the crew was given when it began."""

    task: Task


def _begin(task: Task, prepare: Callable[[], None] | None, options: Options) -> None:
    if prepare is not None:
        prepare()
    _Here.task = replace(task, options=options)


def _work(mutant: Mutant) -> Judged:
    return _judge_unless_over(mutant, _Here.task)
