"""Opening a kernfs file while its node is removed: the open file is seen by the drain, or refused.

Kernel: fs/kernfs/file.c, v6.12: kernfs_fop_open, kernfs_get_open_node, kernfs_unlink_open_file,
kernfs_release_file, kernfs_should_drain_open_files, kernfs_drain_open_files, kernfs_notify.
Left out: closing (the files stay open; see kernfs-release-once-full); the test for NULL in
kernfs_unlink_open_file (never true: the file is listed); mmap; failing allocations; how active
references are waited for (one step here, see kernfs-active-drain); what kernfs_notify does for
fsnotify (kernfs-notify-list).

Try: variant put_active_early: the file is listed after the drain has walked.
More than the one property: in put_active_early ->open() is called after the removal, too.  In
two_openers_create (no mutex while the open node is looked for and made) one open node is lost; but
its files still point to it through their list, so it is no `leak` to the checker:
files_hang_on_the_open_node is the property.  Files on the lost one are not drained, and the counter
of the other, to which of_on leads, is not theirs.  Two who add to one list at once find each other
half linked (uninitialised).
on_published_before_init stores the pointer before the fields.  kzalloc has zeroed them, so
kernfs_notify would count an event that is then set to 1, and walk a wait queue of NULL pointers;
here that is `uninitialised`.  Its reader is kernfs_notify: the drain waits for the opener.
on_published_relaxed has the order right and no release: that needs the weak memory model.
Redundant here: kernfs_should_drain_open_files (it only saves the mutex), `of->released` (there is
one drain and no close), what kernfs_notify counts and whom it wakes (nobody polls:
kernfs-open-node-rcu).
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec_return,
    atomic_inc,
    atomic_inc_unless_negative,
    atomic_set,
    atomic_t,
)
from modelcheck.kernel.list import INIT_LIST_HEAD, ListHead, list_add_tail, list_del, list_empty
from modelcheck.kernel.mutex import Mutex, lockdep_assert_held, mutex_lock, mutex_unlock
from modelcheck.kernel.rcu import (
    RCU_INIT_POINTER,
    RcuHead,
    kfree_rcu,
    rcu_assign_pointer,
    rcu_dereference,
    rcu_dereference_protected,
    rcu_dereference_raw,
    rcu_read_lock,
    rcu_read_unlock,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.wait import init_waitqueue_head, wait_queue_head_t, wake_up_interruptible
from modelcheck.lang import (
    Bool,
    Ptr,
    U8,
    allow,
    container_of,
    current,
    either,
    final,
    flag,
    ghost,
    invariant,
    new,
    objects,
    observer,
    param,
    pool,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("kernfs-open-vs-remove")

openers = param(1, min=1, max=6)
notifiers = param(1, min=0, max=4)
put_active_early = flag(False)
publish_before_init = flag(False)
publish_relaxed = flag(False)
lock_creation = flag(True)
open_may_fail = flag(True)

KN_DEACTIVATED_BIAS = -16


@struct
class KernfsOpenNode:
    rcu_head: RcuHead
    event: atomic_t
    poll: wait_queue_head_t
    files: ListHead
    nr_mmapped: U8
    nr_to_release: U8


@struct
class KernfsNode:
    active: atomic_t
    open: Ptr[KernfsOpenNode]


@struct
class KernfsOpenFile:
    kn: Ptr[KernfsNode]
    list: ListHead
    released: Bool
    opened: Bool = ghost(False)  # ->open() succeeded
    releases: U8 = ghost(0)  # ->release() was called


@struct
class File:
    private_data: Ptr[KernfsOpenFile]


the_node = shared(KernfsNode)
kernfs_open_file_mutex = shared(Mutex)
files = shared(File, count=openers)
open_files = pool(KernfsOpenFile, count=openers)
open_nodes = pool(KernfsOpenNode, count=openers)

removed: Bool = ghost(False)
called_late: Bool = ghost(False)
warned_drain: Bool = ghost(False)
notified: Bool = ghost(False)


@observer
def owner_is_called():
    """A callback of the module that owns the file begins: its text must be there."""
    global called_late
    if removed:
        called_late = True


@observer
def warn_drain(on: Ptr[KernfsOpenNode]):
    global warned_drain
    if on.nr_mmapped != 0 or on.nr_to_release != 0:
        warned_drain = True


def ops_open(of: Ptr[KernfsOpenFile]) -> Bool:
    """The owner's ->open(): `False` for an error."""
    owner_is_called()
    if open_may_fail and either():
        return False
    of.opened = True
    return True


def ops_release(of: Ptr[KernfsOpenFile]):
    """The owner's ->release()."""
    owner_is_called()
    of.releases += 1


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    return atomic_inc_unless_negative(kn.active)


def kernfs_put_active(kn: Ptr[KernfsNode]):
    atomic_dec_return(kn.active)


def kernfs_open_file_mutex_lock():
    mutex_lock(kernfs_open_file_mutex)


def kernfs_deref_open_node_locked(kn: Ptr[KernfsNode]):
    return rcu_dereference_protected(
        kn.open, lambda: kernfs_open_file_mutex.owner == current() or not lock_creation
    )


def of_on(of: Ptr[KernfsOpenFile]):
    return rcu_dereference_raw(of.kn.open)


