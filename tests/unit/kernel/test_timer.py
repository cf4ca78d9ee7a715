"""What the timers of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.task import preempt_disable, preempt_enable
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import (
    Spinlock, spin_lock, spin_lock_bh, spin_lock_irq, spin_unlock, spin_unlock_bh,
    spin_unlock_irq,
)
from modelcheck.kernel.timer import (
    Hrtimer, HrtimerRestart, TimerList, del_timer_sync, hrtimer_cancel, hrtimer_setup,
    hrtimer_start, hrtimer_try_to_cancel, mod_timer, timer_delete, timer_delete_sync,
    timer_pending, timer_setup, timer_shutdown, timer_shutdown_sync, try_to_del_timer_sync,
)
from modelcheck.lang import (
    Bool, Context, Ptr, READ_ONCE, U8, WRITE_ONCE, atomic, container_of, final, finished, ghost,
    initial, invariant, new, pool, reachable, shared, spec, struct, thread, wait_until,
)

spec("timer-test")
"""

ONE = (
    HEAD
    + """
timer = shared(TimerList)
runs = shared(U8)
inside: U8 = ghost(0)

@initial
def fill():
    timer.function = expired

def expired(t: Ptr[TimerList]):
    global inside
    inside += 1
    seen = READ_ONCE(runs)
    WRITE_ONCE(runs, seen + 1)
    inside -= 1
"""
)


def test_an_armed_timer_fires_once(explore):
    found = explore(
        ONE
        + """
@thread
def work():
    mod_timer(timer, 1)

@final
def once():
    return runs == 1
"""
    )
    assert found.violated == set()
    # armed; taken, two steps of the function, off the books
    assert (found.states, found.transitions, found.depth) == (6, 5, 5)


def test_deleting_waits_only_with_sync_and_shutdown_is_for_good(explore):
    text = (
        ONE
        + """
returned: Bool = ghost(False)
again = shared(Bool)

@thread
def work():
    global returned
    mod_timer(timer, 1)
    DELETE(timer)
    returned = True
    if again:
        mod_timer(timer, 1)

@invariant
def not_running_after():
    return not returned or inside == 0

@reachable
def never_ran():
    return returned and runs == 0

@reachable
def ran():
    return runs == 1

@reachable
def ran_twice():
    return runs == 2
"""
    )
    again = text.replace("again = shared(Bool)", "again = shared(Bool, True)")
    for delete, violated in [
        ("timer_delete", {"not_running_after"}),
        ("timer_delete_sync", set()),
        ("del_timer_sync", set()),
        ("timer_shutdown", {"not_running_after"}),
        ("timer_shutdown_sync", set()),
        ("try_to_del_timer_sync", {"not_running_after"}),
    ]:
        found = explore(text.replace("DELETE", delete))
        assert found.violated == violated | {"ran_twice"}, delete
        found = explore(again.replace("DELETE", delete))
        twice = {"ran_twice"} if "shutdown" in delete else set()
        late = set() if "shutdown_sync" in delete else {"not_running_after"}
        assert found.violated == late | twice, delete


def test_a_function_that_arms_again_never_runs_beside_itself(explore):
    text = (
        HEAD
        + """
timer = shared(TimerList)
runs = shared(U8)
stopped: Bool = ghost(False)
late: Bool = ghost(False)

@initial
def fill():
    timer.function = expired

def expired(t: Ptr[TimerList]):
    global late
    late = stopped
    if READ_ONCE(runs) == 0:
        WRITE_ONCE(runs, 1)
    mod_timer(t, 1)

@thread
def work():
    global stopped
    mod_timer(timer, 1)
    wait_until(runs == 1)
    STOP(timer)
    stopped = True

@invariant
def stays_stopped():
    return not late
"""
    )
    # sync deletion waits for the function, and takes away what it armed
    assert explore(text.replace("STOP", "timer_delete_sync")).violated == set()
    assert explore(text.replace("STOP", "timer_shutdown_sync")).violated == set()
    assert "stays_stopped" in explore(text.replace("STOP", "timer_delete")).violated


OBJECT = (
    HEAD
    + """
@struct(marked=True)
class Item:
    timer: TimerList
    hrtimer: Hrtimer
    n: U8

@struct
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    slot.item = new(Item, n=0)
    timer_setup(slot.item.timer, expired)
    hrtimer_setup(slot.item.hrtimer, hr_expired)

def expired(timer: Ptr[TimerList]):
    item = container_of(timer, Item, "timer")
    EXPIRED

def hr_expired(timer: Ptr[Hrtimer]) -> HrtimerRestart:
    item = container_of(timer, Item, "hrtimer")
    EXPIRED
    return HrtimerRestart.HRTIMER_NORESTART

@thread
def work():
    item = slot.item
    ARM
    STOP
"""
)

ARM = "mod_timer(item.timer, 1)"
HR_ARM = "hrtimer_start(item.hrtimer, 1)"
COUNT = "item.n += 1"

