"""The last user of an object frees it, with the lock that lies inside.

Kernel: kernel/locking/mutex.c, __mutex_unlock_slowpath, v6.12: after the mutex is handed over, the
old owner still takes its wait_lock. A spinlock is not touched after the store that releases it.
Left out: reference counts; the lock protects a number of users. Try: variant spinlock.
"""

from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Ptr,
    U8,
    default,
    flag,
    initial,
    new,
    pool,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("selftest-unlock-then-free")

use_spinlock = flag(False)


@struct
class Item:
    mutex: Mutex
    spinlock: Spinlock
    users: U8


@struct
class Slot:
    item: Ptr[Item]


items = pool(Item, count=1)
slot = shared(Slot)


@initial
def fill():
    item = new(Item, users=2)
    item.mutex.owner = None
    item.spinlock.owner = None
    slot.item = item


@thread(count=2)
def put():
    item = slot.item
    if use_spinlock:
        spin_lock(item.spinlock)
    else:
        mutex_lock(item.mutex)
    item.users -= 1
    last = item.users == 0
    if use_spinlock:
        spin_unlock(item.spinlock)
    else:
        mutex_unlock(item.mutex)
    if last:
        kfree(item)


default(violates="use-after-free(Item)")
variant("spinlock", use_spinlock=True)
