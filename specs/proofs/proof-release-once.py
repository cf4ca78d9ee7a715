"""kernfs calls ->release() once for an open file, however many closers come.

Model of fs/kernfs/file.c (v6.12): `kernfs_release_file()` from `kernfs_fop_release()` and from
`kernfs_drain_open_files()`, for one file, as kernfs-release-once has it for several. `modelcheck
prove proof-release-once --threads any` proves it for as many closers as there can be.

Left out: everything but the mutex and the check of `of->released`.
Worth breaking: `no_released_check` calls again.
"""

from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import (
    Bool,
    U8,
    flag,
    ghost,
    invariant,
    param,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("proof-release-once")

closers = param(2, min=1, max=4)
check_released = flag(True)


@struct
class OpenFile:
    released: Bool
    calls: U8 = ghost(0)


open_file_mutex = shared(Mutex)
file = shared(OpenFile)


def kernfs_release_file():
    if not (check_released and file.released):
        file.calls += 1
        file.released = True


@thread(count=closers)
def close():
    mutex_lock(open_file_mutex)
    kernfs_release_file()
    mutex_unlock(open_file_mutex)


@thread
def drain():
    mutex_lock(open_file_mutex)
    kernfs_release_file()
    mutex_unlock(open_file_mutex)


@invariant
def released_once_at_most():
    return file.calls <= 1


variant("no_released_check", check_released=False, violates="released_once_at_most")
