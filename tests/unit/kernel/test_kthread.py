"""What kernel threads and signals of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.kthread import (
    Kthread, kthread_begin, kthread_exit, kthread_should_stop, kthread_stop, wake_up_kthread,
)
from modelcheck.kernel.task import (
    TaskState, flush_signals, schedule, send_signal, set_current_state, signal_pending,
)
from modelcheck.kernel.wait import (
    wait_event_interruptible_flag, wait_queue_head_t, wake_up,
)
from modelcheck.lang import (
    Bool, Context, READ_ONCE, U8, WRITE_ONCE, final, reachable, shared, spec, thread,
)

spec("kthread-test")
"""

SERVICE = """
kt = shared(Kthread)
ran = shared(Bool)
stopped = shared(Bool)

def serve():
    WRITE_ONCE(ran, True)
    while True:
        LOOP
        schedule()
    set_current_state(TaskState.TASK_RUNNING)

@thread(context=Context.KTHREAD)
def service():
    if kthread_begin(kt):
        serve()
    kthread_exit(kt)

@thread
def owner():
    kthread_stop(kt)
    WRITE_ONCE(stopped, True)

@reachable
def it_ran():
    return stopped and ran

@reachable
def it_never_ran():
    return stopped and not ran
"""

STATE = "set_current_state(TaskState.TASK_INTERRUPTIBLE)"
TEST = "if kthread_should_stop(kt):\n            break"


def test_the_state_is_set_before_the_flag_is_tested(explore):
    right = SERVICE.replace("LOOP", f"{STATE}\n        {TEST}")
    assert explore(HEAD + right).violated == set()
    wrong = SERVICE.replace("LOOP", f"{TEST}\n        {STATE}")
    assert explore(HEAD + wrong).violated == {"deadlock"}


def test_stop_waits_for_the_end(explore):
    text = """
kt = shared(Kthread)
ended = shared(Bool)
early = shared(Bool)

@thread(context=Context.KTHREAD)
def service():
    if kthread_begin(kt):
        while not kthread_should_stop(kt):
            pass
    WRITE_ONCE(ended, True)
    kthread_exit(kt)

@thread
def owner():
    STOP
    if not READ_ONCE(ended):
        WRITE_ONCE(early, True)

@final
def never_early():
    return not early
"""
    assert explore(HEAD + text.replace("STOP", "kthread_stop(kt)")).violated == set()
    only_flag = text.replace("STOP", "kt.should_stop = True\n    wake_up_kthread(kt)")
    assert explore(HEAD + only_flag).violated == {"never_early"}


def test_stopping_oneself_or_twice_hangs(explore):
    itself = """
kt = shared(Kthread)

@thread(context=Context.KTHREAD)
def service():
    if kthread_begin(kt):
        kthread_stop(kt)
    kthread_exit(kt)
"""
    assert explore(HEAD + itself).violated == {"deadlock"}
    twice = """
kt = shared(Kthread)

@thread(context=Context.KTHREAD)
def service():
    if kthread_begin(kt):
        pass
    kthread_exit(kt)

@thread
def owner():
    kthread_stop(kt)
    STOP
"""
    assert explore(HEAD + twice.replace("STOP", "kthread_stop(kt)")).violated == {"deadlock"}
    assert explore(HEAD + twice.replace("STOP", "wake_up_kthread(kt)")).violated == set()


SIGNAL = """
came = shared(U8)

@thread
def sleeper():
    set_current_state(STATE)
    schedule()
    if signal_pending():
        flush_signals()
        WRITE_ONCE(came, 1)

@thread
def sender():
    SEND
"""


@pytest.mark.parametrize(
    ("state", "send", "violated"),
    [
        ("TASK_INTERRUPTIBLE", "send_signal(sleeper)", set()),
        ("TASK_INTERRUPTIBLE", "pass", {"deadlock"}),
        ("TASK_UNINTERRUPTIBLE", "send_signal(sleeper)", {"deadlock"}),
    ],
)
def test_a_signal_wakes_those_who_sleep_for_it(explore, state, send, violated):
    text = SIGNAL.replace("STATE", f"TaskState.{state}").replace("SEND", send)
    assert explore(HEAD + text).violated == violated


INTERRUPTED = """
wq = shared(wait_queue_head_t)
done = shared(Bool)
result = shared(U8)

@thread
def sleeper():
    if wait_event_interruptible_flag(wq, lambda: READ_ONCE(done)):
        WRITE_ONCE(result, 1)
    else:
        WRITE_ONCE(result, 2)

@thread
def sender():
    SEND
"""


def test_a_signal_by_flag_ends_a_wait(explore):
    signal = (
        INTERRUPTED.replace("SEND", "send_signal(sleeper)")
        + """
@final
def interrupted():
    return result == 2 and len(wq.entries) == 0
"""
    )
    assert explore(HEAD + signal).violated == set()
    event = (
        INTERRUPTED.replace("SEND", "WRITE_ONCE(done, True)\n    wake_up(wq)")
        + """
@final
def came():
    return result == 1 and len(wq.entries) == 0
"""
    )
    assert explore(HEAD + event).violated == set()
    assert explore(HEAD + INTERRUPTED.replace("SEND", "pass")).violated == {"deadlock"}
