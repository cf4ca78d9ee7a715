"""Wait queues: include/linux/wait.h, kernel/sched/wait.c (v6.12).

Kept: a head with its entries in order (those that are not exclusive first); an entry with its task,
the callback that a wake-up runs (`func`) and whether it is exclusive; a task that sleeps only while
its `state` says so; `finish_wait` leaves the head alone when the entry is unlinked already, which
matters where the head may be freed.  Everything done under `head->lock` is one step, and it touches
the head: on the head of a freed object it is `use-after-free`.
A callback says whether it woke its task.  It gets the head too, `func(head, entry, mode, key)`: a
list here is not left by way of its neighbours.  The kernel's own are `default_wake_function` (the start
value of `func`), `autoremove_wake_function` and `woken_wake_function`.  A spec stores its own
where the kernel does (epoll, aio); it runs inside the step of the wake-up.
Checked: `work-misuse` for queueing an entry twice, for unlinking it twice or from another head, for
freeing it while it is queued on a head that lives (or dies with it), and for entries that
`wake_up_pollfree` leaves (the kernel's WARN_ON_ONCE); `lock-order` of head->lock, also between it and
what callbacks take; `sleep-in-atomic` in callbacks.  A head that is freed while entries are queued is
no fault, as in the kernel: who touches it next commits one.  A lost wake-up is a `deadlock`.
`head->lock` itself is there for whoever holds it over several steps: `spin_lock(head.lock)`, then
`wake_up_locked`.
**A wake-up is one step** with all its callbacks and the unlock.  Where a callback of the spec stores
several words without a lock that their readers take, and where a waiter that tests nothing but its
own wake-up leaves by the short way of `finish_wait` and frees the head, that hides what may come in
between: `wake_up_in_steps` shows it, for more states.
Left out: priority entries, bookmarks, and `-1` as the result of a callback; `kthread_should_stop` in
`wait_woken`.
"""

from modelcheck.lang import (
    U8,
    U16,
    Bool,
    Enum,
    Fn,
    Ptr,
    Queue,
    ThreadId,
    alive,
    atomic,
    current,
    either,
    ghost,
    local,
    observer,
    on_free,
    places,
    queue,
    struct,
    wait_until,
)

from .lockdep import LockdepMap, Spinlock, lock_map_wait_irqsave
from .spinlock import (
    spin_lock,
    spin_lock_irq,
    spin_lock_irqsave,
    spin_unlock,
    spin_unlock_irq,
    spin_unlock_irqrestore,
)
from .task import (
    Task,
    TaskState,
    might_resched,
    might_sleep,
    schedule,
    schedule_idle,
    set_current_state,
    signal_pending,
    tasks,
)

# include/uapi/asm-generic/poll.h, include/uapi/linux/eventpoll.h
EPOLLIN = 0x1
EPOLLPRI = 0x2
EPOLLOUT = 0x4
EPOLLERR = 0x8
EPOLLHUP = 0x10
POLLFREE = 0x4000


class WakeMode(Enum):
    """Which sleepers a wake-up is for; `TASK_NORMAL`: both kinds."""

    TASK_NORMAL = 0
    TASK_INTERRUPTIBLE = 1


class WaitLink(Enum):
    """`entry->entry`: linked to itself, in a list, or poisoned by `list_del`."""

    EMPTY = 0
    QUEUED = 1
    POISON = 2


# ---------------------------------------------------------------------------------------------
# Callbacks of a wake-up: they run in its step, under head->lock


def try_to_wake_up(task: ThreadId, mode: WakeMode) -> Bool:
    """kernel/sched/core.c, try_to_wake_up: `False` where it does not sleep so.  One step."""
    with atomic(because="p->pi_lock is held, as in every wake-up of this task"):
        state = tasks[task].state
        if state == TaskState.TASK_RUNNING:
            return False
        if mode == WakeMode.TASK_INTERRUPTIBLE and state != TaskState.TASK_INTERRUPTIBLE:
            return False
        tasks[task].state = TaskState.TASK_RUNNING
        return True


def wake_up_process(task: ThreadId) -> Bool:
    """kernel/sched/core.c, wake_up_process.  One step."""
    return try_to_wake_up(task, WakeMode.TASK_NORMAL)


