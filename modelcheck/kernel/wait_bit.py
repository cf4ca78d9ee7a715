"""Waiting for a bit or a variable: include/linux/wait_bit.h, kernel/sched/wait_bit.c (v6.12).

Kept: the wait queues are global and never freed, so waking touches no object whose memory is gone;
a waker looks first, without the lock, whether anybody is queued; an entry is passed over when its
key is another, or the bit is set again; entries of a lock bit are exclusive.
Differs: the address of the word and the number of the bit together are a number of the spec's
choice (`key`), and the bit is tested by a lambda: `wait_on_bit(0, lambda: test_bit(0, x.flags))`.
Checked: `sleep-in-atomic`; a lost wake-up is a `deadlock`.
Left out: that keys may share a queue of the hash table, which shows by more work only; timeouts
and signals.
"""

from modelcheck.lang import (
    U8,
    atomic,
    container_of,
    current,
    local,
    shared,
    struct,
)

from .task import TaskState, might_sleep, schedule
from .wait import (
    WakeMode,
    autoremove_wake_function,
    finish_wait,
    prepare_to_wait,
    prepare_to_wait_event,
    prepare_to_wait_exclusive,
    wait_queue_entry,
    wait_queue_head_t,
    waitqueue_active,
)


@struct(marked=True)
class wait_bit_queue_entry:
    """`struct wait_bit_queue_entry`."""

    key: U8
    wq_entry: wait_queue_entry


bit_wait_table = shared(wait_queue_head_t)
var_wait_table = shared(wait_queue_head_t)


def wait_on_bit(key: U8, is_set):
    """include/linux/wait_bit.h, wait_on_bit: until the bit is clear.  One step where it is."""
    might_sleep()
    if is_set():
        wait = local(wait_bit_queue_entry, key=key)
        wait.wq_entry.task = current()
        while True:
            prepare_to_wait(bit_wait_table, wait.wq_entry, TaskState.TASK_UNINTERRUPTIBLE)
            if is_set():
                schedule()
            if not is_set():
                break
        finish_wait(bit_wait_table, wait.wq_entry)


def wait_on_bit_lock(key: U8, is_set, test_and_set):
    """include/linux/wait_bit.h, wait_on_bit_lock: until this task has set the bit."""
    might_sleep()
    if test_and_set():
        wait = local(wait_bit_queue_entry, key=key)
        wait.wq_entry.task = current()
        while True:
            prepare_to_wait_exclusive(bit_wait_table, wait.wq_entry, TaskState.TASK_UNINTERRUPTIBLE)
            if is_set():
                schedule()
            if not test_and_set():
                break
        finish_wait(bit_wait_table, wait.wq_entry)


def wake_up_bit(key: U8, is_set):
    """kernel/sched/wait_bit.c, wake_up_bit: those who wait for it, if it is clear.  One step, two
    where somebody is queued."""
    if waitqueue_active(bit_wait_table):
        with atomic(because="the lock of the wait queue is held"):
            for entry in bit_wait_table.entries:
                exclusive = entry.exclusive
                wait = container_of(entry, wait_bit_queue_entry, "wq_entry")
                if wait.key == key and not is_set():
                    woke = autoremove_wake_function(bit_wait_table, entry, WakeMode.TASK_NORMAL, 0)
                    if woke and exclusive:
                        break


def wait_var_event(key: U8, condition):
    """include/linux/wait_bit.h, wait_var_event: no step more than the condition where it holds."""
    might_sleep()
    if not condition():
        wait = local(wait_bit_queue_entry, key=key)
        wait.wq_entry.task = current()
        while True:
            prepare_to_wait_event(
                var_wait_table, wait.wq_entry, TaskState.TASK_UNINTERRUPTIBLE, False
            )
            if condition():
                break
            schedule()
        finish_wait(var_wait_table, wait.wq_entry)


def wake_up_var(key: U8):
    """kernel/sched/wait_bit.c, wake_up_var.  One step, two where somebody is queued."""
    if waitqueue_active(var_wait_table):
        with atomic(because="the lock of the wait queue is held"):
            for entry in var_wait_table.entries:
                wait = container_of(entry, wait_bit_queue_entry, "wq_entry")
                if wait.key == key:
                    autoremove_wake_function(var_wait_table, entry, WakeMode.TASK_NORMAL, 0)
