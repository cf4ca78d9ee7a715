"""A lock in one bit of a word: include/linux/bit_spinlock.h; the bit operations that order like locks,
include/asm-generic/bitops/lock.h (v6.12).

Kept: taking is one atomic on the word, acquire; giving back is one, release, or with
`__bit_spin_unlock` a plain load and store, which loses what others set in the word in between;
preemption is off inside.  A thread that waits is disabled and does not spin.
Checked: `lock-misuse` for giving back a bit that is clear, and for ending a thread inside; sleeping
inside is `sleep-in-atomic`.
Left out: as in the kernel nobody knows who has a bit, so there is no `lock-order`, giving back
somebody else's bit is not seen, and taking it twice is a `deadlock`.  A word is as wide as the place
that is given: a bit outside is never set.
"""

from modelcheck.lang import (
    Bool,
    READ_ONCE,
    Ref,
    WRITE_ONCE,
    atomic,
    smp_load_acquire,
    smp_store_release,
    wait_until,
)

from .lockdep import exits_without_locks as exits_without_locks  # sees a thread that ends inside
from .task import preempt_disable, preempt_enable


def test_and_set_bit_lock(bitnum, addr: Ref) -> Bool:
    """include/asm-generic/bitops/lock.h, test_and_set_bit_lock: whether it was set.  One step."""
    with atomic(rmw="acquire", because="one atomic_fetch_or"):
        if READ_ONCE(addr) >> bitnum & 1 != 0:
            return True
        WRITE_ONCE(addr, READ_ONCE(addr) | 1 << bitnum)
        return False


def clear_bit_unlock(bitnum, addr: Ref):
    """include/asm-generic/bitops/lock.h, clear_bit_unlock.  One step."""
    with atomic(rmw="release", because="one atomic_fetch_andnot"):
        value = READ_ONCE(addr)
        if value >> bitnum & 1 != 0:
            WRITE_ONCE(addr, value - (1 << bitnum))


def __clear_bit_unlock(bitnum, addr: Ref):
    """include/asm-generic/bitops/lock.h, __clear_bit_unlock, for a word that nobody else changes
    meanwhile.  Two steps."""
    value = READ_ONCE(addr)
    cleared = value
    if value >> bitnum & 1 != 0:
        cleared = value - (1 << bitnum)
    smp_store_release(addr, cleared)


def bit_spin_lock(bitnum, addr: Ref):
    """include/linux/bit_spinlock.h, bit_spin_lock: wait until the bit is clear, set it.  One
    step."""
    with atomic(rmw="acquire", because="the spinning itself is not seen by anybody"):
        wait_until(READ_ONCE(addr) >> bitnum & 1 == 0)
        WRITE_ONCE(addr, READ_ONCE(addr) | 1 << bitnum)
    preempt_disable()


def bit_spin_trylock(bitnum, addr: Ref) -> Bool:
    """include/linux/bit_spinlock.h, bit_spin_trylock: set the bit if it is clear.  One step."""
    if test_and_set_bit_lock(bitnum, addr):
        return False
    preempt_disable()
    return True


def bit_spin_unlock(bitnum, addr: Ref):
    """include/linux/bit_spinlock.h, bit_spin_unlock.  One step."""
    with atomic(rmw="release", because="one atomic_fetch_andnot"):
        value = READ_ONCE(addr)
        assert value >> bitnum & 1 != 0, "lock-misuse: bit lock released while free"
        WRITE_ONCE(addr, value - (1 << bitnum))
    preempt_enable()


def __bit_spin_unlock(bitnum, addr: Ref):
    """include/linux/bit_spinlock.h, __bit_spin_unlock, for a word whose other bits the lock
    protects.  Two steps."""
    value = READ_ONCE(addr)
    assert value >> bitnum & 1 != 0, "lock-misuse: bit lock released while free"
    smp_store_release(addr, value - (1 << bitnum))
    preempt_enable()


def bit_spin_is_locked(bitnum, addr: Ref) -> Bool:
    """include/linux/bit_spinlock.h, bit_spin_is_locked.  One step."""
    return smp_load_acquire(addr) >> bitnum & 1 != 0
