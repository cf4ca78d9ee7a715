"""The sleeping mutex: `struct mutex` of include/linux/mutex.h, kernel/locking/mutex.c (v6.12).

Kept: one owner; a waiter sleeps and never spins; the unlock has **two phases**
(`__mutex_unlock_slowpath`): first the lock is handed over, then the unlocking thread still touches
the mutex (`wait_lock`, the list of waiters).  Whoever frees a mutex that it took after phase one
frees it under the feet of phase two.
Checked: `lock-misuse` for a release by another thread, for taking it twice, for freeing it while it
is held, and for trying it in an interrupt; `lock-order` and `sleep-in-atomic` (lockdep.py, task.py).
Left out: the order among waiters (any of them may be next), optimistic spinning.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Ptr,
    READ_ONCE,
    atomic,
    context,
    current,
    either,
    observer,
    wait_until,
)

from .lockdep import (
    Mutex as Mutex,
    lockdep_assert_held as lockdep_assert_held,
    mutex_acquire,
    mutex_acquire_nested,
)
from .task import might_sleep


def mutex_init(lock: Ptr[Mutex]):
    """include/linux/mutex.h, mutex_init, for what `new` gave.  One step."""
    lock.owner = None


def mutex_lock(lock: Ptr[Mutex]):
    """kernel/locking/mutex.c, mutex_lock: sleep until the mutex is free, take it.  One step."""
    might_sleep()
    mutex_acquire(lock)
    take_mutex(lock)


def mutex_lock_nested(lock: Ptr[Mutex], subclass):
    """include/linux/mutex.h, mutex_lock_nested: others of its class may be held.  One step."""
    might_sleep()
    if subclass > 0:
        mutex_acquire_nested(lock)
    else:
        mutex_acquire(lock)
    take_mutex(lock)


def mutex_lock_interruptible(lock: Ptr[Mutex]) -> Bool:
    """kernel/locking/mutex.c, mutex_lock_interruptible: `False` where it had to wait and a
    signal came first.  One step."""
    might_sleep()
    mutex_acquire(lock)
    with atomic(rmw="acquire", because="the waiter that is woken finds the mutex handed over"):
        assert lock.owner != current(), "lock-misuse: mutex taken again by its owner"
        if either():
            wait_until(lock.owner is not None)
            return False
        wait_until(lock.owner is None)
        lock.owner = current()
        lock.holder = current()
        return True


def mutex_lock_killable(lock: Ptr[Mutex]) -> Bool:
    """kernel/locking/mutex.c, mutex_lock_killable: `False` where a deadly signal came first.  One
    step."""
    return mutex_lock_interruptible(lock)


def take_mutex(lock: Ptr[Mutex]):
    """Wait for it and take it.  One step."""
    with atomic(rmw="acquire", because="the waiter that is woken finds the mutex handed over"):
        assert lock.owner != current(), "lock-misuse: mutex taken again by its owner"
        wait_until(lock.owner is None)
        lock.owner = current()
        lock.holder = current()


def mutex_trylock(lock: Ptr[Mutex]) -> Bool:
    """kernel/locking/mutex.c, mutex_trylock: take it if it is free.  One step."""
    in_task()
    with atomic(rmw="acquire", because="one cmpxchg of owner"):
        if lock.owner is not None:
            return False
        lock.owner = current()
        lock.holder = current()
        return True


@observer
def in_task():
    """kernel/locking/mutex.c, mutex_trylock: "must not be used in interrupt context"."""
    assert context() == Context.TASK or context() == Context.KTHREAD, (
        "lock-misuse: a mutex is tried in an interrupt"
    )


def mutex_unlock(lock: Ptr[Mutex]):
    """kernel/locking/mutex.c, mutex_unlock.  Two steps."""
    with atomic(rmw="release", because="phase one is one cmpxchg of owner"):
        assert lock.owner == current(), "lock-misuse: mutex released by another thread"
        lock.owner = None
        lock.holder = None
    READ_ONCE(lock.owner)  # phase two: wait_lock and the list of waiters lie beside it


def mutex_is_locked(lock: Ptr[Mutex]) -> Bool:
    """kernel/locking/mutex.c, mutex_is_locked.  One step."""
    return lock.owner is not None
