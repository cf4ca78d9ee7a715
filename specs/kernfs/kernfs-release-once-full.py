"""kernfs calls ->release() exactly once per open file: the whole routine.

Kernel: fs/kernfs/file.c, v6.12: kernfs_get_open_node, kernfs_fop_open, kernfs_release_file,
kernfs_fop_release, kernfs_unlink_open_file, kernfs_should_drain_open_files,
kernfs_drain_open_files.  The small model of it is kernfs-release-once.
Left out: mmap (`nr_mmapped` stays 0, see kernfs-mmap-drain); how active references are waited for
(see kernfs-active-drain: here it is one step); failing allocations; nodes without ->release();
that the mutex is one of a hashed table; the test for NULL in kernfs_unlink_open_file (never true:
the file is listed).

Try: variant check_outside_lock, flag_first_drop_lock, open_fail_not_told; `-D closers=2`.
More than the one property: called twice, ->release() frees `of->priv` twice (no_released_check,
check_outside_lock); without the mutex the flag races (check_outside_lock).  flag_first_drop_lock
shows nr_to_release wrong as soon as the mutex is dropped, so the drain warns, and the remover looks
for the open node of a file that is unlinked by then (rcu-misuse).  dec_forgotten and
open_fail_not_told trip the kernel's own warnings.
list_del_unlocked (list_del before the mutex is taken) is no use-after-free: the closer takes the
mutex afterwards and so waits for the drain's walk before it frees.  The walk comes to the poison of
list_del: out-of-bounds.  With no mutex at all (unlink_unlocked) it stands on freed memory.
Finding: kernfs_should_drain_open_files reads nr_to_release plainly while a closer counts down under
the mutex.  That is a data race (KCSAN would say so), and harmless: too large a number costs a walk,
0 is stored after ->release() came back.  So it is allowed here.  And the comment there, that
`attr.open` cannot change, is wrong: the last close stores NULL; rcu_read_lock is what saves it
(variant should_drain_without_rcu).
Redundant: kernfs_should_drain_open_files itself only saves the mutex where nothing is open; and
what ->open() allocates for `of->priv`, which makes a second ->release() a double free.  A process
need not close.
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec_return,
    atomic_inc_unless_negative,
    atomic_t,
)
from modelcheck.kernel.list import INIT_LIST_HEAD, ListHead, list_add_tail, list_del, list_empty
from modelcheck.kernel.mutex import Mutex, lockdep_assert_held, mutex_lock, mutex_unlock
from modelcheck.kernel.rcu import (
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
from modelcheck.lang import (
    Bool,
    Enum,
    Ptr,
    U8,
    allow,
    container_of,
    current,
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
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("kernfs-release-once-full")


class Unlink(Enum):
    """What of kernfs_unlink_open_file is done under the mutex."""

    LOCKED = 0
    DEL_BEFORE_LOCK = 1
    NO_LOCK = 2


closers = param(1, min=0, max=6)
openers = param(1, min=0, max=4)
check_released = flag(True)
check_under_lock = flag(True)
flag_first_drop_lock = flag(False)
unlink = flag(Unlink.LOCKED)
unlink_before_free = flag(True)
tell_open_failed = flag(True)
count_releases = flag(True)
look_at_nr_to_release = flag(True)
rcu_in_should_drain = flag(True)

KN_DEACTIVATED_BIAS = -16


@struct
class Priv:
    """What ->open() allocates for `of->priv` and ->release() frees."""

    value: U8


@struct
class KernfsOpenNode:
    rcu_head: RcuHead
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
    priv: Ptr[Priv]
    opened: Bool = ghost(False)  # ->open() succeeded
    listed: Bool = ghost(False)
    calls: U8 = ghost(0)  # ->release() was entered
    returns: U8 = ghost(0)  # ->release() came back


@struct
class File:
    private_data: Ptr[KernfsOpenFile]


the_node = shared(KernfsNode)
kernfs_open_file_mutex = shared(Mutex)
closed_files = shared(File, count=closers)
open_files = pool(KernfsOpenFile, count=closers + openers)
open_nodes = pool(KernfsOpenNode, count=1 + openers)
privs = pool(Priv, count=closers + openers)

removed: Bool = ghost(False)
warned_unlink: Bool = ghost(False)
warned_drain: Bool = ghost(False)


@initial
def some_files_are_open():
    if closers > 0:
        on = new(KernfsOpenNode, nr_mmapped=0, nr_to_release=0)
        INIT_LIST_HEAD(on.files)
        the_node.open = on
        for file in closed_files:
            of = new(KernfsOpenFile, kn=the_node, released=False, priv=new(Priv, value=1))
            list_add_tail(of.list, on.files)
            on.nr_to_release += 1
            of.opened = True
            of.listed = True
            file.private_data = of


@observer
def warn_unlink(of: Ptr[KernfsOpenFile], open_failed: Bool):
    global warned_unlink
    if of.released == open_failed:
        warned_unlink = True


@observer
def warn_drain(on: Ptr[KernfsOpenNode]):
    global warned_drain
    if on.nr_mmapped != 0 or on.nr_to_release != 0:
        warned_drain = True


def ops_open(of: Ptr[KernfsOpenFile]) -> Bool:
    """The owner's ->open(): `False` for an error."""
    if either():
        return False
    of.priv = new(Priv, value=1)
    of.opened = True
    return True


