"""A second trigger is written into a pressure file that is polled: CVE-2022-2938.

Kernel: kernel/sched/psi.c, psi_write, psi_trigger_replace, psi_trigger_poll, psi_trigger_destroy,
psi_fop_release; fs/select.c, do_select. The default is a06247c6804f (v5.17), "psi: Fix uaf issue
when psi trigger is destroyed while being polled".

The file is /proc/pressure/memory: ->release() comes with the last fput, so here a trigger may
well embed the wait queue that select queues on (in a cgroup that goes wrong in another way:
psi-poll-uaf). But until v5.17 a second write replaced the trigger and freed the first one under
the feet of who was queued on it. Now it is refused, -EBUSY, and a trigger lives as long as its
file.

Left out: the group and its list of triggers, psimon and the events (select returns by its
timeout, or because the file has no trigger yet), and that fput is deferred. A poller that is
queued on a replaced trigger also misses the events of the new one: nobody asks here.
Try: variant replace is the idea without any reference; replace_kref is v5.2, where
psi_trigger_poll holds a reference, though only while it runs; ebusy_unlocked tests and sets
without seq->lock.

What else fails, beyond the catalogue's row:
* replace_kref: psi_trigger_poll takes its reference with kref_get inside an RCU reader. The grace
  period in psi_trigger_destroy keeps the memory, but the count may be 0 already (`refcount`). The
  queue is touched after it is freed by the next write already; no removal is needed.
* ebusy_unlocked: the unlocked test races with the store of the other writer (`data-race`).
plain_publish stores the pointer without release: only a weak memory model shows a poller a
trigger that is not initialised. plain_store is a plain store, as in an early version of the
patch: a `data-race` with the load in psi_trigger_poll.

Redundant for every property here, in the default: the wake-up and the grace period in
psi_trigger_destroy. At the last fput nobody is queued any more, since select holds a reference;
the grace period is for psi_schedule_poll_work, which is left out. In replace_kref both count.
"""

