"""The spec that `modelcheck new` writes: small, commented, and checked by a test."""

from __future__ import annotations

import re
from pathlib import Path

from modelcheck.report.files import OutputError, write_whole
from modelcheck.specfiles import SelectionError

_STARTER = '''\
"""{name}: two threads take a ticket each.

Kernel: which file, which function, which version.
Left out: what this model does not have.
Try: variant no_lock.
"""

from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import U8, final, flag, param, shared, spec, struct, thread, variant

spec("{name}")

takers = param(2, min=1, max=3)  # a size: `-D takers=3`
use_lock = flag(True)  # a choice of code: what a variant sets


@struct
class Counter:
    tickets: U8


lock = shared(Mutex)
counter = shared(Counter)


# Every load and store of shared memory is one step; other threads may run between two steps.
# So `+= 1` is two steps, and only the lock makes them one.
@thread(count=takers)
def take():
    if use_lock:
        mutex_lock(lock)
    counter.tickets += 1
    if use_lock:
        mutex_unlock(lock)


# Judged where no step is left: every thread has ended.
@final
def nobody_lost():
    return counter.tickets == takers


# What breaks without the lock, exactly: a race, and the lost ticket it leads to.
variant("no_lock", use_lock=False, violates=("nobody_lost", "data-race"))
'''


def write_starter(name: str) -> Path:
    """Write a spec called `name`, to `specs/` where that is a folder; the path of the file.

    Raises `SelectionError` for a name that is none, `OutputError` where a file is there already.
    """
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) is None:
        raise SelectionError(
            f"`{name}` is no name for a spec: write small letters and digits, with - between words"
        )
    folder = Path("specs")
    path = (folder if folder.is_dir() else Path()) / f"{name}.py"
    if path.exists():
        raise OutputError(f"{path} is there already; choose another name")
    write_whole(path, _STARTER.replace("{name}", name))
    return path
