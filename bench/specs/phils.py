"""Dining philosophers, four steps each, for ever.

Peers: the same guarded steps as bench/models/phils.pml and phils.m, so the counts are the same
everywhere: 3^N - 1 states with N threads.
Left out: eating; specs/classics/dining-philosophers.py has that, and ends.
Try: variant asym: the last philosopher is left-handed, and nobody starves.
"""

from modelcheck.lang import (
    Bool,
    allow,
    atomic,
    default,
    flag,
    param,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("phils")

threads = param(4, min=2, max=12)
asym = flag(False)


@struct(marked=True)
class Fork:
    taken: Bool


forks = shared(Fork, count=threads)


def take(number):
    with atomic(because="a fork is a lock: wait and take are one"):
        wait_until(not forks[number].taken)
        forks[number].taken = True


@thread(count=threads)
def dine(me):
    left = 0 if asym and me == threads - 1 else me
    right = me if asym and me == threads - 1 else (me + 1) % threads
    while True:
        take(left)
        take(right)
        forks[left].taken = False
        forks[right].taken = False


allow("stuck", because="the philosophers dine for ever")
default(violates="deadlock")
variant("asym", asym=True)