def default_wake_function(
    head: Ptr["wait_queue_head_t"], entry: Ptr["wait_queue_entry"], mode: WakeMode, key: U16
) -> Bool:
    """kernel/sched/core.c, default_wake_function: the entry stays queued."""
    return try_to_wake_up(entry.task, mode)


def autoremove_wake_function(
    head: Ptr["wait_queue_head_t"], entry: Ptr["wait_queue_entry"], mode: WakeMode, key: U16
) -> Bool:
    """kernel/sched/wait.c, autoremove_wake_function: unlinked where this woke the task."""
    if try_to_wake_up(entry.task, mode):
        del_init_wait_entry(head, entry)
        return True
    return False


def woken_wake_function(
    head: Ptr["wait_queue_head_t"], entry: Ptr["wait_queue_entry"], mode: WakeMode, key: U16
) -> Bool:
    """kernel/sched/wait.c, woken_wake_function: for `wait_woken`."""
    entry.woken = True
    return try_to_wake_up(entry.task, mode)


# ---------------------------------------------------------------------------------------------
# Heads and entries


@struct(marked=True)
class wait_queue_entry:
    """`struct wait_queue_entry`; `exclusive` and `woken` are its flags.

    DEFINE_WAIT: `local(wait_queue_entry, task=current(), func=autoremove_wake_function)`;
    DEFINE_WAITQUEUE_ENTRY is the same without `func`.
    """

    task: ThreadId
    func: Fn = default_wake_function
    exclusive: Bool
    woken: Bool
    link: WaitLink
    queued_on: Ptr["wait_queue_head_t"] = ghost()


@struct(marked=True)
class wait_queue_head_t:
    """`wait_queue_head_t`.  Each thread may queue one entry of its stack; more is `capacity`.

    `dep_map` stands for `lock` in the order of locks where both are of one step.
    """

    lock: Spinlock
    dep_map: LockdepMap
    entries: Queue[Ptr[wait_queue_entry]] = queue(places(wait_queue_entry) + places(Task))


@on_free(wait_queue_entry)
def wait_entry_freed(entry: Ptr[wait_queue_entry]):
    """An entry in an object that is freed, or on the stack of a routine that returns."""
    assert entry.queued_on is None or not alive(entry.queued_on), (
        "work-misuse: wait queue entry freed while queued"
    )


def init_waitqueue_head(head: Ptr[wait_queue_head_t]):
    """include/linux/wait.h, init_waitqueue_head.  One step."""
    with atomic(because="nobody else knows the head yet"):
        head.lock.owner = None
        head.entries.clear()


def init_waitqueue_entry(entry: Ptr[wait_queue_entry], task: ThreadId):
    """include/linux/wait.h, init_waitqueue_entry.  One step."""
    with atomic(because="nobody else knows the entry yet"):
        entry.task = task
        entry.func = default_wake_function
        entry.exclusive = False
        entry.woken = False
        entry.link = WaitLink.EMPTY
        entry.queued_on = None


def init_waitqueue_func_entry(entry: Ptr[wait_queue_entry], func):
    """include/linux/wait.h, init_waitqueue_func_entry: an entry without a task.  One step."""
    with atomic(because="nobody else knows the entry yet"):
        entry.task = None
        entry.func = func
        entry.exclusive = False
        entry.woken = False
        entry.link = WaitLink.EMPTY


def init_wait(entry: Ptr[wait_queue_entry]):
    """include/linux/wait.h, init_wait: as DEFINE_WAIT, once more.  One step."""
    with atomic(because="nobody else knows the entry yet"):
        entry.task = current()
        entry.func = autoremove_wake_function
        entry.exclusive = False
        entry.woken = False
        entry.link = WaitLink.EMPTY


# ---------------------------------------------------------------------------------------------
# Queueing


def add_wait_queue(head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry]):
    """kernel/sched/wait.c, add_wait_queue: before all others.  One step."""
    arrive_at_head(head)
    with atomic(because="head->lock is held"):
        lock_head(head)
        assert entry.link != WaitLink.QUEUED, "work-misuse: wait queue entry queued twice"
        entry.exclusive = False
        entry.link = WaitLink.QUEUED
        head.entries.appendleft(entry)
        entry.queued_on = head


