"""Work items and workqueues: include/linux/workqueue.h, kernel/workqueue.c (v6.12).

Kept: queueing takes PENDING first and inserts the item second (`queue_work_on`, `__queue_work`): in
between, others see an item that is pending and that `flush_work` does not find.  The worker clears
PENDING before it calls the function, so an item that is queued while it runs runs once more.  An item
never runs twice at once.  Items of a workqueue run at the same time as each other, and start in any
order, at most `max_active` at once (0: no limit); those of an `ordered` one run one by one, first
in, first out.  A flush waits for what is queued or running when it begins, never for what is queued
later.  After the function has returned the worker does not touch the item (`process_one_work`): it may
be gone.
The library brings the workers, one for each work item, so as many items run at once as there are; a
workqueue with `own_workers=True` is served only by threads of the spec that call `worker_thread`.
Delayed work starts at any time after it was queued.
Checked: `work-misuse` for an item freed, or initialised again, while it is queued or its timer is armed;
for waiting for an item inside its own function; for queueing on a workqueue that is drained; for
a function that returns with preemption off or inside an RCU reader; for more enabling than disabling.
`lock-order` for waiting for an item, or a workqueue, under a lock which its function takes: the class
is the field in which the item lies (in the kernel it is the place of INIT_WORK).
Not checked: freeing an item while its function runs.  That is legal, and common with a reference
dropped at the end of the function; a function that still uses it is `use-after-free`.
Left out: items on the stack (queueing one is `work-misuse`, but with `own_workers`), CPUs and pools
(an item that one workqueue runs is not started by another one), the rescuer, BH workqueues, `queue_rcu_work`; a handler on the same CPU may come between the two steps of
queueing, which the kernel does with interrupts off.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Fn,
    Ptr,
    Queue,
    READ_ONCE,
    Set,
    ThreadId,
    U8,
    atomic,
    choose,
    current,
    free,
    ghost,
    local,
    objects,
    observer,
    on_free,
    places,
    queue,
    shared,
    struct,
    thread,
    wait_until,
)

from .lockdep import LockdepMap, lock_map_acquire, lock_map_wait, no_locks_are_left
from .task import might_sleep, tasks


@struct(marked=True)
class WorkStruct:
    """`struct work_struct`."""

    pending: Bool  # WORK_STRUCT_PENDING
    disable: U8  # WORK_OFFQ_DISABLE: how often it was disabled
    func: Fn
    lockdep_map: LockdepMap
    runner: ThreadId = ghost(None)


@struct(marked=True)
class Workqueue:
    """`struct workqueue_struct`, with its part of the pools."""

    ordered: Bool  # alloc_ordered_workqueue
    max_active: U8
    own_workers: Bool
    draining: Bool
    queued: Set[Ptr[WorkStruct]]
    worklist: Queue[Ptr[WorkStruct]] = queue(places(WorkStruct) + 1)  # of an ordered one
    running: Set[Ptr[WorkStruct]]  # busy_hash: it is no part of the item
    lockdep_map: LockdepMap


@struct(marked=True)
class DelayedWork:
    """`struct delayed_work`; its timer is in `delayed_work_timers`."""

    work: WorkStruct
    wq: Ptr[Workqueue]


@struct(marked=True)
class DelayedWorkTimers:
    armed: Set[Ptr[DelayedWork]]
    served: Set[Ptr[DelayedWork]] = ghost()


@struct(marked=True)
class Workers:
    """The items that have a worker here: those on the stack have none."""

    served: Set[Ptr[WorkStruct]] = ghost()


@struct(marked=True)
class WqBarrier:
    """`struct wq_barrier`: what a flush still waits for."""

    wq: Ptr[Workqueue]
    queued: Set[Ptr[WorkStruct]]
    running: Set[Ptr[WorkStruct]]


system_wq = shared(Workqueue)
system_unbound_wq = shared(Workqueue)
delayed_work_timers = shared(DelayedWorkTimers)
workers = shared(Workers)


def INIT_WORK(work: Ptr[WorkStruct], func):
    """include/linux/workqueue.h, INIT_WORK.  One step: nobody else knows the item yet."""
    with atomic(because="nobody else knows the item yet"):
        work.pending = False
        work.disable = 0
        work.func = func
    work_is_idle(work)


def INIT_DELAYED_WORK(dwork: Ptr[DelayedWork], func):
    """include/linux/workqueue.h, INIT_DELAYED_WORK.  One step."""
    with atomic(because="nobody else knows the item yet"):
        dwork.wq = None
        INIT_WORK(dwork.work, func)
    delayed_work_is_idle(dwork)


def work_pending(work: Ptr[WorkStruct]) -> Bool:
    """include/linux/workqueue.h, work_pending.  One step."""
    return work.pending


def delayed_work_pending(dwork: Ptr[DelayedWork]) -> Bool:
    """include/linux/workqueue.h, delayed_work_pending.  One step."""
    return dwork.work.pending


# ---------------------------------------------------------------------------------------------
# Queueing


def take_pending(work: Ptr[WorkStruct]) -> Bool:
    """kernel/workqueue.c, queue_work_on: test_and_set_bit(PENDING) unless disabled.  One step.

    Who has PENDING is the only one to change `disable`, so both are looked at together.
    """
    with atomic(because="test_and_set_bit of PENDING"):
        if work.pending or work.disable != 0:
            return False
        work.pending = True
        return True


def insert_work(wq: Ptr[Workqueue], work: Ptr[WorkStruct]):
    """kernel/workqueue.c, __queue_work: put an item that is pending on the list.  One step."""
    with atomic(because="pool->lock is held"):
        assert not wq.draining or runs_work_of(wq), "work-misuse: queued on a drained workqueue"
        work_is_served(wq, work)
        if wq.ordered:
            wq.worklist.append(work)
        else:
            wq.queued.add(work)
        work.pending = True  # set_work_pwq writes the whole word


def queue_work(wq: Ptr[Workqueue], work: Ptr[WorkStruct]) -> Bool:
    """include/linux/workqueue.h, queue_work: `False` where it was pending.  One step or two."""
    if not take_pending(work):
        return False
    insert_work(wq, work)
    return True


def schedule_work(work: Ptr[WorkStruct]) -> Bool:
    """include/linux/workqueue.h, schedule_work."""
    return queue_work(system_wq, work)


@observer
def runs_work_of(wq: Ptr[Workqueue]):
    """kernel/workqueue.c, is_chained_work."""
    return any(work.runner == current() and work in wq.running for work in objects(WorkStruct))


# ---------------------------------------------------------------------------------------------
# Workers


@thread(each=WorkStruct, context=Context.KTHREAD)
def kworker(work):
    """kernel/workqueue.c, worker_thread: the worker that runs one item, on any workqueue."""
    workers.served.add(work)
    while True:
        with atomic(because="pool->lock is held; PENDING is cleared last"):
            wait_until(
                any(
                    not wq.own_workers
                    and (
                        (
                            work in wq.queued
                            and (wq.max_active == 0 or len(wq.running) < wq.max_active)
                        )
                        or (
                            len(wq.worklist) > 0 and wq.worklist[0] is work and len(wq.running) == 0
                        )
                    )
                    for wq in objects(Workqueue)
                ),
                idle=True,
            )
            for wq in objects(Workqueue):
                if not wq.own_workers and (work in wq.queued or work in wq.worklist):
                    start_work(wq, work)
            func = work.func
        enter_work(work)
        func(work)
        leave_work(work)
        with atomic(because="pool->lock is held"):
            for wq in objects(Workqueue):
                if not wq.own_workers:
                    end_work(wq, work)


def worker_thread(wq: Ptr[Workqueue]):
    """kernel/workqueue.c, worker_thread: one worker of a workqueue with `own_workers=True`."""
    while True:
        with atomic(because="pool->lock is held; PENDING is cleared last"):
            wait_until(
                (
                    any(work not in wq.running for work in wq.queued)
                    and (wq.max_active == 0 or len(wq.running) < wq.max_active)
                )
                or (len(wq.worklist) > 0 and len(wq.running) == 0),
                idle=True,
            )
            if wq.ordered:
                work = wq.worklist[0]
                start_work(wq, work)
                func = work.func
            else:
                work = choose(w for w in wq.queued if w not in wq.running)
                start_work(wq, work)
                func = work.func
        enter_work(work)
        func(work)
        leave_work(work)
        with atomic(because="pool->lock is held"):
            end_work(wq, work)


def start_work(wq: Ptr[Workqueue], work: Ptr[WorkStruct]):
    """kernel/workqueue.c, process_one_work, up to the call.  Part of a step."""
    if wq.ordered:
        wq.worklist.remove(work)
    else:
        wq.queued.discard(work)
    wq.running.add(work)
    for barrier in objects(WqBarrier):
        if barrier.wq is wq and work in barrier.queued:
            barrier.queued.discard(work)
            barrier.running.add(work)
    work.pending = False


def end_work(wq: Ptr[Workqueue], work: Ptr[WorkStruct]):
    """kernel/workqueue.c, process_one_work, after the call: `work` is an address only."""
    wq.running.discard(work)
    for barrier in objects(WqBarrier):
        if barrier.wq is wq:
            barrier.running.discard(work)


@observer
def enter_work(work: Ptr[WorkStruct]):
    """kernel/workqueue.c, process_one_work: the maps that are held while the function runs."""
    work.runner = current()
    for wq in objects(Workqueue):
        if work in wq.running:
            lock_map_acquire(wq.lockdep_map)
    lock_map_acquire(work.lockdep_map)


@observer
def leave_work(work: Ptr[WorkStruct]):
    """kernel/workqueue.c, process_one_work: "workqueue leaked atomic, lock or RCU"."""
    work.runner = None
    for map in objects(LockdepMap):
        map.holders.discard(current())
    no_locks_are_left()
    assert tasks[current()].preempt_count == 0, "work-misuse: the function left preemption off"
    assert tasks[current()].rcu_nesting == 0, "work-misuse: the function left an RCU reader open"


# ---------------------------------------------------------------------------------------------
# Flushing


def flush_work(work: Ptr[WorkStruct]) -> Bool:
    """kernel/workqueue.c, flush_work: wait for the item's last queueing.  One step or two."""
    might_sleep()
    not_inside(work)
    barrier = local(WqBarrier)
    with atomic(because="pool->lock is held"):
        found = insert_barrier(barrier, work, False)
    if not found:
        return False
    wait_until(len(barrier.queued) == 0 and len(barrier.running) == 0)
    return True


