"""kernfs removes a file only when no operation runs in it: active references and the drain.

Kernel: fs/kernfs/dir.c, v6.12: kernfs_get_active, kernfs_put_active, kernfs_drain,
kernfs_unlink_sibling, __kernfs_remove, kernfs_remove_by_name_ns, kernfs_get, kernfs_put; an
operation is kernfs_fop_write_iter of fs/kernfs/file.c.
Left out: directories (so the reference that kernfs_remove_by_name_ns takes itself since v6.1 would
be redundant: __kernfs_remove has one of the same node); open files (kernfs-release-once-full);
of->mutex (each operation here has an open file of its own, so nobody waits for it); the grace
period before a node is freed (kernfs-node-lifetime); KERNFS_REMOVING (only mkdir asks).
The remover with number 0 is the driver: when it returns it frees `kn->priv`.

Try: variant check_then_inc (a reference is taken in two steps), the three ways to lose the last
wake-up (put_no_wake, wake_before_dec, inc_then_undo_nowake), drain_under_rwsem.
More than the one property: in check_then_inc what starts late also runs late; in drain_under_rwsem
lock-order sees both orders (kn->active before kernfs_rwsem in the operation, after it in the
drain) without the two ever meeting; in unlink_no_arbiter whoever puts the fifth reference of four
finds the node freed, or takes the count below zero before it is.
Redundant here: the test of `v` in kernfs_put_active only saves wake-ups, and the early return of
kernfs_drain only the way through the wait queue; the early return of __kernfs_remove is for those
who come with a node instead of a name (kernfs-self-removal); dep_map changes nothing but what
lockdep says (variant drain_under_rwsem). More at the statements, for `modelcheck mutate`.
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec,
    atomic_dec_and_test,
    atomic_dec_return,
    atomic_inc,
    atomic_inc_return,
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
from modelcheck.kernel.rwsem import down_read, down_write, up_read, up_write
from modelcheck.kernel.slab import kfree
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
    Enum,
    Ptr,
    READ_ONCE,
    U8,
    atomic,
    current,
    final,
    flag,
    ghost,
    initial,
    invariant,
    local,
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
)

spec("kernfs-active-drain")


class Get(Enum):
    """How kernfs_get_active takes a reference."""

    INC_UNLESS_NEGATIVE = 0
    CHECK_THEN_INC = 1
    INC_THEN_UNDO_NOWAKE = 2
    INC_THEN_UNDO_WAKE = 3


class Put(Enum):
    """How kernfs_put_active wakes those who drain."""

    DEC_THEN_WAKE = 0
    WAKE_THEN_DEC = 1
    NO_WAKE = 2


ops = param(1, min=1, max=6)
removers = param(2, min=1, max=4)
get = flag(Get.INC_UNLESS_NEGATIVE)
put = flag(Put.DEC_THEN_WAKE)
queue_before_check = flag(True)
drop_rwsem = flag(True)
op_takes_rwsem = flag(False)
bias_once = flag(True)
unlink_arbitrates = flag(True)
hold_own_reference = flag(True)

KN_DEACTIVATED_BIAS = -16


@struct
class Priv:
    """The driver's object behind `kn->priv`."""

    value: U8


@struct(marked=True)
class KernfsNode:
    count: atomic_t
    active: atomic_t
    dep_map: LockdepMap
    linked: Bool  # not RB_EMPTY_NODE(&kn->rb)
    priv: Ptr[Priv]


@struct(marked=True)
class KernfsRoot:
    kernfs_rwsem: Rwsem
    deactivate_waitq: wait_queue_head_t


@struct(marked=True)
class Parent:
    """The directory: its tree of children has one place."""

    children: Ptr[KernfsNode]


@struct
class Driver:
    priv: Ptr[Priv]


@struct
class KernfsOpenFile:
    kn: Ptr[KernfsNode]


root = shared(KernfsRoot)
parent = shared(Parent)
driver = shared(Driver)
files = shared(KernfsOpenFile, count=ops)
nodes = pool(KernfsNode, count=1)
privs = pool(Priv, count=1)

