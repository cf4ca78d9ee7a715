"""What RCU of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.mutex import mutex_lock, mutex_unlock, Mutex
from modelcheck.kernel.rcu import (
    RCU_INIT_POINTER, RcuHead, call_rcu, kfree_rcu, kvfree_rcu_barrier, rcu_access_pointer,
    rcu_assign_pointer, rcu_barrier, rcu_dereference, rcu_dereference_check,
    rcu_dereference_protected, rcu_dereference_raw, rcu_read_lock, rcu_read_lock_bh,
    rcu_read_lock_held, rcu_read_lock_sched, rcu_read_unlock, rcu_read_unlock_bh,
    rcu_read_unlock_sched, rcu_replace_pointer, synchronize_rcu, synchronize_rcu_expedited,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.kernel.task import might_sleep, preempt_disable, preempt_enable
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, Context, atomic, container_of, current, final, finished,
    flag, ghost, initial, invariant, new, pool, reachable, shared, spec, struct, thread, wait_until,
)

spec("rcu-test")

@struct(marked=True)
class Item:
    value: U8
    rcu: RcuHead

@struct(marked=True)
class Slot:
    lock: Spinlock
    item: Ptr[Item]

slot = shared(Slot)
"""

ITEMS = """
items = pool(Item, count=1)

@initial
def fill():
    slot.item = new(Item, value=1)
"""

READER = """
@thread
def reader():
    rcu_read_lock()
    item = rcu_dereference(slot.item)
    if item is not None:
        READ_ONCE(item.value)
    rcu_read_unlock()
"""


def test_a_reader_is_two_steps_and_so_is_a_grace_period(explore):
    text = """
@thread
def work():
    rcu_read_lock()
    rcu_read_unlock()
    synchronize_rcu()
"""
    found = explore(HEAD + text)
    assert (found.violated, found.states, found.depth) == (set(), 5, 4)


FREES = {
    "kfree": ("kfree(item)", {"use-after-free"}),
    "kfree_rcu": ("kfree_rcu(item, item.rcu)", set()),
    "call_rcu": ("call_rcu(item.rcu, free_item)", set()),
    "synchronize_rcu": ("synchronize_rcu()\n    kfree(item)", set()),
    "synchronize_rcu_expedited": ("synchronize_rcu_expedited()\n    kfree(item)", set()),
}
WRITER = """
def free_item(head: Ptr[RcuHead]):
    kfree(container_of(head, Item, "rcu"))

@thread
def writer():
    item = rcu_replace_pointer(slot.item, None, lambda: True)
    FREE
"""


@pytest.mark.parametrize(("free", "violated"), FREES.values(), ids=FREES.keys())
@pytest.mark.parametrize("nested", [False, True])
def test_what_is_published_is_freed_after_its_readers(explore, free, violated, nested):
    reader = READER
    if nested:  # the inner unlock does not end the reader
        reader = READER.replace(
            "    if item", "    rcu_read_lock()\n    rcu_read_unlock()\n    if item"
        )
    assert explore(HEAD + ITEMS + reader + WRITER.replace("FREE", free)).violated == violated


@pytest.mark.parametrize("free", [f for f, bad in FREES.values() if not bad])
def test_a_grace_period_before_the_removal_is_none(explore, free):
    text = f"""
def free_item(head: Ptr[RcuHead]):
    kfree(container_of(head, Item, "rcu"))

@thread
def writer():
    item = slot.item
    {free}
    rcu_assign_pointer(slot.item, None)
"""
    assert explore(HEAD + ITEMS + READER + text).violated == {"use-after-free"}


def test_a_later_reader_is_not_waited_for(explore):
    text = """
inside: Bool = ghost(False)
over: Bool = ghost(False)
begun = shared(U8)

@thread
def writer():
    global over
    synchronize_rcu()
    over = True

@thread
def reader():
    global inside
    wait_until(begun == 1)
    rcu_read_lock()
    inside = True
    WRITE_ONCE(begun, 2)
    rcu_read_unlock()
    inside = False

@thread
def other():
    WRITE_ONCE(begun, 1)

@reachable
def the_grace_period_ends_inside():
    return over and inside
"""
    assert explore(HEAD + text).violated == set()


def test_an_earlier_reader_is_waited_for_also_among_later_ones(explore):
    text = """
@struct(marked=True)
class Notes:
    begun: Bool
    first: Bool = ghost(False)

notes = shared(Notes)

@thread
def early():
    rcu_read_lock()
    notes.first = True
    notes.begun = True
    rcu_read_unlock()
    notes.first = False

@thread(count=2)
def late():
    rcu_read_lock()
    rcu_read_unlock()

@thread
def writer():
    wait_until(notes.begun)
    synchronize_rcu()
    assert not notes.first, "waited"
"""
    assert explore(HEAD + text).violated == set()
    without = text.replace("synchronize_rcu()", "READ_ONCE(notes.begun)")
    assert explore(HEAD + without).violated == {"waited"}


