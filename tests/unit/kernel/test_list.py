"""What the linked lists of the kernel library mean."""

from __future__ import annotations

import pytest

HEAD = """
from modelcheck.kernel.list import (
    HlistHead, HlistNode, INIT_HLIST_NODE, INIT_LIST_HEAD, ListHead, hlist_add_head,
    hlist_add_head_rcu, hlist_del, hlist_del_init, hlist_del_rcu, hlist_empty, hlist_first,
    hlist_first_rcu, hlist_next, hlist_next_rcu, hlist_unhashed, list_add, list_add_rcu,
    list_add_tail, list_del, list_del_init, list_del_init_careful, list_del_rcu, list_empty,
    list_empty_careful, list_is_last, list_move, list_move_tail, list_next_rcu, list_replace,
    list_splice_init, list_splice_tail_init,
)
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, container_of, final, finished, initial, invariant, new,
    pool, reachable, shared, spec, struct, thread, wait_until, U16,
)

spec("list-test")

@struct
class Item:
    node: ListHead
    number: U8

head = shared(ListHead)
other = shared(ListHead)
items = shared(Item, count=3)
lock = shared(Spinlock)
order = shared(U16)

@initial
def fill():
    INIT_LIST_HEAD(head)
    INIT_LIST_HEAD(other)
    for i in range(3):
        items[i].number = i + 1

def read_all(list: Ptr[ListHead]):
    global order
    order = 0
    pos = list.next
    while pos is not list:
        item = container_of(pos, Item, "node")
        order = order * 10 + item.number
        assert pos.next.prev is pos, "points_back"
        pos = pos.next
"""

OPERATIONS = {
    "list_add(items[0].node, head)": 1,
    "list_add(items[0].node, head)\n    list_add(items[1].node, head)": 21,
    "list_add(items[0].node, head)\n    list_add_tail(items[1].node, head)": 12,
    "THREE": 123,
    "THREE\n    list_del(items[1].node)": 13,
    "THREE\n    list_del(items[0].node)\n    list_add_tail(items[0].node, head)": 231,
    "THREE\n    list_del_init(items[2].node)\n    list_add(items[2].node, head)": 312,
    "THREE\n    list_move(items[1].node, head)": 213,
    "THREE\n    list_move_tail(items[1].node, head)": 132,
    "THREE\n    list_del(items[2].node)\n    list_replace(items[0].node, items[2].node)": 32,
    "THREE\n    list_splice_init(head, other)": 0,
    "list_add(items[0].node, other)\n    list_add_tail(items[1].node, head)\n"
    "    list_splice_init(other, head)": 12,
    "list_add(items[0].node, other)\n    list_add_tail(items[1].node, head)\n"
    "    list_splice_tail_init(other, head)": 21,
}
THREE = "\n    ".join(f"list_add_tail(items[{i}].node, head)" for i in range(3))


@pytest.mark.parametrize(("text", "expected"), OPERATIONS.items())
def test_what_is_in_the_list_afterwards(explore, text, expected):
    found = explore(
        HEAD
        + f"""
@thread
def work():
    {text.replace("THREE", THREE)}
    read_all(head)

@final
def as_expected():
    return order == {expected}
"""
    )
    assert found.violated == set()


def test_each_access_is_a_step(explore):
    for text, steps in [
        ("INIT_LIST_HEAD(head)", 2),
        ("list_add(items[0].node, head)", 5),
        ("list_add_tail(items[0].node, head)", 5),
        ("list_add_rcu(items[0].node, head)", 5),
        ("list_add(items[0].node, head)\n    list_del(items[0].node)", 11),
        ("list_add(items[0].node, head)\n    list_del_rcu(items[0].node)", 10),
        ("list_empty(head)", 1),
        ("list_empty_careful(head)", 2),
    ]:
        found = explore(HEAD + f"\n@thread\ndef work():\n    {text}\n")
        assert found.violated == set()
        assert found.depth <= steps, text  # fields that nobody ever stores are no access
        if "add" in text:
            assert found.depth == steps, text


MISUSES = {
    "deleted twice": (
        "list_add(items[0].node, head)\n    list_del(items[0].node)\n    STOP",
        "list_del(items[0].node)",
        "list_add(items[0].node, head)",
        {"lock-misuse"},
    ),
    "deleted without being listed": (
        "STOP\n    list_del(items[0].node)",
        "pass",
        "list_add(items[0].node, head)",
        {"lock-misuse"},
    ),
    "added twice": (
        "list_add(items[0].node, head)\n    STOP\n    list_add(items[0].node, head)",
        "pass",
        "list_del(items[0].node)",
        {"lock-misuse"},
    ),
    "a poison is followed": (
        "list_add(items[0].node, head)\n    p = head.next\n    STOP\n    READ_ONCE(p.next.next)",
        "list_del(items[0].node)",
        "list_del_init(items[0].node)",
        {"use-after-free"},
    ),
}


