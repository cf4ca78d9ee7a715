"""Reference counts with a release: `struct kref` of include/linux/kref.h (v6.12).

Kept: the putter who drops the last reference calls `release(kref)`, and nobody else does; the
release finds its object with `container_of(kref, T, "field")`.
Checked: by refcount.py.
Left out: nothing that a spec could tell.
"""

from modelcheck.lang import Bool, Int, Ptr, struct

from .lockdep import Mutex, Spinlock
from .refcount import (
    refcount_dec_and_lock,
    refcount_dec_and_mutex_lock,
    refcount_dec_and_test,
    refcount_inc,
    refcount_inc_not_zero,
    refcount_read,
    refcount_set,
    refcount_t,
)


@struct(marked=True)
class Kref:
    """`struct kref`."""

    refcount: refcount_t


def kref_init(kref: Ptr[Kref]):
    """include/linux/kref.h, kref_init: one reference.  One step."""
    refcount_set(kref.refcount, 1)


def kref_read(kref: Ptr[Kref]) -> Int:
    """include/linux/kref.h, kref_read.  One step."""
    return refcount_read(kref.refcount)


def kref_get(kref: Ptr[Kref]):
    """include/linux/kref.h, kref_get: the caller has a reference already.  One step."""
    refcount_inc(kref.refcount)


def kref_get_unless_zero(kref: Ptr[Kref]) -> Bool:
    """include/linux/kref.h, kref_get_unless_zero.  One step."""
    return refcount_inc_not_zero(kref.refcount)


def kref_put(kref: Ptr[Kref], release) -> Bool:
    """include/linux/kref.h, kref_put: whether it was the last and was released.  One step, and
    those of the release."""
    if refcount_dec_and_test(kref.refcount):
        release(kref)
        return True
    return False


def kref_put_mutex(kref: Ptr[Kref], release, lock: Ptr[Mutex]) -> Bool:
    """include/linux/kref.h, kref_put_mutex: the release runs with the mutex held, and gives it
    back."""
    if refcount_dec_and_mutex_lock(kref.refcount, lock):
        release(kref)
        return True
    return False


def kref_put_lock(kref: Ptr[Kref], release, lock: Ptr[Spinlock]) -> Bool:
    """include/linux/kref.h, kref_put_lock: the release runs with the spinlock held, and gives it
    back."""
    if refcount_dec_and_lock(kref.refcount, lock):
        release(kref)
        return True
    return False
