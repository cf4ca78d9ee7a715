"""Sequence counters and seqlocks: `seqcount_t`, `seqlock_t`, include/linux/seqlock.h (v6.12).

Kept: a writer makes the sequence odd, writes, and makes it even again; a reader waits for an even
one (disabled, not spinning), reads, and compares.  A counter with an associated lock is
`seqcount_spinlock_t` or `seqcount_mutex_t`; C finds the routine by the type, here its name says it.
`seqlock_t` is a spinlock and a counter in one.
The sequence goes up to 127 and does **not** wrap: 64 write sections of one counter are more than a
model needs, and the next violates `range`.  So no wrap can hide that a reader has to retry.  The
number costs no states where writers take a bounded number of turns; give those a bound that loop
for ever.
Checked: `lock-misuse` for two writers at once, for writing without the associated lock, or, where
there is none, with preemption on, for giving back what another thread has, and for a thread that
ends inside; sleeping inside is `sleep-in-atomic`; `lock-order`, also against interrupts, but for
`raw_` routines: readers wait for writers and hold nothing.
Left out: a reader that follows a pointer before it has compared.  The lock and the counter of a
`seqlock_t` are one class: `read_seqlock_excl` counts as writing.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Ptr,
    READ_ONCE,
    atomic,
    context,
    current,
    observer,
    smp_rmb,
    smp_store_release,
    smp_wmb,
    struct,
    wait_until,
)

from .lockdep import (
    Mutex,
    Spinlock,
    lockdep_assert_held,
    lockdep_hardirqs_on,
    seqcount_read_acquire,
    seqcount_t as seqcount_t,
    seqcount_write_acquire,
    seqlock_read_acquire,
    seqlock_t as seqlock_t,
    seqlock_write_acquire,
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


@struct(marked=True)
class seqcount_spinlock_t:
    """A counter whose writers hold a spinlock."""

    seqcount: seqcount_t
    lock: Ptr[Spinlock]


@struct(marked=True)
class seqcount_mutex_t:
    """A counter whose writers hold a mutex."""

    seqcount: seqcount_t
    lock: Ptr[Mutex]


def seqcount_init(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, seqcount_init, for what `new` gave.  One step."""
    s.sequence = 0


