"""Processes that explore for another one: how they begin, when they give up and when they end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing.synchronize import Event

from modelcheck.explore.limits import share_options
from modelcheck.explore.options import Options

SECONDS_BETWEEN_LOOKS = 0.1  # whether the user wants it to end
_SECONDS_TO_LEAVE = 5.0  # for what a process has started to end, once its parent is gone


def start_pool(
    jobs: int, options: Options, begin: Callable[[Options], None]
) -> tuple[ProcessPoolExecutor, Event]:
    """So many processes, each of which calls `begin` with its share of the options before its first
    task, and the event on which all of them give up what they explore.

    `begin` is sent there, so it is a function of a module (or a `partial` of one).  A process
    outlives neither the pool nor whoever made it.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    shared = share_options(options, jobs)
    return ProcessPoolExecutor(jobs, context, _begin, (shared, stop, begin)), stop


def follow_parent(options: Options, stop: Event) -> Options:
    """The options of a process that explores for its parent: it gives up when `stop` is set, or
    when the parent is gone.  Ctrl-C is the parent's business.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def is_interrupted() -> bool:
        return stop.is_set() or os.getppid() != parent

    return replace(options, interrupted=is_interrupted)


def _begin(options: Options, stop: Event, begin: Callable[[Options], None]) -> None:
    mine = follow_parent(options, stop)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    begin(mine)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    time.sleep(_SECONDS_TO_LEAVE)
    os._exit(1)
