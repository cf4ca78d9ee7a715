"""Timers: kernel/time/timer.c (`timer_list`) and kernel/time/hrtimer.c (`hrtimer`), v6.12.

Kept: an armed timer fires at any later time, once; it may be armed again at any time, also by its own
function, which never runs twice at once.  `timer_delete` does not wait for the function,
`timer_delete_sync` does; after `timer_shutdown` arming does nothing.  A function of an hrtimer says
whether to arm again.  What runs is kept in the base and not in the timer (`running_timer`,
`base->running`): after the function has returned the timer is not touched, so it may be gone.
The library brings the threads: a soft interrupt for each timer, a hard one for each hrtimer.
Checked: `work-misuse` for a timer freed, or set up again, while it is armed; for waiting for
a function inside itself; for `timer_delete_sync` in a hard interrupt.  `lock-order` for waiting under
a lock that the function takes: the class is the field in which the timer lies (in the kernel it is
the place of timer_setup).
Not checked: freeing a timer while its function runs; a function that uses it then is
`use-after-free`.
Left out: timers on the stack (arming one is `work-misuse`), time, CPUs (timers of one CPU run one after the other), TIMER_IRQSAFE, soft hrtimers.
"""

from modelcheck.lang import (
    Bool,
    Context,
    Enum,
    Fn,
    Int,
    Ptr,
    READ_ONCE,
    Set,
    ThreadId,
    atomic,
    context,
    current,
    ghost,
    objects,
    observer,
    on_free,
    shared,
    struct,
    thread,
    wait_until,
)

from .lockdep import LockdepMap, callback_returns, lock_map_acquire, lock_map_wait


@struct(marked=True)
class TimerList:
    """`struct timer_list`."""

    function: Fn  # None once it is shut down
    lockdep_map: LockdepMap
    runner: ThreadId = ghost(None)


@struct(marked=True)
class TimerBase:
    """`struct timer_base`."""

    armed: Set[Ptr[TimerList]]
    running: Set[Ptr[TimerList]]
    served: Set[Ptr[TimerList]] = ghost()


class HrtimerRestart(Enum):
    """`enum hrtimer_restart`: what the function of an hrtimer returns."""

    HRTIMER_NORESTART = 0
    HRTIMER_RESTART = 1


@struct(marked=True)
class Hrtimer:
    """`struct hrtimer`."""

    function: Fn
    runner: ThreadId = ghost(None)


@struct(marked=True)
class HrtimerBase:
    """`struct hrtimer_clock_base`."""

    armed: Set[Ptr[Hrtimer]]
    running: Set[Ptr[Hrtimer]]
    served: Set[Ptr[Hrtimer]] = ghost()


timer_base = shared(TimerBase)
hrtimer_base = shared(HrtimerBase)


# ---------------------------------------------------------------------------------------------
# timer_list


@thread(each=TimerList, context=Context.SOFTIRQ)
def run_timer_softirq(timer):
    """kernel/time/timer.c, expire_timers and call_timer_fn."""
    timer_base.served.add(timer)
    while True:
        with atomic(because="base->lock is held"):
            wait_until(timer in timer_base.armed, idle=True)
            timer_base.armed.discard(timer)
            timer_base.running.add(timer)
            function = timer.function
        enter_timer(timer)
        function(timer)
        callback_returns()
        leave_timer(timer)
        timer_base.running.discard(timer)


def timer_setup(timer: Ptr[TimerList], callback):
    """include/linux/timer.h, timer_setup.  One step: nobody else knows the timer yet."""
    with atomic(because="nobody else knows the timer yet"):
        timer.function = callback
    timer_is_idle(timer)


def timer_pending(timer: Ptr[TimerList]) -> Bool:
    """include/linux/timer.h, timer_pending.  One step."""
    with atomic(because="one load; the timer's entry is kept in the base here"):
        look_at_timer(timer)
        return timer in timer_base.armed


def mod_timer(timer: Ptr[TimerList], expires) -> Bool:
    """kernel/time/timer.c, mod_timer: arm it; whether it was armed.  One step."""
    with atomic(because="base->lock is held"):
        if timer.function is None:
            return False
        timer_is_served(timer)
        was_armed = timer in timer_base.armed
        timer_base.armed.add(timer)
        return was_armed


