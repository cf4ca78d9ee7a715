"""What the read-write semaphore with cheap readers means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.percpu_rwsem import (
    PercpuRwSemaphore, percpu_down_read, percpu_down_read_trylock, percpu_down_write,
    percpu_init_rwsem, percpu_is_read_locked, percpu_is_write_locked, percpu_rwsem_assert_held,
    percpu_up_read, percpu_up_write,
)
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Bool, Ptr, U8, WRITE_ONCE, final, finished, ghost, initial, invariant, new, param, pool,
    reachable, shared, spec, struct, thread, wait_until,
)

spec("percpu-rwsem-test")
sem = shared(PercpuRwSemaphore)
lock = shared(Spinlock)
mutex = shared(Mutex)
n = shared(U8)
reading: U8 = ghost(0)
writing: U8 = ghost(0)
"""


def thread(text, name="work"):
    return f"\n@thread\ndef {name}():\n" + "".join(f"    {x}\n" for x in text.split("; "))


READ = "percpu_down_read(sem); percpu_up_read(sem)"
WRITE = "percpu_down_write(sem); percpu_up_write(sem)"


def test_steps(explore):
    found = explore(HEAD + thread(f"{READ}; {WRITE}"))
    assert (found.violated, found.states, found.depth) == (set(), 6, 5)


ALONE = """
readers = param(2, min=0, max=3)
writers = param(1, min=0, max=2)

@thread(count=readers)
def read():
    global reading
    percpu_down_read(sem)
    reading += 1
    seen = n
    reading -= 1
    percpu_up_read(sem)

@thread(count=writers)
def write():
    global writing, n
    percpu_down_write(sem)
    writing += 1
    n += 1
    writing -= 1
    percpu_up_write(sem)

@invariant
def alone():
    return writing == 0 or (writing == 1 and reading == 0)

@final
def none_lost():
    return n == writers
"""
SHARE = "\n@reachable\ndef share():\n    return reading == 2\n"


@pytest.mark.parametrize(("readers", "writers"), [(2, 1), (1, 2), (2, 2)])
def test_many_readers_or_one_writer(explore, readers, writers):
    text = ALONE + (SHARE if readers == 2 else "")
    found = explore(HEAD + text, readers=readers, writers=writers)
    assert found.violated == set()
    wrong = text.replace("down_write(sem)", "down_read(sem)").replace("up_write", "up_read")
    found = explore(HEAD + wrong, readers=readers, writers=writers)
    assert {"alone", "data-race"} <= found.violated


def test_the_writer_waits_for_readers_that_were_there(explore):
    reader = thread(
        "percpu_down_read(sem); WRITE_ONCE(n, 1); wait_until(n == 2); percpu_up_read(sem)"
    )
    writer = thread(
        "wait_until(n == 1); percpu_down_write(sem); WRITE_ONCE(n, 2); percpu_up_write(sem)",
        "writer",
    )
    assert explore(HEAD + reader + writer).violated == {"deadlock"}
    early = thread(
        "wait_until(n == 1); WRITE_ONCE(n, 2); percpu_down_write(sem); percpu_up_write(sem)",
        "writer",
    )
    assert explore(HEAD + reader + early).violated == set()


def test_a_waiting_writer_holds_up_new_readers(explore):
    first = thread("percpu_down_read(sem); wait_until(n == 1); percpu_up_read(sem)")
    second = thread("percpu_down_read(sem); WRITE_ONCE(n, 1); percpu_up_read(sem)", "second")
    writer = thread(WRITE, "writer")
    assert explore(HEAD + first + second + writer).violated == {"deadlock"}
    assert explore(HEAD + first + second).violated == set()


def test_reading_again(explore):
    again = thread(
        "percpu_down_read(sem); percpu_down_read(sem); percpu_up_read(sem); percpu_up_read(sem)"
    )
    writer = thread(WRITE, "writer")
    assert explore(HEAD + again).violated == {"lock-order"}
    assert explore(HEAD + again + writer).violated == {"lock-order", "deadlock"}
    assert explore(HEAD + thread(f"{READ}; {READ}") + writer).violated == set()


