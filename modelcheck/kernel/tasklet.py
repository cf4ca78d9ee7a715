"""Tasklets: include/linux/interrupt.h, kernel/softirq.c, tasklet_action_common (v6.12).

Kept: scheduling takes SCHED and queues; the soft interrupt takes RUN, looks at `count` (disabled: it
queues it again), clears SCHED before the function, and clears RUN after it: the tasklet is touched
after its function, which so may not free it.  It never runs beside itself.
`tasklet_kill` waits for SCHED, keeps it, waits for RUN and clears both.
The library brings the threads: one soft interrupt for each tasklet.
Checked: `work-misuse` for a tasklet freed while it is scheduled or runs; `sleep-in-atomic` for
`tasklet_kill` in an interrupt.
Left out: those on the stack (scheduling one is `work-misuse`), CPUs, `tasklet_hi_schedule` (the same here), `tasklet_unlock_spin_wait`.  A disabled tasklet
waits here, where the kernel puts it back again and again.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Fn,
    Ptr,
    Set,
    U8,
    atomic,
    ghost,
    observer,
    on_free,
    shared,
    struct,
    thread,
    wait_until,
)

from .lockdep import callback_returns
from .task import might_sleep


@struct(marked=True)
class TaskletStruct:
    """`struct tasklet_struct`."""

    sched: Bool  # TASKLET_STATE_SCHED
    run: Bool  # TASKLET_STATE_RUN
    count: U8  # how often it is disabled
    callback: Fn


@struct(marked=True)
class TaskletVec:
    """`tasklet_vec` of all CPUs."""

    scheduled: Set[Ptr[TaskletStruct]]
    running: Set[Ptr[TaskletStruct]]
    served: Set[Ptr[TaskletStruct]] = ghost()


tasklet_vec = shared(TaskletVec)


@thread(each=TaskletStruct, context=Context.SOFTIRQ)
def tasklet_action(t):
    """kernel/softirq.c, tasklet_action_common."""
    tasklet_vec.served.add(t)
    while True:
        wait_until(t in tasklet_vec.scheduled, idle=True)
        with atomic(because="it stays on a list until RUN is taken, it is enabled, SCHED cleared"):
            wait_until(t.count == 0, idle=True)
            tasklet_vec.scheduled.discard(t)
            tasklet_vec.running.add(t)
            t.run = True
            t.sched = False
            callback = t.callback
        callback(t)
        callback_returns()
        with atomic(because="tasklet_unlock is one instruction"):
            t.run = False
            tasklet_vec.running.discard(t)


def tasklet_setup(t: Ptr[TaskletStruct], callback):
    """kernel/softirq.c, tasklet_setup.  One step."""
    with atomic(because="nobody else knows it yet"):
        t.sched = False
        t.run = False
        t.count = 0
        t.callback = callback


def tasklet_schedule(t: Ptr[TaskletStruct]):
    """include/linux/interrupt.h, tasklet_schedule.  One step or two."""
    with atomic(because="test_and_set_bit of SCHED"):
        if t.sched:
            return
        tasklet_is_served(t)
        t.sched = True
    tasklet_vec.scheduled.add(t)


def tasklet_disable_nosync(t: Ptr[TaskletStruct]):
    """include/linux/interrupt.h, tasklet_disable_nosync.  One step."""
    with atomic(rmw="relaxed", because="atomic_inc"):
        t.count += 1


def tasklet_disable(t: Ptr[TaskletStruct]):
    """include/linux/interrupt.h, tasklet_disable: it does not run any more.  Two steps."""
    tasklet_disable_nosync(t)
    might_sleep()
    wait_until(not t.run)


def tasklet_enable(t: Ptr[TaskletStruct]):
    """include/linux/interrupt.h, tasklet_enable.  One step."""
    with atomic(rmw="relaxed", because="atomic_dec"):
        assert t.count > 0, "work-misuse: tasklet enabled more often than disabled"
        t.count -= 1


def tasklet_kill(t: Ptr[TaskletStruct]):
    """kernel/softirq.c, tasklet_kill: it is neither scheduled nor runs afterwards.  Three steps."""
    might_sleep()
    with atomic(because="wait_on_bit_lock of SCHED"):
        wait_until(not t.sched)
        t.sched = True
    wait_until(not t.run)
    t.sched = False


@observer
def tasklet_is_served(t: Ptr[TaskletStruct]):
    """Nobody would run one on the stack."""
    assert t in tasklet_vec.served, "work-misuse: a tasklet on the stack is left out here"


@on_free(TaskletStruct)
def tasklet_freed(t: Ptr[TaskletStruct]):
    """What is on the list or runs is still used."""
    assert t not in tasklet_vec.scheduled, "work-misuse: tasklet freed while scheduled"
    assert t not in tasklet_vec.running, "work-misuse: tasklet freed while it runs"
