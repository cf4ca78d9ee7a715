"""A kernfs file that removes itself: writes to sysfs `remove` of one device by several at once.

Kernel: fs/kernfs/dir.c, v6.12: kernfs_remove_self, kernfs_break_active_protection,
kernfs_unbreak_active_protection, on top of the routines of kernfs-active-drain; the operation is
kernfs_fop_write_iter of fs/kernfs/file.c with drivers/pci/pci-sysfs.c, remove_store, in it.
Left out: `kn->count` (the open files of the writers pin the node), open files to be drained,
of->mutex (each writer has an open file of its own), directories.

Try: variant no_break, which waits for its own active reference: lockdep, for which kn->active is a
lock that operations take by trylock and the drain takes for writing, reports it (lock-order) when
the writer arrives at the drain, before anything hangs.
unbreak_after_unlock needs a third writer: a loser sleeps, so somebody must wake it in the gap, and
only the last break of another loser does.
More than the one property: where a second thread unbreaks while a first one is draining
(no_suicidal, suicided_before_drain), the first may find the node not drained any more when it asks
for open files; in suicided_before_drain the loser also finds the node linked.  In missing_unbreak
the last put goes below the bias and wakes nobody, so with a loser it is a deadlock, and without one
node_ends_drained.
Finding: with_kernfs_remove, where a plain kernfs_remove comes beside the self-removal, trips the
WARN_ON_ONCE in kernfs_should_drain_open_files: the remover has seen the node drained, then the
writer unbreaks, and its +1 is there when the remover looks again.  The warning is wrong, not the
removal: nothing else is violated.
Redundant: as in kernfs-active-drain; the test of `linked` in __kernfs_remove is for `kn->count`,
that of kernfs_active for a second remover; kernfs_should_drain_open_files only warns here;
without prepare_to_wait or schedule losers would spin, which is no fault to the checker.
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec_return,
    atomic_inc,
    atomic_inc_unless_negative,
    atomic_read,
    atomic_t,
)
from modelcheck.kernel.lockdep import (
    LockdepMap,
    Rwsem,
    lock_map_acquire,
    lock_map_acquire_try,
    lock_map_release,
)
from modelcheck.kernel.rwsem import down_write, up_write
from modelcheck.kernel.task import TaskState, schedule
from modelcheck.kernel.wait import (
    autoremove_wake_function,
    finish_wait,
    prepare_to_wait,
    wait_event,
    wait_queue_entry,
    wait_queue_head_t,
    wake_up_all,
)
from modelcheck.lang import (
    Bool,
    Ptr,
    U8,
    current,
    final,
    flag,
    ghost,
    invariant,
    local,
    observer,
    param,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("kernfs-self-removal")

writers = param(2, min=1, max=6)
removers = param(0, min=0, max=4)
break_protection = flag(True)
arbitrate = flag(True)
unbreak_under_rwsem = flag(True)
unbreak = flag(True)
suicided_after_drain = flag(True)

KN_DEACTIVATED_BIAS = -16


@struct(marked=True)
class KernfsNode:
    active: atomic_t
    dep_map: LockdepMap
    linked: Bool  # not RB_EMPTY_NODE(&kn->rb)
    suicidal: Bool  # KERNFS_SUICIDAL in kn->flags
    suicided: Bool  # KERNFS_SUICIDED in kn->flags


@struct(marked=True)
class KernfsRoot:
    kernfs_rwsem: Rwsem
    deactivate_waitq: wait_queue_head_t


@struct(marked=True)
class Device:
    """The device that the file deletes."""

    deleted: Bool


root = shared(KernfsRoot)
device = shared(Device)
the_node = shared(KernfsNode, linked=True)

entered: U8 = ghost(0)
protected: U8 = ghost(0)  # operations between kernfs_get_active and their break or put
successes: U8 = ghost(0)
losers: U8 = ghost(0)
lost_too_early: Bool = ghost(False)
warned_loser: Bool = ghost(False)
warned_drain: Bool = ghost(False)


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    if not atomic_inc_unless_negative(kn.active):
        return False
    lock_map_acquire_try(kn.dep_map)
    return True


def kernfs_put_active(kn: Ptr[KernfsNode]):
    lock_map_release(kn.dep_map)
    v = atomic_dec_return(kn.active)
    if v != KN_DEACTIVATED_BIAS:
        return
    wake_up_all(root.deactivate_waitq)


def kernfs_active(kn: Ptr[KernfsNode]) -> Bool:
    return atomic_read(kn.active) >= 0


def kernfs_should_drain_open_files(kn: Ptr[KernfsNode]) -> Bool:
    """fs/kernfs/file.c: only the warning in it; no open file here must be drained."""
    global warned_drain
    if atomic_read(kn.active) != KN_DEACTIVATED_BIAS:
        warned_drain = True
    return False


def kernfs_drain(kn: Ptr[KernfsNode]):
    if atomic_read(kn.active) == KN_DEACTIVATED_BIAS:
        if not kernfs_should_drain_open_files(kn):
            return
    up_write(root.kernfs_rwsem)
    lock_map_acquire(kn.dep_map)
    wait_event(root.deactivate_waitq, lambda: atomic_read(kn.active) == KN_DEACTIVATED_BIAS)
    lock_map_release(kn.dep_map)
    kernfs_should_drain_open_files(kn)
    down_write(root.kernfs_rwsem)


def __kernfs_remove(kn: Ptr[KernfsNode]):
    if not kn.linked:
        return
    if kernfs_active(kn):
        atomic_add(KN_DEACTIVATED_BIAS, kn.active)
    kernfs_drain(kn)
    kn.linked = False


def kernfs_remove(kn: Ptr[KernfsNode]):
    down_write(root.kernfs_rwsem)
    __kernfs_remove(kn)
    up_write(root.kernfs_rwsem)


def kernfs_break_active_protection(kn: Ptr[KernfsNode]):
    global protected
    kernfs_put_active(kn)
    protected -= 1


def kernfs_unbreak_active_protection(kn: Ptr[KernfsNode]):
    atomic_inc(kn.active)
    lock_map_acquire_try(kn.dep_map)


@observer
def stops_waiting(kn: Ptr[KernfsNode]):
    """A loser of the arbitration goes on: it should be after the winner's whole operation."""
    global lost_too_early, warned_loser
    if not device.deleted:
        lost_too_early = True
    if kn.linked:
        warned_loser = True


