"""kernfs_notify finds the open files of a node without a lock, while the last of them is closed.

Kernel: fs/kernfs/file.c, kernfs_notify, kernfs_get_open_node, kernfs_unlink_open_file,
kernfs_generic_poll; fs/select.c, do_poll, __pollwait, pollwake, poll_freewait. v6.12; `rcu` off
is the code before v6.0, where a global spinlock and a count kept `kn->attr.open`
(kernfs_put_open_node).

A process opens the file, reads it (which notes the event seen), polls until there is another
event, and closes. Others only open and close. kernfs_notify runs in any context, here in an
interrupt.

Left out: active references (kernfs-hide-show-poll), the list for fsnotify (kernfs-notify-list),
->release() (kernfs-release-once), timeouts and signals: a poller without an event sleeps for
ever, at rest. The poll table pins the file, not the node: the entry is gone before the file is
closed.
Try: variants kfree_direct (the last close frees at once), no_rcu_read (kernfs_notify is no
reader), event_after_wake (it wakes first and counts then), poll_check_before_add (poll looks at
the count before it is on the wait queue).

no_rcu_read loads the pointer with READ_ONCE: with rcu_dereference the check `rcu-misuse` would
end every run before the use after free.
Redundant for every property here: `open_file_mutex` where `rcu` is off, because
kernfs_open_node_lock is taken inside (it is there for the walk of the drain,
kernfs-release-once), in kernfs_get_open_node just as well the spinlock, because that mutex is held
(in kernfs_put_open_node kernfs_notify needs it), and taking the file off the list there, because
the count says which is the last; and going back to TASK_RUNNING after the sleep, which nothing that follows depends on.
"""

