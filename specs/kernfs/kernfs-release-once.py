"""kernfs calls ->release() exactly once per open file.

Kernel: fs/kernfs/file.c, kernfs_fop_release and kernfs_drain_open_files, v6.12.
Left out: mmap. Redundant: close or drain alone would do (see -full). Try: variant no_released_check.
"""

from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import Bool, Ptr, U8, final, flag, ghost, param, shared, spec, struct, thread, variant

spec("kernfs-release-once")

closers = param(1, min=1, max=6)
check_released = flag(True)


@struct
class OpenFile:
    released: Bool
    calls: U8 = ghost(0)


open_file_mutex = shared(Mutex)
files = shared(OpenFile, count=closers)


def kernfs_release_file(of: Ptr[OpenFile]):
    if not (check_released and of.released):
        of.calls += 1               # ->release()
        of.released = True


@thread(count=closers)
def close(me):
    mutex_lock(open_file_mutex)
    kernfs_release_file(files[me])  # mutate: survives drop-step: the drain does it, see -full
    mutex_unlock(open_file_mutex)


@thread
def drain():
    mutex_lock(open_file_mutex)
    for of in files:
        kernfs_release_file(of)  # mutate: survives drop-step: the close does it, see -full
    mutex_unlock(open_file_mutex)


@final
def released_once():
    return all(of.calls == 1 for of in files)


variant("no_released_check", check_released=False, violates="released_once")
