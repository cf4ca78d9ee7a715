"""Philosophers who each take the left fork first all starve at once.

Paper: E. W. Dijkstra, "Hierarchical ordering of sequential processes", Acta Informatica 1, 1971.
Kernel: the same as a ring of locks taken in no global order, Documentation/locking/
lockdep-design.rst, v6.12.
Left out: thinking, and every meal after the first (a fork put down is as good as new).
Try: variant ordered (the last philosopher takes the right fork first), which no longer deadlocks;
variant grab, which does not wait for the second fork; `-D philosophers=5`.
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    ThreadId,
    atomic,
    current,
    default,
    flag,
    ghost,
    invariant,
    param,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("dining-philosophers")

philosophers = param(3, min=2, max=8)
ordered = flag(False)
wait_for_second = flag(True)


@struct(marked=True)
class Fork:
    holder: ThreadId


@struct
class Plate:
    eating: Bool = ghost(False)


forks = shared(Fork, count=philosophers)
plates = shared(Plate, count=philosophers)


def take(fork: Ptr[Fork]):
    with atomic(because="a fork is a lock: wait and take are one"):
        wait_until(fork.holder is None)
        fork.holder = current()


@thread(count=philosophers)
def dine(me):
    left = forks[me]
    right = forks[(me + 1) % philosophers]
    if ordered and me == philosophers - 1:
        take(right)
        take(left)
    else:
        take(left)
        if wait_for_second:
            take(right)
        else:
            right.holder = current()
    plates[me].eating = True
    left.holder = None
    plates[me].eating = False  # with the step before it, in which the first fork goes down
    right.holder = None


@invariant
def neighbours_never_eat_together():
    return not any(
        plates[i].eating and plates[(i + 1) % philosophers].eating for i in range(philosophers)
    )


@reachable
def somebody_eats():
    return any(plate.eating for plate in plates)


default(violates="deadlock")
variant("ordered", ordered=True)
variant("grab", wait_for_second=False, violates="neighbours_never_eat_together")
