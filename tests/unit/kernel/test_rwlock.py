"""What the spinning read-write lock of the kernel library means."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.rwlock import (
    read_lock, read_lock_bh, read_lock_irq, read_lock_irqsave, read_trylock, read_unlock,
    read_unlock_bh, read_unlock_irq, read_unlock_irqrestore, rwlock_init, rwlock_t, write_lock,
    write_lock_bh, write_lock_irq, write_lock_irqsave, write_trylock, write_unlock, write_unlock_bh,
    write_unlock_irq, write_unlock_irqrestore,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.task import might_sleep
from modelcheck.lang import (
    Bool, Context, Ptr, U8, WRITE_ONCE, final, ghost, initial, invariant, new, param, pool,
    reachable, shared, spec, struct, thread, wait_until,
)

spec("rwlock-test")
lock = shared(rwlock_t, writer_preference=False)
n = shared(U8)
reading: U8 = ghost(0)
writing: U8 = ghost(0)
"""

# As HEAD, with a writer that holds up new readers, which is the default.
PREFERRED = HEAD.replace(", writer_preference=False", "")


def thread(text):
    return "\n@thread\ndef work():\n" + "\n".join("    " + line for line in text.split("; ")) + "\n"


def test_one_step_each(explore):
    found = explore(HEAD + thread("read_lock(lock); read_unlock(lock)"))
    assert (found.violated, found.states, found.depth) == (set(), 3, 2)
    found = explore(PREFERRED + thread("write_lock(lock); write_unlock(lock)"))
    assert (found.violated, found.states, found.depth) == (set(), 3, 2)


@pytest.mark.parametrize("kind", ["read", "write"])
def test_forms_that_turn_interrupts_off(explore, kind):
    irq = f"{kind}_lock_irq(lock); {kind}_unlock_irq(lock)"
    save = f"flags = {kind}_lock_irqsave(lock); {kind}_unlock_irqrestore(lock, flags)"
    bh = f"{kind}_lock_bh(lock); {kind}_unlock_bh(lock)"
    for text in (irq, save, bh):
        found = explore(HEAD + thread(text + "; might_sleep()"))
        assert (found.violated, found.depth) == (set(), 4)
        inside = text.replace("; ", "; might_sleep(); ", 1)
        assert explore(HEAD + thread(inside)).violated == {"sleep-in-atomic"}


ALONE = """
readers = param(2, min=0, max=3)
writers = param(1, min=0, max=2)

@thread(count=readers)
def read():
    global reading
    read_lock(lock)
    reading += 1
    seen = n
    reading -= 1
    read_unlock(lock)

@thread(count=writers)
def write():
    global writing, n
    write_lock(lock)
    writing += 1
    n += 1
    writing -= 1
    write_unlock(lock)

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
    wrong = text.replace("write_lock", "read_lock").replace("write_unlock", "read_unlock")
    found = explore(head + wrong, readers=readers, writers=writers)
    assert {"alone", "data-race"} <= found.violated


def test_counts_of_one_reader_and_one_writer(explore):
    # As for the semaphore: 4 * 5 places less 2 * 3, and each of 7 steps beside 2 places.
    found = explore(HEAD + ALONE, readers=1, writers=1)
    assert (found.states, found.transitions) == (14, 14)


WRITER = """
@thread
def writer():
    write_lock(lock)
    write_unlock(lock)
"""
AGAIN = "read_lock(lock); read_lock(lock); read_unlock(lock); read_unlock(lock)"


def test_reading_again(explore):
    # kernel/locking/lockdep.c, read_lock_is_recursive: only in_interrupt().
    assert explore(HEAD + thread(AGAIN) + WRITER).violated == {"lock-order"}
    assert explore(PREFERRED + thread(AGAIN) + WRITER).violated == {"lock-order", "deadlock"}
    inner = AGAIN.replace("; read_lock", "; read_lock_bh", 1)
    inner = inner.replace("read_unlock", "read_unlock_bh", 1)
    assert explore(PREFERRED + thread(inner) + WRITER).violated == set()


def test_reading_again_keeps_writers_out(explore):
    text = thread(
        "read_lock(lock); read_lock_bh(lock); read_unlock_bh(lock); seen = n; read_unlock(lock)"
    )
    writer = WRITER.replace("():\n", "():\n    global n\n").replace(
        "    write_unlock", "    n = 1\n    write_unlock"
    )
    assert explore(HEAD + text + writer).violated == set()
    early = text.replace(
        "    seen = n\n    read_unlock(lock)", "    read_unlock(lock)\n    seen = n"
    )
    assert explore(HEAD + early + writer).violated == {"data-race"}


INTERRUPTED = """
@thread
def work():
    read_lock(lock)
    WRITE_ONCE(n, 1)
    read_unlock(lock)

