"""Counts of each CPU that can be killed: `struct percpu_ref`, lib/percpu-refcount.c (v6.12).

Kept: in percpu mode nobody notices that nothing is left; `percpu_ref_kill` marks the count dead and
switches it to atomic mode, adds up the cells after a grace period (each get and put is a reader),
confirms, and gives up the first reference; `release` runs when nothing is left, in whoever puts the
last.  The count has a bias until the cells are added up, so it cannot reach zero before.
Checked: `refcount` for killing it twice, a get or a put after the release, and a reinit while it is
in use.
Left out: one cell stands for all CPUs (they are added up where nobody changes them any more, so their
sum is what counts), the switches that are no kill, and waiting for a switch that goes on.
"""

from modelcheck.lang import (
    Bool,
    Fn,
    Int,
    Ptr,
    atomic,
    between,
    container_of,
    struct,
)

from .rcu import RcuHead, call_rcu, rcu_read_lock, rcu_read_unlock

PERCPU_COUNT_BIAS = 32


@struct(marked=True)
class PercpuRef:
    """`struct percpu_ref`."""

    percpu: Bool
    dead: Bool
    cells: Int = between(-16, 15)
    count: Int = between(-16, 63)
    release: Fn
    confirm_switch: Fn
    rcu: RcuHead


def percpu_ref_init(ref: Ptr[PercpuRef], release):
    """lib/percpu-refcount.c, percpu_ref_init: percpu mode, one reference.  One step: nobody else
    knows it yet."""
    with atomic(because="nobody else knows it yet"):
        ref.percpu = True
        ref.dead = False
        ref.cells = 0
        ref.count = 1 + PERCPU_COUNT_BIAS
        ref.release = release
        ref.confirm_switch = None


def percpu_ref_get(ref: Ptr[PercpuRef]):
    """include/linux/percpu-refcount.h, percpu_ref_get: the caller has a reference.  Two steps."""
    percpu = look_at_mode(ref)
    with atomic(rmw="relaxed"):
        if percpu:
            ref.cells += 1
        else:
            assert ref.count > 0, "refcount: percpu_ref_get after the release"
            ref.count += 1
        rcu_read_unlock()


def percpu_ref_tryget(ref: Ptr[PercpuRef]) -> Bool:
    """include/linux/percpu-refcount.h, percpu_ref_tryget: unless nothing is left.  Two steps."""
    percpu = look_at_mode(ref)
    return get_unless_zero(ref, percpu)


def percpu_ref_tryget_live(ref: Ptr[PercpuRef]) -> Bool:
    """include/linux/percpu-refcount.h, percpu_ref_tryget_live: unless it was killed.  Two steps, or
    three."""
    percpu = look_at_mode(ref)
    if not percpu:
        with atomic(because="a reader ends with its last access"):
            dead = ref.dead
            if dead:
                rcu_read_unlock()
        if dead:
            return False
    return get_unless_zero(ref, percpu)


def percpu_ref_put(ref: Ptr[PercpuRef]):
    """include/linux/percpu-refcount.h, percpu_ref_put: the last one calls the release.  Two
    steps."""
    percpu = look_at_mode(ref)
    last = False
    with atomic(because="one instruction"):
        if percpu:
            ref.cells -= 1
            rcu_read_unlock()
        else:
            assert ref.count > 0, "refcount: percpu_ref_put after the release"
            ref.count -= 1
            last = ref.count == 0
            if not last:
                rcu_read_unlock()
    if last:
        ref.release(ref)
        rcu_read_unlock()


def percpu_ref_kill(ref: Ptr[PercpuRef]):
    """include/linux/percpu-refcount.h, percpu_ref_kill."""
    percpu_ref_kill_and_confirm(ref, no_confirmation)


def percpu_ref_kill_and_confirm(ref: Ptr[PercpuRef], confirm_kill):
    """lib/percpu-refcount.c, percpu_ref_kill_and_confirm: no more tryget_live once `confirm_kill`
    has run."""
    with atomic(because="percpu_ref_switch_lock is held"):
        assert not ref.dead, "refcount: percpu_ref_kill called more than once"
        ref.dead = True
        switches = ref.percpu
        if switches:
            ref.percpu = False
            ref.confirm_switch = confirm_kill
            ref.count += 1
            call_rcu(ref.rcu, percpu_ref_switch_to_atomic_rcu)
    if not switches:
        confirm_kill(ref)
    percpu_ref_put(ref)


def percpu_ref_switch_to_atomic_rcu(head: Ptr[RcuHead]):
    """lib/percpu-refcount.c, percpu_ref_switch_to_atomic_rcu: nobody is in percpu mode any more."""
    ref = container_of(head, PercpuRef, "rcu")
    with atomic(because="nobody changes the cells any more"):
        ref.count += ref.cells - PERCPU_COUNT_BIAS
        ref.cells = 0
        assert ref.count > 0, "refcount: percpu_ref below one after switching to atomic"
    ref.confirm_switch(ref)
    ref.confirm_switch = None
    percpu_ref_put(ref)


def percpu_ref_reinit(ref: Ptr[PercpuRef]):
    """lib/percpu-refcount.c, percpu_ref_reinit: alive again, with one reference.  One step."""
    with atomic(because="percpu_ref_switch_lock is held"):
        assert ref.dead and ref.count == 0, "refcount: percpu_ref_reinit while it is in use"
        ref.dead = False
        ref.count = 1 + PERCPU_COUNT_BIAS
        ref.percpu = True


def percpu_ref_is_dying(ref: Ptr[PercpuRef]) -> Bool:
    """include/linux/percpu-refcount.h, percpu_ref_is_dying.  One step."""
    return ref.dead


def percpu_ref_is_zero(ref: Ptr[PercpuRef]) -> Bool:
    """include/linux/percpu-refcount.h, percpu_ref_is_zero.  One step."""
    with atomic(because="in percpu mode it is not zero"):
        return not ref.percpu and ref.count == 0


def look_at_mode(ref: Ptr[PercpuRef]) -> Bool:
    """include/linux/percpu-refcount.h, __ref_is_percpu, at the start of a reader.  One step."""
    with atomic(because="a reader that begins with its first access"):
        rcu_read_lock()
        return ref.percpu


def get_unless_zero(ref: Ptr[PercpuRef], percpu: Bool) -> Bool:
    """The second half of the trygets.  One step."""
    with atomic(because="one instruction, and the reader ends"):
        got = True
        if percpu:
            ref.cells += 1
        elif ref.count > 0:
            ref.count += 1
        else:
            got = False
        rcu_read_unlock()
        return got


def no_confirmation(ref: Ptr[PercpuRef]):
    """lib/percpu-refcount.c, percpu_ref_noop_confirm_switch."""
    pass
