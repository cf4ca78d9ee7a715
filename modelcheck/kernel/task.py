"""What belongs to a task: `struct task_struct` and `preempt_count`, kernel/sched/core.c (v6.12).

Kept: whether the task may be scheduled (`state`: a sleeper runs again when a waker says so), the
nesting of its RCU readers, whether interrupts and soft interrupts are off on its CPU, and how deep
it is in sections that must not be left (`preempt_count`, which is bookkeeping only: a thread of a
spec can always be overtaken by threads on other CPUs); whether a signal is pending, and whether it
is on its way out (`exiting`: PF_EXITING).
Checked: `sleep-in-atomic` by `might_sleep`, which every routine that may sleep begins with: in
interrupts, with preemption or interrupts off, in RCU readers, and after `set_current_state`.
Left out: who runs on which CPU, priorities, and time.
"""

from modelcheck.lang import (
    Bool,
    Context,
    ThreadId,
    atomic,
    context,
    current,
    irqs,
    observer,
    softirqs,
    wait_until,
)

from .lockdep import lockdep_hardirqs_on
from .task_struct import Task as Task, TaskState as TaskState, tasks as tasks


@observer
def might_sleep():
    """include/linux/kernel.h, might_sleep; kernel/sched/core.c, __might_sleep: what blocks resets
    the state, so it must not stand between `set_current_state` and `schedule`.  No step."""
    might_resched()
    assert tasks[current()].state == TaskState.TASK_RUNNING, (
        "sleep-in-atomic: blocking when the state is not TASK_RUNNING"
    )


@observer
def might_resched():
    """kernel/sched/core.c, __might_resched.  No step."""
    assert context() == Context.TASK or context() == Context.KTHREAD, (
        "sleep-in-atomic: sleeping in an interrupt"
    )
    assert tasks[current()].preempt_count == 0, "sleep-in-atomic: sleeping with preemption off"
    assert not tasks[current()].irqs_off, "sleep-in-atomic: sleeping with interrupts off"
    assert tasks[current()].softirqs_off == 0, "sleep-in-atomic: sleeping with soft interrupts off"
    assert tasks[current()].rcu_nesting == 0, "sleep-in-atomic: sleeping in an RCU reader"


def preempt_disable():
    """include/linux/preempt.h, preempt_disable.  No step: nobody else can see it."""
    tasks[current()].preempt_count += 1


def preempt_enable():
    """include/linux/preempt.h, preempt_enable.  No step."""
    tasks[current()].preempt_count -= 1


def local_irq_disable():
    """include/linux/irqflags.h, local_irq_disable.  One step."""
    with atomic(because="one instruction"):
        irqs(False)
        tasks[current()].irqs_off = True


def local_irq_enable():
    """include/linux/irqflags.h, local_irq_enable.  One step."""
    with atomic(because="one instruction"):
        tasks[current()].irqs_off = False
        irqs(True)
    lockdep_hardirqs_on()


def local_irq_save():
    """include/linux/irqflags.h, local_irq_save: gives what local_irq_restore takes.  One step."""
    with atomic(because="nobody but this CPU looks at the flags"):
        flags = tasks[current()].irqs_off
        irqs(False)
        tasks[current()].irqs_off = True
        return flags


def local_irq_restore(flags: Bool):
    """include/linux/irqflags.h, local_irq_restore.  One step."""
    with atomic(because="one instruction"):
        tasks[current()].irqs_off = flags
        irqs(not flags)
    lockdep_hardirqs_on()


def local_bh_disable():
    """include/linux/bottom_half.h, local_bh_disable; it nests.  One step."""
    with atomic(because="nobody but this CPU looks at the count"):
        softirqs(False)
        tasks[current()].softirqs_off += 1


def local_bh_enable():
    """include/linux/bottom_half.h, local_bh_enable.  One step."""
    may_enable_bh()
    with atomic(because="nobody but this CPU looks at the count"):
        tasks[current()].softirqs_off -= 1
        softirqs(tasks[current()].softirqs_off == 0)
    lockdep_hardirqs_on()


@observer
def may_enable_bh():
    """kernel/softirq.c, __local_bh_enable_ip: what is pending runs there, with interrupts on."""
    assert context() != Context.HARDIRQ and not tasks[current()].irqs_off, (
        "lock-misuse: soft interrupts are turned on with interrupts off"
    )


def set_current_state(state: TaskState):
    """include/linux/sched.h, set_current_state: a store and a full barrier.  One step."""
    tasks[current()].state = state


def schedule():
    """kernel/sched/core.c, schedule: sleep until somebody sets this task running.  One step.

    With a signal pending it does not sleep in `TASK_INTERRUPTIBLE`.
    """
    might_resched()
    with atomic(because="the runqueue lock is held"):
        wait_until(may_run())
        if tasks[current()].signal_pending:
            tasks[current()].state = TaskState.TASK_RUNNING


def schedule_idle():
    """`schedule` of a thread that is at rest here: one that serves others, without work."""
    might_resched()
    with atomic(because="the runqueue lock is held"):
        wait_until(may_run(), idle=True)
        if tasks[current()].signal_pending:
            tasks[current()].state = TaskState.TASK_RUNNING


def may_run() -> Bool:
    """kernel/sched/core.c, signal_pending_state in __schedule."""
    state = tasks[current()].state
    return state == TaskState.TASK_RUNNING or (
        state == TaskState.TASK_INTERRUPTIBLE and tasks[current()].signal_pending
    )


def signal_pending() -> Bool:
    """include/linux/sched/signal.h, signal_pending.  One step."""
    return tasks[current()].signal_pending


def send_signal(task: ThreadId):
    """kernel/signal.c, signal_wake_up: it is pending, and who sleeps for it is woken.  One step."""
    with atomic(because="siglock is held, and schedule() looks at both"):
        tasks[task].signal_pending = True
        if tasks[task].state == TaskState.TASK_INTERRUPTIBLE:
            tasks[task].state = TaskState.TASK_RUNNING


def flush_signals():
    """kernel/signal.c, flush_signals: nothing is pending any more.  One step."""
    tasks[current()].signal_pending = False


def exit_signals():
    """kernel/signal.c, exit_signals: from here on the task is exiting (PF_EXITING).  One step."""
    tasks[current()].exiting = True


def cond_resched():
    """include/linux/sched.h, cond_resched: it may sleep, and does nothing else.  No step."""
    might_resched()
