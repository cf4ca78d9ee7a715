"""kernfs_notify queues nodes: a list that ends in itself, so that NULL means "not queued".

Kernel: fs/kernfs/file.c, kernfs_notify, kernfs_notify_workfn, v6.12. A driver notifies from its
task and from an interrupt on the same CPU; the work item tells fsnotify, which sleeps. A driver
that is done drops its references, and the list must hold its own.

Left out: the wake-up of pollers, which comes first in kernfs_notify (kernfs-open-node-rcu); what
is done for each superblock; the writers of `kernfs_supers_rwsem`; RCU in kernfs_put
(kernfs-node-lifetime).
Try: variants check_unlocked (`notify_next` is tested before the lock is taken), null_terminated
(the list ends in NULL, so its tail looks as if it were not queued), no_get (the list holds no
reference), clear_next_after_process (the node can be queued again only when it has been
processed), irq_unsafe_lock (the task leaves interrupts on).

What else fails, beyond N1, N2 and the use after free:
* check_unlocked: a node that is queued twice leads to itself, and the rest of the list is lost.
  The work item does not run for ever: it takes the node off twice, and then follows the NULL that
  it has stored itself, `null-dereference`. Where the list ends in NULL it stops there.
* no_get: a list that leads to a freed node is no list (N2).
* irq_unsafe_lock: lockdep (`lock-order`) sees it without the `deadlock` that it foretells.

Redundant for every property here: `kernfs_supers_rwsem`, as nobody mounts (it shows that the work
item may sleep there), and the look at the node's type.
"""

from modelcheck.kernel.atomic import atomic_dec_and_test, atomic_inc, atomic_t
from modelcheck.kernel.rwsem import Rwsem, down_read, up_read
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import (
    Spinlock,
    spin_lock,
    spin_lock_irq,
    spin_lock_irqsave,
    spin_unlock,
    spin_unlock_irq,
    spin_unlock_irqrestore,
)
from modelcheck.kernel.workqueue import WorkStruct, schedule_work
from modelcheck.lang import (
    Bool,
    Context,
    Enum,
    Ptr,
    alive,
    choose,
    final,
    flag,
    ghost,
    initial,
    invariant,
    param,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("kernfs-notify-list")

nodes = param(2, min=1, max=3)
notifies_again = param(0, min=0, max=2)
test_locked = flag(True)
ends_in_itself = flag(True)
list_holds = flag(True)
clear_first = flag(True)
irqs_off = flag(True)


class NodeType(Enum):
    DIR = 0
    FILE = 1


@struct(marked=True)
class KernfsNode:
    count: atomic_t
    notify_next: Ptr["KernfsNode"]
    type: NodeType = NodeType.FILE
    owed: Bool = ghost(False)
    processed: Bool = ghost(False)


@struct(marked=True)
class NotifyList:
    first: Ptr[KernfsNode]


kns = shared(KernfsNode, count=nodes)
list_end = shared(KernfsNode)  # KERNFS_NOTIFY_EOL: the address of kernfs_notify_list
kernfs_notify_list = shared(NotifyList)
kernfs_notify_lock = shared(Spinlock)
kernfs_supers_rwsem = shared(Rwsem)
processed_again: Bool = ghost(False)


@initial
def start():
    kernfs_notify_list.first = list_end if ends_in_itself else None
    for kn in kns:
        kn.count.counter = 2  # the task's and the interrupt's


def kernfs_get(kn: Ptr[KernfsNode]):
    atomic_inc(kn.count)


def kernfs_put(kn: Ptr[KernfsNode]):
    if atomic_dec_and_test(kn.count):
        kfree(kn)


def fsnotify(kn: Ptr[KernfsNode]):
    """The node is looked at for each superblock, which sleeps."""
    global processed_again
    processed_again = processed_again or kn.processed
    kn.owed = False
    kn.processed = True
    down_read(kernfs_supers_rwsem)
    up_read(kernfs_supers_rwsem)


def kernfs_notify_workfn(work: Ptr[WorkStruct]):
    while True:
        spin_lock_irq(kernfs_notify_lock)
        kn = kernfs_notify_list.first
        if kn is (list_end if ends_in_itself else None):
            spin_unlock_irq(kernfs_notify_lock)
            return
        kernfs_notify_list.first = kn.notify_next
        if clear_first:
            kn.notify_next = None
        spin_unlock_irq(kernfs_notify_lock)
        fsnotify(kn)
        if not clear_first:
            kn.notify_next = None
        if list_holds:
            kernfs_put(kn)


kernfs_notify_work = shared(WorkStruct, func=kernfs_notify_workfn)


def insert(kn: Ptr[KernfsNode]):
    if list_holds:
        kernfs_get(kn)
    kn.notify_next = kernfs_notify_list.first
    kernfs_notify_list.first = kn
    schedule_work(kernfs_notify_work)


def insert_unless_queued(kn: Ptr[KernfsNode]):
    kn.owed = True
    if kn.notify_next is None:
        insert(kn)


def kernfs_notify(kn: Ptr[KernfsNode]):
    if kn.type != NodeType.FILE:
        return
    if not test_locked:
        queued = kn.notify_next is not None
        kn.owed = True
        if not queued:
            flags = spin_lock_irqsave(kernfs_notify_lock)
            insert(kn)
            spin_unlock_irqrestore(kernfs_notify_lock, flags)
    elif irqs_off:
        flags = spin_lock_irqsave(kernfs_notify_lock)
        insert_unless_queued(kn)
        spin_unlock_irqrestore(kernfs_notify_lock, flags)
    else:
        spin_lock(kernfs_notify_lock)
        insert_unless_queued(kn)
        spin_unlock(kernfs_notify_lock)


@thread
def driver():
    for kn in kns:
        kernfs_notify(kn)
        for _ in range(notifies_again):
            kernfs_notify(kn)
        kernfs_put(kn)


@thread(interrupts=driver, context=Context.HARDIRQ)
def driver_interrupt():
    kernfs_notify(choose(kns))
    for kn in kns:
        kernfs_put(kn)


@invariant
def list_ends():
    """N2: the list leads from node to node, to its end, and to no node twice."""
    if kernfs_notify_lock.owner is not None:
        return True
    kn = kernfs_notify_list.first
    for _ in range(nodes):
        if kn is not None and kn is not list_end:
            kn = kn.notify_next
    return kn is list_end or (kn is None and not ends_in_itself)


@final
def no_notification_lost():
    """N1: every notification is followed by a processing that begins after it."""
    return not any(kn.owed for kn in kns)


@final
def references_are_dropped():
    """LEAK: a node that nobody uses any more is freed."""
    return not any(alive(kn) for kn in kns)


@reachable
def a_node_is_processed_twice():
    return processed_again


variant("check_unlocked", test_locked=False, violates=("list_ends", "null-dereference"))
variant("null_terminated", nodes=1, ends_in_itself=False, violates="list_ends")
variant("no_get", nodes=1, list_holds=False, violates=("list_ends", "use-after-free(KernfsNode)"))
variant(
    "clear_next_after_process",
    nodes=1,
    clear_first=False,
    violates="no_notification_lost",
)
variant("irq_unsafe_lock", nodes=1, irqs_off=False, violates=("deadlock", "lock-order"))
