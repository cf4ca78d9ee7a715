"""The spinning read-write lock: `rwlock_t`, include/linux/rwlock.h, kernel/locking/qrwlock.c (v6.12).

Kept: many readers or one writer; a thread that waits is disabled and does not spin; preemption is
off inside.  An unlock is one atomic, after which the lock's memory is not touched again.  Readers
that read again are counted twice, and not more often.
A waiting writer holds up new readers, but none in an interrupt or where soft interrupts are off
(`in_interrupt()` in `queued_read_lock_slowpath`).  `shared(rwlock_t, writer_preference=False)`: readers
do not see a waiting writer: fewer states, and the deadlock of reading again is reported as
`lock-order` only.
Checked: `lock-misuse` for a release without holding, for writing what one reads or writes already,
and for freeing it while held; `lock-order` on arrival, also against interrupts: readers like
writers, but for `read_lock_is_recursive` (lockdep.py); sleeping inside is `sleep-in-atomic`.
Left out: the order among waiters; kernels without CONFIG_QUEUED_RWLOCKS, where reading again is
allowed everywhere.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Ptr,
    atomic,
    context,
    current,
    observer,
    wait_until,
)

from .lockdep import (
    lockdep_hardirqs_on,
    read_under_interrupts,
    rwlock_acquire,
    rwlock_acquire_read,
    rwlock_acquire_read_recursive,
    rwlock_t as rwlock_t,
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
    tasks,
)


def rwlock_init(lock: Ptr[rwlock_t], writer_preference: Bool = True):
    """include/linux/rwlock.h, rwlock_init, for what `new` gave.  One step."""
    with atomic(because="nobody else knows it yet"):
        lock.owner = None
        lock.readers.clear()
        lock.twice.clear()
        lock.waiting_writers.clear()
        lock.writer_preference = writer_preference


# ---------------------------------------------------------------------------------------------
# Reading


def read_lock(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, read_lock: wait until nobody writes, read.  One step."""
    arrive_reading(lock)
    with atomic(rmw="acquire", because="the spinning itself is not seen by anybody"):
        assert lock.owner != current(), "lock-misuse: lock read by its writer"
        wait_until(
            lock.owner is None
            and not (
                lock.writer_preference
                and len(lock.waiting_writers) > 0
                and context() != Context.HARDIRQ
                and context() != Context.SOFTIRQ
                and tasks[current()].softirqs_off == 0
            )
        )
        count_reader(lock)
    preempt_disable()


@observer
def arrive_reading(lock: Ptr[rwlock_t]):
    """kernel/locking/lockdep.c, read_lock_is_recursive."""
    if context() == Context.HARDIRQ or context() == Context.SOFTIRQ:
        rwlock_acquire_read_recursive(lock)
    elif tasks[current()].softirqs_off > 0:
        rwlock_acquire_read_recursive(lock)
    else:
        rwlock_acquire_read(lock)


def count_reader(lock: Ptr[rwlock_t]):
    """One reader more; inside the step that found the lock readable."""
    if current() in lock.readers:
        assert current() not in lock.twice, "lock-misuse: read three times over, we count to two"
        lock.twice.add(current())
    else:
        lock.readers.add(current())
    lock.holders.add(current())


def read_trylock(lock: Ptr[rwlock_t]) -> Bool:
    """include/linux/rwlock.h, read_trylock: read if nobody writes, or waits to.  One step."""
    with atomic(rmw="acquire", because="one atomic_add of the lock word"):
        if lock.owner is not None:
            return False
        if lock.writer_preference and len(lock.waiting_writers) > 0:
            return False
        count_reader(lock)
    preempt_disable()
    read_under_interrupts(lock)
    return True