def add_timer(timer: Ptr[TimerList]):
    """kernel/time/timer.c, add_timer: it must not be armed.  One step."""
    with atomic(because="base->lock is held"):
        assert timer not in timer_base.armed, "work-misuse: add_timer of an armed timer"
        if timer.function is not None:
            timer_is_served(timer)
            timer_base.armed.add(timer)


def timer_reduce(timer: Ptr[TimerList], expires) -> Bool:
    """kernel/time/timer.c, timer_reduce: time is not modelled, so it is mod_timer."""
    return mod_timer(timer, expires)


def detach_timer(timer: Ptr[TimerList]) -> Bool:
    """kernel/time/timer.c, detach_if_pending.  Part of a step."""
    look_at_timer(timer)
    was_armed = timer in timer_base.armed
    timer_base.armed.discard(timer)
    return was_armed


def timer_delete(timer: Ptr[TimerList]) -> Bool:
    """kernel/time/timer.c, timer_delete: whether it was armed; the function may run.  One step."""
    with atomic(because="base->lock is held"):
        return detach_timer(timer)


def timer_shutdown(timer: Ptr[TimerList]) -> Bool:
    """kernel/time/timer.c, timer_shutdown: the same, and it can not be armed again.  One step."""
    with atomic(because="base->lock is held"):
        timer.function = None
        return detach_timer(timer)


def timer_delete_sync(timer: Ptr[TimerList]) -> Bool:
    """kernel/time/timer.c, timer_delete_sync: the function does not run any more.  One step."""
    wait_for_timer(timer)
    with atomic(because="base->lock is held; the retries are not seen by anybody"):
        wait_until(timer not in timer_base.running)
        return detach_timer(timer)


def timer_shutdown_sync(timer: Ptr[TimerList]) -> Bool:
    """kernel/time/timer.c, timer_shutdown_sync.  One step."""
    wait_for_timer(timer)
    with atomic(because="base->lock is held; the retries are not seen by anybody"):
        wait_until(timer not in timer_base.running)
        timer.function = None
        return detach_timer(timer)


def try_to_del_timer_sync(timer: Ptr[TimerList]) -> Int:
    """kernel/time/timer.c, try_to_del_timer_sync: -1 while the function runs.  One step."""
    with atomic(because="base->lock is held"):
        look_at_timer(timer)
        if timer in timer_base.running:
            return -1
        if detach_timer(timer):
            return 1
        return 0


def del_timer(timer: Ptr[TimerList]) -> Bool:
    """include/linux/timer.h, del_timer: the old name of timer_delete."""
    return timer_delete(timer)


def del_timer_sync(timer: Ptr[TimerList]) -> Bool:
    """include/linux/timer.h, del_timer_sync: the old name of timer_delete_sync."""
    return timer_delete_sync(timer)


def look_at_timer(timer: Ptr[TimerList]):
    """The timer must be there: its entry is kept in the base, its memory is what is accessed."""
    READ_ONCE(timer.function)


# ---------------------------------------------------------------------------------------------
# hrtimer


@thread(each=Hrtimer, context=Context.HARDIRQ)
def hrtimer_interrupt(timer):
    """kernel/time/hrtimer.c, __run_hrtimer: touches the timer again only to restart it."""
    hrtimer_base.served.add(timer)
    while True:
        with atomic(because="cpu_base->lock is held"):
            wait_until(timer in hrtimer_base.armed, idle=True)
            hrtimer_base.armed.discard(timer)
            hrtimer_base.running.add(timer)
            function = timer.function
        enter_hrtimer(timer)
        restart = function(timer)
        callback_returns()
        leave_hrtimer(timer)
        with atomic(because="cpu_base->lock is held"):
            if restart == HrtimerRestart.HRTIMER_RESTART:
                look_at_hrtimer(timer)
                hrtimer_base.armed.add(timer)
            hrtimer_base.running.discard(timer)


def hrtimer_setup(timer: Ptr[Hrtimer], function):
    """include/linux/hrtimer.h, hrtimer_init and its function.  One step."""
    timer.function = function
    hrtimer_is_idle(timer)


def hrtimer_start(timer: Ptr[Hrtimer], expires):
    """include/linux/hrtimer.h, hrtimer_start.  One step."""
    with atomic(because="cpu_base->lock is held"):
        look_at_hrtimer(timer)
        hrtimer_is_served(timer)
        hrtimer_base.armed.add(timer)


