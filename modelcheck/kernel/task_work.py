"""Work for a task to do itself: include/linux/task_work.h, kernel/task_work.c (v6.12).

Kept: a list per task, the newest first, pushed by cmpxchg; the task runs it on its way to user
space and when it exits (the spec says where: `task_work_run`, `exit_task_work`); an exiting task
marks its empty list, after which adding fails; the detached list is walked with a load of `next`
before each function, which may free its work or add another.
Checked: `work-misuse` for adding a work that is queued, and for freeing one that is queued; a
work for a task that has ended is `use-after-free`, as without a reference to the task.
Left out: TWA_NMI_CURRENT; that notifying makes a task in user space enter the kernel.  Its
`pi_lock`, by which `task_work_cancel` and the walk keep apart, is in the one step of the former.
"""

from modelcheck.lang import (
    Bool,
    Fn,
    Ptr,
    ThreadId,
    atomic,
    current,
    ghost,
    observer,
    on_free,
    per_thread,
    places,
    shared,
    struct,
)

from .atomic import cmpxchg
from .task import TaskState, cond_resched, might_sleep, tasks


@struct(marked=True)
class CallbackHead:
    """`struct callback_head`; `func` gets the work.  `pending` is for the checks only."""

    next: Ptr["CallbackHead"]
    func: Fn
    pending: Bool = ghost(False)


@struct(marked=True)
class TaskWorks:
    """`task->task_works`."""

    first: Ptr[CallbackHead]


task_works = per_thread(TaskWorks)
work_exited = shared(CallbackHead)


@on_free(CallbackHead)
def callback_freed(work: Ptr[CallbackHead]):
    assert not work.pending, "work-misuse: task work freed while queued"


@observer
def work_is_queued(work: Ptr[CallbackHead]):
    assert not work.pending, "work-misuse: task work added while queued"
    work.pending = True


@observer
def work_is_taken(work: Ptr[CallbackHead]):
    work.pending = False


def init_task_work(work: Ptr[CallbackHead], func):
    """include/linux/task_work.h, init_task_work.  One step."""
    work.func = func


def task_work_add(task: ThreadId, work: Ptr[CallbackHead]) -> Bool:
    """kernel/task_work.c, task_work_add with TWA_RESUME: `False` where the task has run its last.

    Three steps for each try: load, link, cmpxchg.
    """
    while True:
        head = task_works[task].first
        if head is work_exited:
            return False
        work.next = head
        if cmpxchg(task_works[task].first, head, work) is head:
            work_is_queued(work)
            return True


def task_work_add_signal(task: ThreadId, work: Ptr[CallbackHead]) -> Bool:
    """kernel/task_work.c, task_work_add with TWA_SIGNAL: it wakes an interruptible sleeper."""
    added = task_work_add(task, work)
    if added:
        with atomic(because="set_notify_signal: the flag and the wake-up"):
            if tasks[task].state == TaskState.TASK_INTERRUPTIBLE:
                tasks[task].state = TaskState.TASK_RUNNING
    return added


def task_work_pending() -> Bool:
    """include/linux/task_work.h, task_work_pending of the running task.  One step."""
    return task_works[current()].first is not None


def task_work_cancel_func(task: ThreadId, func) -> Ptr[CallbackHead]:
    """kernel/task_work.c, task_work_cancel_func: the newest with that function, or `None`.

    One step, two where the list is not empty.
    """
    if task_works[task].first is None:
        return None
    with atomic(because="p->pi_lock is held, which the walk takes too before it starts"):
        before: Ptr[CallbackHead] = None
        work = task_works[task].first
        for _ in range(places(CallbackHead)):
            if work is None or work.func == func:
                break
            before = work
            work = work.next
        if work is None:
            return None
        unlink_work(task, before, work)
    work_is_taken(work)
    return work


def task_work_cancel(task: ThreadId, wanted: Ptr[CallbackHead]) -> Bool:
    """kernel/task_work.c, task_work_cancel: whether it was still queued.

    One step, two where the list is not empty.
    """
    if task_works[task].first is None:
        return False
    with atomic(because="p->pi_lock is held, which the walk takes too before it starts"):
        before: Ptr[CallbackHead] = None
        work = task_works[task].first
        for _ in range(places(CallbackHead)):
            if work is None or work is wanted:
                break
            before = work
            work = work.next
        if work is None:
            return False
        unlink_work(task, before, work)
    work_is_taken(wanted)
    return True


def unlink_work(task: ThreadId, before: Ptr[CallbackHead], work: Ptr[CallbackHead]):
    """The cmpxchg of `*pprev`."""
    if before is None:
        task_works[task].first = work.next
    else:
        before.next = work.next


def task_work_run():
    """kernel/task_work.c, task_work_run: until the list is empty; an exiting task marks it then."""
    might_sleep()
    while True:
        with atomic(because="one xchg, or a cmpxchg of the empty list"):
            work = task_works[current()].first
            exited = work is None and tasks[current()].exiting
            if exited:
                task_works[current()].first = work_exited
            elif work is not None:
                task_works[current()].first = None
        if work is None:
            return
        while work is not None:
            next_work = work.next
            work_is_taken(work)
            work.func(work)
            work = next_work
            cond_resched()


def exit_task_work():
    """include/linux/task_work.h, exit_task_work: of a task that called `exit_signals`."""
    task_work_run()