def test_readers_that_follow_one_another_do_not_hold_off_a_grace_period(explore):
    text = """
ended: Bool = ghost(False)

@thread
def reader():
    while True:
        rcu_read_lock()
        rcu_read_unlock()

@thread
def writer():
    global ended
    synchronize_rcu()
    ended = True

@reachable
def it_ends():
    return ended
"""
    assert "it_ends" not in explore(HEAD + text).violated


MISUSES = {
    "unlock without a lock": "rcu_read_unlock()",
    "unlock twice": "rcu_read_lock()\n    rcu_read_unlock()\n    rcu_read_unlock()",
    "the end in a reader": "rcu_read_lock()",
    "the end in the outer of two": "rcu_read_lock()\n    rcu_read_lock()\n    rcu_read_unlock()",
    "a grace period in a reader": "rcu_read_lock()\n    synchronize_rcu()\n    rcu_read_unlock()",
    "fetched outside": "rcu_dereference(slot.item)",
    "fetched after the reader": (
        "rcu_read_lock()\n    rcu_read_unlock()\n    rcu_dereference(slot.item)"
    ),
    "fetched without the lock": (
        "rcu_dereference_protected(slot.item, lambda: slot.lock.owner == current())"
    ),
    "fetched without both": (
        "rcu_dereference_check(slot.item, lambda: slot.lock.owner == current())"
    ),
    "replaced without the lock": (
        "rcu_replace_pointer(slot.item, None, lambda: slot.lock.owner == current())"
    ),
    "queued twice": (
        "rcu_read_lock()\n    item = slot.item\n    call_rcu(item.rcu, nothing)\n"
        "    call_rcu(item.rcu, nothing)\n    rcu_read_unlock()"
    ),
    "queued for two things": (
        "rcu_read_lock()\n    item = slot.item\n    kfree_rcu(item, item.rcu)\n"
        "    call_rcu(item.rcu, nothing)\n    rcu_read_unlock()"
    ),
    "freed while queued": (
        "rcu_read_lock()\n    item = slot.item\n    call_rcu(item.rcu, nothing)\n"
        "    kfree(item)\n    rcu_read_unlock()"
    ),
}
NEAR = {
    "nested": "rcu_read_lock()\n    rcu_read_lock()\n    rcu_read_unlock()\n    rcu_read_unlock()",
    "a grace period after it": "rcu_read_lock()\n    rcu_read_unlock()\n    synchronize_rcu()",
    "fetched inside": "rcu_read_lock()\n    rcu_dereference(slot.item)\n    rcu_read_unlock()",
    "fetched inside the outer": (
        "rcu_read_lock()\n    rcu_read_lock()\n    rcu_read_unlock()\n"
        "    rcu_dereference(slot.item)\n    rcu_read_unlock()"
    ),
    "fetched with the lock": (
        "spin_lock(slot.lock)\n"
        "    rcu_dereference_protected(slot.item, lambda: slot.lock.owner == current())\n"
        "    rcu_dereference_check(slot.item, lambda: slot.lock.owner == current())\n"
        "    rcu_replace_pointer(slot.item, slot.item, lambda: slot.lock.owner == current())\n"
        "    spin_unlock(slot.lock)"
    ),
    "only to be compared": "rcu_access_pointer(slot.item)\n    rcu_dereference_raw(slot.item)",
    "bh": "rcu_read_lock_bh()\n    rcu_dereference(slot.item)\n    rcu_read_unlock_bh()",
    "sched": "rcu_read_lock_sched()\n    rcu_dereference(slot.item)\n    rcu_read_unlock_sched()",
    "queued again when it ran": (
        "item = slot.item\n    call_rcu(item.rcu, nothing)\n    rcu_barrier()\n"
        "    call_rcu(item.rcu, nothing)"
    ),
    "freed when it ran": (
        "item = slot.item\n    call_rcu(item.rcu, nothing)\n    rcu_barrier()\n"
        "    RCU_INIT_POINTER(slot.item, None)\n    kfree(item)"
    ),
}
ONE = """
def nothing(head: Ptr[RcuHead]):
    pass

@thread
def work():
    BODY
"""


@pytest.mark.parametrize("body", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, body):
    assert explore(HEAD + ITEMS + ONE.replace("BODY", body)).violated == {"rcu-misuse"}


@pytest.mark.parametrize("body", NEAR.values(), ids=NEAR.keys())
def test_what_is_nearly_misuse_is_none(explore, body):
    assert explore(HEAD + ITEMS + ONE.replace("BODY", body)).violated == set()