def insert_barrier(barrier: Ptr[WqBarrier], work: Ptr[WorkStruct], from_cancel) -> Bool:
    """kernel/workqueue.c, start_flush_work: behind the queued instance, else the running one.  Part
    of a step: afterwards the item may be gone."""
    if work.pending:
        for wq in objects(Workqueue):
            if work in wq.queued or work in wq.worklist:
                barrier.wq = wq
                barrier.queued.add(work)
                touch_work_lockdep_map(wq, work, from_cancel)
                return True
    for wq in objects(Workqueue):
        if work in wq.running:
            barrier.wq = wq
            barrier.running.add(work)
            touch_work_lockdep_map(wq, work, from_cancel)
            return True
    return False


def flush_workqueue(wq: Ptr[Workqueue]):
    """kernel/workqueue.c, __flush_workqueue: wait for all that is queued or runs.  Two steps."""
    might_sleep()
    not_inside_queue(wq)
    touch_wq_lockdep_map(wq)
    barrier = local(WqBarrier)
    with atomic(because="the colour of the workqueue changes under its mutex"):
        barrier.wq = wq
        barrier.running = wq.running
        barrier.queued = wq.queued
        for work in wq.worklist:
            barrier.queued.add(work)
    wait_until(len(barrier.queued) == 0 and len(barrier.running) == 0)


