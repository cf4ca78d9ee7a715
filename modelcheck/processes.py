"""Processes beside one another: how they are started, and each one's part of the machine."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.context import ForkServerContext, SpawnContext

from modelcheck.backends.native.compiler import count_cores
from modelcheck.explore.limits import choose_memory_limit
from modelcheck.explore.options import Options

# The server's socket lies in a folder of the temporary one, and its path has 108 bytes (unix(7)).
_LONGEST_FOLDER = 64


def make_context(preloaded: Sequence[str]) -> ForkServerContext | SpawnContext:
    """How processes are started: by a server that has imported modules, where there can be one."""
    has_room = len(tempfile.gettempdir()) <= _LONGEST_FOLDER
    if not has_room or "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preloaded))
    return context


def share_options(options: Options, jobs: int) -> Options:
    """The options of one of several processes: its part of memory and cores."""
    limit = choose_memory_limit(options)
    if options.max_memory is None and limit is not None:
        limit //= jobs
    workers = options.workers or max(1, count_cores() // jobs)
    if options.backend == "python":
        workers = options.workers or 1
    return replace(options, max_memory=limit, workers=workers, progress=None, interrupted=None)