@thread(interrupts=work, context=Context.HARDIRQ)
def handler():
    WRITE_ONCE(n, 2)
    read_lock(lock)
    read_unlock(lock)

@thread
def writer():
    write_lock_irq(lock)
    write_unlock_irq(lock)
"""


@pytest.mark.parametrize("head", [HEAD, PREFERRED], ids=["plain", "preference"])
@pytest.mark.parametrize("context", ["HARDIRQ", "SOFTIRQ"])
def test_a_reader_in_an_interrupt_passes_waiting_writers(explore, head, context):
    text = INTERRUPTED.replace("HARDIRQ", context)
    assert explore(head + text).violated == set()
    writes = text.replace(
        "    read_lock(lock)\n    read_unlock(lock)\n\n@thread\ndef writer",
        ("    write_lock(lock)\n    write_unlock(lock)\n\n@thread\ndef writer"),
    )
    assert explore(head + writes).violated == {"lock-order", "deadlock"}


MISUSES = {
    "read released by a writer": "write_lock(lock); read_unlock(lock)",
    "write released by a reader": "read_lock(lock); write_unlock(lock)",
    "released while free": "read_unlock(lock)",
    "write released while free": "write_unlock(lock)",
    "written twice": "write_lock(lock); write_lock(lock)",
    "read by its writer": "write_lock(lock); read_lock(lock)",
    "written by its reader": "read_lock(lock); write_lock(lock)",
    "released once too often": "read_lock(lock); read_unlock(lock); read_unlock(lock)",
}


@pytest.mark.parametrize("head", [HEAD, PREFERRED], ids=["plain", "preference"])
@pytest.mark.parametrize("text", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen(explore, head, text):
    found = explore(head + thread("WRITE_ONCE(n, 1); " + text)).violated
    assert found - {"lock-order"} == {"lock-misuse"}


@pytest.mark.parametrize("kind", ["read", "write"])
def test_nobody_sleeps_inside(explore, kind):
    inside = f"{kind}_lock(lock); might_sleep(); {kind}_unlock(lock)"
    assert explore(HEAD + thread(inside)).violated == {"sleep-in-atomic"}
    after = f"{kind}_lock(lock); {kind}_unlock(lock); might_sleep()"
    assert explore(HEAD + thread(after)).violated == set()


@pytest.mark.parametrize("head", [HEAD, PREFERRED], ids=["plain", "preference"])
def test_trylocks_tell_the_truth(explore, head):
    found = explore(
        head
        + """
ok = shared(Bool)

@thread
def work():
    global ok
    one = read_trylock(lock)
    no = write_trylock(lock)
    read_unlock(lock)
    two = write_trylock(lock)
    neither = read_trylock(lock)
    write_unlock(lock)
    ok = one and not no and two and not neither

@final
def all_true():
    return ok
"""
    )
    assert found.violated == set()
    assert found.depth == 7


DROP_LAST = """
@struct
class Item:
    lock: rwlock_t
    users: U8

@struct
class Slot:
    item: Ptr[Item]

items = pool(Item, count=1)
slot = shared(Slot)

@initial
def fill():
    item = new(Item, users=2)
    rwlock_init(item.lock)
    slot.item = item

@thread(count=2)
def put():
    item = slot.item
    write_lock(item.lock)
    item.users -= 1
    last = item.users == 0
    write_unlock(item.lock)
    if last:
        kfree(item)
"""


def test_the_unlock_is_the_last_touch(explore):
    assert explore(HEAD + DROP_LAST).violated == set()
    early = DROP_LAST.replace(
        "    write_unlock(item.lock)\n    if last:\n        kfree(item)\n",
        ("    if last:\n        kfree(item)\n    write_unlock(item.lock)\n"),
    )
    assert explore(HEAD + early).violated == {"lock-misuse"}
