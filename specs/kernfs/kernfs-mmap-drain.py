"""Removing a file takes its mappings away: mmap, faults, close, and the drain that counts mappings.

Kernel: fs/kernfs/file.c, kernfs_fop_mmap, kernfs_vma_fault, kernfs_unlink_open_file,
kernfs_should_drain_open_files, kernfs_drain_open_files; fs/kernfs/dir.c, kernfs_drain. v6.12.

`on->nr_mmapped` counts the open files of a node that are mapped. The drain looks at it without
any lock, and skips everything if it is 0.

Left out: files with ->release() and `nr_to_release` (kernfs-release-once), the life of
`kn->attr.open` (kernfs-open-node-rcu), `deactivate_waitq` (kernfs-active-drain), `of->vm_ops`;
the other wrappers of vm_operations_struct are like kernfs_vma_fault. The drains of several
removers run side by side, as in the kernel; only its first lines hold `kernfs_rwsem`, which here
is `atomic`.
Try: variants fault_no_active (the fault handler takes no active reference), clear_before_unmap
(the drain says "not mapped" before it unmaps; a second remover believes it), count_each_mmap (a
second mmap of one file is counted again: bdb2fd7fc56e, fixed by 05d8f255867e),
kmalloc_not_kzalloc (the counter is not initialised: found in review of the same series).

The default is a fix that is **not upstream**: the counter changes under `open_file_mutex` only,
and is marked, because kernfs_should_drain_open_files looks at it without. **upstream_counters is
a hypothesis**: mmap counts under the mutex of its own file, which keeps out no mmap and no close
of another file of that node. In the model a count gets lost, and then the drain skips a file that
is mapped. Nobody has confirmed it upstream. See docs/findings.md. ok_one_file is the same code
with one file that is not closed: no loss without a second file.

What else fails, beyond the counts (M2):
* plain_counters, upstream_counters: `data-race`. Also with all updates under one mutex a plain
  load in kernfs_should_drain_open_files races with the close of a file, whatever the value is
  used for.
* upstream_counters, marked_counters: `unmapped_after_drain`, the consequence of a count too
  small; `drain_leaves_none`, the kernel's own WARN_ON_ONCE, also where the count wraps below 0.
* count_each_mmap: with close in the model, the count is still too high when the file is gone.
* kmalloc_not_kzalloc: what is not initialised counts nothing, and no run comes as far as a drain.
* fault_no_active: the handler also reads the device after its driver has freed it.

Redundant for every property here: `of->mutex` in kernfs_fop_mmap, because here one thread maps
one file (it keeps two mmaps of one file apart), and because the fix takes a stronger mutex; and
both looks of kernfs_drain at kernfs_should_drain_open_files, which only save work; what is done
with `kn->dep_map`, because no operation takes a lock that is held around a drain; and that a fault
reads the device, which is what its active reference protects (fault_no_active).
"""

