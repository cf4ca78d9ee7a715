"""The sum of counters of each CPU tells the last reference only where no reference can be given up.

Kernel: fs/namespace.c, mntput_no_expire and mnt_get_count (v6.12): the decrement and the sum are done
with mount_lock held, so no other decrement can come between the cells.
Left out: everything else about mounts.  Try: unlocked, where the sum has passed by the cell that a
holder counts up before it counts the other one down.
"""

from modelcheck.kernel.percpu_counter import (
    PercpuCounter,
    percpu_counter_dec,
    percpu_counter_inc,
    percpu_counter_sum,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Ptr,
    READ_ONCE,
    U8,
    final,
    flag,
    ghost,
    initial,
    new,
    pool,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("selftest-percpu-sum")

locked = flag(True)


@struct
class Mount:
    count: PercpuCounter
    flags: U8


@struct
class Slot:
    lock: Spinlock
    mount: Ptr[Mount]
    frees: U8 = ghost(0)


mounts = pool(Mount, count=1)
slot = shared(Slot)


@initial
def fill():
    mount = new(Mount, flags=1)
    mount.count.counters[0] = 1
    mount.count.counters[1] = 1
    slot.mount = mount


def mntput(mount: Ptr[Mount], cpu):
    if locked:
        spin_lock(slot.lock)
    percpu_counter_dec(mount.count, cpu)
    left = percpu_counter_sum(mount.count)
    if locked:
        spin_unlock(slot.lock)
    if left == 0:
        kfree(mount)
        slot.frees += 1


@thread
def one():
    mntput(READ_ONCE(slot.mount), 0)


@thread
def other():
    mount = READ_ONCE(slot.mount)
    percpu_counter_inc(mount.count, 0)  # it has moved to the first CPU
    mntput(mount, 1)
    flags = READ_ONCE(mount.flags)
    assert flags == 1, "whole"
    mntput(mount, 0)


@final
def freed_once():
    return slot.frees == 1


variant("unlocked", locked=False, violates=("use-after-free(Mount)", "double-free"))
