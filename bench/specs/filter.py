"""The filter lock: Peterson's algorithm for N threads, each level a filter that holds one back.

Paper: G. L. Peterson, "Myths about the mutual exclusion problem", Information Processing Letters
12(3), 1981, section 3.
Peers: the same guarded steps as bench/models/filter.pml and filter.m, so the counts are the same
everywhere: 705 states and 1,725 transitions with three threads.
Left out: reading the other threads' levels one by one; the whole waiting condition is one step.
Try: `-D threads=4`; with five threads there are 344,805 states.
"""

from modelcheck.lang import (
    U8,
    Array,
    Bool,
    allow,
    array,
    atomic,
    current,
    ghost,
    invariant,
    param,
    per_thread,
    reachable,
    shared,
    spec,
    struct,
    thread,
    wait_until,
)

spec("filter")

threads = param(3, min=2, max=6)


@struct(marked=True)
class Filter:
    level: Array[U8] = array(threads)
    turn: Array[U8] = array(threads)  # the last thread that came to a level


@struct(marked=True)
class Own:
    entering: Bool


door = shared(Filter)
own = per_thread(Own)
inside: U8 = ghost(0)


@thread(count=threads)
def enter(me):
    global inside
    while True:
        own[current()].entering = True  # `j = 1` of the peers, a step of its own
        for j in range(1, threads):
            door.level[me] = j
            door.turn[j] = me
            with atomic(because="the whole waiting condition is one step"):
                wait_until(
                    door.turn[j] != me or all(k == me or door.level[k] < j for k in range(threads))
                )
                if j == threads - 1:
                    own[current()].entering = False
        inside += 1
        door.level[me] = 0
        inside -= 1


@invariant
def at_most_one_inside():
    return inside <= 1


@reachable
def somebody_inside():
    return inside == 1


allow("stuck", because="the threads come back for ever")
