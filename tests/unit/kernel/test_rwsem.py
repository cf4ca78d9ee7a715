"""What the read-write semaphore of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.rwsem import (
    Rwsem, down_read, down_read_killable, down_read_nested, down_read_trylock, down_write,
    down_write_killable, down_write_nested, down_write_trylock, downgrade_write, init_rwsem,
    rwsem_assert_held, rwsem_assert_held_write, rwsem_is_locked, up_read, up_write,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Bool, Ptr, U8, WRITE_ONCE, final, finished, ghost, initial, invariant, new, param, pool,
    reachable, shared, spec, struct, thread, wait_until,
)

spec("rwsem-test")
sem = shared(Rwsem, writer_preference=False)
n = shared(U8)
reading: U8 = ghost(0)
writing: U8 = ghost(0)
"""

# As HEAD, with a writer that holds up new readers, which is the default.
PREFERRED = HEAD.replace(", writer_preference=False", "")


def test_steps_of_a_semaphore_that_stays(explore):
    text = """
@thread
def work():
    down_read(sem)
    up_read(sem)
    down_write(sem)
    downgrade_write(sem)
    up_read(sem)
    down_write(sem)
    up_write(sem)
"""
    found = explore(HEAD + text)
    assert found.violated == set()
    assert (found.states, found.transitions, found.depth) == (8, 7, 7)
    assert explore(PREFERRED + text).depth == 7  # nobody has to wait


ALONE = """
readers = param(2, min=0, max=3)
writers = param(1, min=0, max=2)

@thread(count=readers)
def read():
    global reading
    down_read(sem)
    reading += 1
    seen = n
    reading -= 1
    up_read(sem)

@thread(count=writers)
def write():
    global writing, n
    down_write(sem)
    writing += 1
    n += 1
    writing -= 1
    up_write(sem)

@invariant
def alone():
    return writing == 0 or (writing == 1 and reading == 0)

@final
def none_lost():
    return n == writers
"""
SHARE = """
@reachable
def share():
    return reading == 2
"""


@pytest.mark.parametrize("head", [HEAD, PREFERRED], ids=["plain", "preference"])
@pytest.mark.parametrize(("readers", "writers"), [(2, 1), (1, 2), (2, 2)])
def test_many_readers_or_one_writer(explore, head, readers, writers):
    text = ALONE + (SHARE if readers == 2 else "")
    found = explore(head + text, readers=readers, writers=writers)
    assert found.violated == set()
    wrong = text.replace("down_write(sem)", "down_read(sem)").replace("up_write", "up_read")
    found = explore(head + wrong, readers=readers, writers=writers)
    assert {"alone", "data-race"} <= found.violated


def test_counts_of_one_reader_and_one_writer(explore):
    # The reader stands at one of 4 places, the writer, with one access more, at one of 5; less the
    # 2 * 3 where both would hold it.  Each of 3 + 4 steps is taken while the other is at its start
    # or its end.
    found = explore(HEAD + ALONE, readers=1, writers=1)
    assert (found.states, found.transitions) == (14, 14)
    assert found.violated == set()


AGAIN = """
@thread
def reader():
    down_read(sem)
    down_read(sem)
    up_read(sem)
    n_ = n
    up_read(sem)

@thread
def writer():
    global n
    down_write(sem)
    n = 1
    up_write(sem)
"""


def test_reading_again_is_reported_and_deadlocks_with_a_waiting_writer(explore):
    # Between the two releases it is read still: no data-race with the writer.
    assert explore(HEAD + AGAIN).violated == {"lock-order"}
    assert explore(PREFERRED + AGAIN).violated == {"lock-order", "deadlock"}
    once = AGAIN.replace("    down_read(sem)\n    up_read(sem)\n", "    up_read(sem)\n", 1)
    once = once.replace("    up_read(sem)\n    n_ = n\n", "    n_ = n\n", 1)
    assert explore(PREFERRED + once).violated == set()


