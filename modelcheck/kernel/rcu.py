"""Read-copy-update: include/linux/rcupdate.h, kernel/rcu/tree.c, kernel/rcu/tree_plugin.h (v6.12).

Kept: a grace period waits for exactly the readers that are open when it begins: `synchronize_rcu`
and `call_rcu` note them in one step, and who begins to read later never matters.  Only the
outermost `rcu_read_unlock` ends a reader.  Callbacks run in any order and at the same time, in soft
interrupt context (a thread for each head: one head has one callback at a time); a head is off the
list before its function runs, so the function may free it or queue it again.  `kfree_rcu` ends the life of the object around the head, whatever its type.
`rcu_barrier` waits until the callbacks that were queued or running when it was called have ended: it
does not wait for one that is queued again later, and not for `kfree_rcu` (`kvfree_rcu_barrier` does).
A head needs no initialisation, as in the kernel: that it is queued is kept in `rcu`, not in the head.
Checked: `rcu-misuse` for an unlock without a lock, a thread that ends in a reader, a grace period
waited for in a reader, a pointer fetched outside of a reader (or without the lock that is named), a
head queued twice, and a head freed while it is queued; `sleep-in-atomic` in readers and callbacks
(task.py).
Differs: since v4.20 a region with preemption, soft interrupts or interrupts off holds grace periods
off, too.  Here only explicit readers do: `rcu_read_lock`, `rcu_read_lock_bh`,
`rcu_read_lock_sched`.  So a grace period may end earlier here than in the kernel, never later: code
that relies on `preempt_disable` or a spinlock alone is warned of, and must say
`rcu_read_lock_sched`.  Nothing is wrongly verified.
Left out: heads on the stack (`call_rcu` of one is `rcu-misuse`), polled grace periods, `kfree_rcu_mightsleep`, a pointer that is kept after its reader ended
as a fault of its own (its use is seen once the object is freed).
"""

from modelcheck.lang import (
    Bool,
    Context,
    Fn,
    Ptr,
    READ_ONCE,
    Ref,
    Set,
    ThreadId,
    WRITE_ONCE,
    atomic,
    current,
    discard,
    free,
    ghost,
    local,
    objects,
    observer,
    on_free,
    rcu_dereference as dependent_load,
    shared,
    smp_store_release,
    struct,
    thread,
    wait_until,
)

from .lockdep import callback_returns
from .task import (
    Task,
    local_bh_disable,
    local_bh_enable,
    might_sleep,
    preempt_disable,
    preempt_enable,
    tasks,
)


@struct(marked=True)
class RcuHead:
    """`struct rcu_head`: what waits for a grace period, and what is done then."""

    func: Fn
    waits_for: Set[ThreadId]


@struct(marked=True)
class RcuSnapshot:
    """The readers that a `synchronize_rcu` still waits for."""

    waits_for: Set[ThreadId]


@struct(marked=True)
class RcuBarrier:
    """The callbacks that an `rcu_barrier` still waits for."""

    queued: Set[Ptr[RcuHead]]
    running: Set[Ptr[RcuHead]]


@struct(marked=True)
class RcuFreeBarrier:
    """The objects that a `kvfree_rcu_barrier` still waits for."""

    queued: Set[Ptr[RcuHead]]


@struct(marked=True)
class RcuState:
    """`struct rcu_state`: who reads, and what is queued."""

    readers: Set[ThreadId]
    callbacks: Set[Ptr[RcuHead]]
    frees: Set[Ptr[RcuHead]]
    running: Set[Ptr[RcuHead]]
    served: Set[Ptr[RcuHead]] = ghost()


rcu = shared(RcuState)


# ---------------------------------------------------------------------------------------------
# Readers


def rcu_read_lock():
    """include/linux/rcupdate.h, rcu_read_lock; it nests.  One step."""
    with atomic(because="one increment of the task's own count"):
        tasks[current()].rcu_nesting += 1
        rcu.readers.add(current())


