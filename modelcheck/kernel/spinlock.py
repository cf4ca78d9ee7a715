"""The spinlock: `spinlock_t` of include/linux/spinlock.h, kernel/locking/spinlock.c (v6.12).

Kept: one owner.  A thread that waits is disabled and does not spin: spinning adds states and no
behaviour.  The unlock is one store, after which the lock's memory is not touched again; so,
unlike a mutex, an object may be freed by the next owner of a spinlock inside it.
Checked: `lock-misuse` for a release by another thread, for taking it twice, and for freeing it
while it is held.
Left out: fairness (the queue of waiters), switching interrupts and preemption off (the `_irq`,
`_irqsave` and `_bh` forms), lock order and sleeping inside (they come with lockdep).
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    ThreadId,
    atomic,
    current,
    on_free,
    smp_store_release,
    struct,
    wait_until,
)


@struct(marked=True)
class Spinlock:
    owner: ThreadId


def spin_lock(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_lock: wait until it is free, take it.  One step."""
    with atomic(rmw="acquire", because="the spinning itself is not seen by anybody"):
        assert lock.owner != current(), "lock-misuse: spinlock taken again by its owner"
        wait_until(lock.owner is None)
        lock.owner = current()


def spin_trylock(lock: Ptr[Spinlock]) -> Bool:
    """include/linux/spinlock.h, spin_trylock: take it if it is free.  One step."""
    with atomic(rmw="acquire", because="one cmpxchg of the lock word"):
        if lock.owner is not None:
            return False
        lock.owner = current()
        return True


def spin_unlock(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_unlock.  One step."""
    with atomic(because="one store; the owner is looked at by the check only"):
        assert lock.owner == current(), "lock-misuse: spinlock released by another thread"
        smp_store_release(lock.owner, None)


def spin_is_locked(lock: Ptr[Spinlock]) -> Bool:
    """include/linux/spinlock.h, spin_is_locked.  One step."""
    return lock.owner is not None


@on_free(Spinlock)
def spinlock_freed(lock: Ptr[Spinlock]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.owner is None, "lock-misuse: spinlock freed while held"