def drain_workqueue(wq: Ptr[Workqueue]):
    """kernel/workqueue.c, drain_workqueue: flush until nothing is left.  Two steps."""
    might_sleep()
    not_inside_queue(wq)
    touch_wq_lockdep_map(wq)
    wq.draining = True
    with atomic(because="no item is left, and only items of it may queue one"):
        wait_until(len(wq.queued) == 0 and len(wq.worklist) == 0 and len(wq.running) == 0)
        wq.draining = False


def destroy_workqueue(wq: Ptr[Workqueue]):
    """kernel/workqueue.c, destroy_workqueue: drain it and free it.  Three steps."""
    drain_workqueue(wq)
    free(wq)


# ---------------------------------------------------------------------------------------------
# Cancelling


def is_queued(work: Ptr[WorkStruct]) -> Bool:
    """Whether it is on the list of a workqueue.  Part of a step."""
    return any(work in wq.queued or work in wq.worklist for wq in objects(Workqueue))


def remove_work(work: Ptr[WorkStruct]):
    """kernel/workqueue.c, try_to_grab_pending: off the list.  A flush that waits behind it goes on."""
    for wq in objects(Workqueue):
        wq.queued.discard(work)
        if work in wq.worklist:
            wq.worklist.remove(work)
    for barrier in objects(WqBarrier):
        barrier.queued.discard(work)


def grab_work(work: Ptr[WorkStruct]) -> Bool:
    """kernel/workqueue.c, work_grab_pending: have PENDING, and the item on no list.  One step.

    It retries while somebody has PENDING and has not put the item on a list yet.
    """
    with atomic(because="pool->lock is held; the retries are not seen by anybody"):
        wait_until(not work.pending or is_queued(work))
        was_pending = work.pending
        remove_work(work)
        work.pending = True
        return was_pending


