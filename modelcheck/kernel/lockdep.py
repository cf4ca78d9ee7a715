"""Who holds which lock, and in which order locks are taken: kernel/locking/lockdep.c (v6.12).

The structs of all locks stand here, because lockdep looks at all of them; what is done with each
stands in a file of its own.  A lock knows who holds it, so there is nothing else to keep.

Kept: classes (a lock's class is its declaration: the name of a shared lock, else `Struct.field`); the
order of a class after every class that is held, recorded when a thread **arrives** at the lock, so
that the two orders of an ABBA need never meet; a cycle of orders over the whole exploration is
`lock-order`.  Interrupts are such a class: `in_hardirq` comes before what a handler takes, and after
what is held while it may come; so "taken in an interrupt, and elsewhere with interrupts on" is a
cycle too.  `LockdepMap` is for what is no lock but is waited for like one (`kn->dep_map`, a work
item, a completion).
Checked: `lock-misuse` for ending a thread, or freeing a lock, while it is held.
Left out: trylocks record nothing before themselves (they never wait), but what is taken inside
them; subclasses beyond "nested" and "not nested"; read locks count as write locks, but for the
recursion of `rwlock_t` in interrupts.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Ptr,
    Set,
    ThreadId,
    context,
    current,
    ghost,
    objects,
    observer,
    on_free,
    precedes,
    shared,
    struct,
)

from .task import Task, tasks


@struct(marked=True)
class Mutex:
    """`struct mutex`: modelcheck/kernel/mutex.py."""

    owner: ThreadId


@struct(marked=True)
class Spinlock:
    """`spinlock_t`: modelcheck/kernel/spinlock.py."""

    owner: ThreadId


@struct(marked=True)
class Rwsem:
    """`struct rw_semaphore`: modelcheck/kernel/rwsem.py."""

    owner: ThreadId  # who writes
    readers: Set[ThreadId]
    waiting_writers: Set[ThreadId]
    writer_preference: Bool


@struct(marked=True)
class rwlock_t:
    """`rwlock_t`: modelcheck/kernel/rwlock.py."""

    owner: ThreadId  # who writes
    readers: Set[ThreadId]


@struct
class LockdepMap:
    """`struct lockdep_map`: something that is held and waited for without being a lock."""

    holders: Set[ThreadId] = ghost()


in_hardirq = shared(LockdepMap)
in_softirq = shared(LockdepMap)


# ---------------------------------------------------------------------------------------------
# Arriving at a lock.  A lock is not recorded after itself: taking it twice is `lock-misuse`.


@observer
def mutex_acquire(lock: Ptr[Mutex]):
    """What is held comes before this mutex."""
    for held in objects(Mutex):
        if held.owner == current() and held is not lock:
            precedes("lock-order", held, lock)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_maps(lock)


@observer
def mutex_acquire_nested(lock: Ptr[Mutex]):
    """The same for `mutex_lock_nested`: other mutexes of its class may be held."""
    for held in objects(Mutex):
        if held.owner == current() and held is not lock:
            precedes("lock-order", held, lock, nested=True)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_maps(lock)


@observer
def spin_acquire(lock: Ptr[Spinlock]):
    """What is held comes before this spinlock."""
    for held in objects(Spinlock):
        if held.owner == current() and held is not lock:
            precedes("lock-order", held, lock)
    after_mutexes(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_maps(lock)
    against_interrupts(lock)


@observer
def spin_acquire_nested(lock: Ptr[Spinlock]):
    """The same for `spin_lock_nested`: other spinlocks of its class may be held."""
    for held in objects(Spinlock):
        if held.owner == current() and held is not lock:
            precedes("lock-order", held, lock, nested=True)
    after_mutexes(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_maps(lock)
    against_interrupts(lock)


@observer
def rwsem_acquire(lock: Ptr[Rwsem]):
    """What is held comes before this semaphore."""
    for held in objects(Rwsem):
        if (held.owner == current() or current() in held.readers) and held is not lock:
            precedes("lock-order", held, lock)
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwlocks(lock)
    after_maps(lock)


@observer
def rwlock_acquire(lock: Ptr[rwlock_t]):
    """What is held comes before this lock."""
    for held in objects(rwlock_t):
        if (held.owner == current() or current() in held.readers) and held is not lock:
            precedes("lock-order", held, lock)
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_maps(lock)
    against_interrupts(lock)


@observer
def lock_map_acquire(lock: Ptr[LockdepMap]):
    """include/linux/lockdep.h, lock_map_acquire: what is held comes before this, which is held now."""
    for held in objects(LockdepMap):
        if current() in held.holders and held is not lock:
            precedes("lock-order", held, lock)
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    lock.holders.add(current())


@observer
def lock_map_acquire_try(lock: Ptr[LockdepMap]):
    """include/linux/lockdep.h, lock_acquire with trylock: it is held now, and nobody waited."""
    lock.holders.add(current())


@observer
def lock_map_release(lock: Ptr[LockdepMap]):
    """include/linux/lockdep.h, lock_map_release."""
    lock.holders.discard(current())


# ---------------------------------------------------------------------------------------------
# What may be held


@observer
def after_mutexes(lock):
    for held in objects(Mutex):
        if held.owner == current():
            precedes("lock-order", held, lock)


@observer
def after_spinlocks(lock):
    for held in objects(Spinlock):
        if held.owner == current():
            precedes("lock-order", held, lock)


@observer
def after_rwsems(lock):
    for held in objects(Rwsem):
        if held.owner == current() or current() in held.readers:
            precedes("lock-order", held, lock)


@observer
def after_rwlocks(lock):
    for held in objects(rwlock_t):
        if held.owner == current() or current() in held.readers:
            precedes("lock-order", held, lock)


@observer
def after_maps(lock):
    for held in objects(LockdepMap):
        if current() in held.holders:
            precedes("lock-order", held, lock)


@observer
def against_interrupts(lock):
    """kernel/locking/lockdep.c, mark_usage: what handlers take must be taken with them off."""
    if context() == Context.HARDIRQ:
        precedes("lock-order", in_hardirq, lock)
    else:
        if not tasks[current()].irqs_off:
            precedes("lock-order", lock, in_hardirq)
        if context() == Context.SOFTIRQ:
            precedes("lock-order", in_softirq, lock)
        elif not tasks[current()].irqs_off and tasks[current()].softirqs_off == 0:
            precedes("lock-order", lock, in_softirq)


# ---------------------------------------------------------------------------------------------
# Checks


@observer
def lockdep_assert_held(lock):
    """include/linux/lockdep.h, for anything with an `owner`.  No step."""
    assert lock.owner == current(), "lock-misuse: the lock is not held here"


@on_free(Mutex)
def mutex_freed(lock: Ptr[Mutex]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.owner is None, "lock-misuse: mutex freed while held"


@on_free(Spinlock)
def spinlock_freed(lock: Ptr[Spinlock]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.owner is None, "lock-misuse: spinlock freed while held"


@on_free(Rwsem)
def rwsem_freed(lock: Ptr[Rwsem]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.owner is None and len(lock.readers) == 0, "lock-misuse: semaphore freed while held"


@on_free(rwlock_t)
def rwlock_freed(lock: Ptr[rwlock_t]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.owner is None and len(lock.readers) == 0, "lock-misuse: lock freed while held"


@on_free(Task)
def exits_without_locks(task: Ptr[Task]):
    """kernel/locking/lockdep.c, debug_check_no_locks_held: at the end of a thread."""
    for mutex in objects(Mutex):
        assert mutex.owner != current(), "lock-misuse: the thread ends and holds a mutex"
    for spinlock in objects(Spinlock):
        assert spinlock.owner != current(), "lock-misuse: the thread ends and holds a spinlock"
    for rwsem in objects(Rwsem):
        assert rwsem.owner != current() and current() not in rwsem.readers, (
            "lock-misuse: the thread ends and holds a semaphore"
        )
    for rwlock in objects(rwlock_t):
        assert rwlock.owner != current() and current() not in rwlock.readers, (
            "lock-misuse: the thread ends and holds a read-write lock"
        )