def add_wait_queue_exclusive(head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry]):
    """kernel/sched/wait.c, add_wait_queue_exclusive: after all others.  One step."""
    arrive_at_head(head)
    with atomic(because="head->lock is held"):
        lock_head(head)
        assert entry.link != WaitLink.QUEUED, "work-misuse: wait queue entry queued twice"
        entry.exclusive = True
        entry.link = WaitLink.QUEUED
        head.entries.append(entry)
        entry.queued_on = head


def remove_wait_queue(head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry]):
    """kernel/sched/wait.c, remove_wait_queue: `list_del`, which poisons.  One step."""
    arrive_at_head(head)
    with atomic(because="head->lock is held"):
        lock_head(head)
        unlink_wait_entry(head, entry)
        entry.link = WaitLink.POISON


def del_init_wait_entry(head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry]):
    """`list_del_init(&wait->entry)`, for callbacks and whoever holds head->lock.  One step."""
    with atomic(because="head->lock is held"):
        unlink_wait_entry(head, entry)
        entry.link = WaitLink.EMPTY


def unlink_wait_entry(head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry]):
    """include/linux/list.h, __list_del_entry: nothing where it is linked to itself."""
    if entry in head.entries:
        head.entries.remove(entry)
        entry.queued_on = None
    else:
        assert entry.link == WaitLink.EMPTY, (
            "work-misuse: wait queue entry unlinked twice, or from another head"
        )


@observer
def arrive_at_head(head: Ptr[wait_queue_head_t]):
    """kernel/locking/lockdep.c: head->lock is taken with interrupts off, and given back.  Who
    holds it already has a fault of its own."""
    if head.lock.holder != current():
        lock_map_wait_irqsave(head.dep_map)


@observer
def enter_walk(head: Ptr[wait_queue_head_t]):
    """Callbacks run under head->lock."""
    head.dep_map.holders.add(current())
    tasks[current()].preempt_count += 1
    tasks[current()].irqs_off_inside += 1


@observer
def leave_walk(head: Ptr[wait_queue_head_t]):
    """head->lock is given back."""
    head.dep_map.holders.discard(current())
    tasks[current()].preempt_count -= 1
    tasks[current()].irqs_off_inside -= 1


def lock_head(head: Ptr[wait_queue_head_t]):
    """Inside a step: who holds head->lock over several steps, by `spin_lock`, comes first."""
    assert head.lock.owner != current(), "lock-misuse: head->lock is held already"
    wait_until(head.lock.owner is None)


def waitqueue_active(head: Ptr[wait_queue_head_t]) -> Bool:
    """include/linux/wait.h, waitqueue_active: without the lock.  One step."""
    return len(head.entries) > 0


# ---------------------------------------------------------------------------------------------
# Waking


def wake_up_common(head: Ptr[wait_queue_head_t], mode: WakeMode, nr: U8, key: U16):
    """kernel/sched/wait.c, __wake_up_common_lock.  One step."""
    arrive_at_head(head)
    with atomic(because="head->lock is held"):
        lock_head(head)
        enter_walk(head)
        walk_wait_queue(head, mode, nr, key)
        leave_walk(head)


def wake_up_common_locked(head: Ptr[wait_queue_head_t], mode: WakeMode, nr: U8, key: U16):
    """kernel/sched/wait.c, __wake_up_locked_key, by who holds head->lock.  One step."""
    with atomic(because="head->lock is held"):
        assert head.lock.owner == current(), "lock-misuse: head->lock is not held here"
        walk_wait_queue(head, mode, nr, key)


def walk_wait_queue(head: Ptr[wait_queue_head_t], mode: WakeMode, nr: U8, key: U16):
    """kernel/sched/wait.c, __wake_up_common: `nr` exclusive ones, 0 for all.  Inside a step."""
    left: U8 = nr
    for entry in head.entries:
        exclusive = entry.exclusive
        woke: Bool = entry.func(head, entry, mode, key)
        if woke and exclusive and nr > 0:
            left -= 1
            if left == 0:
                break


