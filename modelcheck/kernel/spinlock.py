"""The spinlock: `spinlock_t` of include/linux/spinlock.h, kernel/locking/spinlock.c (v6.12).

Kept: one owner.  A thread that waits is disabled and does not spin: spinning adds states and no
behaviour.  The unlock is one store, after which the lock's memory is not touched again; so,
unlike a mutex, an object may be freed by the next owner of a spinlock inside it.
Checked: `lock-misuse` for a release by another thread, for taking it twice, and for freeing it
while it is held; `lock-order`, also against interrupts (lockdep.py); sleeping inside is
`sleep-in-atomic` (task.py).
Left out: fairness (the queue of waiters).  Preemption is off inside, but no thread of a spec needs
another one's CPU.
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    atomic,
    current,
    smp_store_release,
    wait_until,
)

from .lockdep import (
    Spinlock as Spinlock,
    lockdep_hardirqs_on,
    spin_acquire,
    spin_acquire_nested,
    under_interrupts,
)
from .task import (
    local_bh_disable,
    local_bh_enable,
    local_irq_disable,
    local_irq_enable,
    local_irq_restore,
    local_irq_save,
    preempt_disable,
    preempt_enable,
)


def spin_lock_init(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_lock_init, for what `new` gave.  One step."""
    lock.owner = None


def spin_lock(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_lock: wait until it is free, take it.  One step."""
    spin_acquire(lock)
    take_spinlock(lock)


def spin_lock_nested(lock: Ptr[Spinlock], subclass):
    """include/linux/spinlock.h, spin_lock_nested: others of its class may be held.  One step."""
    if subclass > 0:
        spin_acquire_nested(lock)
    else:
        spin_acquire(lock)
    take_spinlock(lock)


def take_spinlock(lock: Ptr[Spinlock]):
    """Wait for it and take it.  One step."""
    with atomic(rmw="acquire", because="the spinning itself is not seen by anybody"):
        assert lock.owner != current(), "lock-misuse: spinlock taken again by its owner"
        wait_until(lock.owner is None)
        lock.owner = current()
        lock.holder = current()
    preempt_disable()


def spin_trylock(lock: Ptr[Spinlock]) -> Bool:
    """include/linux/spinlock.h, spin_trylock: take it if it is free.  One step."""
    with atomic(rmw="acquire", because="one cmpxchg of the lock word"):
        if lock.owner is not None:
            return False
        lock.owner = current()
        lock.holder = current()
    preempt_disable()
    under_interrupts(lock)
    return True


def spin_trylock_irq(lock: Ptr[Spinlock]) -> Bool:
    """include/linux/spinlock.h, spin_trylock_irq: interrupts are off only if it has the lock.  Two
    steps, three where it has not."""
    local_irq_disable()
    if spin_trylock(lock):
        return True
    local_irq_enable()
    return False


def spin_trylock_irqsave(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_trylock_irqsave: gives whether it has the lock, and the flags.
    Two steps, three where it has not."""
    flags = local_irq_save()
    done = spin_trylock(lock)
    if not done:
        local_irq_restore(flags)
    return done, flags


def spin_trylock_bh(lock: Ptr[Spinlock]) -> Bool:
    """include/linux/spinlock.h, spin_trylock_bh: soft interrupts are off only if it has the lock.
    Two steps, three where it has not."""
    local_bh_disable()
    if spin_trylock(lock):
        return True
    local_bh_enable()
    return False


def spin_unlock(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_unlock.  One step."""
    lockdep_hardirqs_on()
    with atomic(because="one store; the owner is looked at by the check only"):
        assert lock.owner == current(), "lock-misuse: spinlock released by another thread"
        smp_store_release(lock.owner, None)
        lock.holder = None
    preempt_enable()


def spin_lock_irq(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_lock_irq.  Two steps."""
    local_irq_disable()
    spin_lock(lock)


def spin_unlock_irq(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_unlock_irq.  Two steps."""
    spin_unlock(lock)
    local_irq_enable()


def spin_lock_irqsave(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_lock_irqsave: gives the flags.  Two steps."""
    flags = local_irq_save()
    spin_lock(lock)
    return flags


def spin_unlock_irqrestore(lock: Ptr[Spinlock], flags: Bool):
    """include/linux/spinlock.h, spin_unlock_irqrestore.  Two steps."""
    spin_unlock(lock)
    local_irq_restore(flags)


def spin_lock_bh(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_lock_bh.  Two steps."""
    local_bh_disable()
    spin_lock(lock)


def spin_unlock_bh(lock: Ptr[Spinlock]):
    """include/linux/spinlock.h, spin_unlock_bh.  Two steps."""
    spin_unlock(lock)
    local_bh_enable()


def spin_is_locked(lock: Ptr[Spinlock]) -> Bool:
    """include/linux/spinlock.h, spin_is_locked.  One step."""
    return lock.owner is not None
