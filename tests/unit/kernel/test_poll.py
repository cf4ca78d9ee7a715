"""What select() and poll() of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.atomic import atomic_dec_and_test, atomic_inc, atomic_set, atomic_t
from modelcheck.kernel.poll import (
    nothing, poll_freewait, poll_initwait, poll_schedule, poll_schedule_timeout, poll_table,
    poll_table_entry, poll_wait, poll_wqueues, pollwait,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.wait import (
    EPOLLHUP, EPOLLIN, EPOLLOUT, POLLFREE, WakeMode, add_wait_queue, del_init_wait_entry,
    init_waitqueue_func_entry, init_waitqueue_head, remove_wait_queue, wait_queue_entry,
    wait_queue_head_t, wake_up, wake_up_poll, wake_up_pollfree,
)
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, U16, WRITE_ONCE, atomic, container_of, either, final, initial, local,
    new, pool, reachable, shared, spec, struct, thread, wait_until,
)

spec("poll-test")
"""

FILE = """
@struct(marked=True)
class File:
    count: atomic_t
    ready: Bool
    wait: wait_queue_head_t

@struct(marked=True)
class Table:
    file: Ptr[File]

files = pool(File, count=1)
fds = shared(Table)
polled = shared(Bool)

@initial
def fill():
    file = new(File, ready=False)
    atomic_set(file.count, 2)
    init_waitqueue_head(file.wait)
    fds.file = file

def get_file(file: Ptr[File]):
    atomic_inc(file.count)

def fput(file: Ptr[File]):
    if atomic_dec_and_test(file.count):
        kfree(file)

@struct(marked=True)
class Call:
    pwq: poll_wqueues
    entry: poll_table_entry

def queue_it(file: Ptr[File], head: Ptr[wait_queue_head_t], pt: Ptr[poll_table]):
    call = container_of(container_of(pt, poll_wqueues, "pt"), Call, "pwq")
    pollwait(call.pwq, call.entry, head, GET)

def file_poll(file: Ptr[File], pt: Ptr[poll_table]) -> Bool:
    poll_wait(file, file.wait, pt)
    return file.ready

@thread
def poller():
    call = local(Call)
    file = fds.file
    poll_initwait(call.pwq, queue_it, EPOLLIN)
    ready = file_poll(file, call.pwq.pt)
    fput(file)
    if not ready:
        SLEEP(call.pwq)
    poll_freewait(call.entry, PUT)
    WRITE_ONCE(polled, True)

@thread
def driver():
    file = fds.file
    file.ready = True
    WAKE
    fput(file)
"""


def select(sleep="poll_schedule", wake="wake_up_poll(file.wait, EPOLLIN)", pinned=True):
    text = FILE.replace("SLEEP", sleep).replace("WAKE", wake)
    text = text.replace("GET", "lambda: get_file(file)" if pinned else "nothing")
    return HEAD + text.replace("PUT", "lambda: fput(file)" if pinned else "nothing")


def test_the_pin_keeps_the_queue(explore):
    assert explore(select()).violated == set()
    assert explore(select(pinned=False)).violated == {"use-after-free"}


@pytest.mark.parametrize(
    ("wake", "violated"),
    [
        ("pass", {"deadlock"}),
        ("wake_up(file.wait)", set()),
        ("wake_up_poll(file.wait, EPOLLOUT)", {"deadlock"}),
        ("wake_up_poll(file.wait, EPOLLIN | EPOLLHUP)", set()),
    ],
)
def test_a_wake_up_must_meet_the_key(explore, wake, violated):
    assert explore(select(wake=wake)).violated == violated
    assert explore(select("poll_schedule_timeout", wake)).violated == set()


def test_a_wake_up_before_the_sleep_is_kept(explore):
    """Without `triggered` it would be lost: the state is set after the entry is queued."""
    text = select().replace("poll_schedule(call.pwq)", "forget(call.pwq)")
    text += """
def forget(pwq: Ptr[poll_wqueues]):
    pwq.triggered = False
    poll_schedule(pwq)
"""
    assert explore(text).violated == {"deadlock"}


def test_pollfree_does_not_unlink_a_poller(explore):
    assert explore(select(wake="wake_up_pollfree(file.wait)")).violated == {"work-misuse"}
    quiet = "wake_up_pollfree(file.wait, warn=False)"
    assert explore(select(wake=quiet)).violated == set()


def test_freed_by_the_owner_after_pollfree(explore):
    """psi before v6.5: the queue goes with its object, whoever has the file pinned."""
    text = """
@struct(marked=True)
class Trigger:
    wait: wait_queue_head_t

@struct(marked=True)
class Slot:
    trigger: Ptr[Trigger]
    queued: Bool

triggers = pool(Trigger, count=1)
slot = shared(Slot)

@initial
def fill():
    slot.trigger = new(Trigger)
    init_waitqueue_head(slot.trigger.wait)

ENTRY

@thread
def owner():
    wait_until(slot.queued)
    trigger = slot.trigger
    wake_up_pollfree(trigger.wait, warn=False)
    kfree(trigger)
"""
    selecter = """
@thread
def selecter():
    pwq = local(poll_wqueues)
    entry = local(poll_table_entry)
    poll_initwait(pwq, None, EPOLLIN | EPOLLHUP)
    pollwait(pwq, entry, slot.trigger.wait, nothing)
    slot.queued = True
    poll_schedule(pwq)
    poll_freewait(entry, nothing)
"""
    assert explore(HEAD + text.replace("ENTRY", selecter)).violated == {"use-after-free"}
    epoll = """
@struct(marked=True)
class Watch:
    wait: wait_queue_entry
    whead: Ptr[wait_queue_head_t]

def ep_poll_callback(
    head: Ptr[wait_queue_head_t], entry: Ptr[wait_queue_entry], mode: WakeMode, key: U16
) -> Bool:
    if key & POLLFREE != 0:
        its = container_of(entry, Watch, "wait")
        del_init_wait_entry(head, entry)
        its.whead = None
    return True

watch = shared(Watch)

@thread
def epoll():
    init_waitqueue_func_entry(watch.wait, ep_poll_callback)
    head = slot.trigger.wait
    watch.whead = head
    add_wait_queue(head, watch.wait)
    slot.queued = True
    wait_until(watch.whead is None)
"""
    assert explore(HEAD + text.replace("ENTRY", epoll)).violated == set()
    blind = epoll.replace("        del_init_wait_entry(head, entry)\n", "")
    assert explore(HEAD + text.replace("ENTRY", blind)).violated == set()
    later = blind + "    remove_wait_queue(head, watch.wait)\n"
    assert explore(HEAD + text.replace("ENTRY", later)).violated == {"use-after-free"}