def wake_up_in_steps(head: Ptr[wait_queue_head_t], mode: WakeMode, nr: U8, key: U16):
    """kernel/sched/wait.c, __wake_up_common_lock, with the steps that the callbacks have: `nr`
    exclusive ones, 0 for all."""
    flags = spin_lock_irqsave(head.lock)
    left: U8 = nr
    at: U8 = 0
    while True:
        with atomic(because="head->lock is held: only callbacks change the list"):
            if at >= len(head.entries):
                break
            entry = head.entries[at]
            exclusive = entry.exclusive
        woke: Bool = entry.func(head, entry, mode, key)
        if woke and exclusive and nr > 0:
            left -= 1
            if left == 0:
                break
        with atomic(because="head->lock is held: only callbacks change the list"):
            if entry in head.entries:
                at += 1
    spin_unlock_irqrestore(head.lock, flags)


def wake_up(head: Ptr[wait_queue_head_t]):
    """include/linux/wait.h, wake_up: one exclusive waiter, and all others.  One step."""
    wake_up_common(head, WakeMode.TASK_NORMAL, 1, 0)


def wake_up_nr(head: Ptr[wait_queue_head_t], nr: U8):
    """include/linux/wait.h, wake_up_nr.  One step."""
    wake_up_common(head, WakeMode.TASK_NORMAL, nr, 0)


def wake_up_all(head: Ptr[wait_queue_head_t]):
    """include/linux/wait.h, wake_up_all.  One step."""
    wake_up_common(head, WakeMode.TASK_NORMAL, 0, 0)


def wake_up_interruptible(head: Ptr[wait_queue_head_t]):
    """include/linux/wait.h, wake_up_interruptible.  One step."""
    wake_up_common(head, WakeMode.TASK_INTERRUPTIBLE, 1, 0)


def wake_up_interruptible_all(head: Ptr[wait_queue_head_t]):
    """include/linux/wait.h, wake_up_interruptible_all.  One step."""
    wake_up_common(head, WakeMode.TASK_INTERRUPTIBLE, 0, 0)


def wake_up_locked(head: Ptr[wait_queue_head_t]):
    """include/linux/wait.h, wake_up_locked: after `spin_lock(head.lock)`.  One step."""
    wake_up_common_locked(head, WakeMode.TASK_NORMAL, 1, 0)


def wake_up_all_locked(head: Ptr[wait_queue_head_t]):
    """include/linux/wait.h, wake_up_all_locked: after `spin_lock(head.lock)`.  One step."""
    wake_up_common_locked(head, WakeMode.TASK_NORMAL, 0, 0)


def wake_up_poll(head: Ptr[wait_queue_head_t], key: U16):
    """include/linux/wait.h, wake_up_poll.  One step."""
    wake_up_common(head, WakeMode.TASK_NORMAL, 1, key)


def wake_up_locked_poll(head: Ptr[wait_queue_head_t], key: U16):
    """include/linux/wait.h, wake_up_locked_poll: after `spin_lock(head.lock)`.  One step."""
    wake_up_common_locked(head, WakeMode.TASK_NORMAL, 1, key)


def wake_up_interruptible_poll(head: Ptr[wait_queue_head_t], key: U16):
    """include/linux/wait.h, wake_up_interruptible_poll.  One step."""
    wake_up_common(head, WakeMode.TASK_INTERRUPTIBLE, 1, key)


def wake_up_pollfree(head: Ptr[wait_queue_head_t], warn=True):
    """include/linux/wait.h, wake_up_pollfree; kernel/sched/wait.c, __wake_up_pollfree.

    One step, three where something is queued.  With `warn=False` the kernel's WARN_ON_ONCE is no
    fault, as on a machine that goes on after it.
    """
    if waitqueue_active(head):
        wake_up_common(head, WakeMode.TASK_NORMAL, 0, EPOLLHUP | POLLFREE)
        with atomic(because="one load"):
            left = len(head.entries)
            assert not warn or left == 0, "work-misuse: POLLFREE left an entry on the wait queue"


# ---------------------------------------------------------------------------------------------
# Sleeping


def prepare_to_wait(head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry], state: TaskState):
    """kernel/sched/wait.c, prepare_to_wait: queue it if it is not, set the state.  One step."""
    arrive_at_head(head)
    with atomic(because="head->lock is held"):
        lock_head(head)
        entry.exclusive = False
        queue_wait_entry(head, entry, False)
        set_current_state(state)


