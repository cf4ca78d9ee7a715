"""Who holds which lock, and in which order locks are taken: kernel/locking/lockdep.c (v6.12).

The structs of all locks stand here, because lockdep looks at all of them; what is done with each
stands in a file of its own.

Kept: classes (a lock's class is its declaration: the name of a shared lock, else `Struct.field`); the
order of a class after every class that is held, recorded when a thread **arrives** at the lock, so
that the two orders of an ABBA need never meet; a cycle of orders over the whole exploration is
`lock-order`.  Taking a second lock of a class that is held, or reading a lock again that is read
already, is such a cycle of one.  Trylocks never wait: they record nothing before themselves, but
what is taken inside them.  Interrupts are a class: `in_hardirq` comes before what a handler takes,
and after what is held while it may come (also by a trylock, and also where interrupts come on
again under the lock); so "taken in an interrupt, and elsewhere with interrupts on" is a cycle, and
so is a chain from one to the other.  Reading an `rwlock_t` in an interrupt does not wait for
readers, so it is no conflict with reading it with interrupts on.  `LockdepMap` is for what is no
lock but is waited for like one (`kn->dep_map`, a work item, a completion).
Checked: `lock-misuse` for ending a thread, or a callback that the library calls, with a lock held or
preemption off, and for freeing a lock that is held.
Left out, all on the side of saying too much: subclasses beyond "nested" and "not nested"; what is
taken under a lock that is held for reading counts as if it were held for writing; between different
locks, reading in an interrupt counts as writing; all `rwlock_t` are one class where one is taken
under another lock and a handler reads any.  Left out, saying less: interrupts that
`local_irq_enable` lets in while a lock is held are seen at the next lock that is taken or given
back, not before; bit spinlocks have no class, as in the kernel.

`holder` and `holders` are who took a lock: unlike `owner` they can be asked of a lock that nobody
has initialised yet.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Int,
    Ptr,
    Set,
    ThreadId,
    between,
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

from .task_struct import Task, tasks


@struct(marked=True)
class Mutex:
    """`struct mutex`: modelcheck/kernel/mutex.py."""

    owner: ThreadId
    holder: ThreadId = ghost()


@struct(marked=True)
class Spinlock:
    """`spinlock_t`: modelcheck/kernel/spinlock.py."""

    owner: ThreadId
    holder: ThreadId = ghost()


@struct(marked=True)
class Rwsem:
    """`struct rw_semaphore`: modelcheck/kernel/rwsem.py."""

    owner: ThreadId  # who writes
    readers: Set[ThreadId]
    twice: Set[ThreadId]  # who reads, and reads again inside
    waiting_writers: Set[ThreadId]
    writer_preference: Bool = True
    wait_lock: Bool  # nobody stores it: what an unlock touches last
    holders: Set[ThreadId] = ghost()


@struct
class LockClass:
    """A class that no lock has for itself: all `rwlock_t` that are taken under another lock."""

    unused: Bool = ghost(False)


@struct(marked=True)
class rwlock_t:
    """`rwlock_t`: modelcheck/kernel/rwlock.py."""

    owner: ThreadId  # who writes
    readers: Set[ThreadId]
    twice: Set[ThreadId]
    waiting_writers: Set[ThreadId]
    writer_preference: Bool = True
    holders: Set[ThreadId] = ghost()


@struct(marked=True)
class PercpuRwSemaphore:
    """`struct percpu_rw_semaphore`: modelcheck/kernel/percpu_rwsem.py."""

    owner: ThreadId  # who has set `block`
    readers: Set[ThreadId]
    twice: Set[ThreadId]
    waiters: Bool  # nobody stores it: what an unlock touches last
    holders: Set[ThreadId] = ghost()


@struct(marked=True)
class seqcount_t:
    """`seqcount_t`: modelcheck/kernel/seqlock.py."""

    sequence: Int = between(0, 127)
    holder: ThreadId = ghost()


@struct(marked=True)
class seqlock_t:
    """`seqlock_t`: modelcheck/kernel/seqlock.py."""

    sequence: Int = between(0, 127)
    owner: ThreadId
    holder: ThreadId = ghost()


@struct
class LockdepMap:
    """`struct lockdep_map`: something that is held and waited for without being a lock."""

    holders: Set[ThreadId] = ghost()


nested_rwlocks = shared(LockClass)
in_hardirq = shared(LockdepMap)
in_softirq = shared(LockdepMap)
reading_in_hardirq = shared(LockdepMap)
reading_in_softirq = shared(LockdepMap)


# ---------------------------------------------------------------------------------------------
# Arriving at a lock.  A lock that excludes is not recorded after itself: taking it twice is
# `lock-misuse`.


@observer
def mutex_acquire(lock: Ptr[Mutex]):
    """What is held comes before this mutex."""
    for held in objects(Mutex):
        if owns(held) and held is not lock:
            precedes("lock-order", held, lock)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_percpu_rwsems(lock)
    after_seqlocks(lock)
    after_maps(lock)


@observer
def mutex_acquire_nested(lock: Ptr[Mutex]):
    """The same for `mutex_lock_nested`: other mutexes of its class may be held."""
    for held in objects(Mutex):
        if owns(held) and held is not lock:
            precedes("lock-order", held, lock, nested=True)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_percpu_rwsems(lock)
    after_seqlocks(lock)
    after_maps(lock)


@observer
def spin_acquire(lock: Ptr[Spinlock]):
    """What is held comes before this spinlock."""
    for held in objects(Spinlock):
        if owns(held) and held is not lock:
            precedes("lock-order", held, lock)
    after_mutexes(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_percpu_rwsems(lock)
    after_seqlocks(lock)
    after_maps(lock)
    against_interrupts(lock)


@observer
def spin_acquire_nested(lock: Ptr[Spinlock]):
    """The same for `spin_lock_nested`: other spinlocks of its class may be held."""
    for held in objects(Spinlock):
        if owns(held) and held is not lock:
            precedes("lock-order", held, lock, nested=True)
    after_mutexes(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_percpu_rwsems(lock)
    after_seqlocks(lock)
    after_maps(lock)
    against_interrupts(lock)


@observer
def rwsem_acquire(lock: Ptr[Rwsem]):
    """What is held comes before this semaphore, also the semaphore itself."""
    for held in objects(Rwsem):
        if has(held):
            precedes("lock-order", held, lock)
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwlocks(lock)
    after_percpu_rwsems(lock)
    after_seqlocks(lock)
    after_maps(lock)


@observer
def rwsem_acquire_nested(lock: Ptr[Rwsem]):
    """The same for `down_read_nested` and `down_write_nested`: others of its class may be held."""
    for held in objects(Rwsem):
        if has(held):
            if held is lock:
                precedes("lock-order", held, lock)
            else:
                precedes("lock-order", held, lock, nested=True)
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwlocks(lock)
    after_percpu_rwsems(lock)
    after_seqlocks(lock)
    after_maps(lock)


@observer
def percpu_rwsem_acquire(lock: Ptr[PercpuRwSemaphore]):
    """What is held comes before this semaphore, also the semaphore itself."""
    for held in objects(PercpuRwSemaphore):
        if has(held):
            precedes("lock-order", held, lock)
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_seqlocks(lock)
    after_maps(lock)


@observer
def rwlock_acquire(lock: Ptr[rwlock_t]):
    """What is held comes before this lock, which will be written."""
    for held in objects(rwlock_t):
        if has(held):
            precedes("lock-order", held, lock)
            precedes("lock-order", held, nested_rwlocks)
    after_others_than_rwlocks(lock)
    after_others_than_rwlocks(nested_rwlocks)
    against_interrupts(lock)


@observer
def rwlock_acquire_read(lock: Ptr[rwlock_t]):
    """What is held comes before this lock, which will be read: it waits for a waiting writer, so
    not even the same lock may be read already."""
    for held in objects(rwlock_t):
        if has(held):
            precedes("lock-order", held, lock)
            precedes("lock-order", held, nested_rwlocks)
    after_others_than_rwlocks(lock)
    after_others_than_rwlocks(nested_rwlocks)
    read_against_interrupts(lock)


@observer
def rwlock_acquire_read_recursive(lock: Ptr[rwlock_t]):
    """The same in an interrupt, or where soft interrupts are off: it waits for the writer that
    has the lock and for nobody else, so reading what is read already is fine."""
    for held in objects(rwlock_t):
        if has(held) and held is not lock:
            if held.owner == current():
                precedes("lock-order", held, lock)
            else:
                precedes("lock-order", held, lock, nested=True)
    after_others_than_rwlocks(lock)
    read_against_interrupts(lock)


@observer
def seqlock_acquire(lock):
    """What is held comes before this `seqlock_t` or `seqcount_t`, which is waited for."""
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_percpu_rwsems(lock)
    after_maps(lock)


@observer
def seqlock_write_acquire(lock: Ptr[seqlock_t]):
    """What is held comes before this lock."""
    for held in objects(seqlock_t):
        if owns(held) and held is not lock:
            precedes("lock-order", held, lock)
    for count in objects(seqcount_t):
        if writes(count):
            precedes("lock-order", count, lock)
    seqlock_acquire(lock)
    against_interrupts(lock)


@observer
def seqlock_read_acquire(lock: Ptr[seqlock_t]):
    """A reader waits while somebody writes, and then holds nothing."""
    for held in objects(seqlock_t):
        if owns(held):
            precedes("lock-order", held, lock)
    for count in objects(seqcount_t):
        if writes(count):
            precedes("lock-order", count, lock)
    seqlock_acquire(lock)
    read_in_interrupt(lock)


@observer
def seqcount_write_acquire(lock: Ptr[seqcount_t]):
    """What is held comes before writing under this count."""
    for held in objects(seqcount_t):
        if writes(held) and held is not lock:
            precedes("lock-order", held, lock)
    for seqlock in objects(seqlock_t):
        if owns(seqlock):
            precedes("lock-order", seqlock, lock)
    seqlock_acquire(lock)
    against_interrupts(lock)


@observer
def seqcount_read_acquire(lock: Ptr[seqcount_t]):
    """A reader waits while somebody writes, and then holds nothing."""
    for held in objects(seqcount_t):
        if writes(held):
            precedes("lock-order", held, lock)
    for seqlock in objects(seqlock_t):
        if owns(seqlock):
            precedes("lock-order", seqlock, lock)
    seqlock_acquire(lock)
    read_in_interrupt(lock)


@observer
def lock_map_acquire(lock: Ptr[LockdepMap]):
    """include/linux/lockdep.h, lock_map_acquire: what is held comes before this, also the map
    itself (who has it waits for itself), and it is held now."""
    lock_map_wait(lock)
    lock.holders.add(current())


@observer
def lock_map_wait(lock: Ptr[LockdepMap]):
    """`lock_map_acquire` and `lock_map_release` at once: what is held comes before this."""
    after_maps(lock)
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_rwlocks(lock)
    after_percpu_rwsems(lock)
    after_seqlocks(lock)


@observer
def lock_map_wait_irqsave(lock: Ptr[LockdepMap]):
    """The same for a spinlock that is taken with interrupts off, and given back."""
    lock_map_wait(lock)
    in_interrupt(lock)


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
def owns(lock) -> Bool:
    """Whether this thread has a lock with one owner.  A crash forgets owners, but no ghosts."""
    return lock.holder == current() and lock.owner == current()


@observer
def has(lock) -> Bool:
    """Whether this thread has a lock with readers, as one of them or as the writer."""
    return current() in lock.holders and (lock.owner == current() or current() in lock.readers)


@observer
def writes(count: Ptr[seqcount_t]) -> Bool:
    """Whether this thread is writing under a sequence count."""
    return count.holder == current() and count.sequence % 2 == 1


@observer
def after_mutexes(lock):
    for held in objects(Mutex):
        if owns(held):
            precedes("lock-order", held, lock)


@observer
def after_spinlocks(lock):
    for held in objects(Spinlock):
        if owns(held):
            precedes("lock-order", held, lock)


@observer
def after_rwsems(lock):
    for held in objects(Rwsem):
        if has(held):
            precedes("lock-order", held, lock)


@observer
def after_rwlocks(lock):
    for held in objects(rwlock_t):
        if has(held):
            precedes("lock-order", held, lock)


@observer
def after_percpu_rwsems(lock):
    for held in objects(PercpuRwSemaphore):
        if has(held):
            precedes("lock-order", held, lock)


@observer
def after_seqlocks(lock):
    for held in objects(seqlock_t):
        if owns(held):
            precedes("lock-order", held, lock)
    for count in objects(seqcount_t):
        if writes(count):
            precedes("lock-order", count, lock)


@observer
def after_maps(lock):
    for held in objects(LockdepMap):
        if current() in held.holders:
            precedes("lock-order", held, lock)


@observer
def after_others_than_rwlocks(lock):
    after_mutexes(lock)
    after_spinlocks(lock)
    after_rwsems(lock)
    after_percpu_rwsems(lock)
    after_seqlocks(lock)
    after_maps(lock)


# ---------------------------------------------------------------------------------------------
# Interrupts


@observer
def against_interrupts(lock):
    """kernel/locking/lockdep.c, mark_usage: what handlers take must be taken with them off."""
    in_interrupt(lock)
    under_interrupts(lock)


@observer
def in_interrupt(lock):
    if context() == Context.HARDIRQ:
        precedes("lock-order", in_hardirq, lock)
    elif context() == Context.SOFTIRQ:
        precedes("lock-order", in_softirq, lock)


@observer
def interrupts_are_on() -> Bool:
    return not tasks[current()].irqs_off and tasks[current()].irqs_off_inside == 0


@observer
def under_interrupts(lock):
    """kernel/locking/lockdep.c, mark_usage and mark_held_locks: interrupts that may come now come
    while this lock is held."""
    if context() != Context.HARDIRQ and interrupts_are_on():
        precedes("lock-order", lock, in_hardirq)
        precedes("lock-order", lock, reading_in_hardirq)
        if context() != Context.SOFTIRQ and tasks[current()].softirqs_off == 0:
            precedes("lock-order", lock, in_softirq)
            precedes("lock-order", lock, reading_in_softirq)


@observer
def read_against_interrupts(lock: Ptr[rwlock_t]):
    """The same for a lock that is read: two readers do not wait for each other."""
    read_in_interrupt(lock)
    read_under_interrupts(lock)


@observer
def read_in_interrupt(lock):
    if context() == Context.HARDIRQ:
        precedes("lock-order", reading_in_hardirq, lock)
    elif context() == Context.SOFTIRQ:
        precedes("lock-order", reading_in_softirq, lock)


@observer
def read_under_interrupts(lock: Ptr[rwlock_t]):
    """Whoever waits for this reader under another lock may be waited for by a handler that reads:
    `nested_rwlocks`."""
    if context() != Context.HARDIRQ and interrupts_are_on():
        precedes("lock-order", lock, in_hardirq)
        precedes("lock-order", nested_rwlocks, reading_in_hardirq)
        if context() != Context.SOFTIRQ and tasks[current()].softirqs_off == 0:
            precedes("lock-order", lock, in_softirq)
            precedes("lock-order", nested_rwlocks, reading_in_softirq)


@observer
def lockdep_hardirqs_on():
    """kernel/locking/lockdep.c, mark_held_locks: interrupts are on; what is held is held under
    them."""
    for spinlock in objects(Spinlock):
        if owns(spinlock):
            under_interrupts(spinlock)
    for seqlock in objects(seqlock_t):
        if owns(seqlock):
            under_interrupts(seqlock)
    for count in objects(seqcount_t):
        if writes(count):
            under_interrupts(count)
    for rwlock in objects(rwlock_t):
        if has(rwlock):
            if rwlock.owner == current():
                under_interrupts(rwlock)
            else:
                read_under_interrupts(rwlock)


# ---------------------------------------------------------------------------------------------
# Checks


@observer
def lockdep_assert_held(lock):
    """include/linux/lockdep.h, for anything with one owner, or for writing.  No step."""
    assert lock.owner == current(), "lock-misuse: the lock is not held here"


@observer
def lockdep_assert_held_write(lock):
    """include/linux/lockdep.h, for locks with readers.  No step."""
    assert lock.owner == current(), "lock-misuse: the lock is not held here for writing"


@observer
def lockdep_assert_held_read(lock):
    """include/linux/lockdep.h, for locks with readers.  No step."""
    assert current() in lock.readers, "lock-misuse: the lock is not held here for reading"


@observer
def lockdep_assert_held_any(lock):
    """`lockdep_assert_held` of include/linux/lockdep.h for locks with readers.  No step."""
    assert lock.owner == current() or current() in lock.readers, (
        "lock-misuse: the lock is not held here"
    )


@observer
def lockdep_assert_not_held(lock):
    """include/linux/lockdep.h, for anything with one owner.  No step."""
    assert lock.owner != current(), "lock-misuse: the lock is held here"


@on_free(Mutex)
def mutex_freed(lock: Ptr[Mutex]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.holder is None or lock.owner is None, "lock-misuse: mutex freed while held"


@on_free(Spinlock)
def spinlock_freed(lock: Ptr[Spinlock]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.holder is None or lock.owner is None, "lock-misuse: spinlock freed while held"


@on_free(Rwsem)
def rwsem_freed(lock: Ptr[Rwsem]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert len(lock.holders) == 0 or (lock.owner is None and len(lock.readers) == 0), (
        "lock-misuse: semaphore freed while held"
    )


@on_free(rwlock_t)
def rwlock_freed(lock: Ptr[rwlock_t]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert len(lock.holders) == 0 or (lock.owner is None and len(lock.readers) == 0), (
        "lock-misuse: lock freed while held"
    )


@on_free(PercpuRwSemaphore)
def percpu_rwsem_freed(lock: Ptr[PercpuRwSemaphore]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert len(lock.holders) == 0 or (lock.owner is None and len(lock.readers) == 0), (
        "lock-misuse: semaphore freed while held"
    )


@on_free(seqlock_t)
def seqlock_freed(lock: Ptr[seqlock_t]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.holder is None or lock.owner is None, "lock-misuse: seqlock freed while held"


@on_free(seqcount_t)
def seqcount_freed(lock: Ptr[seqcount_t]):
    """kernel/locking/lockdep.c, debug_check_no_locks_freed."""
    assert lock.holder is None or lock.sequence % 2 == 0, (
        "lock-misuse: sequence count freed while somebody writes"
    )


@observer
def no_locks_are_left():
    """kernel/locking/lockdep.c, debug_check_no_locks_held: where everything must be given back."""
    for mutex in objects(Mutex):
        assert not owns(mutex), "lock-misuse: it is over and a mutex is held"
    for spinlock in objects(Spinlock):
        assert not owns(spinlock), "lock-misuse: it is over and a spinlock is held"
    for rwsem in objects(Rwsem):
        assert not has(rwsem), "lock-misuse: it is over and a semaphore is held"
    for rwlock in objects(rwlock_t):
        assert not has(rwlock), "lock-misuse: it is over and a read-write lock is held"
    for percpu in objects(PercpuRwSemaphore):
        assert not has(percpu), "lock-misuse: it is over and a semaphore is held"
    for seqlock in objects(seqlock_t):
        assert not owns(seqlock), "lock-misuse: it is over and a seqlock is held"


@observer
def callback_returns():
    """kernel/softirq.c, handle_softirqs, "exited with preempt_count"; kernel/time/timer.c,
    call_timer_fn: a function that was called in an interrupt has returned."""
    no_locks_are_left()
    assert tasks[current()].preempt_count == 0, "lock-misuse: a callback left preemption off"
    assert tasks[current()].rcu_nesting == 0, "rcu-misuse: a callback left an RCU reader open"


@on_free(Task)
def exits_without_locks(task: Ptr[Task]):
    """kernel/locking/lockdep.c, debug_check_no_locks_held; kernel/exit.c, "exited with
    preempt_count": at the end of a thread."""
    no_locks_are_left()
    assert task.preempt_count == 0, "lock-misuse: the thread ends with preemption off"