def rcu_read_unlock():
    """include/linux/rcupdate.h, rcu_read_unlock: the outermost one ends the reader.  One step."""
    with atomic(because="one decrement of the task's own count; the quiescent state comes with it"):
        assert tasks[current()].rcu_nesting > 0, "rcu-misuse: unlock without a lock"
        tasks[current()].rcu_nesting -= 1
        if tasks[current()].rcu_nesting == 0:
            rcu.readers.discard(current())
            for snapshot in objects(RcuSnapshot):
                snapshot.waits_for.discard(current())
            for head in rcu.callbacks:
                head.waits_for.discard(current())
            for head in rcu.frees:
                head.waits_for.discard(current())


def rcu_read_lock_sched():
    """include/linux/rcupdate.h, rcu_read_lock_sched: a reader with preemption off.  One step."""
    rcu_read_lock()
    preempt_disable()


def rcu_read_unlock_sched():
    """include/linux/rcupdate.h, rcu_read_unlock_sched.  One step."""
    rcu_read_unlock()
    preempt_enable()


def rcu_read_lock_bh():
    """include/linux/rcupdate.h, rcu_read_lock_bh: soft interrupts off.  Two steps."""
    local_bh_disable()
    rcu_read_lock()


def rcu_read_unlock_bh():
    """include/linux/rcupdate.h, rcu_read_unlock_bh.  Two steps."""
    rcu_read_unlock()
    local_bh_enable()


@observer
def rcu_read_lock_held() -> Bool:
    """kernel/rcu/update.c, rcu_read_lock_held: for asserts.  No step."""
    return tasks[current()].rcu_nesting > 0


@on_free(Task)
def ends_in_no_reader(task: Ptr[Task]):
    """kernel/rcu/tree_plugin.h, exit_rcu: a task does not end in a reader."""
    assert task.rcu_nesting == 0, "rcu-misuse: the thread ends in a reader"


# ---------------------------------------------------------------------------------------------
# Pointers


def rcu_assign_pointer(place: Ref, value):
    """include/linux/rcupdate.h, rcu_assign_pointer: publish what is initialised.  One step."""
    smp_store_release(place, value)


def RCU_INIT_POINTER(place: Ref, value):
    """include/linux/rcupdate.h, RCU_INIT_POINTER: publish without order.  One step."""
    WRITE_ONCE(place, value)


def rcu_dereference(place: Ref):
    """include/linux/rcupdate.h, rcu_dereference: fetch a pointer in a reader.  One step."""
    pointer = dependent_load(place)
    in_reader()
    return pointer


def rcu_dereference_check(place: Ref, condition):
    """include/linux/rcupdate.h, rcu_dereference_check: in a reader, or where the condition holds
    (`lambda: lock.owner == current()`).  One step."""
    pointer = dependent_load(place)
    in_reader_or(condition)
    return pointer


def rcu_dereference_protected(place: Ref, condition):
    """include/linux/rcupdate.h, rcu_dereference_protected: where the condition says that nobody
    stores, so it is a plain load.  One step."""
    pointer = place
    is_protected(condition)
    return pointer


def rcu_dereference_raw(place: Ref):
    """include/linux/rcupdate.h, rcu_dereference_raw: nothing is checked.  One step."""
    return dependent_load(place)


def rcu_access_pointer(place: Ref):
    """include/linux/rcupdate.h, rcu_access_pointer: only to be compared.  One step."""
    return READ_ONCE(place)


def rcu_replace_pointer(place: Ref, value, condition):
    """include/linux/rcupdate.h, rcu_replace_pointer: gives the old one.  Two steps."""
    old = rcu_dereference_protected(place, condition)
    rcu_assign_pointer(place, value)
    return old


@observer
def in_reader():
    assert tasks[current()].rcu_nesting > 0, "rcu-misuse: a pointer is fetched outside of a reader"


@observer
def in_reader_or(condition):
    assert tasks[current()].rcu_nesting > 0 or condition(), (
        "rcu-misuse: a pointer is fetched outside of a reader, without the lock"
    )


@observer
def is_protected(condition):
    assert condition(), "rcu-misuse: a pointer is fetched without the lock that protects it"


# ---------------------------------------------------------------------------------------------
# Grace periods


def synchronize_rcu():
    """kernel/rcu/tree.c, synchronize_rcu: sleep until who reads now has ended.  Two steps."""
    outside_of_readers()
    might_sleep()
    snapshot = local(RcuSnapshot)
    with atomic(because="the grace period begins"):
        snapshot.waits_for = rcu.readers
    wait_until(len(snapshot.waits_for) == 0)