def prepare_to_wait_exclusive(
    head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry], state: TaskState
):
    """kernel/sched/wait.c, prepare_to_wait_exclusive.  One step."""
    arrive_at_head(head)
    with atomic(because="head->lock is held"):
        lock_head(head)
        entry.exclusive = True
        queue_wait_entry(head, entry, True)
        set_current_state(state)


def prepare_to_wait_event(
    head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry], state: TaskState, signal: Bool
) -> Bool:
    """kernel/sched/wait.c, prepare_to_wait_event: `False` where a signal is pending.  One step."""
    arrive_at_head(head)
    with atomic(because="head->lock is held"):
        lock_head(head)
        if signal:
            del_init_wait_entry(head, entry)
            return False
        queue_wait_entry(head, entry, entry.exclusive)
        set_current_state(state)
        return True


def queue_wait_entry(head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry], exclusive: Bool):
    """Queue an entry that is linked to itself; head->lock is held, so the head is touched."""
    queued = entry in head.entries
    if not queued and entry.link == WaitLink.EMPTY:
        entry.link = WaitLink.QUEUED
        if exclusive:
            head.entries.append(entry)
        else:
            head.entries.appendleft(entry)
        entry.queued_on = head


def finish_wait(head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry]):
    """kernel/sched/wait.c, finish_wait.  Two steps, three where the entry is queued still."""
    set_current_state(TaskState.TASK_RUNNING)
    if entry.link != WaitLink.EMPTY:  # list_empty_careful: it does not touch the head
        arrive_at_head(head)
        with atomic(because="head->lock is held"):
            lock_head(head)
            del_init_wait_entry(head, entry)


def wait_event(
    head: Ptr[wait_queue_head_t], condition, exclusive=False, idle=False, spurious=False
):
    """include/linux/wait.h, wait_event: until the condition holds, which is tested again each time.

    No step more than the condition has where it holds at once.  `idle`: a thread that sleeps here
    is at rest.  `spurious`: others may wake it for reasons of their own.
    """
    might_sleep()
    if not condition():
        entry = local(
            wait_queue_entry,
            task=current(),
            func=autoremove_wake_function,
            exclusive=exclusive,
        )
        while True:
            prepare_to_wait_event(head, entry, TaskState.TASK_UNINTERRUPTIBLE, False)
            if condition():
                break
            if spurious and either():
                set_current_state(TaskState.TASK_RUNNING)
            elif idle:
                schedule_idle()
            else:
                schedule()
        finish_wait(head, entry)


def wait_event_exclusive(head: Ptr[wait_queue_head_t], condition):
    """A `wait_event` with WQ_FLAG_EXCLUSIVE: one of these is woken by `wake_up`."""
    wait_event(head, condition, True)


def wait_event_idle(head: Ptr[wait_queue_head_t], condition):
    """include/linux/wait.h, wait_event_idle: a thread without work sleeps here, at rest."""
    wait_event(head, condition, False, True)


def wait_event_idle_exclusive(head: Ptr[wait_queue_head_t], condition):
    """include/linux/wait.h, wait_event_idle_exclusive."""
    wait_event(head, condition, True, True)


def wait_event_interruptible(
    head: Ptr[wait_queue_head_t], condition, exclusive=False, idle=False
) -> Bool:
    """include/linux/wait.h, wait_event_interruptible: `False` where a signal came first.

    A signal may come at any time or never: a sleeper without one that nobody wakes is a
    `deadlock`.
    """
    might_sleep()
    if condition():
        return True
    entry = local(
        wait_queue_entry, task=current(), func=autoremove_wake_function, exclusive=exclusive
    )
    signal = either()
    while True:
        ready = prepare_to_wait_event(head, entry, TaskState.TASK_INTERRUPTIBLE, signal)
        if condition():
            break
        if not ready:
            return False
        signal = either()
        if signal:
            set_current_state(TaskState.TASK_RUNNING)  # signal_wake_up
        else:
            if idle:
                schedule_idle()
            else:
                schedule()
            signal = either()
    finish_wait(head, entry)
    return True