def hrtimer_active(timer: Ptr[Hrtimer]) -> Bool:
    """kernel/time/hrtimer.c, hrtimer_active: armed, or its function runs.  One step."""
    with atomic(because="it looks again until nothing has changed meanwhile"):
        look_at_hrtimer(timer)
        return timer in hrtimer_base.armed or timer in hrtimer_base.running


def hrtimer_try_to_cancel(timer: Ptr[Hrtimer]) -> Int:
    """kernel/time/hrtimer.c, hrtimer_try_to_cancel: -1 while the function runs.  One step."""
    with atomic(because="cpu_base->lock is held"):
        look_at_hrtimer(timer)
        if timer in hrtimer_base.running:
            return -1
        if timer in hrtimer_base.armed:
            hrtimer_base.armed.discard(timer)
            return 1
        return 0


def hrtimer_cancel(timer: Ptr[Hrtimer]) -> Bool:
    """kernel/time/hrtimer.c, hrtimer_cancel: wait for the function; whether it was armed.  One
    step.
    """
    not_inside_hrtimer(timer)
    with atomic(because="cpu_base->lock is held; the retries are not seen by anybody"):
        wait_until(timer not in hrtimer_base.running)
        look_at_hrtimer(timer)
        was_armed = timer in hrtimer_base.armed
        hrtimer_base.armed.discard(timer)
        return was_armed


def look_at_hrtimer(timer: Ptr[Hrtimer]):
    """The timer must be there: its state is kept in the base, its memory is what is accessed."""
    READ_ONCE(timer.function)


# ---------------------------------------------------------------------------------------------
# Checks


@observer
def enter_timer(timer: Ptr[TimerList]):
    """kernel/time/timer.c, call_timer_fn."""
    timer.runner = current()
    lock_map_acquire(timer.lockdep_map)


@observer
def leave_timer(timer: Ptr[TimerList]):
    """The timer may be gone: all maps of this thread are given back."""
    timer.runner = None
    for map in objects(LockdepMap):
        map.holders.discard(current())


@observer
def enter_hrtimer(timer: Ptr[Hrtimer]):
    """Whose function runs here."""
    timer.runner = current()


@observer
def leave_hrtimer(timer: Ptr[Hrtimer]):
    """Nobody's."""
    timer.runner = None


@observer
def wait_for_timer(timer: Ptr[TimerList]):
    """kernel/time/timer.c, __timer_delete_sync: what may not wait for the function."""
    assert context() != Context.HARDIRQ, "work-misuse: waiting for a timer in a hard interrupt"
    assert timer.runner != current(), "work-misuse: the function of a timer waits for itself"
    lock_map_wait(timer.lockdep_map)


@observer
def not_inside_hrtimer(timer: Ptr[Hrtimer]):
    """It would wait for ever."""
    assert timer.runner != current(), "work-misuse: the function of a timer waits for itself"


@observer
def timer_is_served(timer: Ptr[TimerList]):
    """Nobody would fire a timer on the stack, and so it would do no harm."""
    assert timer in timer_base.served, "work-misuse: a timer on the stack is left out here"


@observer
def hrtimer_is_served(timer: Ptr[Hrtimer]):
    """The same."""
    assert timer in hrtimer_base.served, "work-misuse: a timer on the stack is left out here"


@observer
def timer_is_idle(timer: Ptr[TimerList]):
    """lib/debugobjects.c: an active timer is initialised again."""
    assert timer not in timer_base.armed, "work-misuse: timer set up while armed"


@observer
def hrtimer_is_idle(timer: Ptr[Hrtimer]):
    """lib/debugobjects.c: an active timer is initialised again."""
    assert timer not in hrtimer_base.armed, "work-misuse: timer set up while armed"


@on_free(TimerList)
def timer_freed(timer: Ptr[TimerList]):
    """lib/debugobjects.c, debug_check_no_obj_freed."""
    assert timer not in timer_base.armed, "work-misuse: timer freed while armed"


@on_free(Hrtimer)
def hrtimer_freed(timer: Ptr[Hrtimer]):
    """lib/debugobjects.c, debug_check_no_obj_freed."""
    assert timer not in hrtimer_base.armed, "work-misuse: timer freed while armed"