def read_unlock(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, read_unlock.  One step."""
    lockdep_hardirqs_on()
    with atomic(rmw="release", because="one atomic_sub of the lock word"):
        assert current() in lock.readers, "lock-misuse: lock not read by who releases it"
        if current() in lock.twice:
            lock.twice.discard(current())
        else:
            lock.readers.discard(current())
            lock.holders.discard(current())
    preempt_enable()


# ---------------------------------------------------------------------------------------------
# Writing


def write_lock(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, write_lock: wait until nobody has it, write.  One step; two where it
    has to wait and its waiting is seen (`writer_preference`)."""
    rwlock_acquire(lock)
    with atomic(rmw="acquire", because="one cmpxchg of the lock word, or joining the queue"):
        check_writer(lock)
        queued = lock.writer_preference and (lock.owner is not None or len(lock.readers) > 0)
        if queued:
            lock.waiting_writers.add(current())
        else:
            wait_until(lock.owner is None and len(lock.readers) == 0)
            lock.owner = current()
            lock.holders.add(current())
    if queued:
        with atomic(rmw="acquire", because="one cmpxchg of the lock word"):
            wait_until(lock.owner is None and len(lock.readers) == 0)
            lock.waiting_writers.discard(current())
            lock.owner = current()
            lock.holders.add(current())
    preempt_disable()


@observer
def check_writer(lock: Ptr[rwlock_t]):
    assert lock.owner != current(), "lock-misuse: lock written again by its writer"
    assert current() not in lock.readers, "lock-misuse: lock written by its reader"


def write_trylock(lock: Ptr[rwlock_t]) -> Bool:
    """include/linux/rwlock.h, write_trylock: write if nobody has it.  One step."""
    with atomic(rmw="acquire", because="one cmpxchg of the lock word"):
        if lock.owner is not None or len(lock.readers) > 0:
            return False
        if lock.writer_preference and len(lock.waiting_writers) > 0:
            return False
        lock.owner = current()
        lock.holders.add(current())
    preempt_disable()
    under_interrupts(lock)
    return True


def write_unlock(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, write_unlock.  One step."""
    lockdep_hardirqs_on()
    with atomic(rmw="release", because="one store; the owner is looked at by the check only"):
        assert lock.owner == current(), "lock-misuse: lock not written by who releases it"
        lock.owner = None
        lock.holders.discard(current())
    preempt_enable()


# ---------------------------------------------------------------------------------------------
# With interrupts off


def read_lock_irq(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, read_lock_irq.  One step more than `read_lock`."""
    local_irq_disable()
    read_lock(lock)


def read_unlock_irq(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, read_unlock_irq.  Two steps."""
    read_unlock(lock)
    local_irq_enable()


def read_lock_irqsave(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, read_lock_irqsave: gives the flags.  One step more than
    `read_lock`."""
    flags = local_irq_save()
    read_lock(lock)
    return flags


def read_unlock_irqrestore(lock: Ptr[rwlock_t], flags: Bool):
    """include/linux/rwlock.h, read_unlock_irqrestore.  Two steps."""
    read_unlock(lock)
    local_irq_restore(flags)


def read_lock_bh(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, read_lock_bh.  One step more than `read_lock`."""
    local_bh_disable()
    read_lock(lock)


def read_unlock_bh(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, read_unlock_bh.  Two steps."""
    read_unlock(lock)
    local_bh_enable()


def write_lock_irq(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, write_lock_irq.  One step more than `write_lock`."""
    local_irq_disable()
    write_lock(lock)


def write_unlock_irq(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, write_unlock_irq.  Two steps."""
    write_unlock(lock)
    local_irq_enable()


def write_lock_irqsave(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, write_lock_irqsave: gives the flags.  One step more than
    `write_lock`."""
    flags = local_irq_save()
    write_lock(lock)
    return flags


def write_unlock_irqrestore(lock: Ptr[rwlock_t], flags: Bool):
    """include/linux/rwlock.h, write_unlock_irqrestore.  Two steps."""
    write_unlock(lock)
    local_irq_restore(flags)


def write_lock_bh(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, write_lock_bh.  One step more than `write_lock`."""
    local_bh_disable()
    write_lock(lock)


def write_unlock_bh(lock: Ptr[rwlock_t]):
    """include/linux/rwlock.h, write_unlock_bh.  Two steps."""
    write_unlock(lock)
    local_bh_enable()
