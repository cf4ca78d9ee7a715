"""The read-write semaphore with cheap readers: `struct percpu_rw_semaphore`,
kernel/locking/percpu-rwsem.c (v6.12).

Kept: a reader counts itself and looks at `block`, and is through if it is clear (one step: preemption
is off in between, and the writer's grace period waits for that); a writer sets `block`, which holds
up writers and new readers, and then waits for the readers that were there, however long: so a
waiting writer always holds up new readers, and reading again deadlocks with it.  Both unlocks touch
the semaphore after they gave it away (`rcuwait_wake_up`, `__wake_up`, `rcu_sync_exit`).
Checked: `lock-misuse` for a release without holding, for writing what one reads or writes already,
and for freeing it while held; `lock-order` on arrival, readers like writers; `sleep-in-atomic`.
Left out: what `rcu_sync_enter` waits for beyond the readers of this semaphore (nobody may rely on
that: it waits for nothing while a writer before it is still on its way out); the order among
waiters.
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    READ_ONCE,
    atomic,
    current,
    observer,
    wait_until,
)

from .lockdep import PercpuRwSemaphore as PercpuRwSemaphore, percpu_rwsem_acquire
from .task import might_sleep


def percpu_init_rwsem(sem: Ptr[PercpuRwSemaphore]):
    """kernel/locking/percpu-rwsem.c, __percpu_init_rwsem, for what `new` gave.  One step."""
    with atomic(because="nobody else knows it yet"):
        sem.owner = None
        sem.readers.clear()
        sem.twice.clear()
        sem.waiters = False


def percpu_down_read(sem: Ptr[PercpuRwSemaphore]):
    """include/linux/percpu-rwsem.h, percpu_down_read: sleep while a writer blocks.  One step."""
    might_sleep()
    percpu_rwsem_acquire(sem)
    with atomic(because="preemption is off, and a writer waits for that"):
        assert sem.owner != current(), "lock-misuse: semaphore read by its writer"
        wait_until(sem.owner is None)
        count_reader(sem)


def percpu_down_read_trylock(sem: Ptr[PercpuRwSemaphore]) -> Bool:
    """include/linux/percpu-rwsem.h, percpu_down_read_trylock.  One step."""
    with atomic(because="preemption is off, and a writer waits for that"):
        if sem.owner is not None:
            return False
        count_reader(sem)
        return True


def count_reader(sem: Ptr[PercpuRwSemaphore]):
    """One reader more; inside the step that found `block` clear."""
    if current() in sem.readers:
        assert current() not in sem.twice, "lock-misuse: read three times over, we count to two"
        sem.twice.add(current())
    else:
        sem.readers.add(current())
    sem.holders.add(current())


def percpu_up_read(sem: Ptr[PercpuRwSemaphore]):
    """include/linux/percpu-rwsem.h, percpu_up_read.  Two steps; one where the semaphore is never
    freed."""
    with atomic(because="preemption is off: one this_cpu_dec of read_count"):
        assert current() in sem.readers, "lock-misuse: semaphore not read by who releases it"
        if current() in sem.twice:
            sem.twice.discard(current())
        else:
            sem.readers.discard(current())
            sem.holders.discard(current())
    READ_ONCE(sem.waiters)  # rcuwait_wake_up(&sem->writer)


def percpu_down_write(sem: Ptr[PercpuRwSemaphore]):
    """kernel/locking/percpu-rwsem.c, percpu_down_write: block, then wait for readers.  Two steps."""
    might_sleep()
    percpu_rwsem_acquire(sem)
    with atomic(because="one xchg of block"):
        check_writer(sem)
        wait_until(sem.owner is None)
        sem.owner = current()
        sem.holders.add(current())
    wait_until(len(sem.readers) == 0)


@observer
def check_writer(sem: Ptr[PercpuRwSemaphore]):
    assert sem.owner != current(), "lock-misuse: semaphore written again by its writer"
    assert current() not in sem.readers, "lock-misuse: semaphore written by its reader"


def percpu_up_write(sem: Ptr[PercpuRwSemaphore]):
    """kernel/locking/percpu-rwsem.c, percpu_up_write.  Two steps; one where the semaphore is never
    freed."""
    with atomic(rmw="release", because="one store of block; the owner is looked at by the check"):
        assert sem.owner == current(), "lock-misuse: semaphore not written by who releases it"
        sem.owner = None
        sem.holders.discard(current())
    READ_ONCE(sem.waiters)  # __wake_up(&sem->waiters), rcu_sync_exit(&sem->rss)


@observer
def percpu_rwsem_assert_held(sem: Ptr[PercpuRwSemaphore]):
    """include/linux/percpu-rwsem.h, percpu_rwsem_assert_held.  No step."""
    assert sem.owner == current() or current() in sem.readers, (
        "lock-misuse: the semaphore is not held here"
    )


def percpu_is_read_locked(sem: Ptr[PercpuRwSemaphore]) -> Bool:
    """kernel/locking/percpu-rwsem.c, percpu_is_read_locked.  One step."""
    with atomic(because="the sum of read_count, taken at once"):
        return len(sem.readers) > 0 and sem.owner is None


def percpu_is_write_locked(sem: Ptr[PercpuRwSemaphore]) -> Bool:
    """include/linux/percpu-rwsem.h, percpu_is_write_locked.  One step."""
    return sem.owner is not None