def synchronize_rcu_expedited():
    """kernel/rcu/tree_exp.h, synchronize_rcu_expedited: faster, with the same meaning."""
    synchronize_rcu()


@observer
def outside_of_readers():
    """kernel/rcu/tree.c, synchronize_rcu: the complaint about a grace period in a reader."""
    assert tasks[current()].rcu_nesting == 0, "rcu-misuse: a grace period is awaited in a reader"


def call_rcu(head: Ptr[RcuHead], func):
    """kernel/rcu/tree.c, call_rcu: `func(head)` after a grace period.  One step."""
    with atomic(because="the list belongs to this CPU, with interrupts off"):
        head.func = func
        assert head not in rcu.callbacks and head not in rcu.frees, "rcu-misuse: queued twice"
        head_is_served(head)
        head.waits_for = rcu.readers
        rcu.callbacks.add(head)


def kfree_rcu(pointer, head: Ptr[RcuHead]):
    """include/linux/rcupdate.h, kfree_rcu: free `pointer` after a grace period; `head` lies in it.
    One step, none for `None`."""
    if pointer is not None:
        with atomic(because="the list belongs to this CPU, under its lock"):
            head.func = None
            assert head not in rcu.callbacks and head not in rcu.frees, "rcu-misuse: queued twice"
            head.waits_for = rcu.readers
            rcu.frees.add(head)


@observer
def head_is_served(head: Ptr[RcuHead]):
    """Nobody would call the function of a head on the stack."""
    assert head in rcu.served, "rcu-misuse: a head on the stack is left out here"


@on_free(RcuHead)
def rcu_head_freed(head: Ptr[RcuHead]):
    """kernel/rcu/update.c, destroy_rcu_head: a queued head must not go away."""
    assert head not in rcu.callbacks and head not in rcu.frees, "rcu-misuse: freed while queued"


def rcu_barrier():
    """kernel/rcu/tree.c, rcu_barrier: sleep until the callbacks queued now have ended.  Two
    steps."""
    might_sleep()
    barrier = local(RcuBarrier)
    with atomic(because="a callback behind the others on each CPU"):
        barrier.queued = rcu.callbacks
        barrier.running = rcu.running
    wait_until(len(barrier.queued) == 0 and len(barrier.running) == 0)


def kvfree_rcu_barrier():
    """kernel/rcu/tree.c, kvfree_rcu_barrier: sleep until what `kfree_rcu` was given is freed.  Two
    steps."""
    might_sleep()
    barrier = local(RcuFreeBarrier)
    with atomic(because="the lists are detached under their locks"):
        barrier.queued = rcu.frees
    wait_until(len(barrier.queued) == 0)


def rcu_free_slab(pointer):
    """mm/slub.c, free_slab and rcu_free_slab: the page of a type-stable slot that was freed goes
    back after a grace period, and nobody may look at it any more.  Three steps, and it sleeps
    (in the kernel a callback does it).  The slot must not be allocated again in between."""
    synchronize_rcu()
    discard(pointer)


@thread(each=RcuHead, context=Context.SOFTIRQ)
def rcu_core(head):
    """kernel/rcu/tree.c, rcu_do_batch and kfree_rcu_work: what is done after the grace period."""
    rcu.served.add(head)
    while True:
        with atomic(because="the head is off its list before anything is done with it"):
            wait_until(
                (head in rcu.callbacks or head in rcu.frees) and len(head.waits_for) == 0, idle=True
            )
            if head in rcu.frees:
                rcu.frees.discard(head)
                for free_barrier in objects(RcuFreeBarrier):
                    free_barrier.queued.discard(head)
                free(head, around=True)
                continue
            rcu.callbacks.discard(head)
            rcu.running.add(head)
            for barrier in objects(RcuBarrier):
                if head in barrier.queued:
                    barrier.queued.discard(head)
                    barrier.running.add(head)
            func = head.func
            head.func = None
        func(head)
        callback_returns()
        with atomic(because="the next callback of this CPU may be that of rcu_barrier"):
            rcu.running.discard(head)
            for barrier in objects(RcuBarrier):
                barrier.running.discard(head)