def wait_event_interruptible_exclusive(head: Ptr[wait_queue_head_t], condition) -> Bool:
    """include/linux/wait.h, wait_event_interruptible_exclusive."""
    return wait_event_interruptible(head, condition, True)


def wait_event_interruptible_flag(
    head: Ptr[wait_queue_head_t], condition, exclusive=False, idle=False
) -> Bool:
    """The same, where a signal comes only by `send_signal` (task.py)."""
    might_sleep()
    if condition():
        return True
    entry = local(
        wait_queue_entry, task=current(), func=autoremove_wake_function, exclusive=exclusive
    )
    while True:
        with atomic(because="head->lock is held, and the flag is looked at under it"):
            ready = prepare_to_wait_event(
                head, entry, TaskState.TASK_INTERRUPTIBLE, signal_pending()
            )
        if condition():
            break
        if not ready:
            return False
        if idle:
            schedule_idle()
        else:
            schedule()
    finish_wait(head, entry)
    return True


def wait_event_killable(head: Ptr[wait_queue_head_t], condition) -> Bool:
    """include/linux/wait.h, wait_event_killable: as interruptible, by fatal signals only.

    `wake_up_interruptible` wakes nobody here.
    """
    might_sleep()
    if condition():
        return True
    entry = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
    signal = either()
    while True:
        ready = prepare_to_wait_event(head, entry, TaskState.TASK_UNINTERRUPTIBLE, signal)
        if condition():
            break
        if not ready:
            return False
        signal = either()
        if signal:
            set_current_state(TaskState.TASK_RUNNING)
        else:
            schedule()
            signal = either()
    finish_wait(head, entry)
    return True


def wait_event_timeout(head: Ptr[wait_queue_head_t], condition) -> Bool:
    """include/linux/wait.h, wait_event_timeout: whether the condition held.

    The time may be over at any moment, and some day it is: a lost wake-up is no deadlock here.
    After it the condition is tested once more.
    """
    might_sleep()
    if condition():
        return True
    entry = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
    over = False
    while True:
        prepare_to_wait_event(head, entry, TaskState.TASK_UNINTERRUPTIBLE, False)
        held = condition()
        if held or over:
            break
        over = schedule_timeout()
    finish_wait(head, entry)
    return held


def schedule_timeout() -> Bool:
    """kernel/time/timer.c, schedule_timeout: whether the time is over.  One step."""
    might_resched()
    with atomic(because="woken, or the timer wakes: the task is runnable then"):
        if either():
            wait_until(tasks[current()].state == TaskState.TASK_RUNNING)
            return False
        tasks[current()].state = TaskState.TASK_RUNNING
        return True


def wait_event_lock_irq(head: Ptr[wait_queue_head_t], condition, lock: Ptr[Spinlock]):
    """include/linux/wait.h, wait_event_lock_irq: the condition is tested under the lock, which is
    held before and after."""
    if not condition():
        entry = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
        while True:
            prepare_to_wait_event(head, entry, TaskState.TASK_UNINTERRUPTIBLE, False)
            if condition():
                break
            spin_unlock_irq(lock)
            schedule()
            spin_lock_irq(lock)
        finish_wait(head, entry)


def wait_event_lock(head: Ptr[wait_queue_head_t], condition, lock: Ptr[Spinlock]):
    """The same with `spin_lock`, where interrupts do not matter."""
    if not condition():
        entry = local(wait_queue_entry, task=current(), func=autoremove_wake_function)
        while True:
            prepare_to_wait_event(head, entry, TaskState.TASK_UNINTERRUPTIBLE, False)
            if condition():
                break
            spin_unlock(lock)
            schedule()
            spin_lock(lock)
        finish_wait(head, entry)


def wait_woken(entry: Ptr[wait_queue_entry], state: TaskState):
    """kernel/sched/wait.c, wait_woken: sleep unless woken since the last time.

    The entry is queued with `add_wait_queue` and `func=woken_wake_function`.  Three steps, four
    where it sleeps.
    """
    set_current_state(state)
    if not entry.woken:
        schedule()
    set_current_state(TaskState.TASK_RUNNING)
    entry.woken = False