def ops_release(of: Ptr[KernfsOpenFile]):
    """The owner's ->release()."""
    of.calls += 1
    kfree(of.priv)
    of.returns += 1


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    return atomic_inc_unless_negative(kn.active)


def kernfs_put_active(kn: Ptr[KernfsNode]):
    atomic_dec_return(kn.active)


def kernfs_open_file_mutex_lock():
    mutex_lock(kernfs_open_file_mutex)


def kernfs_deref_open_node_locked(kn: Ptr[KernfsNode]):
    return rcu_dereference_protected(kn.open, lambda: kernfs_open_file_mutex.owner == current())


def of_on(of: Ptr[KernfsOpenFile]):
    return rcu_dereference_protected(of.kn.open, lambda: of.listed)


def kernfs_get_open_node(kn: Ptr[KernfsNode], of: Ptr[KernfsOpenFile]):
    kernfs_open_file_mutex_lock()
    on = kernfs_deref_open_node_locked(kn)
    if on is None:
        on = new(KernfsOpenNode, nr_mmapped=0, nr_to_release=0)
        INIT_LIST_HEAD(on.files)
        rcu_assign_pointer(kn.open, on)
    list_add_tail(of.list, on.files)
    of.listed = True
    on.nr_to_release += 1
    mutex_unlock(kernfs_open_file_mutex)


def kernfs_release_file(of: Ptr[KernfsOpenFile]):
    """fs/kernfs/file.c, kernfs_release_file: called by close and by drain."""
    lockdep_assert_held(kernfs_open_file_mutex)
    if not (check_released and of.released):
        if flag_first_drop_lock:
            of.released = True
            mutex_unlock(kernfs_open_file_mutex)
            ops_release(of)
            mutex_lock(kernfs_open_file_mutex)
        else:
            ops_release(of)
            of.released = True
        if count_releases:
            of_on(of).nr_to_release -= 1


def kernfs_unlink_open_file(kn: Ptr[KernfsNode], of: Ptr[KernfsOpenFile], open_failed: Bool):
    if unlink == Unlink.DEL_BEFORE_LOCK:
        list_del(of.list)
        of.listed = False
    if unlink != Unlink.NO_LOCK:
        kernfs_open_file_mutex_lock()
        on = kernfs_deref_open_node_locked(kn)
    else:
        on = rcu_dereference_raw(kn.open)
    warn_unlink(of, open_failed)
    if open_failed:
        on.nr_to_release -= 1
    if unlink != Unlink.DEL_BEFORE_LOCK:
        list_del(of.list)
        of.listed = False
    if list_empty(on.files):
        rcu_assign_pointer(kn.open, None)
        kfree_rcu(on, on.rcu_head)
    if unlink != Unlink.NO_LOCK:
        mutex_unlock(kernfs_open_file_mutex)


def kernfs_fop_open(kn: Ptr[KernfsNode]):
    """fs/kernfs/file.c, kernfs_fop_open: the new open file, or `None` for an error."""
    if not kernfs_get_active(kn):
        return None
    of = new(KernfsOpenFile, kn=kn, released=False, priv=None)
    kernfs_get_open_node(kn, of)
    if not ops_open(of):
        kernfs_unlink_open_file(kn, of, tell_open_failed)
        kfree(of)
        kernfs_put_active(kn)
        return None
    kernfs_put_active(kn)
    return of


def kernfs_fop_release(kn: Ptr[KernfsNode], of: Ptr[KernfsOpenFile]):
    if check_under_lock:
        kernfs_open_file_mutex_lock()
        kernfs_release_file(of)
        mutex_unlock(kernfs_open_file_mutex)
    elif not of.released:
        kernfs_open_file_mutex_lock()
        ops_release(of)
        of.released = True
        of_on(of).nr_to_release -= 1
        mutex_unlock(kernfs_open_file_mutex)
    if unlink_before_free:
        kernfs_unlink_open_file(kn, of, False)
        kfree(of)
    else:
        kfree(of)
        kernfs_unlink_open_file(kn, of, False)


