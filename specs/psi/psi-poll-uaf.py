"""select() on a pressure file while its cgroup is removed: CVE-2023-54019, and other designs.

Kernel: kernel/sched/psi.c, psi_trigger_poll, psi_trigger_destroy, update_triggers;
kernel/cgroup/cgroup.c, cgroup_pressure_poll, cgroup_pressure_release, cgroup_file_release,
cgroup_rmdir; fs/kernfs/file.c, kernfs_fop_poll, kernfs_generic_poll, kernfs_notify,
kernfs_fop_release, kernfs_drain_open_files, kernfs_unlink_open_file; fs/kernfs/dir.c,
kernfs_drain; fs/select.c, do_select; fs/eventpoll.c, ep_insert, ep_remove_wait_queue,
eventpoll_release_file. The default is aff037078eca (v6.5-rc2), "sched/psi: use kernfs polling
functions for PSI trigger polling".

rmdir calls ->release() of a file that is still open, and psi frees the trigger there. A poller
that sleeps is queued on a wait queue: where that lies in the trigger, it must be off the queue
before. select takes itself off when it runs again, some time after it was woken, and is no RCU
reader meanwhile; but it holds a reference on the file. So the merged code queues pollers on the
kernfs_open_node, which lives until the last fput.

Variants, in the order of the thread. plain_5_2: the queue lies in the trigger (0e94682b73bf).
pollfree_6_2: POLLFREE is sent, and a grace period awaited (c2dbe32d5db5): enough for epoll, which
takes itself off inside the wake-up, not for select. Here rmdir starts when select sleeps, so that
the trace is the one of the mail; sync_only_timeout lets it start at any time. ops_free: the patch
of the thread, a second callback at the last fput frees the trigger. drain_release_rename: the
same two under other names. sever_wrap: kernfs polls on its own queue, refuses who comes later,
and wakes. merged. waiter_holds_T_ref: each queue entry has a reference on the trigger.
What is said of a design where its code is a module (which cgroup is not): the variants with
`_module`.

Left out: `deactivate_waitq`, `kernfs_rwsem` (kernfs-active-drain); more than one file; psimon as
a thread of its own and psi_schedule_poll_work; that fput is deferred (fput-deferral); the
fsnotify half of kernfs_notify; epoll_wait, the life of the epitem and its lock order
(epoll-item-lifetime): an epoll thread adds one file and removes it again, under `ep->mtx`, and in
waiter_holds_T_ref it has none.
Without `timeouts` select sleeps until it is woken, so a wake-up that is missing is a `deadlock`:
this is W1 of the catalogue. With them a poller that nobody wakes goes on by itself.

What else fails, beyond the catalogue's row:
* merged_T_after_wake: without an active reference all that ->release() frees may be gone, so also
  `of->priv`; and who queues after the last wake-up sleeps on (`deadlock`).
* merged_hide_show_released_test (3c9ba2777d6c as merged) is a hypothesis, and has a `data-race`:
  see kernfs-hide-show-poll, also for the order of merged_hide_show_active_first, which holds.
* pollfree_6_2_warns: the WARN_ON_ONCE of __wake_up_pollfree sees the entry that select leaves
  (`work-misuse`). The other variants go on after the warning, as a machine does.
Redundant for every property here, in the default: the grace period in psi_trigger_destroy.
Whoever looks at the trigger holds an active reference or `trigger_lock`; the grace period is for
psi_schedule_poll_work, and for POLLFREE, where pollfree_no_gp says what happens without. Also
`atomic_inc(&on->event)` in kernfs_notify (psi does not use the result of kernfs_generic_poll),
poll_schedule (without it select would poll on and on), EPOLL_CTL_DEL (the last fput does the
same), the store to `on.file` (`kn->attr.open` is cleared under the same mutex), ep->mtx (only the
last fput uses the same epoll, and it comes after all who hold the file), and what keeps those who
remove and those who hide apart (cgroup_mutex, `cgrp->dead`, the look at `active`), because no
variant that holds has both. The variants with events notice what update_triggers and kernfs_notify
do.  What `modelcheck mutate` does not miss says so where it stands.
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_cmpxchg,
    atomic_dec_and_test,
    atomic_dec_return,
    atomic_inc,
    atomic_inc_unless_negative,
    atomic_read,
    atomic_sub,
    atomic_t,
    xchg,
)
from modelcheck.kernel.kref import Kref, kref_get, kref_init, kref_put
from modelcheck.kernel.lockdep import lockdep_assert_held
from modelcheck.kernel.module import Module, free_module, module_text
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.poll import (
    poll_freewait,
    poll_initwait,
    poll_schedule,
    poll_schedule_timeout,
    poll_table,
    poll_table_entry,
    poll_wait,
    poll_wqueues,
    pollwait,
)
from modelcheck.kernel.rcu import (
    RcuHead,
    kfree_rcu,
    rcu_assign_pointer,
    rcu_dereference,
    rcu_read_lock,
    rcu_read_unlock,
    synchronize_rcu,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.task import TaskState, tasks
from modelcheck.kernel.wait import (
    EPOLLPRI,
    POLLFREE,
    WakeMode,
    add_wait_queue,
    del_init_wait_entry,
    init_waitqueue_func_entry,
    init_waitqueue_head,
    remove_wait_queue,
    wait_queue_entry,
    wait_queue_head_t,
    wake_up_interruptible,
    wake_up_pollfree,
)
from modelcheck.lang import (
    Bool,
    Enum,
    Ptr,
    U8,
    U16,
    atomic,
    container_of,
    final,
    finished,
    flag,
    ghost,
    initial,
    local,
    new,
    objects,
    on_free,
    param,
    pool,
    reachable,
    shared,
    smp_load_acquire,
    smp_store_release,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("psi-poll-uaf")

KN_DEACTIVATED_BIAS = -16


class Design(Enum):
    """Where pollers queue, and what ->release() does about them."""

    PLAIN = 0
    POLLFREE = 1
    OPS_FREE = 2
    DRAIN_RELEASE = 3
    SEVER_WRAP = 4
    MERGED = 5
    TRIGGER_REF = 6


class Test(Enum):
    """When kernfs_fop_poll looks at `of->released`: 3c9ba2777d6c."""

    NEVER = 0
    BEFORE_ACTIVE = 1
    AFTER_ACTIVE = 2


design = flag(Design.MERGED)
selects = param(1, min=0, max=6)
epolls = param(0, min=0, max=1)
removers = param(1, min=0, max=1)
togglers = param(0, min=0, max=1)
closers = param(1, min=0, max=1)
events = param(0, min=0, max=4)
timeouts = flag(False)
sleeps_first = flag(False)
grace_period = flag(True)
warn = flag(False)
notify = flag(True)
active_ref = flag(True)
released_test = flag(Test.NEVER)
modular = flag(False)


@struct(marked=True)
class PsiTrigger:
    """`struct psi_trigger`."""

    of: Ptr["KernfsOpenFile"]
    event: atomic_t
    event_wait: wait_queue_head_t
    refcount: Kref


@struct
class Cgroup:
    """`struct cgroup`; `dead` is CSS_ONLINE cleared."""

    dead: Bool


@struct
class PsiGroup:
    """`struct psi_group`: `trigger` is its list, of one."""

    trigger_lock: Mutex
    trigger: Ptr[PsiTrigger]


@struct(marked=True)
class CgroupFileCtx:
    """`struct cgroup_file_ctx`, allocated by cgroup_file_open."""

    trigger: Ptr[PsiTrigger]


@struct(marked=True)
class KernfsOpenNode:
    """`struct kernfs_open_node`; `file` is its list, of one."""

    rcu_head: RcuHead
    event: atomic_t
    poll: wait_queue_head_t
    file: Ptr["KernfsOpenFile"]


@struct(marked=True)
class KernfsNode:
    active: atomic_t
    open: Ptr[KernfsOpenNode]


@struct
class KernfsOpenFile:
    file: Ptr["File"]
    released: Bool
    priv: Ptr[CgroupFileCtx]
    releases: U8 = ghost(0)


@struct(marked=True)
class File:
    """`struct file`; `f_ep` is the list of epitems, of one."""

    f_count: atomic_t
    private_data: Ptr[KernfsOpenFile]
    f_ep: Ptr["Epitem"]


@struct(marked=True)
class Epitem:
    """`struct epitem` with its `struct eppoll_entry`."""

    pt: poll_table
    whead: Ptr[wait_queue_head_t]
    wait: wait_queue_entry


@struct(marked=True)
class Fdtable:
    fd: Ptr[File]


@struct(marked=True)
class SelectTable:
    """`struct poll_wqueues` with the first of its `inline_entries`."""

    wqueues: poll_wqueues
    inline_index: U8
    entry: poll_table_entry
    filp: Ptr[File]  # entry->filp


psi_triggers = pool(PsiTrigger, count=1)
contexts = pool(CgroupFileCtx, count=1)
open_nodes = pool(KernfsOpenNode, count=1)
open_files = pool(KernfsOpenFile, count=1)
filp_cachep = pool(File, count=1)
epi_cache = pool(Epitem, count=1)
psi = shared(PsiGroup)
cgrp = shared(Cgroup)
kn = shared(KernfsNode)
fdt = shared(Fdtable)
open_file_mutex = shared(Mutex)
cgroup_mutex = shared(Mutex)
ep_mtx = shared(Mutex)
module = shared(Module, refcnt=1)
slept: Bool = ghost(False)
refused: Bool = ghost(False)
happened: Bool = ghost(False)


@initial
def open_and_write():
    """fd = open("memory.pressure"); write(fd, "some 150000 1000000")"""
    file = new(File, f_ep=None)
    file.f_count.counter = 1
    fdt.fd = file
    of = new(KernfsOpenFile, file=file, released=False)
    file.private_data = of
    on = new(KernfsOpenNode, file=of)
    on.event.counter = 1
    init_waitqueue_head(on.poll)
    kn.open = on
    t = new(PsiTrigger, of=of)
    t.event.counter = 0
    init_waitqueue_head(t.event_wait)
    kref_init(t.refcount)
    psi.trigger = t
    of.priv = new(CgroupFileCtx, trigger=t)


# ---------------------------------------------------------------------------------------------
# kernel/sched/psi.c


def psi_trigger_poll(ctx: Ptr[CgroupFileCtx], file: Ptr[File], pt: Ptr[poll_table]) -> Bool:
    t = smp_load_acquire(ctx.trigger)
    if design == Design.MERGED:
        kernfs_generic_poll(t.of, pt)
    elif design != Design.SEVER_WRAP:
        poll_wait(file, t.event_wait, pt)
    return atomic_cmpxchg(t.event, 1, 0) == 1  # mutate: survives split-atomic: no event comes between


def psi_trigger_destroy(t: Ptr[PsiTrigger]):  # mutate: survives drop-lock, swap: only events share the lock
    """All of it but the kfree."""
    if design == Design.MERGED:
        if notify:
            kernfs_notify(kn)
    elif design == Design.POLLFREE:
        wake_up_pollfree(t.event_wait, warn)
    elif design != Design.SEVER_WRAP:
        wake_up_interruptible(t.event_wait)
    mutex_lock(psi.trigger_lock)
    psi.trigger = None
    mutex_unlock(psi.trigger_lock)
    if grace_period:
        synchronize_rcu()  # mutate: survives drop-grace: it is for psi_schedule_poll_work


def psi_trigger_free(t: Ptr[PsiTrigger]):
    if design == Design.TRIGGER_REF:
        kref_put(t.refcount, psi_trigger_release)
    else:
        kfree(t)


def psi_trigger_release(ref: Ptr[Kref]):
    kfree(container_of(ref, PsiTrigger, "refcount"))


@thread(count=events)
def update_triggers():
    """The pressure exceeds the threshold of the trigger."""
    global happened
    mutex_lock(psi.trigger_lock)
    t = psi.trigger
    if t is not None:
        if atomic_cmpxchg(t.event, 0, 1) == 0:
            happened = True
            if design == Design.MERGED or design == Design.SEVER_WRAP:
                kernfs_notify(kn)
            else:
                wake_up_interruptible(t.event_wait)
    mutex_unlock(psi.trigger_lock)


# ---------------------------------------------------------------------------------------------
# kernel/cgroup/cgroup.c: the owner of the file


def cgroup_pressure_poll(of: Ptr[KernfsOpenFile], pt: Ptr[poll_table]) -> Bool:
    owner_text()
    ctx = of.priv
    ready = psi_trigger_poll(ctx, of.file, pt)
    owner_text()
    return ready


def cgroup_file_release(of: Ptr[KernfsOpenFile]):
    """->release(); where the thread splits it, what is done when the node goes."""
    owner_text()
    of.releases += 1
    ctx = of.priv
    t = ctx.trigger
    psi_trigger_destroy(t)  # cgroup_pressure_release
    if design != Design.OPS_FREE and design != Design.DRAIN_RELEASE:
        psi_trigger_free(t)
        kfree(ctx)  # mutate: survives free-early: nobody looks at either
    owner_text()


def cgroup_file_free(of: Ptr[KernfsOpenFile]):
    """->free() of ops_free, ->release() of drain_release_rename: at the last fput."""
    owner_text()
    ctx = of.priv
    psi_trigger_free(ctx.trigger)
    kfree(ctx)
    owner_text()


def owner_text():
    if modular:
        module_text(module)


# ---------------------------------------------------------------------------------------------
# fs/kernfs


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    return atomic_inc_unless_negative(kn.active)


def kernfs_put_active(kn: Ptr[KernfsNode]):
    atomic_dec_return(kn.active)


def kernfs_get_active_of(of: Ptr[KernfsOpenFile]) -> Bool:
    if released_test == Test.BEFORE_ACTIVE and of.released:
        return False
    if not active_ref:
        return atomic_read(kn.active) >= 0
    if not kernfs_get_active(kn):
        return False
    if released_test == Test.AFTER_ACTIVE and of.released:
        kernfs_put_active(kn)
        return False
    return True


def kernfs_generic_poll(of: Ptr[KernfsOpenFile], pt: Ptr[poll_table]):
    """The result, whether `on->event` changed, is not used by psi."""
    on = kn.open  # of_on
    poll_wait(of.file, on.poll, pt)


def kernfs_fop_poll(file: Ptr[File], pt: Ptr[poll_table]) -> Bool:
    global refused
    of = file.private_data
    if not kernfs_get_active_of(of):
        refused = True
        return True  # EPOLLERR | EPOLLPRI
    if design == Design.SEVER_WRAP:
        kernfs_generic_poll(of, pt)
    ready = cgroup_pressure_poll(of, pt)
    if active_ref:
        kernfs_put_active(kn)
    return ready


def kernfs_notify(kn: Ptr[KernfsNode]):
    rcu_read_lock()
    on = rcu_dereference(kn.open)
    if on is not None:  # mutate: survives swap: a mutex keeps `on`, see kernfs-open-node-rcu
        atomic_inc(on.event)  # mutate: survives drop-get, swap, split-atomic: psi does not use it
        wake_up_interruptible(on.poll)
    rcu_read_unlock()


def kernfs_release_file(of: Ptr[KernfsOpenFile]):
    lockdep_assert_held(open_file_mutex)
    if not of.released:
        cgroup_file_release(of)  # mutate: survives swap: nobody looks without the mutex
        of.released = True


def kernfs_drain_open_files(kn: Ptr[KernfsNode]):
    mutex_lock(open_file_mutex)
    on = kn.open
    if on is not None:
        kernfs_release_file(on.file)
        if design == Design.SEVER_WRAP:
            wake_up_interruptible(on.poll)
    mutex_unlock(open_file_mutex)


def kernfs_drain(kn: Ptr[KernfsNode]):
    wait_until(kn.active.counter == KN_DEACTIVATED_BIAS)
    kernfs_drain_open_files(kn)


def kernfs_remove(kn: Ptr[KernfsNode]):
    if atomic_read(kn.active) >= 0:  # mutate: survives drop-check: it is removed once
        atomic_add(KN_DEACTIVATED_BIAS, kn.active)
    kernfs_drain(kn)


def kernfs_show(kn: Ptr[KernfsNode], show: Bool):
    if show:
        atomic_sub(KN_DEACTIVATED_BIAS, kn.active)
    else:
        atomic_add(KN_DEACTIVATED_BIAS, kn.active)
        kernfs_drain(kn)


def kernfs_unlink_open_file(kn: Ptr[KernfsNode], of: Ptr[KernfsOpenFile]):
    mutex_lock(open_file_mutex)  # mutate: survives swap: only what follows stores `kn.open`
    on = kn.open
    on.file = None  # mutate: survives drop-step, swap: who looks has the mutex
    rcu_assign_pointer(kn.open, None)  # mutate: survives swap: nobody comes after the last fput
    kfree_rcu(on, on.rcu_head)  # mutate: survives free-early, swap: nobody comes after the last fput
    mutex_unlock(open_file_mutex)


def kernfs_fop_release(file: Ptr[File]):
    of = file.private_data  # mutate: survives swap: it is stored once, before
    mutex_lock(open_file_mutex)
    kernfs_release_file(of)
    mutex_unlock(open_file_mutex)
    kernfs_unlink_open_file(kn, of)
    if design == Design.OPS_FREE or design == Design.DRAIN_RELEASE:
        cgroup_file_free(of)
    kfree(of)


# ---------------------------------------------------------------------------------------------
# fs/file.c, fs/file_table.c


def get_file(file: Ptr[File]):
    atomic_inc(file.f_count)


def fdget() -> Ptr[File]:
    with atomic(because="the look-up without locks is file-lookup-typesafe"):
        file = fdt.fd
        if file is not None:
            file.f_count.counter += 1
        return file


def fput(file: Ptr[File]):
    if atomic_dec_and_test(file.f_count):
        if epolls > 0:
            eventpoll_release_file(file)
        kernfs_fop_release(file)
        kfree(file)


@thread(count=closers)
def close():
    file = xchg(fdt.fd, None)  # mutate: survives split-atomic: one thread closes, once
    fput(file)


# ---------------------------------------------------------------------------------------------
# fs/select.c


def select_queue(file: Ptr[File], head: Ptr[wait_queue_head_t], pt: Ptr[poll_table]):
    """__pollwait."""
    table = container_of(container_of(pt, poll_wqueues, "pt"), SelectTable, "wqueues")
    table.inline_index = 1  # mutate: survives swap: the table is the thread's own
    pollwait(table.wqueues, table.entry, head, lambda: pin(table, file, head))


def pin(table: Ptr[SelectTable], file: Ptr[File], head: Ptr[wait_queue_head_t]):
    get_file(file)  # mutate: survives swap: the table is the thread's own
    table.filp = file
    if design == Design.TRIGGER_REF:
        kref_get(container_of(head, PsiTrigger, "event_wait").refcount)


def unpin(table: Ptr[SelectTable]):
    head = table.entry.wait_address
    if design == Design.TRIGGER_REF:
        kref_put(container_of(head, PsiTrigger, "event_wait").refcount, psi_trigger_release)
    fput(table.filp)


def select_poll_one(table: Ptr[SelectTable]) -> Bool:
    file = fdget()
    if file is None:
        return True  # EPOLLNVAL
    ready = kernfs_fop_poll(file, table.wqueues.pt)
    fput(file)
    return ready


@thread(count=selects)
def do_select():
    global slept
    table = local(SelectTable)
    poll_initwait(table.wqueues, select_queue, EPOLLPRI)
    timed_out = False
    while True:
        ready = select_poll_one(table)
        table.wqueues.pt.qproc = None  # mutate: survives drop-step: seen by variant merged_event
        if ready or timed_out:
            break
        if timeouts:
            timed_out = not poll_schedule_timeout(table.wqueues)
        else:
            poll_schedule(table.wqueues)  # mutate: survives drop-wait: it would poll on and on
        slept = True
    if table.inline_index > 0:
        poll_freewait(table.entry, lambda: unpin(table))


# ---------------------------------------------------------------------------------------------
# fs/eventpoll.c


def ep_ptable_queue_proc(file: Ptr[File], head: Ptr[wait_queue_head_t], pt: Ptr[poll_table]):
    epi = container_of(pt, Epitem, "pt")
    init_waitqueue_func_entry(epi.wait, ep_poll_callback)
    epi.whead = head
    add_wait_queue(head, epi.wait)


def ep_poll_callback(
    head: Ptr[wait_queue_head_t], wait: Ptr[wait_queue_entry], mode: WakeMode, key: U16
) -> Bool:
    if key & POLLFREE != 0:
        del_init_wait_entry(head, wait)
        smp_store_release(container_of(wait, Epitem, "wait").whead, None)
    return True


def ep_remove_wait_queue(epi: Ptr[Epitem]):
    rcu_read_lock()
    whead = smp_load_acquire(epi.whead)
    if whead is not None:
        remove_wait_queue(whead, epi.wait)
    rcu_read_unlock()


def ep_remove(file: Ptr[File]):
    """Unless somebody else did: `ep->mtx` is held."""
    epi = file.f_ep
    if epi is not None:
        ep_remove_wait_queue(epi)
        file.f_ep = None
        kfree(epi)


def eventpoll_release_file(file: Ptr[File]):
    mutex_lock(ep_mtx)  # mutate: survives drop-lock: epoll-item-lifetime is about it
    ep_remove(file)
    mutex_unlock(ep_mtx)


@thread(count=epolls)
def epoll():
    """epoll_ctl(EPOLL_CTL_ADD), epoll_ctl(EPOLL_CTL_DEL); nothing to delete after the last fput."""
    file = fdget()
    if file is not None:
        mutex_lock(ep_mtx)  # mutate: survives drop-lock: epoll-item-lifetime is about it
        epi = new(Epitem, whead=None)
        with atomic(because="nobody else knows it yet"):
            epi.pt.qproc = ep_ptable_queue_proc
            epi.pt.key = EPOLLPRI
        file.f_ep = epi
        kernfs_fop_poll(file, epi.pt)
        mutex_unlock(ep_mtx)
        fput(file)
    file = fdget()
    if file is not None:
        mutex_lock(ep_mtx)  # mutate: survives drop-lock: epoll-item-lifetime is about it
        ep_remove(file)  # mutate: survives drop-step: the last fput does it
        mutex_unlock(ep_mtx)
        fput(file)


# ---------------------------------------------------------------------------------------------
# Those who remove and hide


@thread(count=removers)
def cgroup_rmdir():
    if sleeps_first:
        wait_until(
            finished(do_select[0]) or tasks[do_select[0]].state == TaskState.TASK_INTERRUPTIBLE
        )
    mutex_lock(cgroup_mutex)  # mutate: survives drop-lock, swap: nobody else takes it here
    cgrp.dead = True  # cgroup_destroy_locked, kill_css  # mutate: survives drop-step, swap: only who hides asks
    kernfs_remove(kn)  # cgroup_addrm_files  # mutate: survives swap: nobody else takes the mutex here
    mutex_unlock(cgroup_mutex)
    if modular:
        free_module(module)


@thread(count=togglers)
def cgroup_pressure_write():
    """echo 0 > cgroup.pressure; echo 1 > cgroup.pressure"""
    mutex_lock(cgroup_mutex)  # cgroup_kn_lock_live  # mutate: survives drop-lock: nobody removes meanwhile
    if not cgrp.dead:
        kernfs_show(kn, False)
    mutex_unlock(cgroup_mutex)
    mutex_lock(cgroup_mutex)  # mutate: survives drop-lock: nobody removes meanwhile
    if not cgrp.dead:
        kernfs_show(kn, True)
    mutex_unlock(cgroup_mutex)


@on_free(PsiTrigger)
def trigger_freed(t: Ptr[PsiTrigger]):
    assert psi.trigger is not t, "freed_triggers_are_not_listed"


@final
def released_once():
    """R1, R2: ->release() has been called exactly once."""
    return all(of.releases == 1 for of in objects(KernfsOpenFile, free=closers == 1))


@final
def everything_is_gone():
    """LEAK: the file is closed, its memory and the trigger are freed."""
    closed = fdt.fd is None and kn.open is None
    return psi.trigger is None and (closed or closers == 0)


@final
def module_goes():
    """LEAK: the module that owns the file goes with the cgroup."""
    return module.text_gone == (modular and removers > 0)


@final
def no_active_reference_left():
    return kn.active.counter == (KN_DEACTIVATED_BIAS if removers == 1 else 0)


@reachable
def select_sleeps():
    return selects == 0 or slept


@reachable
def a_poll_is_refused():
    return refused or removers == 0


@reachable
def the_event_happens():
    return events == 0 or happened


variant("merged")
variant("merged_timeouts", timeouts=True)
variant("merged_epoll", selects=0, epolls=1)
variant("merged_module", modular=True)
variant("merged_event", events=1, closers=0)
variant("merged_event_only", events=1, removers=0)
variant("merged_no_notify", notify=False, events=1, closers=0, violates="deadlock")
variant(
    "merged_T_after_wake",
    active_ref=False,
    violates=("deadlock", "use-after-free(CgroupFileCtx)", "use-after-free(PsiTrigger)"),
)
variant("merged_hide_show", removers=0, togglers=1, violates="use-after-free(CgroupFileCtx)")
variant(
    "merged_hide_show_released_test",
    removers=0,
    togglers=1,
    released_test=Test.BEFORE_ACTIVE,
    violates=("data-race", "use-after-free(CgroupFileCtx)"),
)
variant(
    "merged_hide_show_active_first", removers=0, togglers=1, released_test=Test.AFTER_ACTIVE
)
variant("plain_5_2", design=Design.PLAIN, violates="use-after-free(PsiTrigger)")
variant(
    "plain_5_2_epoll",
    design=Design.PLAIN,
    selects=0,
    epolls=1,
    violates="use-after-free(PsiTrigger)",
)
variant(
    "pollfree_6_2",
    design=Design.POLLFREE,
    sleeps_first=True,
    closers=0,
    violates="use-after-free(PsiTrigger)",
)
variant("pollfree_6_2_epoll", design=Design.POLLFREE, selects=0, epolls=1)
variant("pollfree_6_2_warns", design=Design.POLLFREE, warn=True, violates="work-misuse")
variant(
    "pollfree_no_gp",
    design=Design.POLLFREE,
    grace_period=False,
    selects=0,
    epolls=1,
    violates="use-after-free(PsiTrigger)",
)
variant("sync_only_timeout", design=Design.POLLFREE, violates="use-after-free(PsiTrigger)")
variant("ops_free", design=Design.OPS_FREE)
variant(
    "ops_free_module", design=Design.OPS_FREE, modular=True, violates="text-use-after-unload"
)
variant("drain_release_rename", design=Design.DRAIN_RELEASE)
variant(
    "drain_release_rename_module",
    design=Design.DRAIN_RELEASE,
    modular=True,
    violates="text-use-after-unload",
)
variant("sever_wrap", design=Design.SEVER_WRAP, modular=True)
variant("sever_wrap_epoll", design=Design.SEVER_WRAP, selects=0, epolls=1)
variant("waiter_holds_T_ref", design=Design.TRIGGER_REF)
