"""A trigger is written into a pressure file while the file is removed or hidden: CVE-2026-52991.

Kernel: kernel/cgroup/cgroup.c, pressure_write, cgroup_kn_lock_live, cgroup_kn_unlock,
cgroup_file_release, cgroup_rmdir, cgroup_pressure_write; kernel/sched/psi.c, psi_trigger_create,
psi_trigger_destroy; fs/kernfs/file.c, kernfs_fop_write_iter; fs/kernfs/dir.c,
kernfs_break_active_protection, kernfs_drain. The default is a5b98009f16d (v7.1), which builds on
94a4acfec146 (->release() clears `of->priv`).

An active reference keeps `of->priv` alive, but cgroup_kn_lock_live gives it up before it waits for
cgroup_mutex, as it must: rmdir drains under that mutex. From then on only the mutex protects
`of->priv`. Before the fix pressure_write dropped the mutex and went on with `ctx`.

Left out: `deactivate_waitq` and `kernfs_rwsem` (kernfs-active-drain; here a drain just waits, and
cgroup_mutex keeps those who drain apart), polling (psi-poll-uaf), close (the file stays open), what a
trigger does, the thread psimon but for its fork, that a hidden file may be shown again (and so
`of->released` in kernfs_get_active_of: kernfs-hide-show-poll), and the file cgroup.pressure itself
(its writer holds a reference on the cgroup instead of an active one).
Try: variant buggy is v6.12; mutex_extended_ctx_read_early holds the mutex and reads `of->priv` before
it; fix_no_null_test forgets that hiding a file releases it and leaves the cgroup alive; no_break
keeps the active reference and waits for the mutex under which it is drained.

fix_fork_lock is the same fix where the trigger needs the thread psimon: it forks under
cgroup_mutex, and enabling a sched_ext scheduler blocks forks and then takes cgroup_mutex. The
deadlock needs kthreadd in between, so no lock order shows it: the mutex is held by one thread
and the semaphore waited for by another. split_create is the fix of July 2026: psi_trigger_create
only asks for the worker, pressure_write drops the mutex to fork it, and looks at `of->priv` again.
split_create_no_recheck leaves the second look out: `ctx` may be gone (use-after-free).

What else fails, beyond the catalogue's row:
* buggy: ->release() may look at `ctx->psi.trigger` just before the trigger is published and free `ctx`
  just after it: nobody destroys the trigger (`leak`), and the two accesses race (`data-race`).
mutex_extended_ctx_read_early needs the toggler. Without it every way to free `ctx` makes the cgroup
dead before, and cgroup_kn_lock_live says so.

Redundant for every property here: that the cgroup is marked dead, and that cgroup_kn_lock_live and
cgroup_pressure_write look (`of->priv` is NULL by then; files without ->release() need it); of->mutex,
because cgroup_mutex covers the write; in kernfs_show the look at `active`, as the file is hidden once;
in split_create the look at `rtpoll_task`, as there is one writer; what scx_enable does with
cgroup_mutex, because only fix_fork_lock waits for forks under it.
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec_return,
    atomic_inc,
    atomic_inc_unless_negative,
    atomic_read,
    atomic_t,
)
from modelcheck.kernel.completion import (
    Completion,
    complete,
    wait_for_completion,
    wait_for_completion_idle,
)
from modelcheck.kernel.lockdep import (
    LockdepMap,
    lock_map_acquire,
    lock_map_acquire_try,
    lock_map_release,
    lockdep_assert_held,
)
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.percpu_rwsem import (
    PercpuRwSemaphore,
    percpu_down_read,
    percpu_down_write,
    percpu_up_read,
    percpu_up_write,
)
from modelcheck.kernel.refcount import refcount_dec_and_test, refcount_inc_not_zero, refcount_t
from modelcheck.kernel.slab import kfree
from modelcheck.lang import (
    Bool,
    Context,
    Enum,
    Ptr,
    Set,
    U8,
    alive,
    atomic,
    final,
    flag,
    ghost,
    initial,
    invariant,
    new,
    observer,
    on_free,
    param,
    pool,
    reachable,
    shared,
    smp_store_release,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("psi-pressure-write-vs-release")

KN_DEACTIVATED_BIAS = -16


class Write(Enum):
    """What of pressure_write cgroup_mutex covers."""

    LOCK_LIVE_ONLY = 0  # v6.12
    ALL_BUT_CTX = 1
    ALL = 2  # a5b98009f16d


class Worker(Enum):
    """Where the thread psimon is forked, if the trigger needs it."""

    NONE = 0
    UNDER_MUTEX = 1  # a5b98009f16d
    OUTSIDE = 2  # the fix of July 2026


writers = param(2, min=1, max=6)
removers = param(1, min=0, max=1)
togglers = param(1, min=0, max=4)
write = flag(Write.ALL)
null_test = flag(True)
break_active = flag(True)
worker = flag(Worker.NONE)
recheck = flag(True)


@struct(marked=True)
class PsiGroup:
    """`struct psi_group`: its list changes under `rtpoll_trigger_lock` or `avgs_lock`."""

    triggers: Set[Ptr["PsiTrigger"]]
    rtpoll_task: Bool


@struct
class PsiTrigger:
    """`struct psi_trigger`."""

    group: Ptr[PsiGroup]


@struct
class Cgroup:
    """`struct cgroup`; `dead` is CSS_ONLINE cleared."""

    refcnt: refcount_t
    dead: Bool
    psi: PsiGroup


@struct(marked=True)
class KernfsNode:
    active: atomic_t
    dep_map: LockdepMap
    priv: Ptr[Cgroup]


@struct
class CgroupFileCtx:
    """`struct cgroup_file_ctx`, allocated by cgroup_file_open."""

    trigger: Ptr[PsiTrigger]


@struct
class KernfsOpenFile:
    mutex: Mutex
    released: Bool
    priv: Ptr[CgroupFileCtx]
    releases: U8 = ghost(0)


@struct
class KthreadCreateInfo:
    """`struct kthread_create_info`, queued for kthreadd."""

    queued: Completion
    done: Completion


cgroups = pool(Cgroup, count=1)
contexts = pool(CgroupFileCtx, count=1)
psi_triggers = pool(PsiTrigger, count=writers)
kn = shared(KernfsNode)
of = shared(KernfsOpenFile)
open_file_mutex = shared(Mutex)
cgroup_mutex = shared(Mutex)
scx_fork_rwsem = shared(PercpuRwSemaphore)
create = shared(KthreadCreateInfo)
written: Bool = ghost(False)
busy: Bool = ghost(False)
hidden: Bool = ghost(False)
asked: Bool = ghost(False)  # kthreadd was, for a thread
forked: Bool = ghost(False)
enabling: Bool = ghost(False)  # scx_enable visits all tasks


@initial
def cgroup_file_open():
    cgrp = new(Cgroup, dead=False)
    cgrp.refcnt.refs = 1 + togglers
    cgrp.psi.triggers.clear()
    cgrp.psi.rtpoll_task = False
    kn.priv = cgrp
    of.priv = new(CgroupFileCtx, trigger=None)


# ---------------------------------------------------------------------------------------------
# fs/kernfs


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    if not atomic_inc_unless_negative(kn.active):
        return False
    lock_map_acquire_try(kn.dep_map)
    return True


def kernfs_put_active(kn: Ptr[KernfsNode]):
    lock_map_release(kn.dep_map)
    atomic_dec_return(kn.active)


def kernfs_break_active_protection(kn: Ptr[KernfsNode]):
    if break_active:
        kernfs_put_active(kn)


def kernfs_unbreak_active_protection(kn: Ptr[KernfsNode]):
    if break_active:
        atomic_inc(kn.active)
        lock_map_acquire_try(kn.dep_map)


def kernfs_release_file(of: Ptr[KernfsOpenFile]):
    lockdep_assert_held(open_file_mutex)
    if not of.released:
        cgroup_file_release(of)
        of.released = True


def kernfs_drain(kn: Ptr[KernfsNode]):
    lock_map_acquire(kn.dep_map)
    wait_until(kn.active.counter == KN_DEACTIVATED_BIAS)
    lock_map_release(kn.dep_map)
    mutex_lock(open_file_mutex)  # kernfs_drain_open_files
    kernfs_release_file(of)
    mutex_unlock(open_file_mutex)


def kernfs_remove_by_name(kn: Ptr[KernfsNode]):
    if atomic_read(kn.active) >= 0:
        atomic_add(KN_DEACTIVATED_BIAS, kn.active)
    kernfs_drain(kn)


def kernfs_show(kn: Ptr[KernfsNode]):
    """kernfs_show(kn, false): KERNFS_HIDDEN."""
    if atomic_read(kn.active) >= 0:
        atomic_add(KN_DEACTIVATED_BIAS, kn.active)
    kernfs_drain(kn)


# ---------------------------------------------------------------------------------------------
# kernel/sched/psi.c


def psi_trigger_create(group: Ptr[PsiGroup]) -> Ptr[PsiTrigger]:
    t = new(PsiTrigger, group=group)
    if worker == Worker.UNDER_MUTEX:
        if not group.rtpoll_task:
            kthread_create()
            group.rtpoll_task = True
    with atomic(because="group->rtpoll_trigger_lock is held; nobody looks without it"):
        group.triggers.add(t)
    return t


def psi_trigger_destroy(t: Ptr[PsiTrigger]):
    if t is None:
        return
    group = t.group
    with atomic(because="group->rtpoll_trigger_lock is held; nobody looks without it"):
        group.triggers.discard(t)
    kfree(t)


def kthread_create():
    """kernel/kthread.c, __kthread_create_on_node: kthreadd forks, who needs it waits."""
    global asked
    asked = True
    complete(create.queued)
    wait_for_completion(create.done)
    assert forked, "a_created_thread_is_there"


@thread(context=Context.KTHREAD)
def kthreadd():
    global forked
    while True:
        wait_for_completion_idle(create.queued)
        assert asked, "kthreadd_forks_what_was_asked_for"
        percpu_down_read(scx_fork_rwsem)  # copy_process, sched_fork, scx_pre_fork
        assert not enabling, "no_fork_while_scx_is_enabled"
        percpu_up_read(scx_fork_rwsem)  # scx_post_fork
        forked = True
        complete(create.done)


@thread
def scx_enable():
    """kernel/sched/ext.c, scx_enable: no forks while all tasks and cgroups are visited."""
    global enabling
    if worker != Worker.NONE:
        percpu_down_write(scx_fork_rwsem)
        enabling = True
        mutex_lock(cgroup_mutex)
        mutex_unlock(cgroup_mutex)
        enabling = False
        percpu_up_write(scx_fork_rwsem)


# ---------------------------------------------------------------------------------------------
# kernel/cgroup/cgroup.c


def cgroup_put(cgrp: Ptr[Cgroup]):
    if refcount_dec_and_test(cgrp.refcnt):
        kfree(cgrp)


def cgroup_kn_lock_live(kn: Ptr[KernfsNode]) -> Ptr[Cgroup]:
    cgrp = kn.priv
    if not refcount_inc_not_zero(cgrp.refcnt):  # cgroup_tryget
        return None
    kernfs_break_active_protection(kn)
    mutex_lock(cgroup_mutex)
    if not cgrp.dead:
        return cgrp
    cgroup_kn_unlock(kn, cgrp)
    return None


def cgroup_kn_unlock(kn: Ptr[KernfsNode], cgrp: Ptr[Cgroup]):
    mutex_unlock(cgroup_mutex)
    kernfs_unbreak_active_protection(kn)
    cgroup_put(cgrp)


def pressure_write_before(of: Ptr[KernfsOpenFile]):
    """pressure_write of v6.12."""
    ctx = of.priv
    cgrp = cgroup_kn_lock_live(kn)
    if cgrp is None:
        return
    refcount_inc_not_zero(cgrp.refcnt)  # cgroup_get
    cgroup_kn_unlock(kn, cgrp)
    if ctx.trigger is not None:
        write_is_refused()
        cgroup_put(cgrp)
        return
    publish(ctx, psi_trigger_create(cgrp.psi))
    cgroup_put(cgrp)


def pressure_write(of: Ptr[KernfsOpenFile]):
    """pressure_write since a5b98009f16d."""
    ctx: Ptr[CgroupFileCtx] = None
    if write == Write.ALL_BUT_CTX:
        ctx = of.priv
    cgrp = cgroup_kn_lock_live(kn)
    if cgrp is None:
        return
    if write == Write.ALL:
        ctx = of.priv
    if null_test and ctx is None:
        cgroup_kn_unlock(kn, cgrp)
        return
    if ctx.trigger is not None:
        write_is_refused()
        cgroup_kn_unlock(kn, cgrp)
        return
    t = psi_trigger_create(cgrp.psi)
    if worker == Worker.OUTSIDE and not cgrp.psi.rtpoll_task:
        mutex_unlock(cgroup_mutex)
        kthread_create()  # psi_trigger_create_rtpoll_worker
        cgrp.psi.rtpoll_task = True
        mutex_lock(cgroup_mutex)
        if recheck and of.priv is None:
            psi_trigger_destroy(t)
            cgroup_kn_unlock(kn, cgrp)
            return
    publish(ctx, t)
    cgroup_kn_unlock(kn, cgrp)


def publish(ctx: Ptr[CgroupFileCtx], t: Ptr[PsiTrigger]):
    global written
    is_listed(t)
    smp_store_release(ctx.trigger, t)
    written = True


def write_is_refused():
    global busy
    busy = True  # -EBUSY


def cgroup_file_release(of: Ptr[KernfsOpenFile]):
    of.releases += 1
    ctx = of.priv
    psi_trigger_destroy(ctx.trigger)  # cgroup_pressure_release
    kfree(ctx)
    of.priv = None


# ---------------------------------------------------------------------------------------------
# What user space does


@thread(count=writers)
def kernfs_fop_write_iter():
    mutex_lock(of.mutex)
    if kernfs_get_active(kn):
        if write == Write.LOCK_LIVE_ONLY:
            pressure_write_before(of)
        else:
            pressure_write(of)
        kernfs_put_active(kn)
    mutex_unlock(of.mutex)


@thread(count=removers)
def cgroup_rmdir():
    cgrp = kn.priv
    mutex_lock(cgroup_mutex)
    cgrp.dead = True  # cgroup_destroy_locked, kill_css
    kernfs_remove_by_name(kn)  # cgroup_addrm_files
    mutex_unlock(cgroup_mutex)
    cgroup_put(cgrp)


@thread(count=togglers)
def cgroup_pressure_write():
    """echo 0 > cgroup.pressure"""
    global hidden
    cgrp = kn.priv
    mutex_lock(cgroup_mutex)
    if not cgrp.dead:
        kernfs_show(kn)
        hidden = True
    mutex_unlock(cgroup_mutex)
    cgroup_put(cgrp)


@observer
def is_listed(t: Ptr[PsiTrigger]):
    group = t.group
    assert t in group.triggers, "published_triggers_are_listed"
    if worker != Worker.NONE:
        assert group.rtpoll_task and forked, "published_triggers_have_their_worker"


@on_free(PsiTrigger)
def trigger_freed(t: Ptr[PsiTrigger]):
    assert t not in t.group.triggers, "freed_triggers_are_not_listed"


@final
def cgroup_is_gone():
    """LEAK: all references to the cgroup are put."""
    return alive(kn.priv) == (removers == 0)


@final
def released_once():
    """R1, R2: ->release() has been called exactly once, if anybody drained at all."""
    return of.releases == (0 if removers == 0 and togglers == 0 else 1)


@invariant
def released_when_hidden():
    """R3: when kernfs_show(kn, false) returns, ->release() has been called."""
    return not hidden or of.released


@final
def no_active_reference_left():
    """Every reference that was given up is taken again, and put."""
    return kn.active.counter == (0 if removers == 0 and togglers == 0 else KN_DEACTIVATED_BIAS)


@reachable
def a_trigger_is_written():
    return written


@reachable
def hidden_after_write():
    return togglers == 0 or (written and hidden)


@reachable
def a_second_trigger_is_refused():
    return writers < 2 or busy


variant("fix")
variant(
    "buggy",
    write=Write.LOCK_LIVE_ONLY,
    togglers=0,
    violates=("data-race", "leak", "use-after-free(CgroupFileCtx)"),
)
variant(
    "mutex_extended_ctx_read_early",
    write=Write.ALL_BUT_CTX,
    violates="use-after-free(CgroupFileCtx)",
)
variant("fix_no_null_test", null_test=False, violates="null-dereference")
variant("no_break", break_active=False, violates=("deadlock", "lock-order"))
variant("fix_fork_lock", writers=1, worker=Worker.UNDER_MUTEX, violates="deadlock")
variant("split_create", writers=1, worker=Worker.OUTSIDE)
variant(
    "split_create_no_recheck",
    writers=1,
    worker=Worker.OUTSIDE,
    recheck=False,
    violates="use-after-free(CgroupFileCtx)",
)