def test_a_waiting_writer_deadlocks_readers_that_wait_for_readers(explore):
    text = """
@thread
def first():
    down_read(sem)
    wait_until(n == 1)
    up_read(sem)

@thread
def second():
    down_read(sem)
    WRITE_ONCE(n, 1)
    up_read(sem)

@thread
def writer():
    down_write(sem)
    up_write(sem)
"""
    assert explore(PREFERRED + text).violated == {"deadlock"}
    # A writer may come before the second reader and after the first: without preference, too.
    assert explore(HEAD + text).violated == set()
    assert explore(PREFERRED + text.split("@thread\ndef writer", maxsplit=1)[0]).violated == set()


MISUSES = {
    "read released by a writer": "down_write(sem); up_read(sem)",
    "write released by a reader": "down_read(sem); up_write(sem)",
    "released while free": "up_read(sem)",
    "write released while free": "up_write(sem)",
    "written twice": "down_write(sem); down_write(sem)",
    "read by its writer": "down_write(sem); down_read(sem)",
    "written by its reader": "down_read(sem); down_write(sem)",
    "downgraded by a reader": "down_read(sem); downgrade_write(sem); up_read(sem)",
    "released once too often": "down_read(sem); up_read(sem); up_read(sem)",
    "written after a downgrade": "down_write(sem); downgrade_write(sem); up_write(sem)",
    "not held": "rwsem_assert_held(sem); down_read(sem); up_read(sem)",
    "only read": "down_read(sem); rwsem_assert_held_write(sem); up_read(sem)",
}


@pytest.mark.parametrize("head", [HEAD, PREFERRED], ids=["plain", "preference"])
@pytest.mark.parametrize("text", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, head, text):
    lines = "\n".join("    " + line for line in text.split("; "))
    found = explore(head + f"\n@thread\ndef work():\n    WRITE_ONCE(n, 1)\n{lines}\n").violated
    assert found - {"lock-order"} == {"lock-misuse"}