from modelcheck.kernel.atomic import (
    atomic_dec_return,
    atomic_inc_unless_negative,
    atomic_read,
    atomic_t,
)
from modelcheck.kernel.lockdep import (
    LockdepMap,
    lock_map_acquire,
    lock_map_acquire_try,
    lock_map_release,
)
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.slab import kfree
from modelcheck.lang import (
    Bool,
    Ptr,
    Queue,
    READ_ONCE,
    U8,
    WRITE_ONCE,
    atomic,
    either,
    final,
    flag,
    ghost,
    initial,
    invariant,
    new,
    objects,
    observer,
    param,
    pool,
    queue,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("kernfs-mmap-drain")

KN_DEACTIVATED_BIAS = -16

files = param(2, min=1, max=6)
mmaps = param(1, min=1, max=2)
removers = param(1, min=1, max=4)
count_under_mutex = flag(True)
mark_counter = flag(True)
count_once = flag(True)
zero_open_node = flag(True)
fault_takes_active = flag(True)
unmap_first = flag(True)
may_close = flag(True)


@struct
class Device:
    """What is behind the file: the memory that its mappings show."""

    pfn: U8


@struct(marked=True)
class VmArea:
    """`struct vm_area_struct` with one page table entry."""

    pte: Bool


@struct
class KernfsOpenFile:
    mutex: Mutex
    mmapped: Bool
    vma: VmArea
    closed: Bool = ghost(False)


@struct
class KernfsOpenNode:
    files: Queue[Ptr[KernfsOpenFile]] = queue(files)
    nr_mmapped: U8


@struct(marked=True)
class KernfsNode:
    active: atomic_t
    dep_map: LockdepMap
    open: Ptr[KernfsOpenNode]
    priv: Ptr[Device]


kn = shared(KernfsNode)
open_files = shared(KernfsOpenFile, count=files)
open_nodes = pool(KernfsOpenNode, count=1)
devices = pool(Device, count=1)
open_file_mutex = shared(Mutex)
drained: Bool = ghost(False)
drained_mapped: Bool = ghost(False)


@initial
def kernfs_get_open_node():
    on = new(KernfsOpenNode, nr_mmapped=0) if zero_open_node else new(KernfsOpenNode)
    on.files.clear()
    for of in open_files:
        on.files.append(of)
    kn.open = on
    kn.priv = new(Device, pfn=1)


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    if not atomic_inc_unless_negative(kn.active):
        return False
    lock_map_acquire_try(kn.dep_map)
    return True


def kernfs_put_active(kn: Ptr[KernfsNode]):
    lock_map_release(kn.dep_map)
    atomic_dec_return(kn.active)


def count(on: Ptr[KernfsOpenNode], more: Bool):
    if mark_counter:
        n = READ_ONCE(on.nr_mmapped)
        WRITE_ONCE(on.nr_mmapped, n + 1 if more else n - 1)
    elif more:
        on.nr_mmapped += 1
    else:
        on.nr_mmapped -= 1


def kernfs_fop_mmap(of: Ptr[KernfsOpenFile]) -> Bool:
    mutex_lock(of.mutex)
    if not kernfs_get_active(kn):
        mutex_unlock(of.mutex)
        return False
    if count_under_mutex:
        mutex_lock(open_file_mutex)
    if not count_once or not of.mmapped:
        of.mmapped = True
        count(kn.open, True)
    if count_under_mutex:
        mutex_unlock(open_file_mutex)
    kernfs_put_active(kn)
    mutex_unlock(of.mutex)
    return True


def kernfs_vma_fault(of: Ptr[KernfsOpenFile]):
    if fault_takes_active and not kernfs_get_active(kn):
        return  # VM_FAULT_SIGBUS
    device = kn.priv
    READ_ONCE(device.pfn)  # of->vm_ops->fault(vmf)
    of.vma.pte = True
    if fault_takes_active:
        kernfs_put_active(kn)


def kernfs_unlink_open_file(of: Ptr[KernfsOpenFile]):
    mutex_lock(open_file_mutex)
    on = kn.open
    if of.mmapped:
        count(on, False)
    on.files.remove(of)
    mutex_unlock(open_file_mutex)


@thread(count=files)
def process(me):
    of = open_files[me]
    for _ in range(mmaps):
        if kernfs_fop_mmap(of):
            kernfs_vma_fault(of)
    if may_close and either():
        of.vma.pte = False  # munmap
        kernfs_unlink_open_file(of)  # kernfs_fop_release
        of.closed = True


def kernfs_should_drain_open_files(kn: Ptr[KernfsNode]) -> Bool:
    on = kn.open
    if mark_counter:
        return READ_ONCE(on.nr_mmapped) != 0
    return on.nr_mmapped != 0


def unmap_mapping_range(of: Ptr[KernfsOpenFile]):
    of.vma.pte = False


@observer
def drains_mapped(of: Ptr[KernfsOpenFile]):
    global drained_mapped
    if of.vma.pte:
        drained_mapped = True


def kernfs_drain_open_files(kn: Ptr[KernfsNode]):
    mutex_lock(open_file_mutex)
    on = kn.open
    for i in range(files):
        if i < len(on.files):
            of = on.files[i]
            if of.mmapped:
                drains_mapped(of)
                if unmap_first:
                    unmap_mapping_range(of)
                of.mmapped = False
                count(on, False)
                if not unmap_first:
                    unmap_mapping_range(of)
    # M2: WARN_ON_ONCE(on->nr_mmapped || on->nr_to_release)
    assert on.nr_mmapped == 0, "drain_leaves_none"
    mutex_unlock(open_file_mutex)


def kernfs_drain(kn: Ptr[KernfsNode]):
    if atomic_read(kn.active) == KN_DEACTIVATED_BIAS and not kernfs_should_drain_open_files(kn):
        return
    lock_map_acquire(kn.dep_map)
    wait_until(kn.active.counter == KN_DEACTIVATED_BIAS)
    lock_map_release(kn.dep_map)
    if kernfs_should_drain_open_files(kn):
        kernfs_drain_open_files(kn)


@thread(count=removers)
def kernfs_remove(me):
    global drained
    with atomic(because="all who change this hold kernfs_rwsem for writing"):
        if kn.active.counter >= 0:
            kn.active.counter += KN_DEACTIVATED_BIAS
    kernfs_drain(kn)
    drained = True
    if me == 0:
        kfree(kn.priv)  # the driver is unbound, and its device goes


@invariant
def unmapped_after_drain():
    """M1: when a drain has returned there is no page table entry, and none comes again."""
    return not drained or not any(of.vma.pte for of in open_files)


@invariant
def counts_mapped_files():
    """M2: the count is right whenever nobody is changing it."""
    if open_file_mutex.owner is not None:
        return True
    if kn.active.counter != 0 and kn.active.counter != KN_DEACTIVATED_BIAS:
        return True
    return kn.open.nr_mmapped == sum(1 for of in kn.open.files if of.mmapped)


@final
def closed_files_are_unlinked():
    """A file that is closed is not on the list of its node: kernfs_fop_release frees it."""
    return not any(of.closed for of in kn.open.files)


@final
def device_is_freed():
    """LEAK: `kn->priv` leads to it still, so the built-in property would not say so."""
    return sum(1 for _ in objects(Device)) == 0


@reachable
def a_drain_unmaps():
    """A drain finds a page table entry, and takes it away."""
    return drained_mapped


variant("fixed_counters")
variant("ok_one_file", files=1, count_under_mutex=False, mark_counter=False, may_close=False)
variant(
    "fault_no_active",
    files=1,
    fault_takes_active=False,
    violates=("unmapped_after_drain", "use-after-free(Device)"),
)
variant(
    "clear_before_unmap",
    files=1,
    removers=2,
    unmap_first=False,
    violates="unmapped_after_drain",
)
variant("mapped_twice", mmaps=2, files=1)
variant(
    "count_each_mmap",
    mmaps=2,
    files=1,
    count_once=False,
    violates=("counts_mapped_files", "drain_leaves_none"),
)
variant(
    "kmalloc_not_kzalloc",
    zero_open_node=False,
    violates=("a_drain_unmaps", "counts_mapped_files", "uninitialised(KernfsOpenNode)"),
)
variant(
    "upstream_counters",
    count_under_mutex=False,
    mark_counter=False,
    violates=("counts_mapped_files", "data-race", "drain_leaves_none", "unmapped_after_drain"),
)
variant(
    "marked_counters",
    count_under_mutex=False,
    violates=("counts_mapped_files", "drain_leaves_none", "unmapped_after_drain"),
)
variant("plain_counters", files=1, mark_counter=False, violates="data-race")
