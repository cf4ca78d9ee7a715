"""A sleeper must be on the wait queue, and its state set, before it looks at the condition.

Kernel: include/linux/wait.h, wait_event; kernel/sched/wait.c, prepare_to_wait (v6.12).  The waker
stores the condition first and walks the queue then.
Left out: nothing of importance.  Try: the variants, each of which turns two lines round.
"""

from modelcheck.kernel.task import TaskState, schedule, set_current_state
from modelcheck.kernel.wait import (
    add_wait_queue,
    autoremove_wake_function,
    finish_wait,
    prepare_to_wait,
    remove_wait_queue,
    wait_event,
    wait_queue_entry,
    wait_queue_head_t,
    wake_up,
)
from modelcheck.lang import (
    Bool,
    Enum,
    READ_ONCE,
    WRITE_ONCE,
    current,
    final,
    flag,
    local,
    param,
    reachable,
    shared,
    spec,
    thread,
    variant,
)

spec("selftest-sleep-and-wake")


class Sleep(Enum):
    WAIT_EVENT = 0
    BY_HAND = 1
    TEST_THEN_QUEUE = 2
    QUEUE_THEN_STATE_AFTER_TEST = 3


sleepers = param(2, min=1, max=3)
sleep = flag(Sleep.WAIT_EVENT)
wake_first = flag(False)

queue = shared(wait_queue_head_t)
ready = shared(Bool)
slept = shared(Bool)


@thread(count=sleepers)
def sleeper():
    if sleep == Sleep.WAIT_EVENT:
        wait_event(queue, lambda: READ_ONCE(ready))
    elif sleep == Sleep.BY_HAND:
        sleep_by_hand()
    elif sleep == Sleep.TEST_THEN_QUEUE:
        test_then_queue()
    else:
        queue_then_state_after_test()


def sleep_by_hand():
    wait = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
    while True:
        prepare_to_wait(queue, wait, TaskState.TASK_UNINTERRUPTIBLE)
        if READ_ONCE(ready):
            break
        schedule()
    finish_wait(queue, wait)


def test_then_queue():
    wait = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
    while not READ_ONCE(ready):
        prepare_to_wait(queue, wait, TaskState.TASK_UNINTERRUPTIBLE)
        schedule()
    finish_wait(queue, wait)


def queue_then_state_after_test():
    wait = local(wait_queue_entry, task=current())
    add_wait_queue(queue, wait)
    while not READ_ONCE(ready):
        set_current_state(TaskState.TASK_UNINTERRUPTIBLE)
        schedule()
    remove_wait_queue(queue, wait)


@thread
def waker():
    if wake_first:
        wake_up(queue)
    WRITE_ONCE(ready, True)
    if len(queue.entries) > 0:
        WRITE_ONCE(slept, True)
    if not wake_first:
        wake_up(queue)


@final
def queue_is_empty():
    return len(queue.entries) == 0


@reachable
def somebody_slept():
    return slept


variant("by_hand", sleep=Sleep.BY_HAND)
variant("test_then_queue", sleep=Sleep.TEST_THEN_QUEUE, violates="deadlock")
variant("state_after_test", sleep=Sleep.QUEUE_THEN_STATE_AFTER_TEST, violates="deadlock")
variant("wake_before_store", wake_first=True, violates="deadlock")