def kernfs_remove_self(kn: Ptr[KernfsNode]) -> Bool:
    global losers
    down_write(root.kernfs_rwsem)
    if break_protection:
        kernfs_break_active_protection(kn)
    if not (arbitrate and kn.suicidal):
        kn.suicidal = True
        if not suicided_after_drain:
            kn.suicided = True
        __kernfs_remove(kn)
        if suicided_after_drain:
            kn.suicided = True
        ret = True
    else:
        losers += 1
        wait = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
        while True:
            prepare_to_wait(root.deactivate_waitq, wait, TaskState.TASK_UNINTERRUPTIBLE)
            if kn.suicided and atomic_read(kn.active) == KN_DEACTIVATED_BIAS:
                break
            up_write(root.kernfs_rwsem)
            schedule()
            down_write(root.kernfs_rwsem)
        stops_waiting(kn)
        finish_wait(root.deactivate_waitq, wait)
        ret = False
    if not unbreak_under_rwsem:
        up_write(root.kernfs_rwsem)
    if break_protection and unbreak:
        kernfs_unbreak_active_protection(kn)
    if unbreak_under_rwsem:
        up_write(root.kernfs_rwsem)
    return ret


def ops_write(kn: Ptr[KernfsNode]):
    """drivers/pci/pci-sysfs.c, remove_store: the winner removes the device."""
    global entered, protected, successes
    entered += 1
    protected += 1
    if kernfs_remove_self(kn):
        successes += 1
        device.deleted = True


@thread(count=writers)
def write():
    """fs/kernfs/file.c, kernfs_fop_write_iter."""
    if not kernfs_get_active(the_node):
        return
    ops_write(the_node)
    kernfs_put_active(the_node)


@thread(count=removers)
def remove():
    kernfs_remove(the_node)


@final
def one_writer_succeeds():
    """S1: exactly one kernfs_remove_self returns true, if a writer got that far."""
    return successes == min(entered, 1)


@invariant
def losers_wait_for_the_winner():
    """S2: a loser stops waiting only after the winner's whole operation."""
    return not lost_too_early


@final
def node_ends_drained():
    """S3: at the end the node is deactivated and no active reference is left."""
    return the_node.active.counter == KN_DEACTIVATED_BIAS


@invariant
def removed_only_when_drained():
    """D1: when the node is unlinked no operation relies on its active reference."""
    return the_node.linked or protected == 0


@invariant
def losers_find_the_node_removed():
    """WARN_ON_ONCE(!RB_EMPTY_NODE(&kn->rb)) in kernfs_remove_self."""
    return not warned_loser


@invariant
def open_files_are_looked_at_when_drained():
    """WARN_ON_ONCE(active != KN_DEACTIVATED_BIAS) in kernfs_should_drain_open_files."""
    return not warned_drain


@reachable
def somebody_loses():
    return losers > 0 or not arbitrate


variant("no_break", break_protection=False, violates=("deadlock", "lock-order"))
variant(
    "no_suicidal",
    arbitrate=False,
    violates=("one_writer_succeeds", "open_files_are_looked_at_when_drained"),
)
variant(
    "unbreak_after_unlock",
    writers=3,
    unbreak_under_rwsem=False,
    violates="losers_wait_for_the_winner",
)
variant("missing_unbreak", unbreak=False, violates=("deadlock", "node_ends_drained"))
variant(
    "suicided_before_drain",
    suicided_after_drain=False,
    violates=(
        "losers_wait_for_the_winner",
        "losers_find_the_node_removed",
        "open_files_are_looked_at_when_drained",
    ),
)
variant("with_kernfs_remove", removers=1, violates="open_files_are_looked_at_when_drained")
