"""The sleeping read-write lock: `struct rw_semaphore`, kernel/locking/rwsem.c (v6.12).

Kept: many readers or one writer; `downgrade_write`; both unlocks have **two phases**: first the
lock is given away by one atomic on `count`, then, if somebody waits, `rwsem_wake` takes `wait_lock`
beside it, while a writer that does not need to be woken may have taken, released and freed the
semaphore.  So, as with a mutex, a semaphore must not be freed by its next owner.  Readers that
read again are counted twice, and not more often.
A waiting writer holds up new readers, as the kernel's queue does: reading again deadlocks with it,
as waiting for another reader does.  `shared(Rwsem, writer_preference=False)`: readers do not see a
waiting writer: fewer states, and **such a deadlock is not found**, but where it goes over locks
alone, by lockdep's orders.
Checked: `lock-misuse` for a release without holding, for writing what one reads or writes already,
and for freeing it while held; `lock-order` on arrival, readers like writers, reading again included
(as `rwsem_acquire_read` does); `sleep-in-atomic`.
Left out: the order among waiters: readers wait for every waiting writer, in the kernel for those
that came before them; optimistic spinning; a trylock that fails because of
waiters for a lock that is free just now (only waiting writers count).
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    READ_ONCE,
    atomic,
    current,
    either,
    observer,
    wait_until,
)

from .lockdep import Rwsem as Rwsem, rwsem_acquire, rwsem_acquire_nested
from .task import might_sleep


def init_rwsem(sem: Ptr[Rwsem], writer_preference: Bool = True):
    """include/linux/rwsem.h, init_rwsem, for what `new` gave.  One step."""
    with atomic(because="nobody else knows it yet"):
        sem.owner = None
        sem.readers.clear()
        sem.twice.clear()
        sem.waiting_writers.clear()
        sem.writer_preference = writer_preference
        sem.wait_lock = False


# ---------------------------------------------------------------------------------------------
# Reading


def down_read(sem: Ptr[Rwsem]):
    """kernel/locking/rwsem.c, down_read: sleep until nobody writes, read.  One step."""
    might_sleep()
    rwsem_acquire(sem)
    take_rwsem_for_reading(sem, False)


def down_read_nested(sem: Ptr[Rwsem], subclass):
    """kernel/locking/rwsem.c, down_read_nested: others of its class may be held.  One step."""
    might_sleep()
    if subclass > 0:
        rwsem_acquire_nested(sem)
    else:
        rwsem_acquire(sem)
    take_rwsem_for_reading(sem, False)


def down_read_interruptible(sem: Ptr[Rwsem]) -> Bool:
    """kernel/locking/rwsem.c, down_read_interruptible: `False` where it had to wait and a signal
    came first.  One step."""
    might_sleep()
    rwsem_acquire(sem)
    return take_rwsem_for_reading(sem, True)


def down_read_killable(sem: Ptr[Rwsem]) -> Bool:
    """kernel/locking/rwsem.c, down_read_killable: `False` where it had to wait and a deadly signal
    came first.  One step."""
    return down_read_interruptible(sem)


def take_rwsem_for_reading(sem: Ptr[Rwsem], interruptible) -> Bool:
    """Wait for it and read.  One step."""
    with atomic(rmw="acquire", because="the reader that is woken finds itself counted"):
        assert sem.owner != current(), "lock-misuse: semaphore read by its writer"
        if interruptible:
            if either():
                wait_until(
                    sem.owner is not None
                    or (sem.writer_preference and len(sem.waiting_writers) > 0)
                )
                return False
        wait_until(
            sem.owner is None and not (sem.writer_preference and len(sem.waiting_writers) > 0)
        )
        count_reader(sem)
    return True


def count_reader(sem: Ptr[Rwsem]):
    """One reader more; inside the step that found the semaphore readable."""
    if current() in sem.readers:
        assert current() not in sem.twice, "lock-misuse: read three times over, we count to two"
        sem.twice.add(current())
    else:
        sem.readers.add(current())
    sem.holders.add(current())


def down_read_trylock(sem: Ptr[Rwsem]) -> Bool:
    """kernel/locking/rwsem.c, down_read_trylock: read if nobody writes.  One step."""
    with atomic(rmw="acquire", because="one cmpxchg of count"):
        if sem.owner is not None:
            return False
        if sem.writer_preference and len(sem.waiting_writers) > 0:
            return False
        count_reader(sem)
        return True


def up_read(sem: Ptr[Rwsem]):
    """kernel/locking/rwsem.c, up_read.  Two steps; one where the semaphore is never freed."""
    with atomic(rmw="release", because="phase one is one atomic_add of count"):
        assert current() in sem.readers, "lock-misuse: semaphore not read by who releases it"
        if current() in sem.twice:
            sem.twice.discard(current())
        else:
            sem.readers.discard(current())
            sem.holders.discard(current())
    READ_ONCE(sem.wait_lock)  # phase two: rwsem_wake


# ---------------------------------------------------------------------------------------------
# Writing


def down_write(sem: Ptr[Rwsem]):
    """kernel/locking/rwsem.c, down_write: sleep until nobody has it, write.  One step; two where
    it has to wait, and readers see that (`writer_preference`)."""
    might_sleep()
    rwsem_acquire(sem)
    take_rwsem_for_writing(sem, False)


def down_write_nested(sem: Ptr[Rwsem], subclass):
    """kernel/locking/rwsem.c, down_write_nested: others of its class may be held.  Steps as
    `down_write`."""
    might_sleep()
    if subclass > 0:
        rwsem_acquire_nested(sem)
    else:
        rwsem_acquire(sem)
    take_rwsem_for_writing(sem, False)


def down_write_killable(sem: Ptr[Rwsem]) -> Bool:
    """kernel/locking/rwsem.c, down_write_killable: `False` where it had to wait and a deadly signal
    came first.  Steps as `down_write`."""
    might_sleep()
    rwsem_acquire(sem)
    return take_rwsem_for_writing(sem, True)


def take_rwsem_for_writing(sem: Ptr[Rwsem], interruptible) -> Bool:
    """Wait for it and write.  One step, or two."""
    with atomic(rmw="acquire", because="one cmpxchg of count, or joining the queue"):
        check_writer(sem)
        queued = sem.writer_preference and (sem.owner is not None or len(sem.readers) > 0)
        if queued:
            sem.waiting_writers.add(current())
        else:
            if interruptible:
                if either():
                    wait_until(sem.owner is not None or len(sem.readers) > 0)
                    return False
            wait_until(sem.owner is None and len(sem.readers) == 0)
            sem.owner = current()
            sem.holders.add(current())
    if queued:
        with atomic(rmw="acquire", because="rwsem_try_write_lock runs under wait_lock"):
            sem.waiting_writers.discard(current())
            if interruptible:
                if either():
                    wait_until(sem.owner is not None or len(sem.readers) > 0)
                    return False
            wait_until(sem.owner is None and len(sem.readers) == 0)
            sem.owner = current()
            sem.holders.add(current())
    return True


@observer
def check_writer(sem: Ptr[Rwsem]):
    assert sem.owner != current(), "lock-misuse: semaphore written again by its writer"
    assert current() not in sem.readers, "lock-misuse: semaphore written by its reader"


def down_write_trylock(sem: Ptr[Rwsem]) -> Bool:
    """kernel/locking/rwsem.c, down_write_trylock: write if nobody has it.  One step."""
    with atomic(rmw="acquire", because="one cmpxchg of count"):
        if sem.owner is not None or len(sem.readers) > 0:
            return False
        if sem.writer_preference and len(sem.waiting_writers) > 0:
            return False
        sem.owner = current()
        sem.holders.add(current())
        return True


def up_write(sem: Ptr[Rwsem]):
    """kernel/locking/rwsem.c, up_write.  Two steps; one where the semaphore is never freed."""
    with atomic(rmw="release", because="phase one is one atomic_add of count"):
        assert sem.owner == current(), "lock-misuse: semaphore not written by who releases it"
        sem.owner = None
        sem.holders.discard(current())
    READ_ONCE(sem.wait_lock)  # phase two: rwsem_wake


def downgrade_write(sem: Ptr[Rwsem]):
    """kernel/locking/rwsem.c, downgrade_write: go on as a reader.  One step."""
    with atomic(rmw="release", because="one atomic_add of count"):
        assert sem.owner == current(), "lock-misuse: semaphore not written by who downgrades it"
        sem.owner = None
        sem.readers.add(current())


# ---------------------------------------------------------------------------------------------
# Asking


def rwsem_is_locked(sem: Ptr[Rwsem]) -> Bool:
    """include/linux/rwsem.h, rwsem_is_locked.  One step."""
    with atomic(because="one load of count"):
        return sem.owner is not None or len(sem.readers) > 0


@observer
def rwsem_assert_held(sem: Ptr[Rwsem]):
    """include/linux/rwsem.h, rwsem_assert_held.  No step."""
    assert sem.owner == current() or current() in sem.readers, (
        "lock-misuse: the semaphore is not held here"
    )


@observer
def rwsem_assert_held_write(sem: Ptr[Rwsem]):
    """include/linux/rwsem.h, rwsem_assert_held_write.  No step."""
    assert sem.owner == current(), "lock-misuse: the semaphore is not held here for writing"