SPIN = "spin_lock(slot.lock)\n    spin_unlock(slot.lock)"
SLEEPS = {
    "in a reader": ("rcu_read_lock()\n    might_sleep()\n    rcu_read_unlock()", True),
    "after it": ("rcu_read_lock()\n    rcu_read_unlock()\n    might_sleep()", False),
    "a mutex in a reader": (
        "rcu_read_lock()\n    mutex_lock(mutex)\n    mutex_unlock(mutex)\n    rcu_read_unlock()",
        True,
    ),
    "a spinlock in a reader": (f"rcu_read_lock()\n    {SPIN}\n    rcu_read_unlock()", False),
    "a grace period under a spinlock": (
        "spin_lock(slot.lock)\n    synchronize_rcu()\n    spin_unlock(slot.lock)",
        True,
    ),
    "a callback that sleeps": ("call_rcu(item.rcu, sleeps)", True),
    "a callback that locks": ("call_rcu(item.rcu, locks)", False),
}


@pytest.mark.parametrize(("body", "bad"), SLEEPS.values(), ids=SLEEPS.keys())
def test_sleeping_in_a_reader_or_a_callback(explore, body, bad):
    text = f"""
mutex = shared(Mutex)

def sleeps(head: Ptr[RcuHead]):
    mutex_lock(mutex)
    mutex_unlock(mutex)

def locks(head: Ptr[RcuHead]):
    spin_lock(slot.lock)
    spin_unlock(slot.lock)

@thread
def work():
    item = slot.item
    {body}
"""
    found = explore(HEAD + ITEMS + text)
    assert found.violated == ({"sleep-in-atomic"} if bad else set())


def test_preemption_off_alone_is_no_reader_here(explore):
    reader = READER.replace("rcu_read_lock()", "preempt_disable()").replace(
        "rcu_read_unlock()", "preempt_enable()"
    )
    reader = reader.replace("rcu_dereference(", "rcu_dereference_raw(")
    writer = WRITER.replace("FREE", "synchronize_rcu()\n    kfree(item)")
    assert explore(HEAD + ITEMS + reader + writer).violated == {"use-after-free"}
    sched = READER.replace("rcu_read_lock()", "rcu_read_lock_sched()").replace(
        "rcu_read_unlock()", "rcu_read_unlock_sched()"
    )
    assert explore(HEAD + ITEMS + sched + writer).violated == set()


CALLBACKS = """
@struct(marked=True)
class State:
    calls: U8
    half: U8

state = shared(State)
first = shared(Item)
second = shared(Item)
"""


def test_the_barrier_waits_for_what_is_queued(explore):
    text = """
def count(head: Ptr[RcuHead]):
    with atomic():
        state.half += 1
    with atomic():
        state.calls += 1

@thread
def work():
    call_rcu(first.rcu, count)
    call_rcu(second.rcu, count)
    rcu_barrier()
    assert state.calls == 2, "all_have_run"
"""
    assert explore(HEAD + CALLBACKS + text).violated == set()
    without = text.replace("    rcu_barrier()\n", "    synchronize_rcu()\n")
    assert explore(HEAD + CALLBACKS + without).violated == {"all_have_run"}


def test_the_barrier_does_not_wait_for_frees(explore):
    text = """
@thread
def work():
    item = slot.item
    RCU_INIT_POINTER(slot.item, None)
    kfree_rcu(item, item.rcu)
    BARRIER()
    assert not alive(item), "freed"
"""
    head = HEAD.replace("from modelcheck.lang import (", "from modelcheck.lang import (alive,")
    one, two = text.replace("BARRIER", "rcu_barrier"), text.replace("BARRIER", "kvfree_rcu_barrier")
    assert explore(head + ITEMS + one).violated == {"freed"}
    assert explore(head + ITEMS + two).violated == set()


def test_the_barrier_does_not_wait_for_a_callback_that_is_queued_later(explore):
    text = """
@struct(marked=True)
class Notes:
    over: Bool = ghost(False)
    queued_later: Bool = ghost(False)
    ran_later: Bool = ghost(False)

notes = shared(Notes)
begun = shared(U8)

def early(head: Ptr[RcuHead]):
    pass

def late(head: Ptr[RcuHead]):
    WRITE_ONCE(begun, 3)
    notes.ran_later = True

@thread
def work():
    call_rcu(first.rcu, early)
    WRITE_ONCE(begun, 1)
    rcu_barrier()
    notes.over = True

@thread
def other():
    wait_until(begun == 1)
    call_rcu(second.rcu, late)
    notes.queued_later = True

@reachable
def over_before_the_later_one_ran():
    return notes.over and notes.queued_later and not notes.ran_later
"""
    assert explore(HEAD + CALLBACKS + text).violated == set()


