"""A pytest plugin: every exploration of a test runs on both backends, which have to agree.

    pytest -p tests.both_backends tests/unit/explore tests/language tests/traps

Runs with a limit are left alone: where a limit strikes differs.
"""

from __future__ import annotations

import dataclasses

from modelcheck.explore import search
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Options

explore_python = search.explore
WORKERS = 2


def explore(program, options=None, *, watch=None):
    """The result of the python backend, once the native one has the same."""
    theirs = explore_python(program, options, watch=watch)
    chosen = options or Options()
    limits = (chosen.max_states, chosen.max_memory, chosen.timeout_seconds, chosen.interrupted)
    if all(limit is None for limit in limits):
        ours = explore_native(program, dataclasses.replace(chosen, workers=WORKERS, progress=None))
        assert dataclasses.replace(ours, backend="python") == theirs
    return theirs


search.explore = explore
