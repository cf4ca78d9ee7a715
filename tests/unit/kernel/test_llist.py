"""What the list without locks of the kernel library means."""

from __future__ import annotations

HEAD = """
from modelcheck.kernel.llist import (
    LlistHead, LlistNode, llist_add, llist_del_all, llist_del_first, llist_empty,
    llist_reverse_order,
)
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Bool, Ptr, U8, atomic, final, finished, ghost, invariant, reachable, shared, spec, struct,
    thread, wait_until,
)

spec("llist-test")

nodes = shared(LlistNode, count=3)
head = shared(LlistHead)
"""


def test_adding_is_three_steps_and_the_first_one_is_told(explore):
    text = (
        (
            HEAD
            + """
firsts = shared(U8)

@thread(count=ADDERS)
def add(me):
    if llist_add(nodes[me], head):
        with atomic(because="the test counts"):
            READ
            firsts += 1

@final
def one_first():
    return firsts == 1

@final
def all_there():
    return head.first is not None
"""
        )
        .replace("            READ\n", "")
        .replace("def add(me):\n", "def add(me):\n    global firsts\n")
    )
    found = explore(text.replace("ADDERS", "1"))
    assert found.violated == set()
    assert found.depth == 4  # three, and the counter
    assert explore(text.replace("ADDERS", "3")).violated == set()


def test_nothing_is_lost_beside_del_all(explore):
    text = (
        HEAD
        + """
taken = shared(U8)

def count(node: Ptr[LlistNode]):
    global taken
    pos = node
    while pos is not None:
        taken += 1
        pos = pos.next

@thread(count=2)
def add(me):
    llist_add(nodes[me], head)

@thread
def take():
    count(llist_del_all(head))
    wait_until(finished(add[0]) and finished(add[1]))
    count(llist_reverse_order(llist_del_all(head)))

@final
def both_taken():
    return taken == 2 and llist_empty(head)
"""
    ).replace("llist_empty(head)", "head.first is None")
    assert explore(text).violated == set()


def test_one_consumer_of_del_first(explore):
    text = (
        HEAD
        + """
lock = shared(Spinlock)
taken = shared(U8)

@thread
def add():
    llist_add(nodes[0], head)
    llist_add(nodes[1], head)

@thread(count=2)
def take():
    spin_lock(lock)
    CALL(head)
    spin_unlock(lock)
"""
    )
    first = text.replace("CALL", "llist_del_first")
    assert explore(first).violated == set()
    unlocked = first.replace("    spin_lock(lock)\n", "").replace("    spin_unlock(lock)\n", "")
    assert explore(unlocked).violated == {"lock-misuse"}
    both = text.replace("CALL", "llist_del_all")
    both = both.replace("    spin_lock(lock)\n", "").replace("    spin_unlock(lock)\n", "")
    assert explore(both).violated == set()


def test_it_is_last_in_first_out(explore):
    text = (
        HEAD
        + """
@thread
def work():
    llist_add(nodes[0], head)
    llist_add(nodes[1], head)
    llist_add(nodes[2], head)
    newest = llist_del_first(head)
    assert newest is nodes[2], "newest_first"
    rest = llist_reverse_order(llist_del_all(head))
    assert rest is nodes[0], "oldest_first"
    assert rest.next is nodes[1], "then_the_next"
    assert llist_empty(head), "empty"
"""
    ).replace('    assert llist_empty(head), "empty"\n', "")
    assert explore(text).violated == set()