def seqlock_init(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, seqlock_init, for what `new` gave.  One step."""
    with atomic(because="nobody else knows it yet"):
        sl.sequence = 0
        sl.owner = None


# ---------------------------------------------------------------------------------------------
# Readers of a counter


def read_seqcount_begin(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, read_seqcount_begin: wait until nobody writes; the sequence.  One
    step."""
    seqcount_read_acquire(s)
    return raw_read_seqcount_begin(s)


def raw_read_seqcount_begin(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, raw_read_seqcount_begin: the same without lockdep.  One step."""
    with atomic(because="the spinning itself is not seen by anybody"):
        wait_until(s.sequence % 2 == 0)
        seq = READ_ONCE(s.sequence)
    smp_rmb()
    return seq


def raw_seqcount_begin(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, raw_seqcount_begin: never wait; while somebody writes, the sequence
    is one that must be retried.  One step."""
    seq = READ_ONCE(s.sequence)
    smp_rmb()
    return seq - seq % 2


def raw_read_seqcount(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, raw_read_seqcount: the sequence as it is, odd or even.  One step."""
    seq = READ_ONCE(s.sequence)
    smp_rmb()
    return seq


def read_seqcount_retry(s: Ptr[seqcount_t], start) -> Bool:
    """include/linux/seqlock.h, read_seqcount_retry: whether somebody wrote meanwhile.  One step."""
    smp_rmb()
    return READ_ONCE(s.sequence) != start


# ---------------------------------------------------------------------------------------------
# Writers of a counter


@observer
def check_preemption_off():
    """include/linux/lockdep.h, lockdep_assert_preemption_disabled."""
    assert (
        tasks[current()].preempt_count > 0
        or tasks[current()].irqs_off
        or tasks[current()].softirqs_off > 0
        or context() == Context.SOFTIRQ
        or context() == Context.HARDIRQ
    ), "lock-misuse: writing under a sequence count with preemption on"


def write_seqcount_begin(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, write_seqcount_begin, without associated lock: preemption must be
    off already.  One step."""
    check_preemption_off()
    seqcount_write_acquire(s)
    raw_write_seqcount_begin(s)


def write_seqcount_end(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, write_seqcount_end.  One step."""
    lockdep_hardirqs_on()
    raw_write_seqcount_end(s)


def raw_write_seqcount_begin(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, raw_write_seqcount_begin: without lockdep.  One step."""
    with atomic(rmw="relaxed", because="a load and a store; other writers are not allowed"):
        check_no_writer(s)
        s.sequence += 1
        s.holder = current()
    preempt_disable()
    smp_wmb()


def raw_write_seqcount_end(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, raw_write_seqcount_end.  One step."""
    smp_wmb()
    with atomic(rmw="relaxed", because="a load and a store; other writers are not allowed"):
        check_writer(s)
        s.sequence += 1
        s.holder = None
    preempt_enable()


@observer
def check_no_writer(s: Ptr[seqcount_t]):
    assert s.holder is None or s.sequence % 2 == 0, "lock-misuse: two writers of one sequence count"


@observer
def check_writer(s: Ptr[seqcount_t]):
    assert s.holder == current(), "lock-misuse: writing ends that this thread has not begun"


def write_seqcount_spinlock_begin(s: Ptr[seqcount_spinlock_t]):
    """include/linux/seqlock.h, write_seqcount_begin of `seqcount_spinlock_t`.  One step."""
    lockdep_assert_held(s.lock)
    seqcount_write_acquire(s.seqcount)
    raw_write_seqcount_begin(s.seqcount)


def write_seqcount_spinlock_end(s: Ptr[seqcount_spinlock_t]):
    """include/linux/seqlock.h, write_seqcount_end of `seqcount_spinlock_t`.  One step."""
    write_seqcount_end(s.seqcount)


def write_seqcount_mutex_begin(s: Ptr[seqcount_mutex_t]):
    """include/linux/seqlock.h, write_seqcount_begin of `seqcount_mutex_t`, which turns preemption
    off itself.  One step."""
    lockdep_assert_held(s.lock)
    seqcount_write_acquire(s.seqcount)
    raw_write_seqcount_begin(s.seqcount)


def write_seqcount_mutex_end(s: Ptr[seqcount_mutex_t]):
    """include/linux/seqlock.h, write_seqcount_end of `seqcount_mutex_t`.  One step."""
    write_seqcount_end(s.seqcount)


def raw_write_seqcount_barrier(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, raw_write_seqcount_barrier: readers that have begun must retry, and
    nobody waits: odd and even again, with a write barrier in between.  Two steps."""
    with atomic(rmw="relaxed", because="a load and a store; other writers are not allowed"):
        check_no_writer(s)
        s.sequence += 1
        s.holder = current()
    preempt_disable()
    smp_wmb()
    with atomic(rmw="relaxed", because="a load and a store; other writers are not allowed"):
        s.sequence += 1
        s.holder = None
    preempt_enable()


def write_seqcount_invalidate(s: Ptr[seqcount_t]):
    """include/linux/seqlock.h, write_seqcount_invalidate: readers that have begun must retry.  One
    step."""
    smp_wmb()
    with atomic(rmw="relaxed", because="a load and a store; other writers are not allowed"):
        check_no_writer(s)
        s.sequence += 2


# ---------------------------------------------------------------------------------------------
# seqlock_t


def read_seqbegin(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, read_seqbegin: wait until nobody writes; the sequence.  One step."""
    seqlock_read_acquire(sl)
    with atomic(because="the spinning itself is not seen by anybody"):
        wait_until(sl.sequence % 2 == 0)
        seq = READ_ONCE(sl.sequence)
    smp_rmb()
    return seq


def read_seqretry(sl: Ptr[seqlock_t], start) -> Bool:
    """include/linux/seqlock.h, read_seqretry: whether somebody wrote meanwhile.  One step."""
    smp_rmb()
    return READ_ONCE(sl.sequence) != start


def write_seqlock(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, write_seqlock.  Two steps: the spinlock, the sequence."""
    read_seqlock_excl(sl)
    bump_sequence(sl)
    smp_wmb()


def write_sequnlock(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, write_sequnlock.  Two steps."""
    smp_wmb()
    bump_sequence(sl)
    read_sequnlock_excl(sl)


def bump_sequence(sl: Ptr[seqlock_t]):
    with atomic(rmw="relaxed", because="a load and a store; the lock keeps other writers out"):
        assert sl.owner == current(), "lock-misuse: seqlock written by who has not got it"
        sl.sequence += 1


def read_seqlock_excl(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, read_seqlock_excl: keep writers out, but no readers.  One step."""
    seqlock_write_acquire(sl)
    with atomic(rmw="acquire", because="the spinning itself is not seen by anybody"):
        assert sl.owner != current(), "lock-misuse: seqlock taken again by its owner"
        wait_until(sl.owner is None)
        sl.owner = current()
        sl.holder = current()
    preempt_disable()


def read_sequnlock_excl(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, read_sequnlock_excl.  One step."""
    lockdep_hardirqs_on()
    with atomic(because="one store; the owner is looked at by the check only"):
        assert sl.owner == current(), "lock-misuse: seqlock released by another thread"
        smp_store_release(sl.owner, None)
        sl.holder = None
    preempt_enable()


def read_seqbegin_or_lock(sl: Ptr[seqlock_t], seq):
    """include/linux/seqlock.h, read_seqbegin_or_lock: the sequence where `seq` is even, else the
    lock is taken; gives the new `seq`.  One step."""
    if seq % 2 == 0:
        return read_seqbegin(sl)
    read_seqlock_excl(sl)
    return seq


def need_seqretry(sl: Ptr[seqlock_t], seq) -> Bool:
    """include/linux/seqlock.h, need_seqretry.  One step, none with the lock."""
    if seq % 2 == 1:
        return False
    return read_seqretry(sl, seq)


def done_seqretry(sl: Ptr[seqlock_t], seq):
    """include/linux/seqlock.h, done_seqretry.  One step with the lock, else none."""
    if seq % 2 == 1:
        read_sequnlock_excl(sl)


def write_seqlock_irq(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, write_seqlock_irq.  Three steps."""
    local_irq_disable()
    write_seqlock(sl)


def write_sequnlock_irq(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, write_sequnlock_irq.  Three steps."""
    write_sequnlock(sl)
    local_irq_enable()


def write_seqlock_irqsave(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, write_seqlock_irqsave: gives the flags.  Three steps."""
    flags = local_irq_save()
    write_seqlock(sl)
    return flags


def write_sequnlock_irqrestore(sl: Ptr[seqlock_t], flags: Bool):
    """include/linux/seqlock.h, write_sequnlock_irqrestore.  Three steps."""
    write_sequnlock(sl)
    local_irq_restore(flags)


def write_seqlock_bh(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, write_seqlock_bh.  Three steps."""
    local_bh_disable()
    write_seqlock(sl)


def write_sequnlock_bh(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, write_sequnlock_bh.  Three steps."""
    write_sequnlock(sl)
    local_bh_enable()


def read_seqlock_excl_irq(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, read_seqlock_excl_irq.  Two steps."""
    local_irq_disable()
    read_seqlock_excl(sl)


def read_sequnlock_excl_irq(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, read_sequnlock_excl_irq.  Two steps."""
    read_sequnlock_excl(sl)
    local_irq_enable()


def read_seqlock_excl_irqsave(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, read_seqlock_excl_irqsave: gives the flags.  Two steps."""
    flags = local_irq_save()
    read_seqlock_excl(sl)
    return flags


def read_sequnlock_excl_irqrestore(sl: Ptr[seqlock_t], flags: Bool):
    """include/linux/seqlock.h, read_sequnlock_excl_irqrestore.  Two steps."""
    read_sequnlock_excl(sl)
    local_irq_restore(flags)


def read_seqlock_excl_bh(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, read_seqlock_excl_bh.  Two steps."""
    local_bh_disable()
    read_seqlock_excl(sl)


def read_sequnlock_excl_bh(sl: Ptr[seqlock_t]):
    """include/linux/seqlock.h, read_sequnlock_excl_bh.  Two steps."""
    read_sequnlock_excl(sl)
    local_bh_enable()
