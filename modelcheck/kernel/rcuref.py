"""Reference counts of what RCU frees: `rcuref_t` of include/linux/rcuref.h, lib/rcuref.c (v6.14).

Kept: 0 is one reference; a get adds without looking, and where the result is negative it looks
again and puts a dead count back into the middle of its zone; a put subtracts, and where nothing is
left it marks the count dead, which one putter does.  Up to v6.13 a put looked again before that,
and complained where a get and another put had come between (`rcuref_put_v6_12`).  While a put may still touch the
count, preemption is off, which holds grace periods off: it is a reader of RCU here.  Zones as in the
kernel, with 8 bits: valid 0 … 127, saturated about -96, dead about -32.
Checked: `refcount` for a put of a dead or saturated count, and an overflow; `rcu-misuse` for
`rcuref_put_rcusafe` where grace periods may end.
Left out: nothing but the sizes.
"""

from modelcheck.lang import (
    Bool,
    Int,
    Ptr,
    atomic,
    between,
    current,
    observer,
    struct,
)

from .rcu import rcu_read_lock, rcu_read_unlock
from .task import tasks

RCUREF_ONEREF = 0
RCUREF_MAXREF = 127
RCUREF_SATURATED = -96
RCUREF_RELEASED = -64
RCUREF_DEAD = -32
RCUREF_NOREF = -1


@struct(marked=True)
class rcuref_t:
    refcnt: Int = between(-128, 127)


def rcuref_init(ref: Ptr[rcuref_t], cnt: Int):
    """include/linux/rcuref.h, rcuref_init.  One step."""
    ref.refcnt = cnt - 1


def rcuref_read(ref: Ptr[rcuref_t]) -> Int:
    """include/linux/rcuref.h, rcuref_read: how many there are.  One step."""
    seen = ref.refcnt
    if seen >= 0:
        return seen + 1
    return 0


def rcuref_get(ref: Ptr[rcuref_t]) -> Bool:
    """include/linux/rcuref.h, rcuref_get: whether it has a reference now.  One step, three where it
    is dead."""
    with atomic(rmw="relaxed"):
        prior = ref.refcnt
        assert prior != RCUREF_MAXREF, "refcount: overflow"
        if prior == RCUREF_MAXREF:
            ref.refcnt = RCUREF_SATURATED
        else:
            ref.refcnt = prior + 1
    if prior >= RCUREF_NOREF:
        return True
    seen = ref.refcnt
    if seen >= RCUREF_RELEASED and seen < 0:
        ref.refcnt = RCUREF_DEAD
        return False
    if seen < 0:
        ref.refcnt = RCUREF_SATURATED
    return True


def rcuref_put(ref: Ptr[rcuref_t]) -> Bool:
    """include/linux/rcuref.h, rcuref_put: whether it was the last, and nobody can get another.  One
    step, three where none is left."""
    with atomic(rmw="release"):
        prior = ref.refcnt
        ref.refcnt = prior - 1
        if prior > 0:
            return False
        rcu_read_lock()
    last = rcuref_put_slowpath(ref, prior - 1)
    rcu_read_unlock()
    return last


def rcuref_put_rcusafe(ref: Ptr[rcuref_t]) -> Bool:
    """include/linux/rcuref.h, rcuref_put_rcusafe: the same in a reader.  One step, two where none
    is left."""
    with atomic(rmw="release"):
        prior = ref.refcnt
        ref.refcnt = prior - 1
        holds_off_grace_periods()
    if prior > 0:
        return False
    return rcuref_put_slowpath(ref, prior - 1)


def rcuref_put_v6_12(ref: Ptr[rcuref_t]) -> Bool:
    """lib/rcuref.c, rcuref_put up to v6.13: the slow path looks at the count again.  One step, four
    where none is left."""
    with atomic(rmw="release"):
        prior = ref.refcnt
        ref.refcnt = prior - 1
        if prior > 0:
            return False
        rcu_read_lock()
    last = rcuref_put_slowpath(ref, ref.refcnt)
    rcu_read_unlock()
    return last


def rcuref_put_slowpath(ref: Ptr[rcuref_t], seen: Int) -> Bool:
    """lib/rcuref.c, rcuref_put_slowpath: what was left is `seen`.  One step."""
    if seen == RCUREF_NOREF:
        with atomic(rmw="release"):
            if ref.refcnt != RCUREF_NOREF:
                return False
            ref.refcnt = RCUREF_DEAD
            return True
    assert seen >= 0, "refcount: imbalanced put"
    if seen >= RCUREF_RELEASED and seen < 0:
        ref.refcnt = RCUREF_DEAD
    elif seen < 0:
        ref.refcnt = RCUREF_SATURATED
    return False


@observer
def holds_off_grace_periods():
    """include/linux/rcuref.h, __rcuref_put: the suspicious use."""
    assert tasks[current()].rcu_nesting > 0 or tasks[current()].preempt_count > 0, (
        "rcu-misuse: rcuref_put_rcusafe outside of a reader"
    )
