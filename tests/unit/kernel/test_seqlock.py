"""What sequence counters and seqlocks of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.seqlock import (
    done_seqretry, need_seqretry, raw_seqcount_begin, raw_write_seqcount_barrier,
    raw_write_seqcount_begin, raw_write_seqcount_end, read_seqbegin, read_seqbegin_or_lock,
    read_seqcount_begin, read_seqcount_retry, read_seqlock_excl, read_seqretry,
    read_sequnlock_excl, seqcount_mutex_t, seqcount_spinlock_t, seqcount_t, seqlock_t,
    write_seqcount_begin, write_seqcount_end, write_seqcount_invalidate,
    write_seqcount_mutex_begin, write_seqcount_mutex_end, write_seqcount_spinlock_begin,
    write_seqcount_spinlock_end, write_seqlock, write_sequnlock,
)
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.kernel.task import might_sleep, preempt_disable, preempt_enable
from modelcheck.lang import (
    READ_ONCE, U8, WRITE_ONCE, final, finished, ghost, param, reachable, shared, spec, thread,
    wait_until,
)

spec("seqlock-test")
lock = shared(Spinlock)
mutex = shared(Mutex)
s = shared(seqcount_t)
sl = shared(seqlock_t)
by_lock = shared(seqcount_spinlock_t, lock=lock)
by_mutex = shared(seqcount_mutex_t, lock=mutex)
a = shared(U8)
b = shared(U8)
retries: U8 = ghost(0)
"""

READER = """
@thread
def reader():
    global retries
    while True:
        seq = BEGIN
        one = READ_ONCE(a)
        two = READ_ONCE(b)
        if not RETRY:
            break
        retries += 1
    assert one == two, "consistent"

@reachable
def reader_retries():
    return retries > 0
"""

WRITER = """
@thread(count=WRITERS)
def writer():
    TAKE
    value = READ_ONCE(a) + 1
    WRITE_ONCE(a, value)
    WRITE_ONCE(b, value)
    GIVE
"""

KINDS = {
    "seqlock": (
        "read_seqbegin(sl)",
        "read_seqretry(sl, seq)",
        "write_seqlock(sl)",
        "write_sequnlock(sl)",
    ),
    "spinlock": (
        "read_seqcount_begin(by_lock.seqcount)",
        "read_seqcount_retry(by_lock.seqcount, seq)",
        "spin_lock(lock); write_seqcount_spinlock_begin(by_lock)",
        "write_seqcount_spinlock_end(by_lock); spin_unlock(lock)",
    ),
    "mutex": (
        "read_seqcount_begin(by_mutex.seqcount)",
        "read_seqcount_retry(by_mutex.seqcount, seq)",
        "mutex_lock(mutex); write_seqcount_mutex_begin(by_mutex)",
        "write_seqcount_mutex_end(by_mutex); mutex_unlock(mutex)",
    ),
    "plain": (
        "read_seqcount_begin(s)",
        "read_seqcount_retry(s, seq)",
        "spin_lock(lock); write_seqcount_begin(s)",
        "write_seqcount_end(s); spin_unlock(lock)",
    ),
    "no waiting": (
        "raw_seqcount_begin(s)",
        "read_seqcount_retry(s, seq)",
        "spin_lock(lock); write_seqcount_begin(s)",
        "write_seqcount_end(s); spin_unlock(lock)",
    ),
}


def spec_of(begin, retry, take, give, writers):
    reader = READER.replace("BEGIN", begin).replace("RETRY", retry)
    writer = WRITER.replace("TAKE", take.replace("; ", "\n    "))
    return (
        HEAD
        + reader
        + writer.replace("GIVE", give.replace("; ", "\n    ")).replace("WRITERS", str(writers))
    )


def thread(text, name="work"):
    return f"\n@thread\ndef {name}():\n" + "".join(f"    {x}\n" for x in text.split("; "))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("writers", [1, 2])
def test_a_reader_sees_both_or_neither(explore, kind, writers):
    text = spec_of(*kind, writers)
    assert explore(text).violated == set()
    trusting = text.replace(f"if not {kind[1]}:", f"if not {kind[1]} or retries_off:")
    trusting = trusting.replace("retries: U8", "retries_off = True\nretries: U8")
    assert explore(trusting).violated == {"consistent", "reader_retries"}


@pytest.mark.parametrize("writers", [1, 2])
def test_the_sequence_is_what_tells(explore, writers):
    begin, retry, _take, _give = KINDS["plain"]
    text = spec_of(begin, retry, "spin_lock(lock)", "spin_unlock(lock)", writers)
    assert explore(text).violated == {"consistent", "reader_retries"}


def test_counts(explore):
    found = explore(HEAD + thread("write_seqlock(sl); write_sequnlock(sl)"))
    assert (found.violated, found.states, found.depth) == (set(), 5, 4)
    found = explore(HEAD + thread("seq = read_seqbegin(sl); read_seqretry(sl, seq)"))
    assert found.violated == set()
    assert found.depth == 1  # the wait; where nobody writes, comparing loads nothing


def test_a_reader_waits_for_the_writer(explore):
    begun = "preempt_disable(); write_seqcount_begin(s); WRITE_ONCE(a, 1); wait_until(b == 1); "
    end = "write_seqcount_end(s); preempt_enable()"
    waits = "wait_until(a == 1); read_seqcount_begin(s); WRITE_ONCE(b, 1)"
    text = thread(begun + end) + thread(waits, "reader")
    assert explore(HEAD + text).violated == {"deadlock"}
    assert (
        explore(HEAD + text.replace("read_seqcount_begin", "raw_seqcount_begin")).violated == set()
    )