inflight: U8 = ghost(0)
drained: Bool = ghost(False)
started_late: Bool = ghost(False)
base_puts: U8 = ghost(0)
warned_put: Bool = ghost(False)


@initial
def one_file():
    driver.priv = new(Priv, value=1)
    kn = new(KernfsNode, linked=True, priv=driver.priv)
    kn.count.counter = 1 + ops  # the base reference, and the inodes of the open files
    kn.active.counter = 0
    parent.children = kn
    for file in files:
        file.kn = kn


@observer
def body_starts():
    global inflight, started_late
    inflight += 1
    if drained:
        started_late = True


@observer
def body_ends():
    global inflight
    inflight -= 1


@observer
def warn_incorrect_active(kn: Ptr[KernfsNode]):
    global warned_put
    if kn.active.counter != KN_DEACTIVATED_BIAS:
        warned_put = True


def kernfs_get(kn: Ptr[KernfsNode]):
    atomic_inc(kn.count)


def kernfs_put(kn: Ptr[KernfsNode]):
    if not atomic_dec_and_test(kn.count):
        return
    warn_incorrect_active(kn)
    kfree(kn)


def kernfs_active(kn: Ptr[KernfsNode]) -> Bool:
    return atomic_read(kn.active) >= 0


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    if get == Get.INC_UNLESS_NEGATIVE:
        if not atomic_inc_unless_negative(kn.active):
            return False
    elif get == Get.CHECK_THEN_INC:
        if atomic_read(kn.active) < 0:
            return False
        atomic_inc(kn.active)
    elif atomic_inc_return(kn.active) < 0:
        if get == Get.INC_THEN_UNDO_WAKE:
            put_active(kn)
        else:
            atomic_dec(kn.active)
        return False
    lock_map_acquire_try(kn.dep_map)
    return True


def put_active(kn: Ptr[KernfsNode]):
    if put == Put.WAKE_THEN_DEC:
        wake_up_all(root.deactivate_waitq)
        atomic_dec(kn.active)
        return
    v = atomic_dec_return(kn.active)
    if v != KN_DEACTIVATED_BIAS:
        return
    if put != Put.NO_WAKE:
        wake_up_all(root.deactivate_waitq)


def kernfs_put_active(kn: Ptr[KernfsNode]):
    lock_map_release(kn.dep_map)
    put_active(kn)


def wait_until_drained(kn: Ptr[KernfsNode]):
    """The wait_event of kernfs_drain, or one that looks before it queues itself."""
    if queue_before_check:
        wait_event(root.deactivate_waitq, lambda: atomic_read(kn.active) == KN_DEACTIVATED_BIAS)
        return
    wait = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
    while atomic_read(kn.active) != KN_DEACTIVATED_BIAS:
        prepare_to_wait(root.deactivate_waitq, wait, TaskState.TASK_UNINTERRUPTIBLE)
        schedule()
    finish_wait(root.deactivate_waitq, wait)


def kernfs_drain(kn: Ptr[KernfsNode]):
    global drained
    if atomic_read(kn.active) == KN_DEACTIVATED_BIAS:  # mutate: survives drop-check: it only saves work
        drained = True
        return
    if drop_rwsem:
        up_write(root.kernfs_rwsem)  # mutate: survives drop-lock: seen by variant op_takes_rwsem
    lock_map_acquire(kn.dep_map)
    wait_until_drained(kn)
    drained = True
    lock_map_release(kn.dep_map)
    if drop_rwsem:
        down_write(root.kernfs_rwsem)


def kernfs_unlink_sibling(kn: Ptr[KernfsNode]) -> Bool:
    with atomic(because="the tree is only touched under kernfs_rwsem"):  # mutate: survives split-atomic: so it is
        if unlink_arbitrates and not kn.linked:
            return False
        kn.linked = False
        parent.children = None
        return True


