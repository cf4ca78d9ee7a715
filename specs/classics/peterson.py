"""Peterson's algorithm keeps two threads apart with plain loads and stores only.

Paper: G. L. Peterson, "Myths about the mutual exclusion problem", Information Processing Letters
12(3), 1981.
Left out: memory that reorders. Under the kernel's memory model the algorithm needs smp_mb()
between the stores and the loads; the checker's `sc` cannot show that.
Try: variant turn_first (the two stores swapped): both get in; variant no_turn: both wait for ever.
"""

from modelcheck.lang import (
    READ_ONCE,
    Array,
    Bool,
    U8,
    WRITE_ONCE,
    array,
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
)

spec("peterson")

rounds = param(2, min=1, max=4)
turn_first = flag(False)
use_turn = flag(True)


@struct
class Door:
    wants: Array[Bool] = array(2)
    turn: U8


door = shared(Door)
inside: U8 = ghost(0)


@thread(count=2)
def enter(me):
    global inside
    other = 1 - me
    for _ in range(rounds):
        if turn_first:
            WRITE_ONCE(door.turn, other)
            WRITE_ONCE(door.wants[me], True)
        else:
            WRITE_ONCE(door.wants[me], True)
            if use_turn:
                WRITE_ONCE(door.turn, other)
        while READ_ONCE(door.wants[other]) and (not use_turn or READ_ONCE(door.turn) == other):
            pass
        inside += 1
        WRITE_ONCE(door.wants[me], False)
        inside -= 1


@invariant
def at_most_one_inside():
    return inside <= 1


@reachable
def somebody_inside():
    return inside == 1


variant("turn_first", turn_first=True, violates="at_most_one_inside")
variant("no_turn", use_turn=False, violates="stuck")
