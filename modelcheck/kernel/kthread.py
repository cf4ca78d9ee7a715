"""Kernel threads that are stopped: include/linux/kthread.h, kernel/kthread.c (v6.12).

Kept: `kthread_stop` sets the flag, wakes the thread and waits until it has ended; a thread that is
stopped before it ran for the first time never runs its function.
`Kthread` is what the caller of kthread_create holds a reference to: it outlives the thread.  The
thread itself is a `@thread(context=Context.KTHREAD)`:

    if kthread_begin(self):
        ...                         # threadfn
    kthread_exit(self)

Checked: `kthread_stop` called by the thread itself, or for one that was stopped already, is a
`deadlock`; waking a thread between its test and its sleep is a lost wake-up, a `deadlock` too.
Left out: parking, the result of the function, the delayed first wake-up.
"""

from modelcheck.lang import Bool, Ptr, ThreadId, atomic, current, finished, struct

from .completion import Completion, complete, wait_for_completion
from .task import TaskState, tasks


@struct(marked=True)
class Kthread:
    """`struct task_struct` as its creator sees it, and `struct kthread`."""

    task: ThreadId
    should_stop: Bool
    exited: Completion


def kthread_begin(k: Ptr[Kthread]) -> Bool:
    """kernel/kthread.c, kthread: `False` where it was stopped before it began.  One step."""
    with atomic(because="until then nobody can wake it"):
        k.task = current()
        return not k.should_stop


def kthread_exit(k: Ptr[Kthread]):
    """kernel/kthread.c, kthread_exit; the caller of kthread_stop goes on.  One step."""
    complete(k.exited)


def kthread_should_stop(k: Ptr[Kthread]) -> Bool:
    """kernel/kthread.c, kthread_should_stop.  One step."""
    return k.should_stop


def wake_up_kthread(k: Ptr[Kthread]):
    """kernel/sched/core.c, wake_up_process, by somebody with a reference: an ended thread is no
    fault.  One step."""
    with atomic(because="p->pi_lock is held"):
        task = k.task
        if task is not None and not finished(task):
            tasks[task].state = TaskState.TASK_RUNNING


def kthread_stop(k: Ptr[Kthread]):
    """kernel/kthread.c, kthread_stop.  Three steps."""
    k.should_stop = True
    wake_up_kthread(k)
    wait_for_completion(k.exited)