MISUSES = {
    "read released by a writer": "percpu_down_write(sem); percpu_up_read(sem)",
    "write released by a reader": "percpu_down_read(sem); percpu_up_write(sem)",
    "released while free": "percpu_up_read(sem)",
    "write released while free": "percpu_up_write(sem)",
    "written twice": "percpu_down_write(sem); percpu_down_write(sem)",
    "read by its writer": "percpu_down_write(sem); percpu_down_read(sem)",
    "written by its reader": "percpu_down_read(sem); percpu_down_write(sem)",
    "not held": "percpu_rwsem_assert_held(sem); percpu_down_read(sem); percpu_up_read(sem)",
    "the thread ends and reads": "percpu_down_read(sem); WRITE_ONCE(n, 2)",
    "the thread ends and writes": "percpu_down_write(sem); WRITE_ONCE(n, 2)",
}


@pytest.mark.parametrize("text", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, text):
    found = explore(HEAD + thread("WRITE_ONCE(n, 1); " + text)).violated
    assert found - {"lock-order"} == {"lock-misuse"}


def test_right_use_is_quiet(explore):
    held = "percpu_down_read(sem); percpu_rwsem_assert_held(sem); percpu_up_read(sem)"
    assert explore(HEAD + thread(held)).violated == set()
    written = held.replace("_read", "_write")
    assert explore(HEAD + thread(written)).violated == set()


@pytest.mark.parametrize("text", [READ, WRITE], ids=["read", "write"])
def test_it_may_sleep(explore, text):
    inside = f"spin_lock(lock); {text}; spin_unlock(lock)"
    assert explore(HEAD + thread(inside)).violated == {"sleep-in-atomic"}
    assert explore(HEAD + thread(f"spin_lock(lock); spin_unlock(lock); {text}")).violated == set()


@pytest.mark.parametrize("text", [READ, WRITE], ids=["read", "write"])
def test_its_order(explore, text):
    down, up = text.split("; ")
    first = thread(f"{down}; mutex_lock(mutex); mutex_unlock(mutex); {up}; WRITE_ONCE(n, 1)")
    other = thread(
        f"wait_until(finished(work)); mutex_lock(mutex); {text}; mutex_unlock(mutex)", "o"
    )
    assert explore(HEAD + first + other).violated == {"lock-order"}
    tried = "if percpu_down_read_trylock(sem):;     percpu_up_read(sem)"
    lines = thread(text).split("():\n")[1]
    assert lines in other
    other = other.replace(lines, thread(tried).split("():\n")[1])
    assert explore(HEAD + first + other).violated == set()


def test_trylock_tells_the_truth(explore):
    text = """
ok = shared(Bool)

@thread
def work():
    global ok
    one = percpu_down_read_trylock(sem)
    read = percpu_is_read_locked(sem)
    percpu_up_read(sem)
    percpu_down_write(sem)
    two = percpu_down_read_trylock(sem)
    written = percpu_is_write_locked(sem)
    percpu_up_write(sem)
    ok = one and read and not two and written

@final
def all_true():
    return ok
"""
    found = explore(HEAD + text)
    assert (found.violated, found.depth) == (set(), 9)


DROP_LAST = """
@struct
class Item:
    lock: PercpuRwSemaphore
    users: U8

@struct
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    item = new(Item, users=2)
    percpu_init_rwsem(item.lock)
    slot.item = item

@thread(count=2)
def put():
    item = slot.item
    percpu_down_write(item.lock)
    item.users -= 1
    last = item.users == 0
    percpu_up_write(item.lock)
    if last:
        kfree(item)
"""


def test_freeing_after_an_unlock_is_too_early(explore):
    assert explore(HEAD + DROP_LAST).violated == {"use-after-free"}
    held = DROP_LAST.replace(
        "    percpu_up_write(item.lock)\n", "    if not last:\n        percpu_up_write(item.lock)\n"
    )
    assert explore(HEAD + held).violated >= {"lock-misuse"}