def cancel_work(work: Ptr[WorkStruct]) -> Bool:
    """kernel/workqueue.c, cancel_work: `False` where it was not pending.  Two steps."""
    was_pending = grab_work(work)
    work.pending = False
    return was_pending


def disable_work(work: Ptr[WorkStruct]) -> Bool:
    """kernel/workqueue.c, disable_work: cancel it, and let nobody queue it.  One step.

    Both halves are one step here: who finds it pending and who finds it disabled do the same.
    """
    with atomic(because="who has PENDING changes the rest of the word"):
        was_pending = grab_work(work)
        work.disable += 1
        work.pending = False
        return was_pending


def enable_work(work: Ptr[WorkStruct]) -> Bool:
    """kernel/workqueue.c, enable_work: `True` where it may be queued again.  One step."""
    with atomic(because="who has PENDING changes the rest of the word"):
        assert work.disable > 0, "work-misuse: enabled more often than disabled"
        work.disable -= 1
        return work.disable == 0


def disable_work_sync(work: Ptr[WorkStruct]) -> Bool:
    """kernel/workqueue.c, disable_work_sync: wait for the running instance too.  1 to 3 steps."""
    return disable_and_wait(work, True)


def disable_and_wait(work: Ptr[WorkStruct], looks_again) -> Bool:
    """kernel/workqueue.c, __cancel_work_sync.  `looks_again`: `__flush_work` is the last to look at
    the item, which its function may have freed meanwhile."""
    might_sleep()
    not_inside(work)
    barrier = local(WqBarrier)
    with atomic(because="once it is disabled, nobody sees whether the flush began at once"):
        was_pending = disable_work(work)
        found = insert_barrier(barrier, work, True)
    if looks_again:
        READ_ONCE(work.func)
    if found:
        wait_until(len(barrier.queued) == 0 and len(barrier.running) == 0)
    return was_pending


def cancel_work_sync(work: Ptr[WorkStruct]) -> Bool:
    """kernel/workqueue.c, cancel_work_sync: nobody queues it meanwhile.  Two steps or three."""
    was_pending = disable_and_wait(work, False)
    enable_work(work)
    return was_pending


# ---------------------------------------------------------------------------------------------
# Delayed work


@thread(each=DelayedWork, context=Context.SOFTIRQ)
def delayed_work_timer(dwork):
    """kernel/workqueue.c, delayed_work_timer_fn: at any time after it was armed.

    It takes the timer off its list and queues the item in one step: in between, nobody could see
    anything else than before it.
    """
    delayed_work_timers.served.add(dwork)
    while True:
        with atomic(because="PENDING is set all the time, and nobody can wait for this"):
            wait_until(dwork in delayed_work_timers.armed, idle=True)
            delayed_work_timers.armed.discard(dwork)
            insert_work(dwork.wq, dwork.work)


def start_delayed_work(wq: Ptr[Workqueue], dwork: Ptr[DelayedWork], delay):
    """kernel/workqueue.c, __queue_delayed_work: arm the timer; no delay: queue it.  One step."""
    if delay == 0:
        insert_work(wq, dwork.work)
    else:
        with atomic(because="add_timer takes the lock of the timers"):
            delayed_work_is_served(dwork)
            dwork.wq = wq
            delayed_work_timers.armed.add(dwork)


def queue_delayed_work(wq: Ptr[Workqueue], dwork: Ptr[DelayedWork], delay) -> Bool:
    """include/linux/workqueue.h, queue_delayed_work.  One step or two."""
    if not take_pending(dwork.work):
        return False
    start_delayed_work(wq, dwork, delay)
    return True


def schedule_delayed_work(dwork: Ptr[DelayedWork], delay) -> Bool:
    """include/linux/workqueue.h, schedule_delayed_work."""
    return queue_delayed_work(system_wq, dwork, delay)


def grab_delayed_work(dwork: Ptr[DelayedWork]) -> Bool:
    """kernel/workqueue.c, work_grab_pending with WORK_CANCEL_DELAYED.  One step."""
    with atomic(because="the retries are not seen by anybody"):
        wait_until(
            not dwork.work.pending or dwork in delayed_work_timers.armed or is_queued(dwork.work)
        )
        was_pending = dwork.work.pending
        delayed_work_timers.armed.discard(dwork)
        remove_work(dwork.work)
        dwork.work.pending = True
        return was_pending


def mod_delayed_work(wq: Ptr[Workqueue], dwork: Ptr[DelayedWork], delay) -> Bool:
    """include/linux/workqueue.h, mod_delayed_work: queue it anew, pending or not.  Two steps."""
    with atomic(because="PENDING is given back at once where it is disabled"):
        was_pending = grab_delayed_work(dwork)
        disabled = dwork.work.disable != 0
        if disabled:
            dwork.work.pending = False
    if not disabled:
        start_delayed_work(wq, dwork, delay)
    return was_pending


