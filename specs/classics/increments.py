"""Threads that add one to a counter by a load and a store lose updates.

Kernel: what `counter++` on a shared variable compiles to; tools/memory-model/Documentation/
access-marking.txt, v6.12. The accesses are marked, so nothing here is a data race: the update is
lost all the same.
Left out: everything but the counter. The number of states is known exactly (two threads, two
rounds: 57), which makes this the yardstick of every backend.
Try: variant rmw, which makes load and store one read-modify-write; `-D threads=3`.
"""

from modelcheck.lang import (
    READ_ONCE,
    U8,
    WRITE_ONCE,
    atomic,
    default,
    final,
    flag,
    param,
    reachable,
    shared,
    spec,
    thread,
    variant,
)

spec("increments")

threads = param(2, min=1, max=6)
rounds = param(2, min=1, max=6)
rmw = flag(False)

counter = shared(U8)


@thread(count=threads)
def increment():
    for _ in range(rounds):
        if rmw:
            with atomic(because="atomic_inc is one instruction"):
                WRITE_ONCE(counter, READ_ONCE(counter) + 1)
        else:
            value = READ_ONCE(counter)
            WRITE_ONCE(counter, value + 1)


@final
def no_update_lost():
    return counter == threads * rounds


@reachable
def all_updates_counted():
    return counter == threads * rounds


default(violates="no_update_lost")
variant("rmw", rmw=True)