from modelcheck.kernel.atomic import (
    atomic_cmpxchg,
    atomic_dec_and_test,
    atomic_inc,
    atomic_set,
    atomic_t,
    xchg,
)
from modelcheck.kernel.kref import Kref, kref_get, kref_init, kref_put
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.poll import (
    poll_freewait,
    poll_initwait,
    poll_schedule_timeout,
    poll_table,
    poll_table_entry,
    poll_wait,
    poll_wqueues,
    pollwait,
)
from modelcheck.kernel.rcu import (
    rcu_assign_pointer,
    rcu_dereference,
    rcu_read_lock,
    rcu_read_unlock,
    synchronize_rcu,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.wait import (
    EPOLLPRI,
    init_waitqueue_head,
    wait_queue_head_t,
    wake_up_interruptible,
)
from modelcheck.lang import (
    Bool,
    Enum,
    Ptr,
    READ_ONCE,
    U8,
    WRITE_ONCE,
    atomic,
    container_of,
    final,
    flag,
    ghost,
    initial,
    local,
    new,
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
)

spec("psi-trigger-replace")


class Second(Enum):
    """What a write does where there is a trigger already."""

    REPLACE = 0
    REPLACE_KREF = 1
    EBUSY = 2


class Publish(Enum):
    RELEASE = 0
    MARKED = 1
    PLAIN = 2


second = flag(Second.EBUSY)
locked = flag(True)
publish = flag(Publish.RELEASE)
writers = param(2, min=1, max=6)
selects = param(1, min=1, max=4)


@struct(marked=True)
class PsiTrigger:
    """`struct psi_trigger`."""

    event: atomic_t
    event_wait: wait_queue_head_t
    refcount: Kref


@struct
class SeqFile:
    """`struct seq_file` of the open file."""

    lock: Mutex
    private: Ptr[PsiTrigger]


@struct(marked=True)
class File:
    """`struct file`."""

    f_count: atomic_t
    private_data: SeqFile


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


psi_triggers = pool(PsiTrigger, count=writers)
filp_cachep = pool(File, count=1)
fdt = shared(Fdtable)
refused: Bool = ghost(False)
queued: Bool = ghost(False)
slept: Bool = ghost(False)


@initial
def psi_memory_open():
    """fd = open("/proc/pressure/memory")"""
    file = new(File)
    file.f_count.counter = 1
    file.private_data.lock.owner = None
    file.private_data.private = None
    fdt.fd = file


# ---------------------------------------------------------------------------------------------
# kernel/sched/psi.c


def psi_trigger_create() -> Ptr[PsiTrigger]:
    with atomic(because="nobody else knows it yet"):
        t = new(PsiTrigger)
        atomic_set(t.event, 0)
        init_waitqueue_head(t.event_wait)
        if second == Second.REPLACE_KREF:
            kref_init(t.refcount)
    return t


def psi_trigger_destroy(t: Ptr[PsiTrigger]):
    wake_up_interruptible(t.event_wait)
    synchronize_rcu()
    kfree(t)


def psi_trigger_release(ref: Ptr[Kref]):
    """psi_trigger_destroy of v5.2, which took the kref."""
    psi_trigger_destroy(container_of(ref, PsiTrigger, "refcount"))


def psi_trigger_put(t: Ptr[PsiTrigger]):
    if t is not None:
        if second == Second.REPLACE_KREF:
            kref_put(t.refcount, psi_trigger_release)
        else:
            psi_trigger_destroy(t)


def psi_trigger_replace(seq: Ptr[SeqFile], t: Ptr[PsiTrigger]):
    old = seq.private
    rcu_assign_pointer(seq.private, t)
    psi_trigger_put(old)


def psi_trigger_poll(file: Ptr[File], seq: Ptr[SeqFile], pt: Ptr[poll_table]) -> Bool:
    if second == Second.REPLACE_KREF:
        rcu_read_lock()
        t = rcu_dereference(seq.private)
        if t is None:
            rcu_read_unlock()
            return True
        kref_get(t.refcount)
        rcu_read_unlock()
    else:
        t = smp_load_acquire(seq.private) if publish == Publish.RELEASE else READ_ONCE(seq.private)
        if t is None:
            return True  # EPOLLERR | EPOLLPRI
    poll_wait(file, t.event_wait, pt)
    ready = atomic_cmpxchg(t.event, 1, 0) == 1
    if second == Second.REPLACE_KREF:
        kref_put(t.refcount, psi_trigger_release)
    return ready


def psi_write(file: Ptr[File]):
    global refused
    seq = file.private_data
    if second != Second.EBUSY:
        t = psi_trigger_create()
        mutex_lock(seq.lock)
        psi_trigger_replace(seq, t)
        mutex_unlock(seq.lock)
        return
    if locked:
        mutex_lock(seq.lock)
    if seq.private is not None:
        refused = True  # -EBUSY
    else:
        t = psi_trigger_create()
        if publish == Publish.RELEASE:
            smp_store_release(seq.private, t)
        elif publish == Publish.MARKED:
            WRITE_ONCE(seq.private, t)
        else:
            seq.private = t
    if locked:
        mutex_unlock(seq.lock)


def psi_fop_release(file: Ptr[File]):
    psi_trigger_put(file.private_data.private)


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
        psi_fop_release(file)
        kfree(file)


@thread
def close():
    file = xchg(fdt.fd, None)
    fput(file)


@thread(count=writers)
def write():
    """write(fd, "some 150000 1000000")"""
    file = fdget()
    if file is not None:
        psi_write(file)
        fput(file)


# ---------------------------------------------------------------------------------------------
# fs/select.c


def select_queue(file: Ptr[File], head: Ptr[wait_queue_head_t], pt: Ptr[poll_table]):
    """__pollwait."""
    global queued
    table = container_of(container_of(pt, poll_wqueues, "pt"), SelectTable, "wqueues")
    table.inline_index = 1
    table.filp = file
    pollwait(table.wqueues, table.entry, head, lambda: get_file(file))
    queued = True


def select_poll_one(table: Ptr[SelectTable]) -> Bool:
    file = fdget()
    if file is None:
        return True  # EPOLLNVAL
    ready = psi_trigger_poll(file, file.private_data, table.wqueues.pt)
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
        table.wqueues.pt.qproc = None
        if ready or timed_out:
            break
        timed_out = not poll_schedule_timeout(table.wqueues)
        slept = True
    if table.inline_index > 0:
        poll_freewait(table.entry, lambda: fput(table.filp))


@final
def everything_is_gone():
    """LEAK: the file is closed; `leak` says so of the triggers."""
    return fdt.fd is None


@reachable
def select_sleeps():
    return slept and queued


@reachable
def a_second_trigger_is_refused():
    return refused or writers == 1 or second != Second.EBUSY


variant("ebusy")
variant("replace", second=Second.REPLACE, violates="use-after-free(PsiTrigger)")
variant(
    "replace_kref",
    second=Second.REPLACE_KREF,
    violates=("refcount", "use-after-free(PsiTrigger)"),
)
variant("ebusy_unlocked", locked=False, violates=("data-race", "leak"))
variant("plain_publish", publish=Publish.MARKED, needs="weak-memory")
variant("plain_store", publish=Publish.PLAIN, violates="data-race")
