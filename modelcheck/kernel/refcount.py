"""Reference counts: `refcount_t` of include/linux/refcount.h, lib/refcount.c (v6.12).

Kept: each operation is one step with the order of the kernel's; `refcount_dec_and_test` says yes to
exactly one; a count that was misused is saturated, stays so, and never frees its object.
Checked: `refcount` for an increment of zero (a use after free in the making), a decrement of zero,
a decrement to zero by `refcount_dec` (nobody frees), and an overflow.
Left out: the sizes.  `REFCOUNT_MAX` is 100 here, and there is one saturated value.
"""

from modelcheck.lang import (
    Bool,
    Int,
    Ptr,
    atomic,
    between,
    struct,
)

from .lockdep import Mutex, Spinlock
from .mutex import mutex_lock, mutex_unlock
from .spinlock import spin_lock, spin_lock_irqsave, spin_unlock, spin_unlock_irqrestore

REFCOUNT_MAX = 100
REFCOUNT_SATURATED = -1


@struct(marked=True)
class refcount_t:
    refs: Int = between(-1, 100)


def refcount_set(r: Ptr[refcount_t], n: Int):
    """include/linux/refcount.h, refcount_set.  One step."""
    r.refs = n


def refcount_read(r: Ptr[refcount_t]) -> Int:
    """include/linux/refcount.h, refcount_read.  One step."""
    return r.refs


def refcount_add(i: Int, r: Ptr[refcount_t]):
    """include/linux/refcount.h, refcount_add: the caller has a reference already.  One step."""
    with atomic(rmw="relaxed"):
        old = r.refs
        assert old != 0, "refcount: incremented from zero"
        assert old > 0 and old + i <= REFCOUNT_MAX, "refcount: overflow"
        if old > 0 and old + i <= REFCOUNT_MAX:
            r.refs = old + i
        else:
            r.refs = REFCOUNT_SATURATED


def refcount_inc(r: Ptr[refcount_t]):
    """include/linux/refcount.h, refcount_inc: the caller has a reference already.  One step."""
    refcount_add(1, r)


def refcount_add_not_zero(i: Int, r: Ptr[refcount_t]) -> Bool:
    """include/linux/refcount.h, refcount_add_not_zero.  One step."""
    with atomic(rmw="relaxed"):
        old = r.refs
        if old == 0:
            return False
        assert old > 0 and old + i <= REFCOUNT_MAX, "refcount: overflow"
        if old > 0 and old + i <= REFCOUNT_MAX:
            r.refs = old + i
        else:
            r.refs = REFCOUNT_SATURATED
        return True


def refcount_inc_not_zero(r: Ptr[refcount_t]) -> Bool:
    """include/linux/refcount.h, refcount_inc_not_zero: a reference, unless there is none left.  One
    step."""
    return refcount_add_not_zero(1, r)


def refcount_sub_and_test(i: Int, r: Ptr[refcount_t]) -> Bool:
    """include/linux/refcount.h, refcount_sub_and_test: whether these were the last.  One step."""
    with atomic(rmw="release"):
        old = r.refs
        assert old >= i, "refcount: decremented below zero"
        if old < i:
            r.refs = REFCOUNT_SATURATED
            return False
        r.refs = old - i
        return old == i


def refcount_dec_and_test(r: Ptr[refcount_t]) -> Bool:
    """include/linux/refcount.h, refcount_dec_and_test: whether this was the last.  One step."""
    return refcount_sub_and_test(1, r)


def refcount_dec(r: Ptr[refcount_t]):
    """include/linux/refcount.h, refcount_dec: the caller knows that others are left.  One step."""
    with atomic(rmw="release"):
        old = r.refs
        assert old > 0, "refcount: decremented below zero"
        assert old != 1, "refcount: decremented to zero without a test"
        if old > 1:
            r.refs = old - 1
        else:
            r.refs = REFCOUNT_SATURATED


def refcount_dec_if_one(r: Ptr[refcount_t]) -> Bool:
    """lib/refcount.c, refcount_dec_if_one: give the last one up, if it is the last.  One step."""
    with atomic(rmw="release"):
        if r.refs != 1:
            return False
        r.refs = 0
        return True


def refcount_dec_not_one(r: Ptr[refcount_t]) -> Bool:
    """lib/refcount.c, refcount_dec_not_one: give one up, unless it is the last.  One step."""
    with atomic(rmw="release"):
        old = r.refs
        if old == REFCOUNT_SATURATED:
            return True
        if old == 1:
            return False
        assert old > 0, "refcount: decremented below zero"
        if old > 0:
            r.refs = old - 1
        return True


def refcount_dec_and_mutex_lock(r: Ptr[refcount_t], lock: Ptr[Mutex]) -> Bool:
    """lib/refcount.c, refcount_dec_and_mutex_lock: the last one goes with the mutex held.  One step
    where it is not the last."""
    if refcount_dec_not_one(r):
        return False
    mutex_lock(lock)
    if not refcount_dec_and_test(r):
        mutex_unlock(lock)
        return False
    return True


def refcount_dec_and_lock(r: Ptr[refcount_t], lock: Ptr[Spinlock]) -> Bool:
    """lib/refcount.c, refcount_dec_and_lock: the last one goes with the spinlock held.  One step
    where it is not the last."""
    if refcount_dec_not_one(r):
        return False
    spin_lock(lock)
    if not refcount_dec_and_test(r):
        spin_unlock(lock)
        return False
    return True


def refcount_dec_and_lock_irqsave(r: Ptr[refcount_t], lock: Ptr[Spinlock]):
    """lib/refcount.c, refcount_dec_and_lock_irqsave: gives also the flags (`False` without the
    lock)."""
    if refcount_dec_not_one(r):
        return False, False
    flags = spin_lock_irqsave(lock)
    if not refcount_dec_and_test(r):
        spin_unlock_irqrestore(lock, flags)
        return False, False
    return True, flags