@pytest.mark.parametrize(("text", "bad", "good", "violated"), MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_seen_and_its_near_miss_is_not(explore, text, bad, good, violated):
    thread = f"\n@thread\ndef work():\n    {text}\n"
    assert explore(HEAD + thread.replace("STOP", bad)).violated == violated
    assert explore(HEAD + thread.replace("STOP", good)).violated == set()


def test_unlocked_lists_race(explore):
    text = (
        HEAD
        + """
@thread(count=2)
def add(me):
    spin_lock(lock)
    list_add(items[me].node, head)
    spin_unlock(lock)

@final
def both_are_there():
    return not (head.next.next is head)
"""
    )
    assert explore(text).violated == set()
    unlocked = text.replace("    spin_lock(lock)\n", "").replace("    spin_unlock(lock)\n", "")
    assert explore(unlocked).violated == {"both_are_there", "data-race", "lock-misuse"}


RCU = (
    HEAD
    + """
@thread
def writer():
    ADD(items[0].node, head)
    DEL(items[0].node)

@thread
def reader():
    pos = list_next_rcu(head)
    while pos is not head:
        item = container_of(pos, Item, "node")
        READ_ONCE(item.number)
        pos = list_next_rcu(pos)
"""
)


def test_readers_beside_a_writer_need_the_rcu_forms(explore):
    good = RCU.replace("ADD", "list_add_rcu").replace("DEL", "list_del_rcu")
    assert explore(good).violated == set()
    bad = RCU.replace("ADD", "list_add_rcu").replace("DEL", "list_del")
    # container_of finds no Item at the poison
    assert explore(bad).violated == {"out-of-bounds", "data-race"}


def test_empty_careful_does_not_believe_half_a_deletion(explore):
    text = (
        HEAD
        + """
items_left = pool(Item, count=1)

@struct
class Slot:
    item: Ptr[Item]

slot = shared(Slot)

@initial
def link_one():
    slot.item = new(Item, number=1)
    list_add(slot.item.node, head)

@thread
def remover():
    DEL(slot.item.node)

@thread
def owner():
    item = slot.item
    if EMPTY(item.node):
        kfree(item)
"""
    )
    careful = text.replace("DEL", "list_del_init_careful").replace("EMPTY", "list_empty_careful")
    assert explore(careful).violated == set()
    half = text.replace("DEL", "list_del_init").replace("EMPTY", "list_empty")
    assert "use-after-free" in explore(half).violated


HLIST = (
    HEAD
    + """
@struct
class Entry:
    node: HlistNode
    number: U8

table = shared(HlistHead)
entries = pool(Entry, count=2)

@thread
def work():
    a = new(Entry, number=1)
    b = new(Entry, number=2)
    INIT_HLIST_NODE(a.node)
    INIT_HLIST_NODE(b.node)
    hlist_add_head(a.node, table)
    hlist_add_head(b.node, table)
    STOP
    kfree(a)
    kfree(b)
"""
)


@pytest.mark.parametrize(
    ("stop", "violated"),
    [
        ("hlist_del(a.node)\n    hlist_del(b.node)", set()),
        ("hlist_del(b.node)\n    hlist_del(a.node)", set()),
        ("hlist_del_init(b.node)\n    hlist_del_init(b.node)\n    hlist_del(a.node)", set()),
        # b comes before a: its memory is written when a goes
        ("kfree(b)\n    hlist_del(a.node)\n    b = new(Entry)", {"use-after-free"}),
        ("hlist_del(a.node)\n    hlist_del(a.node)", {"use-after-free"}),
        ("hlist_del(a.node)\n    hlist_del_init(a.node)", {"use-after-free"}),
    ],
)
def test_hlist_del_writes_into_what_comes_before(explore, stop, violated):
    assert explore(HLIST.replace("STOP", stop)).violated == violated


def test_hlist_readers_beside_a_writer(explore):
    text = (
        HEAD
        + """
@struct
class Entry:
    node: HlistNode
    number: U8

table = shared(HlistHead)
entries = shared(Entry, count=2)

@thread
def writer():
    hlist_add_head_rcu(entries[0].node, table)
    hlist_add_head_rcu(entries[1].node, table)
    DEL(entries[0].node)

@thread
def reader():
    pos = hlist_first_rcu(table)
    while pos is not None:
        entry = container_of(pos, Entry, "node")
        READ_ONCE(entry.number)
        pos = hlist_next_rcu(pos)
"""
    )
    assert explore(text.replace("DEL", "hlist_del_rcu")).violated == set()
    assert explore(text.replace("DEL", "hlist_del")).violated == {"out-of-bounds", "data-race"}