def test_a_callback_that_is_queued_again_does_not_hide_that_it_still_runs(explore):
    text = """
def again(head: Ptr[RcuHead]):
    if state.calls == 0:
        state.calls = 1
        call_rcu(head, again)
        state.half = 1

@thread
def work():
    call_rcu(first.rcu, again)
    rcu_barrier()
    assert state.half == 1, "the_first_has_ended"
"""
    assert explore(HEAD + CALLBACKS + text).violated == set()


def test_a_callback_that_queues_itself_for_ever_does_not_hold_the_barrier(explore):
    text = """
ended: Bool = ghost(False)

def again(head: Ptr[RcuHead]):
    call_rcu(head, again)

@thread
def work():
    global ended
    call_rcu(first.rcu, again)
    rcu_barrier()
    ended = True

@reachable
def the_barrier_ends():
    return ended
"""
    assert "the_barrier_ends" not in explore(HEAD + CALLBACKS + text).violated


def test_a_barrier_that_finds_one_running_and_queued_again_waits_for_both(explore):
    text = """
def again(head: Ptr[RcuHead]):
    with atomic():
        state.calls += 1
        first_time = state.calls == 1
    if first_time:
        call_rcu(head, again)
        state.half = 1

@thread
def work():
    call_rcu(first.rcu, again)
    wait_until(state.half == 1)
    rcu_barrier()
    assert state.calls == 2, "both_have_run"
"""
    assert explore(HEAD + CALLBACKS + text).violated == set()


def test_two_callbacks_may_run_at_a_time(explore):
    text = """
inside: U8 = ghost(0)

def both(head: Ptr[RcuHead]):
    global inside
    WRITE_ONCE(state.calls, 1)
    inside += 1
    WRITE_ONCE(state.calls, 2)
    inside -= 1

@thread
def work():
    call_rcu(first.rcu, both)
    call_rcu(second.rcu, both)

@reachable
def two_at_a_time():
    return inside == 2
"""
    assert explore(HEAD + CALLBACKS + text).violated == set()


def test_callbacks_run_in_any_order(explore):
    text = """
last: U8 = ghost(0)

def one(head: Ptr[RcuHead]):
    global last
    WRITE_ONCE(state.calls, 1)
    last = 1

def two(head: Ptr[RcuHead]):
    global last
    WRITE_ONCE(state.calls, 2)
    last = 2

@thread
def work():
    call_rcu(first.rcu, one)
    call_rcu(second.rcu, two)

@reachable
def the_first_is_the_last():
    return state.calls == 1 and finished(work) and last == 1

@reachable
def the_second_is_the_last():
    return state.calls == 2 and finished(work) and last == 2
"""
    text = text.replace(" and finished(work)", "")
    assert explore(HEAD + CALLBACKS + text).violated == set()


def test_frees_of_none_and_of_an_object_of_another_type(explore):
    text = """
@struct(marked=True)
class Other:
    inner: Item
    name: U8

others = pool(Other, count=1)

@thread
def work():
    kfree_rcu(None, slot.item)
    other = new(Other)
    kfree_rcu(other, other.inner.rcu)
"""
    text = text.replace("    kfree_rcu(None, slot.item)\n", "")
    assert explore(HEAD + text).violated == set()
    assert explore(HEAD + text.replace("kfree_rcu(other, other.inner.rcu)", "pass")).violated == {
        "leak"
    }


def test_a_free_of_what_was_given_to_kfree_rcu(explore):
    text = """
@thread
def work():
    item = slot.item
    RCU_INIT_POINTER(slot.item, None)
    rcu_read_lock()
    kfree_rcu(item, item.rcu)
    kfree(item)
    rcu_read_unlock()
"""
    assert explore(HEAD + ITEMS + text).violated == {"rcu-misuse"}


def test_a_callback_gives_everything_back(explore):
    text = (
        HEAD
        + """
head = shared(RcuHead)

def callback(head: Ptr[RcuHead]):
    preempt_disable()
    GIVE

@thread
def work():
    call_rcu(head, callback)
"""
    )
    assert explore(text.replace("GIVE", "pass")).violated == {"lock-misuse"}
    assert explore(text.replace("GIVE", "preempt_enable()")).violated == set()


def test_what_lies_on_the_stack_is_left_out_loudly(explore):
    text = (
        HEAD
        + """
from modelcheck.lang import local

def run(head: Ptr[RcuHead]):
    pass

def sleep():
    head = local(RcuHead)
    call_rcu(head, run)
    rcu_barrier()

@thread
def work():
    sleep()
"""
    )
    assert explore(text).violated == {"rcu-misuse"}