def kernfs_get_open_node(kn: Ptr[KernfsNode], of: Ptr[KernfsOpenFile]):
    if lock_creation:
        kernfs_open_file_mutex_lock()
    on = kernfs_deref_open_node_locked(kn)
    if on is None:
        on = new(KernfsOpenNode, nr_mmapped=0, nr_to_release=0)
        if publish_before_init:
            rcu_assign_pointer(kn.open, on)
        atomic_set(on.event, 1)
        init_waitqueue_head(on.poll)
        INIT_LIST_HEAD(on.files)
        if publish_relaxed:
            RCU_INIT_POINTER(kn.open, on)
        elif not publish_before_init:
            rcu_assign_pointer(kn.open, on)
    list_add_tail(of.list, on.files)
    on.nr_to_release += 1
    if lock_creation:
        mutex_unlock(kernfs_open_file_mutex)


def kernfs_unlink_open_file(kn: Ptr[KernfsNode], of: Ptr[KernfsOpenFile]):
    """With open_failed: ->release() is not due any more."""
    kernfs_open_file_mutex_lock()
    on = kernfs_deref_open_node_locked(kn)
    on.nr_to_release -= 1
    list_del(of.list)
    if list_empty(on.files):
        rcu_assign_pointer(kn.open, None)
        kfree_rcu(on, on.rcu_head)
    mutex_unlock(kernfs_open_file_mutex)


def kernfs_fop_open(kn: Ptr[KernfsNode], file: Ptr[File]):
    if not kernfs_get_active(kn):
        return
    of = new(KernfsOpenFile, kn=kn, released=False)
    if put_active_early:
        kernfs_put_active(kn)
    kernfs_get_open_node(kn, of)
    if ops_open(of):
        file.private_data = of
    else:
        kernfs_unlink_open_file(kn, of)
        kfree(of)
    if not put_active_early:
        kernfs_put_active(kn)


def kernfs_release_file(of: Ptr[KernfsOpenFile]):
    lockdep_assert_held(kernfs_open_file_mutex)
    if not of.released:
        ops_release(of)
        of.released = True
        of_on(of).nr_to_release -= 1


def kernfs_should_drain_open_files(kn: Ptr[KernfsNode]) -> Bool:
    rcu_read_lock()
    on = rcu_dereference(kn.open)
    ret = on is not None and (on.nr_mmapped != 0 or on.nr_to_release != 0)
    rcu_read_unlock()
    return ret


def kernfs_drain_open_files(kn: Ptr[KernfsNode]):
    kernfs_open_file_mutex_lock()
    on = kernfs_deref_open_node_locked(kn)
    if on is None:
        mutex_unlock(kernfs_open_file_mutex)
        return
    pos = on.files.next
    while pos is not on.files:
        of = container_of(pos, KernfsOpenFile, "list")
        kernfs_release_file(of)
        pos = of.list.next
    warn_drain(on)
    mutex_unlock(kernfs_open_file_mutex)


def kernfs_drain(kn: Ptr[KernfsNode]):
    """fs/kernfs/dir.c, kernfs_drain, without kernfs_rwsem and the queue of those who wait."""
    wait_until(kn.active.counter == KN_DEACTIVATED_BIAS)
    if kernfs_should_drain_open_files(kn):
        kernfs_drain_open_files(kn)


def kernfs_notify(kn: Ptr[KernfsNode]):
    global notified
    rcu_read_lock()
    on = rcu_dereference(kn.open)
    if on is not None:
        atomic_inc(on.event)
        wake_up_interruptible(on.poll)
        notified = True
    rcu_read_unlock()


@thread(count=openers)
def open_file(me):
    kernfs_fop_open(the_node, files[me])


@thread
def rmdir():
    """fs/kernfs/dir.c, kernfs_remove."""
    global removed
    atomic_add(KN_DEACTIVATED_BIAS, the_node.active)
    kernfs_drain(the_node)
    removed = True


@thread(count=notifiers)
def notify():
    kernfs_notify(the_node)


@invariant
def all_released_when_removed():
    """R3: when the remover returns, ->release() was called for every file opened before."""
    return not removed or all(of.releases == 1 for of in objects(KernfsOpenFile) if of.opened)


@invariant
def owner_is_not_called_when_removed():
    """R3: and from then on no callback of the owner begins."""
    return not called_late


@final
def files_hang_on_the_open_node():
    """LEAK: in the end there is one open node, that of the node, if any file is open, else none."""
    return all(on is the_node.open for on in objects(KernfsOpenNode)) and (
        the_node.open is None or any(of.opened for of in objects(KernfsOpenFile))
    )


@final
def opened_files_are_known():
    """LEAK: each file that ->open() accepted is what some `struct file` leads to."""
    return all(
        any(file.private_data is of for file in files)
        for of in objects(KernfsOpenFile)
        if of.opened
    )


@invariant
def drain_leaves_nothing():
    """WARN_ON_ONCE(on->nr_mmapped || on->nr_to_release) in kernfs_drain_open_files."""
    return not warned_drain


@reachable
def opened_and_drained():
    return removed and any(of.opened for of in objects(KernfsOpenFile))


@reachable
def open_node_is_notified():
    return notified or notifiers == 0


allow(
    "data-race",
    on=KernfsOpenNode.nr_to_release,
    because="kernfs_should_drain_open_files reads it without the mutex",
)
variant("two_openers", openers=2, notifiers=0)
variant(
    "put_active_early",
    put_active_early=True,
    violates=("all_released_when_removed", "owner_is_not_called_when_removed"),
)
variant("on_published_before_init", publish_before_init=True, violates="uninitialised")
variant("on_published_relaxed", publish_relaxed=True, needs="weak-memory")
variant(
    "two_openers_create",
    openers=2,
    notifiers=0,
    lock_creation=False,
    open_may_fail=False,
    violates=(
        "all_released_when_removed",
        "data-race",
        "drain_leaves_nothing",
        "files_hang_on_the_open_node",
        "uninitialised",
    ),
)