CASES = {
    "freed while armed": (ARM, COUNT, "kfree(item)", {"work-misuse", "use-after-free"}),
    "freed after sync": (ARM, COUNT, "timer_delete_sync(item.timer)\n    kfree(item)", set()),
    "freed after delete": (
        ARM,
        COUNT,
        "timer_delete(item.timer)\n    kfree(item)",
        {"use-after-free"},
    ),
    "freed by its function": (ARM, "kfree(item)", "pass", set()),
    "set up while armed": (ARM, COUNT, "timer_setup(item.timer, expired)", {"work-misuse"}),
    "set up after sync": (
        ARM,
        COUNT,
        "timer_delete_sync(item.timer)\n    timer_setup(item.timer, expired)",
        set(),
    ),
    "hrtimer freed while armed": (
        HR_ARM,
        COUNT,
        "kfree(item)",
        {"work-misuse", "use-after-free"},
    ),
    "hrtimer freed after cancel": (
        HR_ARM,
        COUNT,
        "hrtimer_cancel(item.hrtimer)\n    kfree(item)",
        set(),
    ),
    "hrtimer freed after try": (
        HR_ARM,
        COUNT,
        "hrtimer_try_to_cancel(item.hrtimer)\n    kfree(item)",
        {"use-after-free"},
    ),
    "hrtimer freed by its function": (HR_ARM, "kfree(item)", "pass", set()),
}


@pytest.mark.parametrize(("arm", "expired", "stop", "violated"), CASES.values(), ids=CASES.keys())
def test_freeing(explore, arm, expired, stop, violated):
    text = OBJECT.replace("ARM", arm).replace("EXPIRED", expired).replace("STOP", stop)
    assert explore(text).violated == violated


def test_the_function_does_not_wait_for_itself(explore):
    text = ONE.replace("    inside -= 1\n", "    CALL\n    inside -= 1\n")
    text += """
other = shared(TimerList)

@thread
def work():
    mod_timer(timer, 1)
"""
    assert explore(text.replace("CALL", "timer_delete_sync(t)")).violated == {"work-misuse"}
    assert explore(text.replace("CALL", "timer_delete_sync(other)")).violated == set()
    assert explore(text.replace("CALL", "timer_delete(t)")).violated == set()


def test_no_waiting_in_a_hard_interrupt(explore):
    text = (
        ONE
        + """
@thread(context=Context.CONTEXT)
def work():
    timer_delete_sync(timer)
"""
    )
    assert explore(text.replace("CONTEXT)", "HARDIRQ)")).violated == {"work-misuse"}
    assert explore(text.replace("CONTEXT)", "SOFTIRQ)")).violated == set()


def test_waiting_under_a_lock_that_the_function_takes(explore):
    text = (
        HEAD
        + """
a = shared(Spinlock)
b = shared(Spinlock)
timer = shared(TimerList)

@initial
def fill():
    timer.function = expired

def expired(t: Ptr[TimerList]):
    spin_lock(a)
    spin_unlock(a)

@thread
def work():
    mod_timer(timer, 1)
    spin_lock_bh(LOCK)
    timer_delete_sync(timer)
    spin_unlock_bh(LOCK)
"""
    )
    assert explore(text.replace("LOCK)", "a)")).violated == {"lock-order", "deadlock"}
    assert explore(text.replace("LOCK)", "b)")).violated == set()


@pytest.mark.parametrize(
    ("leave", "give"),
    [("spin_lock(lock)", "spin_unlock(lock)"), ("preempt_disable()", "preempt_enable()")],
)
def test_the_function_gives_everything_back(explore, leave, give):
    text = (
        HEAD
        + """
lock = shared(Spinlock)
timer = shared(TimerList)

@initial
def fill():
    timer.function = expired

def expired(t: Ptr[TimerList]):
    LEAVE
    GIVE

@thread
def work():
    mod_timer(timer, 1)
""".replace("LEAVE", leave)
    )
    assert explore(text.replace("GIVE", "pass")).violated == {"lock-misuse"}
    assert explore(text.replace("GIVE", give)).violated == set()


def test_hrtimers_restart_and_are_cancelled(explore):
    text = (
        HEAD
        + """
timer = shared(Hrtimer)
runs = shared(U8)
stopped: Bool = ghost(False)
inside: Bool = ghost(False)

@initial
def fill():
    timer.function = expired

def expired(t: Ptr[Hrtimer]) -> HrtimerRestart:
    global inside
    inside = True
    if READ_ONCE(runs) < 2:
        WRITE_ONCE(runs, runs + 1)
    inside = False
    return HrtimerRestart.RESTART

@thread
def work():
    global stopped
    hrtimer_start(timer, 1)
    wait_until(runs == WANTED)
    CANCEL(timer)
    stopped = True

@invariant
def stays_stopped():
    return not (stopped and inside)
"""
    )
    restart = text.replace("HrtimerRestart.RESTART", "HrtimerRestart.HRTIMER_RESTART")
    found = explore(restart.replace("WANTED", "2").replace("CANCEL", "hrtimer_cancel"))
    assert found.violated == set()
    found = explore(restart.replace("WANTED", "2").replace("CANCEL", "hrtimer_try_to_cancel"))
    assert "stays_stopped" in found.violated
    once = text.replace("HrtimerRestart.RESTART", "HrtimerRestart.HRTIMER_NORESTART")
    found = explore(once.replace("WANTED", "2").replace("CANCEL", "hrtimer_cancel"))
    assert found.violated == {"deadlock"}
    found = explore(once.replace("WANTED", "1").replace("CANCEL", "hrtimer_cancel"))
    assert found.violated == set()


def test_what_lies_on_the_stack_is_left_out_loudly(explore):
    text = (
        HEAD
        + """
from modelcheck.lang import local

def expired(t: Ptr[TimerList]):
    pass

def sleep():
    timer = local(TimerList)
    timer_setup(timer, expired)
    mod_timer(timer, 1)
    timer_delete_sync(timer)

@thread
def work():
    sleep()
"""
    )
    assert explore(text).violated == {"work-misuse"}