def test_a_barrier_makes_readers_retry(explore):
    text = """
late: U8 = ghost(0)

@thread
def writer():
    WRITE_ONCE(a, 1)
    raw_write_seqcount_barrier(s)
    WRITE_ONCE(b, 1)

@thread
def reader():
    seq = read_seqcount_begin(s)
    one = READ_ONCE(a)
    two = READ_ONCE(b)
    if not read_seqcount_retry(s, seq):
        assert one == 1 or two == 0, "no_old_a_with_new_b"
"""
    assert explore(HEAD + text).violated == set()
    one_step = text.replace("raw_write_seqcount_barrier", "write_seqcount_invalidate")
    assert explore(HEAD + one_step).violated == set()
    without = text.replace("    raw_write_seqcount_barrier(s)\n", "")
    assert explore(HEAD + without).violated == {"no_old_a_with_new_b"}


WRITES = "write_seqcount_begin(s); WRITE_ONCE(a, 1); write_seqcount_end(s)"
MISUSES = {
    "two writers": (
        thread(f"preempt_disable(); {WRITES}; preempt_enable()")
        + thread(f"preempt_disable(); {WRITES}; preempt_enable()", "other")
    ),
    "a writer and a barrier": (
        thread(f"preempt_disable(); {WRITES}; preempt_enable()")
        + thread("raw_write_seqcount_barrier(s)", "other")
    ),
    "preemption on": thread(f"WRITE_ONCE(a, 2); {WRITES}"),
    "without the spinlock": thread(
        "preempt_disable(); write_seqcount_spinlock_begin(by_lock); "
        "write_seqcount_spinlock_end(by_lock); preempt_enable()"
    ),
    "without the mutex": thread(
        "write_seqcount_mutex_begin(by_mutex); write_seqcount_mutex_end(by_mutex)"
    ),
    "end without begin": thread("preempt_disable(); write_seqcount_end(s); preempt_enable()"),
    "ends inside": thread("raw_write_seqcount_begin(s); WRITE_ONCE(a, 1)"),
    "seqlock taken twice": thread("write_seqlock(sl); read_seqlock_excl(sl)"),
    "seqlock released while free": thread("write_sequnlock(sl)"),
}


@pytest.mark.parametrize("text", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, text):
    assert explore(HEAD + text).violated == {"lock-misuse"}


def test_writers_one_after_the_other(explore):
    text = thread(f"preempt_disable(); {WRITES}; preempt_enable(); WRITE_ONCE(b, 1)") + thread(
        f"wait_until(finished(work)); preempt_disable(); {WRITES}; preempt_enable()", "other"
    )
    assert explore(HEAD + text).violated == set()


SLEEPS = {
    "seqlock": ("write_seqlock(sl)", "write_sequnlock(sl)"),
    "mutex": KINDS["mutex"][2:],
    "raw": ("raw_write_seqcount_begin(s)", "raw_write_seqcount_end(s)"),
}


@pytest.mark.parametrize(("take", "give"), SLEEPS.values(), ids=SLEEPS.keys())
def test_nobody_sleeps_while_writing(explore, take, give):
    assert explore(HEAD + thread(f"{take}; might_sleep(); {give}")).violated == {"sleep-in-atomic"}
    assert explore(HEAD + thread(f"{take}; {give}; might_sleep()")).violated == set()


def test_a_writer_and_a_reader_lock_out_of_order(explore):
    writer = "write_seqlock(sl); spin_lock(lock); spin_unlock(lock); write_sequnlock(sl); "
    reader = (
        "wait_until(finished(work)); spin_lock(lock); seq = read_seqbegin(sl); spin_unlock(lock)"
    )
    assert explore(HEAD + thread(writer + "WRITE_ONCE(a, 1)") + thread(reader, "r")).violated == {
        "lock-order"
    }
    after = reader.replace(
        "seq = read_seqbegin(sl); spin_unlock(lock)", ("spin_unlock(lock); seq = read_seqbegin(sl)")
    )
    assert (
        explore(HEAD + thread(writer + "WRITE_ONCE(a, 1)") + thread(after, "r")).violated == set()
    )


OR_LOCK = """
@thread
def reader():
    seq = read_seqbegin_or_lock(sl, 0)
    one = READ_ONCE(a)
    two = READ_ONCE(b)
    if need_seqretry(sl, seq):
        seq = read_seqbegin_or_lock(sl, 1)
        one = READ_ONCE(a)
        two = READ_ONCE(b)
        assert not need_seqretry(sl, seq), "locked"
    done_seqretry(sl, seq)
    assert one == two, "consistent"
"""


def test_second_try_with_the_lock(explore):
    writer = WRITER.replace("TAKE", "write_seqlock(sl)").replace("GIVE", "write_sequnlock(sl)")
    text = HEAD + OR_LOCK + writer.replace("WRITERS", "2")
    assert explore(text).violated == set()
    forgets = text.replace("    done_seqretry(sl, seq)\n", "")
    assert explore(forgets).violated == {"lock-misuse"}


def test_the_sequence_does_not_wrap(explore):
    text = """
@thread
def writer():
    for _ in range(ROUNDS):
        write_seqlock(sl)
        write_sequnlock(sl)
"""
    assert explore(HEAD + text.replace("ROUNDS", "63")).violated == set()
    assert explore(HEAD + text.replace("ROUNDS", "64")).violated == {"range"}