def kernfs_should_drain_open_files(kn: Ptr[KernfsNode]) -> Bool:
    if rcu_in_should_drain:
        rcu_read_lock()
        on = rcu_dereference(kn.open)
    else:
        on = rcu_dereference_raw(kn.open)
    ret = on is not None and (
        on.nr_mmapped != 0 or (look_at_nr_to_release and on.nr_to_release != 0)
    )
    if rcu_in_should_drain:
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


@thread
def rmdir():
    """fs/kernfs/dir.c, kernfs_remove."""
    global removed
    atomic_add(KN_DEACTIVATED_BIAS, the_node.active)
    kernfs_drain(the_node)
    removed = True


@thread(count=closers)
def close(me):
    """The last reference of a file that was open from the start goes away."""
    kernfs_fop_release(the_node, closed_files[me].private_data)


@thread(count=openers)
def open_and_close():
    of = kernfs_fop_open(the_node)
    if of is not None:
        kernfs_fop_release(the_node, of)


@invariant
def released_at_most_once():
    """R1: ->release() is never entered twice for one open file."""
    return all(of.calls <= 1 for of in objects(KernfsOpenFile)) and all(
        of.calls <= 1 for of in objects(KernfsOpenFile, free=True)
    )


@final
def released_exactly_if_opened():
    """R2: in the end ->release() was called for each file that ->open() accepted, for no other."""
    return all((of.calls == 1) == of.opened for of in objects(KernfsOpenFile)) and all(
        (of.calls == 1) == of.opened for of in objects(KernfsOpenFile, free=True)
    )


@invariant
def all_released_when_removed():
    """R3: when the remover returns, ->release() has come back for every file opened before."""
    return not removed or (
        all(of.returns == 1 for of in objects(KernfsOpenFile) if of.opened)
        and all(of.returns == 1 for of in objects(KernfsOpenFile, free=True) if of.opened)
    )


@invariant
def nr_to_release_is_exact():
    """R4: while the mutex is free, nr_to_release is the number of listed files not released."""
    return (
        kernfs_open_file_mutex.owner is not None
        or the_node.open is None
        or the_node.open.nr_to_release
        == sum(1 for of in objects(KernfsOpenFile) if of.listed and not of.released)
    )


@final
def open_node_goes_with_the_last_file():
    """LEAK: in the end there is an open node only if a file is listed."""
    return the_node.open is None or any(of.listed for of in objects(KernfsOpenFile))


@invariant
def only_released_files_are_unlinked():
    """WARN_ON_ONCE(of->released == open_failed) in kernfs_unlink_open_file."""
    return not warned_unlink


@invariant
def drain_leaves_nothing():
    """WARN_ON_ONCE(on->nr_mmapped || on->nr_to_release) in kernfs_drain_open_files."""
    return not warned_drain


@reachable
def drain_releases():
    """The remover finds a file that is open, and releases it."""
    return removed and any(of.opened and of.listed for of in objects(KernfsOpenFile))


allow(
    "data-race",
    on=KernfsOpenNode.nr_to_release,
    because="kernfs_should_drain_open_files reads it without the mutex",
)

variant(
    "no_released_check",
    openers=0,
    check_released=False,
    violates=("released_at_most_once", "double-free(Priv)"),
)
variant(
    "check_outside_lock",
    openers=0,
    check_under_lock=False,
    violates=("released_at_most_once", "double-free(Priv)", "data-race"),
)
variant(
    "flag_first_drop_lock",
    openers=0,
    flag_first_drop_lock=True,
    violates=(
        "all_released_when_removed",
        "drain_leaves_nothing",
        "nr_to_release_is_exact",
        "rcu-misuse",
        "use-after-free(KernfsOpenFile)",
    ),
)
variant(
    "list_del_unlocked",
    openers=0,
    unlink=Unlink.DEL_BEFORE_LOCK,
    violates=("out-of-bounds", "data-race"),
)
variant(
    "unlink_unlocked",
    openers=0,
    unlink=Unlink.NO_LOCK,
    violates=(
        "use-after-free(KernfsOpenFile)",
        "use-after-free(KernfsOpenNode)",
        "out-of-bounds",
        "data-race",
    ),
)
variant(
    "free_then_unlink",
    openers=0,
    unlink_before_free=False,
    violates="use-after-free(KernfsOpenFile)",
)
variant(
    "open_fail_not_told",
    tell_open_failed=False,
    violates=(
        "nr_to_release_is_exact",
        "only_released_files_are_unlinked",
        "drain_leaves_nothing",
    ),
)
variant(
    "dec_forgotten",
    openers=0,
    count_releases=False,
    violates=("nr_to_release_is_exact", "drain_leaves_nothing"),
)
variant(
    "skip_drain_mmap_only",
    openers=0,
    look_at_nr_to_release=False,
    violates="all_released_when_removed",
)
variant(
    "should_drain_without_rcu",
    openers=0,
    rcu_in_should_drain=False,
    violates="use-after-free(KernfsOpenNode)",
)