from modelcheck.kernel.atomic import (
    atomic_dec_and_test,
    atomic_inc,
    atomic_read,
    atomic_t,
)
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.rcu import (
    RcuHead,
    kfree_rcu,
    rcu_assign_pointer,
    rcu_dereference,
    rcu_dereference_protected,
    rcu_read_lock,
    rcu_read_unlock,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import (
    Spinlock,
    spin_lock_irq,
    spin_lock_irqsave,
    spin_unlock_irq,
    spin_unlock_irqrestore,
)
from modelcheck.kernel.task import TaskState, schedule_idle, set_current_state
from modelcheck.kernel.wait import (
    add_wait_queue,
    init_waitqueue_head,
    remove_wait_queue,
    wait_queue_entry,
    wait_queue_head_t,
    wake_up_interruptible,
    woken_wake_function,
)
from modelcheck.lang import (
    Bool,
    Context,
    Ptr,
    Queue,
    READ_ONCE,
    U8,
    WRITE_ONCE,
    atomic,
    current,
    final,
    flag,
    ghost,
    local,
    new,
    param,
    pool,
    queue,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("kernfs-open-node-rcu")

pollers = param(1, min=1, max=6)
closers = param(1, min=0, max=4)
notifiers = param(1, min=1, max=4)
rcu = flag(True)
free_after_grace_period = flag(True)
notify_reads = flag(True)
count_first = flag(True)
add_first = flag(True)


@struct(marked=True)
class KernfsOpenNode:
    rcu_head: RcuHead
    refcnt: atomic_t
    event: atomic_t
    poll: wait_queue_head_t
    files: Queue[Ptr["KernfsOpenFile"]] = queue(pollers + closers)


@struct(marked=True)
class KernfsOpenFile:
    event: U8
    listed: Bool = ghost(False)
    closed: Bool = ghost(False)
    asleep: Bool = ghost(False)


@struct(marked=True)
class KernfsNode:
    open: Ptr[KernfsOpenNode]


kn = shared(KernfsNode)
open_files = shared(KernfsOpenFile, count=pollers + closers)
open_nodes = pool(KernfsOpenNode, count=pollers + closers)
open_file_mutex = shared(Mutex)
kernfs_open_node_lock = shared(Spinlock)
woken: Bool = ghost(False)


def alloc_open_node() -> Ptr[KernfsOpenNode]:
    on = new(KernfsOpenNode)
    with atomic(because="nobody else knows it yet"):
        on.event.counter = 1
        on.refcnt.counter = 0
        init_waitqueue_head(on.poll)
        on.files.clear()
    return on


def of_on(of: Ptr[KernfsOpenFile]) -> Ptr[KernfsOpenNode]:
    return rcu_dereference_protected(kn.open, lambda: of.listed)


def kernfs_get_open_node(of: Ptr[KernfsOpenFile]):
    mutex_lock(open_file_mutex)
    if not rcu:
        spin_lock_irq(kernfs_open_node_lock)
    on = kn.open
    if on is None:
        on = alloc_open_node()
        rcu_assign_pointer(kn.open, on)
    if not rcu:
        atomic_inc(on.refcnt)
    on.files.append(of)
    of.listed = True
    if not rcu:
        spin_unlock_irq(kernfs_open_node_lock)
    mutex_unlock(open_file_mutex)


def kernfs_unlink_open_file(of: Ptr[KernfsOpenFile]):
    mutex_lock(open_file_mutex)
    on = kn.open
    on.files.remove(of)
    of.listed = False
    if len(on.files) == 0:
        rcu_assign_pointer(kn.open, None)
        if free_after_grace_period:
            kfree_rcu(on, on.rcu_head)
        else:
            kfree(on)
    mutex_unlock(open_file_mutex)


def kernfs_put_open_node(of: Ptr[KernfsOpenFile]):
    on = kn.open
    mutex_lock(open_file_mutex)
    flags = spin_lock_irqsave(kernfs_open_node_lock)
    on.files.remove(of)
    of.listed = False
    last = atomic_dec_and_test(on.refcnt)
    if last:
        WRITE_ONCE(kn.open, None)
    spin_unlock_irqrestore(kernfs_open_node_lock, flags)
    mutex_unlock(open_file_mutex)
    if last:
        kfree(on)


def kernfs_fop_release(of: Ptr[KernfsOpenFile]):
    if rcu:
        kernfs_unlink_open_file(of)
    else:
        kernfs_put_open_node(of)


def kick_poll(on: Ptr[KernfsOpenNode]):
    if on is not None:
        if count_first:
            atomic_inc(on.event)
            wake_up_interruptible(on.poll)
        else:
            wake_up_interruptible(on.poll)
            atomic_inc(on.event)


@thread(count=notifiers, context=Context.HARDIRQ)
def kernfs_notify():
    if not rcu:
        flags = spin_lock_irqsave(kernfs_open_node_lock)
        kick_poll(kn.open)
        spin_unlock_irqrestore(kernfs_open_node_lock, flags)
    elif notify_reads:
        rcu_read_lock()
        kick_poll(rcu_dereference(kn.open))
        rcu_read_unlock()
    else:
        kick_poll(READ_ONCE(kn.open))


def kernfs_seq_show(of: Ptr[KernfsOpenFile]):
    on = of_on(of)
    of.event = atomic_read(on.event)


def kernfs_generic_poll(of: Ptr[KernfsOpenFile], wait: Ptr[wait_queue_entry], queues: Bool) -> Bool:
    """Whether there was an event; `queues`: the poll table has its queue function, in round one."""
    on = of_on(of)
    if queues and add_first:
        add_wait_queue(on.poll, wait)  # poll_wait
    event = of.event != atomic_read(on.event)
    if queues and not add_first:
        add_wait_queue(on.poll, wait)
    return event


def poll_schedule_timeout(of: Ptr[KernfsOpenFile], wait: Ptr[wait_queue_entry]):
    """`wait.woken` is `pwq->triggered`, which pollwake sets."""
    set_current_state(TaskState.TASK_INTERRUPTIBLE)
    if not wait.woken:
        of.asleep = True
        schedule_idle()
        of.asleep = False
    set_current_state(TaskState.TASK_RUNNING)
    wait.woken = False


def do_poll(of: Ptr[KernfsOpenFile]):
    global woken
    wait = local(wait_queue_entry, task=current(), func=woken_wake_function)
    event = kernfs_generic_poll(of, wait, True)
    while not event:
        poll_schedule_timeout(of, wait)
        event = kernfs_generic_poll(of, wait, False)
        woken = woken or event
    remove_wait_queue(of_on(of).poll, wait)  # poll_freewait


@thread(count=pollers)
def poller(me):
    of = open_files[me]
    kernfs_get_open_node(of)
    kernfs_seq_show(of)
    do_poll(of)
    kernfs_fop_release(of)
    of.closed = True


@thread(count=closers)
def closer(me):
    of = open_files[pollers + me]
    kernfs_get_open_node(of)
    kernfs_fop_release(of)
    of.closed = True


@final
def no_event_lost():
    """No poller sleeps for ever with an event that it has not seen."""
    return all(not of.asleep or of.event == kn.open.event.counter for of in open_files)


@final
def open_node_goes_with_last_file():
    """LEAK: the node has no open node any more when no file of it is open."""
    return kn.open is None or any(of.listed for of in open_files)


@final
def closed_files_are_unlinked():
    """A file that is closed is not on the list of its node: kernfs_fop_release frees it."""
    return not any(of.closed and of.listed for of in open_files)


@reachable
def a_sleeper_is_woken():
    return woken


variant("ok_rcu")
variant("ok_refcnt", rcu=False)
variant(
    "kfree_direct",
    closers=0,
    free_after_grace_period=False,
    violates="use-after-free(KernfsOpenNode)",
)
variant(
    "no_rcu_read",
    closers=0,
    notify_reads=False,
    violates="use-after-free(KernfsOpenNode)",
)
variant("event_after_wake", closers=0, count_first=False, violates="no_event_lost")
variant("poll_check_before_add", closers=0, add_first=False, violates="no_event_lost")