def __kernfs_remove(kn: Ptr[KernfsNode]):
    global base_puts
    if not kn.linked:  # mutate: survives drop-check, swap: who comes by name finds it linked
        return
    if not bias_once or kernfs_active(kn):  # mutate: survives swap: both under kernfs_rwsem
        atomic_add(KN_DEACTIVATED_BIAS, kn.active)
    if hold_own_reference:
        kernfs_get(kn)
    kernfs_drain(kn)
    if kernfs_unlink_sibling(kn):
        base_puts += 1
        kernfs_put(kn)
    if hold_own_reference:
        kernfs_put(kn)


def kernfs_remove_by_name():
    """fs/kernfs/dir.c, kernfs_remove_by_name_ns: there is one name."""
    down_write(root.kernfs_rwsem)
    kn = parent.children
    if kn is not None:
        __kernfs_remove(kn)
    up_write(root.kernfs_rwsem)


def ops_write(kn: Ptr[KernfsNode]):
    """The driver's ->write(): it uses what `kn->priv` points to."""
    body_starts()
    if op_takes_rwsem:
        down_read(root.kernfs_rwsem)  # mutate: survives drop-lock: its own affair
    READ_ONCE(kn.priv.value)  # mutate: survives plain: nobody stores there
    if op_takes_rwsem:
        up_read(root.kernfs_rwsem)
    body_ends()


@thread(count=ops)
def write(me):
    """fs/kernfs/file.c, kernfs_fop_write_iter, and in the end the last reference of the file."""
    kn = files[me].kn
    if kernfs_get_active(kn):
        ops_write(kn)
        kernfs_put_active(kn)
    kernfs_put(kn)


@thread(count=removers)
def remove(me):
    kernfs_remove_by_name()
    if me == 0:
        kfree(driver.priv)


@invariant
def nothing_runs_once_drained():
    """D1: from the moment when a remover has drained the node, no operation is inside."""
    return not drained or inflight == 0


@invariant
def nothing_starts_once_drained():
    """D2: no operation starts after that."""
    return not started_late


@invariant
def base_reference_is_put_once():
    """D3: one remover, whoever unlinks the node, puts the base reference."""
    return base_puts <= 1


@final
def base_reference_is_put():
    """D3: and one does."""
    return base_puts >= 1


@invariant
def count_never_underflows():
    """REF: kn->count is put only by who has a reference."""
    return all(kn.count.counter >= 0 for kn in objects(KernfsNode))


@final
def everything_is_freed():
    """LEAK: in the end the node and its priv are gone."""
    return not any(True for kn in objects(KernfsNode)) and not any(True for p in objects(Priv))


@invariant
def node_is_freed_deactivated():
    """WARN_ONCE in kernfs_put: "released with incorrect active_ref"."""
    return not warned_put


@reachable
def operation_runs_while_removed():
    return inflight == 1 and parent.children is not None and parent.children.active.counter < 0


variant("ok_1", removers=1)
variant("op_takes_rwsem", op_takes_rwsem=True)
variant(
    "check_then_inc",
    removers=1,
    get=Get.CHECK_THEN_INC,
    violates=(
        "nothing_runs_once_drained",
        "nothing_starts_once_drained",
        "use-after-free(Priv)",
    ),
)
variant("inc_then_undo_nowake", removers=1, get=Get.INC_THEN_UNDO_NOWAKE, violates="deadlock")
variant("inc_then_undo_wake", get=Get.INC_THEN_UNDO_WAKE)
variant("put_no_wake", removers=1, put=Put.NO_WAKE, violates="deadlock")
variant("wake_before_dec", removers=1, put=Put.WAKE_THEN_DEC, violates="deadlock")
variant("sleep_without_queue", removers=1, queue_before_check=False, violates="deadlock")
variant(
    "drain_under_rwsem",
    removers=1,
    drop_rwsem=False,
    op_takes_rwsem=True,
    violates=("deadlock", "lock-order"),
)
variant("bias_twice", bias_once=False, violates="deadlock")
variant(
    "unlink_no_arbiter",
    unlink_arbitrates=False,
    violates=(
        "base_reference_is_put_once",
        "count_never_underflows",
        "use-after-free(KernfsNode)",
    ),
)
variant("no_own_ref", hold_own_reference=False, violates="use-after-free(KernfsNode)")