def cancel_delayed_work(dwork: Ptr[DelayedWork]) -> Bool:
    """kernel/workqueue.c, cancel_delayed_work.  Two steps."""
    was_pending = grab_delayed_work(dwork)
    dwork.work.pending = False
    return was_pending


def cancel_delayed_work_sync(dwork: Ptr[DelayedWork]) -> Bool:
    """kernel/workqueue.c, cancel_delayed_work_sync.  Two steps or three."""
    might_sleep()
    not_inside(dwork.work)
    barrier = local(WqBarrier)
    with atomic(because="once it is disabled, nobody sees whether the flush began at once"):
        was_pending = grab_delayed_work(dwork)
        dwork.work.disable += 1
        dwork.work.pending = False
        found = insert_barrier(barrier, dwork.work, True)
    if found:
        wait_until(len(barrier.queued) == 0 and len(barrier.running) == 0)
    enable_work(dwork.work)
    return was_pending


def flush_delayed_work(dwork: Ptr[DelayedWork]) -> Bool:
    """kernel/workqueue.c, flush_delayed_work: do not wait for the timer.  Two steps or three."""
    with atomic(because="PENDING is set all the time, and nobody can wait for the timer"):
        if dwork in delayed_work_timers.armed:
            delayed_work_timers.armed.discard(dwork)
            insert_work(dwork.wq, dwork.work)
    return flush_work(dwork.work)


# ---------------------------------------------------------------------------------------------
# Checks


@observer
def work_is_served(wq: Ptr[Workqueue], work: Ptr[WorkStruct]):
    """Nobody would run an item on the stack, and so it would do no harm."""
    assert wq.own_workers or work in workers.served, (
        "work-misuse: an item on the stack is left out here, but with own_workers"
    )


@observer
def delayed_work_is_served(dwork: Ptr[DelayedWork]):
    """The same."""
    assert dwork in delayed_work_timers.served, (
        "work-misuse: delayed work on the stack is left out here"
    )


@observer
def work_is_idle(work: Ptr[WorkStruct]):
    """lib/debugobjects.c: an active item is initialised again."""
    for wq in objects(Workqueue):
        assert work not in wq.queued and work not in wq.worklist, (
            "work-misuse: initialised while queued"
        )


@observer
def delayed_work_is_idle(dwork: Ptr[DelayedWork]):
    """lib/debugobjects.c: an active timer is initialised again."""
    assert dwork not in delayed_work_timers.armed, "work-misuse: initialised while its timer runs"


@on_free(WorkStruct)
def work_freed(work: Ptr[WorkStruct]):
    """lib/debugobjects.c, debug_check_no_obj_freed."""
    for wq in objects(Workqueue):
        assert work not in wq.queued and work not in wq.worklist, (
            "work-misuse: work item freed while queued"
        )


@on_free(DelayedWork)
def delayed_work_freed(dwork: Ptr[DelayedWork]):
    """lib/debugobjects.c, debug_check_no_obj_freed."""
    assert dwork not in delayed_work_timers.armed, (
        "work-misuse: delayed work freed while its timer is armed"
    )


@on_free(Workqueue)
def workqueue_freed(wq: Ptr[Workqueue]):
    """kernel/workqueue.c, destroy_workqueue: its sanity checks."""
    assert len(wq.queued) == 0 and len(wq.worklist) == 0 and len(wq.running) == 0, (
        "work-misuse: workqueue freed while it has work"
    )


@observer
def not_inside(work: Ptr[WorkStruct]):
    """Waiting for the own end."""
    assert work.runner != current(), "work-misuse: a work item waits for itself"


@observer
def not_inside_queue(wq: Ptr[Workqueue]):
    """Waiting for the own end."""
    for work in objects(WorkStruct):
        assert work.runner != current() or work not in wq.running, (
            "work-misuse: a work item waits for its own workqueue"
        )


@observer
def touch_work_lockdep_map(wq: Ptr[Workqueue], work: Ptr[WorkStruct], from_cancel):
    """kernel/workqueue.c, touch_work_lockdep_map, and that of a workqueue with one worker."""
    lock_map_wait(work.lockdep_map)
    if not from_cancel and (wq.ordered or wq.max_active == 1):
        touch_wq_lockdep_map(wq)


@observer
def touch_wq_lockdep_map(wq: Ptr[Workqueue]):
    """kernel/workqueue.c, touch_wq_lockdep_map."""
    lock_map_wait(wq.lockdep_map)