RIGHT = {
    "downgraded": "down_write(sem); downgrade_write(sem); rwsem_assert_held(sem); up_read(sem)",
    "one after the other": "down_read(sem); up_read(sem); down_write(sem); up_write(sem)",
    "held": "down_write(sem); rwsem_assert_held_write(sem); up_write(sem)",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_right_use_is_quiet(explore, text):
    lines = "\n".join("    " + line for line in text.split("; "))
    assert explore(HEAD + f"\n@thread\ndef work():\n{lines}\n").violated == set()


@pytest.mark.parametrize("take", ["down_read", "down_write"])
def test_it_may_sleep(explore, take):
    give = take.replace("down", "up")
    text = f"""
lock = shared(Spinlock)

@thread
def work():
    spin_lock(lock)
    {take}(sem)
    {give}(sem)
    spin_unlock(lock)
"""
    assert explore(HEAD + text).violated == {"sleep-in-atomic"}
    tried = text.replace(
        f"    {take}(sem)\n    {give}", f"    if {take}_trylock(sem):\n        {give}"
    )
    assert explore(HEAD + tried).violated == set()


@pytest.mark.parametrize("head", [HEAD, PREFERRED], ids=["plain", "preference"])
def test_trylocks_tell_the_truth(explore, head):
    found = explore(
        head
        + """
ok = shared(Bool)

@thread
def work():
    global ok
    free = not rwsem_is_locked(sem)
    one = down_read_trylock(sem)
    no = down_write_trylock(sem)
    up_read(sem)
    two = down_write_trylock(sem)
    neither = down_read_trylock(sem)
    held = rwsem_is_locked(sem)
    up_write(sem)
    ok = free and one and not no and two and not neither and held

@final
def all_true():
    return ok
"""
    )
    assert found.violated == set()
    assert found.depth == 9


def test_a_reader_does_not_try_past_a_waiting_writer(explore):
    text = """
tried: U8 = ghost(0)

@thread
def first():
    down_read(sem)
    WRITE_ONCE(n, 1)
    wait_until(n == 2)
    up_read(sem)

@thread
def writer():
    down_write(sem)
    up_write(sem)

@thread
def second():
    global tried
    wait_until(n == 1)
    if down_read_trylock(sem):
        tried = 1
        up_read(sem)
    else:
        tried = 2
    WRITE_ONCE(n, 2)

@reachable
def fails():
    return tried == 2
"""
    assert explore(PREFERRED + text).violated == set()
    assert explore(HEAD + text).violated == {"fails"}


@pytest.mark.parametrize("head", [HEAD, PREFERRED], ids=["plain", "preference"])
@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_signal_comes_only_while_it_waits(explore, head, kind):
    text = f"""
stopped: Bool = ghost(False)

@thread
def work():
    global stopped
    if down_{kind}_killable(sem):
        up_{kind}(sem)
    else:
        stopped = True

@reachable
def is_stopped():
    return stopped
"""
    other = """
@thread
def other():
    down_write(sem)
    up_write(sem)
"""
    assert explore(head + text).violated == {"is_stopped"}
    assert explore(head + text + other).violated == set()


def test_a_stopped_writer_holds_up_nobody(explore):
    text = """
done: U8 = ghost(0)

@thread
def first():
    down_read(sem)
    wait_until(n == 1)
    up_read(sem)

@thread
def writer():
    global done
    if down_write_killable(sem):
        up_write(sem)
    else:
        down_read(sem)
        done = 1
        up_read(sem)

@thread
def helper():
    WRITE_ONCE(n, 1)

@reachable
def reads_beside_the_first():
    return done == 1 and n == 0
"""
    assert explore(PREFERRED + text).violated == set()
    assert explore(PREFERRED + text.replace("_killable", "_trylock")).violated == set()


def test_nested_annotations(explore):
    text = """
two = shared(Rwsem, count=2)

@thread
def work():
    down_write(two[0])
    down_write_nested(two[1], 1)
    up_write(two[1])
    up_write(two[0])
    down_read(two[0])
    down_read_nested(two[1], 1)
    up_read(two[1])
    up_read(two[0])
"""
    assert explore(HEAD + text).violated == set()
    assert explore(HEAD + text.replace("1], 1)", "1], 0)")).violated == {"lock-order"}
    same = text.replace("down_read_nested(two[1]", "down_read_nested(two[0]")
    same = same.replace("    up_read(two[1])\n", "    up_read(two[0])\n")
    assert explore(HEAD + same).violated == {"lock-order"}  # nested or not: it is this one


DROP_LAST = """
@struct
class Item:
    lock: Rwsem
    users: U8

@struct
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    item = new(Item, users=2)
    init_rwsem(item.lock)
    slot.item = item

@thread(count=2)
def put():
    item = slot.item
    down_write(item.lock)
    item.users -= 1
    last = item.users == 0
    GIVE
    if last:
        kfree(item)
"""


@pytest.mark.parametrize("give", ["up_write(item.lock)", "downgrade_write(item.lock)"])
def test_freeing_after_an_unlock_is_too_early(explore, give):
    if give.startswith("downgrade"):
        give += "\n    up_read(item.lock)"
    found = explore(HEAD + DROP_LAST.replace("GIVE", give))
    assert found.violated == {"use-after-free"}


def test_freeing_a_held_semaphore(explore):
    text = """
@struct
class Item:
    lock: Rwsem

items = pool(Item, count=1)

@thread
def work():
    item = new(Item)
    init_rwsem(item.lock)
    down_read(item.lock)
    up_read(item.lock)
    kfree(item)
"""
    assert explore(HEAD + text).violated == set()
    assert explore(HEAD + text.replace("    up_read(item.lock)\n", "")).violated == {"lock-misuse"}
