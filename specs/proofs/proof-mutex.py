"""A mutex keeps any number of threads apart.

Model of kernel/locking/mutex.c (v6.12) as the kernel library has it: `mutex_lock()`, `mutex_unlock()`.
`modelcheck prove proof-mutex --threads any` proves it for as many threads as there can be.

Left out: fast and slow path, spinning, wait lists and handoff; see modelcheck/kernel/mutex.py.
Worth breaking: `blind` lets threads in that do not take the mutex.
"""

from modelcheck.kernel import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import (
    Bool,
    U8,
    WRITE_ONCE,
    either,
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

spec("proof-mutex")

workers = param(2, min=1, max=4)
locks = flag(True)


@struct(marked=True)
class Door:
    open: Bool
    inside: U8 = ghost(0)


mutex = shared(Mutex)
door = shared(Door)


@thread(count=workers)
def worker():
    while either():
        if locks:
            mutex_lock(mutex)
        WRITE_ONCE(door.open, True)
        door.inside += 1
        WRITE_ONCE(door.open, False)
        door.inside -= 1
        if locks:
            mutex_unlock(mutex)


@invariant
def one_at_a_time():
    return door.inside <= 1


variant("blind", locks=False, violates="one_at_a_time")
