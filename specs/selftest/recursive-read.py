"""Reading a semaphore again deadlocks with a writer that came in between.

Kernel: kernel/locking/rwsem.c, rwsem_down_read_slowpath, v6.12: a reader queues behind a writer
that waits. lockdep objects to the second read whether or not a writer ever comes.
Left out: optimistic spinning. Try: variant no_writer_preference (lockdep alone), variant read_once
(nothing is read again), variant trylock (the second read does not wait, so lockdep has nothing to
say).
"""

from modelcheck.kernel.rwsem import (
    Rwsem,
    down_read,
    down_read_trylock,
    down_write,
    up_read,
    up_write,
)
from modelcheck.lang import default, flag, shared, spec, thread, variant

spec("selftest-recursive-read")

writer_preference = flag(True)
again = flag(True)
trylock = flag(False)

sem = shared(Rwsem, writer_preference=writer_preference)


@thread
def reader():
    down_read(sem)
    if again:
        if trylock:
            if down_read_trylock(sem):
                up_read(sem)
        else:
            down_read(sem)
            up_read(sem)
    up_read(sem)


@thread
def writer():
    down_write(sem)
    up_write(sem)


default(violates=("deadlock", "lock-order"))
variant("no_writer_preference", writer_preference=False, violates="lock-order")
variant("read_once", again=False)
variant("trylock", trylock=True)
