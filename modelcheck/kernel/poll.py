"""select() and poll(): include/linux/poll.h, fs/select.c (v6.12).

Kept: `poll_wait` runs what the poll table says (`qproc`), which queues an entry; `pollwait` is that
of select and poll: it takes a reference to the file first, so that the wait queue stays while the
entry is queued; a wake-up whose key does not meet the entry's is passed over; `triggered` keeps a
wake-up that comes before the sleep; `poll_freewait` unlinks the entry and then puts the file.
The file is the spec's: getting and putting are lambdas.  A spec that wants the code before the pin
passes `nothing`.
Checked: `use-after-free` of the wait queue at `poll_freewait`, which touches it always (POLLFREE
does not unlink these entries); what wait.py checks.
Left out: the table that grows (an entry for each file is the spec's, on the stack or in its
`poll_wqueues`); time: with `poll_schedule_timeout` it may be over at any moment.
"""

from modelcheck.lang import (
    Bool,
    Fn,
    Ptr,
    ThreadId,
    U16,
    atomic,
    container_of,
    current,
    struct,
)

from .task import TaskState, might_sleep, schedule, set_current_state
from .wait import (
    EPOLLERR,
    EPOLLHUP,
    WaitLink,
    WakeMode,
    add_wait_queue,
    remove_wait_queue,
    schedule_timeout,
    try_to_wake_up,
    wait_queue_entry,
    wait_queue_head_t,
)


@struct(marked=True)
class poll_table:
    """`poll_table`: `qproc(file, head, pt)` queues an entry; `None` in the second round."""

    qproc: Fn
    key: U16


@struct(marked=True)
class poll_wqueues:
    """`struct poll_wqueues`: one system call."""

    pt: poll_table
    polling_task: ThreadId
    triggered: Bool


@struct(marked=True)
class poll_table_entry:
    """`struct poll_table_entry`; which file it pins the spec knows."""

    key: U16
    wait: wait_queue_entry
    wait_address: Ptr[wait_queue_head_t]
    pwq: Ptr[poll_wqueues]


def nothing():
    """For `get_file` and `put_file`, where there is no pin."""


def poll_wait(file, head: Ptr[wait_queue_head_t], pt: Ptr[poll_table]):
    """include/linux/poll.h, poll_wait: what `f_op->poll` calls.  One step, and those of `qproc`."""
    if pt is not None:
        qproc = pt.qproc
        if qproc is not None:
            qproc(file, head, pt)


def poll_initwait(pwq: Ptr[poll_wqueues], qproc, key: U16):
    """fs/select.c, poll_initwait; errors and hang-ups are always asked for.  One step."""
    with atomic(because="nobody else knows it yet"):
        pwq.pt.qproc = qproc
        pwq.pt.key = key | EPOLLERR | EPOLLHUP
        pwq.polling_task = current()
        pwq.triggered = False


def pollwait(
    pwq: Ptr[poll_wqueues],
    entry: Ptr[poll_table_entry],
    head: Ptr[wait_queue_head_t],
    get_file,
):
    """fs/select.c, __pollwait: pin the file, queue the entry.  Three steps, and those of
    `get_file`."""
    get_file()
    key = pwq.pt.key
    with atomic(because="nobody else knows the entry yet"):
        entry.wait_address = head
        entry.key = key
        entry.pwq = pwq
        entry.wait.task = None
        entry.wait.func = pollwake
        entry.wait.woken = False
        entry.wait.link = WaitLink.EMPTY
    add_wait_queue(head, entry.wait)


def pollwake(
    head: Ptr[wait_queue_head_t], wait: Ptr[wait_queue_entry], mode: WakeMode, key: U16
) -> Bool:
    """fs/select.c, pollwake: note it and wake; the entry stays queued."""
    entry = container_of(wait, poll_table_entry, "wait")
    if key != 0 and key & entry.key == 0:
        return False
    pwq = entry.pwq
    pwq.triggered = True
    return try_to_wake_up(pwq.polling_task, mode)


def poll_freewait(entry: Ptr[poll_table_entry], put_file):
    """fs/select.c, free_poll_entry: unlink one entry, put its file.  Two steps, and those of
    `put_file`."""
    head = entry.wait_address
    remove_wait_queue(head, entry.wait)
    put_file()


def poll_schedule(pwq: Ptr[poll_wqueues]):
    """fs/select.c, poll_schedule_timeout without an end: sleep unless woken already.

    Four steps, five where it sleeps.
    """
    might_sleep()
    set_current_state(TaskState.TASK_INTERRUPTIBLE)
    if not pwq.triggered:
        schedule()
    set_current_state(TaskState.TASK_RUNNING)
    pwq.triggered = False


def poll_schedule_timeout(pwq: Ptr[poll_wqueues]) -> Bool:
    """fs/select.c, poll_schedule_timeout: `False` where the time was over."""
    might_sleep()
    set_current_state(TaskState.TASK_INTERRUPTIBLE)
    over = False
    if not pwq.triggered:
        over = schedule_timeout()
    set_current_state(TaskState.TASK_RUNNING)
    pwq.triggered = False
    return not over
