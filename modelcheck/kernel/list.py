"""Linked lists: include/linux/list.h, include/linux/rculist.h, lib/list_debug.c (v6.12).

Kept: every load and store of a `next`, `prev` or `pprev` is a step, plain or marked as in the kernel;
so two that are not kept apart by a lock are a `data-race`, and an iteration beside a change sees the
list between two stores.  `list_del` poisons; `list_del_rcu` leaves `next` for readers; `hlist_del`
writes through `pprev` into whatever comes before: a node, or the head.
Checked: following a poison is `use-after-free(LIST_POISON1)` (the poisons are objects that are
freed at the start), and `container_of` on one is `out-of-bounds`; `lock-misuse` for what CONFIG_DEBUG_LIST calls corruption: deleting twice, adding
beside itself, neighbours that do not point to each other.
Differs: a `pprev` points to an `HlistSlot`, the place of a `next` or a `first`.  Loops are written in
the spec: `pos = head.next`, `while pos is not head:`, `pos = pos.next`; for hlists
`pos = hlist_first(head)`, `while pos is not None:`, `pos = hlist_next(pos)`; `_rcu` beside writers.
Left out: adding a node twice with others in between, which CONFIG_DEBUG_LIST does not see either;
`list_cut_*`, `list_swap`, `list_sort`, `hlist_nulls`.
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    READ_ONCE,
    WRITE_ONCE,
    free,
    initial,
    observer,
    rcu_dereference,
    shared,
    smp_load_acquire,
    smp_store_release,
    struct,
)


@struct
class ListHead:
    """`struct list_head`."""

    next: Ptr["ListHead"]
    prev: Ptr["ListHead"]


@struct
class HlistSlot:
    """The place of a pointer to a node: what `pprev` points to."""

    node: Ptr["HlistNode"]


@struct
class HlistNode:
    """`struct hlist_node`."""

    next: HlistSlot
    pprev: Ptr[HlistSlot]


@struct
class HlistHead:
    """`struct hlist_head`."""

    first: HlistSlot


LIST_POISON1 = shared(ListHead)
LIST_POISON2 = shared(ListHead)
HLIST_POISON1 = shared(HlistNode)
HLIST_POISON2 = shared(HlistSlot)


@initial
def poison():
    """include/linux/poison.h: addresses that nobody may follow."""
    free(LIST_POISON1)
    free(LIST_POISON2)
    free(HLIST_POISON1)
    free(HLIST_POISON2)


# ---------------------------------------------------------------------------------------------
# list_head


def INIT_LIST_HEAD(list: Ptr[ListHead]):
    """include/linux/list.h, INIT_LIST_HEAD.  Two steps."""
    WRITE_ONCE(list.next, list)
    WRITE_ONCE(list.prev, list)


def link(new: Ptr[ListHead], prev: Ptr[ListHead], next: Ptr[ListHead]):
    """include/linux/list.h, __list_add.  Four steps."""
    list_add_valid(new, prev, next)
    next.prev = new
    new.next = next
    new.prev = prev
    WRITE_ONCE(prev.next, new)


def list_add(new: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/list.h, list_add: to the front.  Five steps."""
    link(new, head, head.next)


def list_add_tail(new: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/list.h, list_add_tail: to the end.  Five steps."""
    link(new, head.prev, head)


def unlink(prev: Ptr[ListHead], next: Ptr[ListHead]):
    """include/linux/list.h, __list_del.  Two steps."""
    next.prev = prev
    WRITE_ONCE(prev.next, next)


def list_del_entry(entry: Ptr[ListHead]):
    """include/linux/list.h, __list_del_entry.  Four steps."""
    list_del_valid(entry)
    prev = entry.prev
    unlink(prev, entry.next)


def list_del(entry: Ptr[ListHead]):
    """include/linux/list.h, list_del.  Six steps."""
    list_del_entry(entry)
    entry.next = LIST_POISON1
    entry.prev = LIST_POISON2


def list_del_init(entry: Ptr[ListHead]):
    """include/linux/list.h, list_del_init.  Six steps."""
    list_del_entry(entry)
    INIT_LIST_HEAD(entry)


def list_del_init_careful(entry: Ptr[ListHead]):
    """include/linux/list.h, list_del_init_careful: for list_empty_careful.  Six steps."""
    list_del_entry(entry)
    WRITE_ONCE(entry.prev, entry)
    smp_store_release(entry.next, entry)


def list_replace(old: Ptr[ListHead], new: Ptr[ListHead]):
    """include/linux/list.h, list_replace.  Eight steps."""
    new.next = old.next
    next = new.next
    next.prev = new
    new.prev = old.prev
    prev = new.prev
    prev.next = new


def list_move(list: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/list.h, list_move.  Nine steps."""
    list_del_entry(list)
    list_add(list, head)


def list_move_tail(list: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/list.h, list_move_tail.  Nine steps."""
    list_del_entry(list)
    list_add_tail(list, head)


def list_empty(head: Ptr[ListHead]) -> Bool:
    """include/linux/list.h, list_empty.  One step."""
    return READ_ONCE(head.next) is head


def list_empty_careful(head: Ptr[ListHead]) -> Bool:
    """include/linux/list.h, list_empty_careful: nobody is between its two stores.  Two steps."""
    if smp_load_acquire(head.next) is not head:
        return False
    return READ_ONCE(head.prev) is head


def list_is_last(list: Ptr[ListHead], head: Ptr[ListHead]) -> Bool:
    """include/linux/list.h, list_is_last.  One step."""
    return list.next is head


def splice(list: Ptr[ListHead], prev: Ptr[ListHead], next: Ptr[ListHead]):
    """include/linux/list.h, __list_splice.  Six steps."""
    first = list.next
    last = list.prev
    first.prev = prev
    prev.next = first
    last.next = next
    next.prev = last


def list_splice(list: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/list.h, list_splice: `list` itself is stale then.  One step or eight."""
    if not list_empty(list):
        splice(list, head, head.next)


def list_splice_init(list: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/list.h, list_splice_init.  One step or ten."""
    if not list_empty(list):
        splice(list, head, head.next)
        INIT_LIST_HEAD(list)


def list_splice_tail_init(list: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/list.h, list_splice_tail_init.  One step or ten."""
    if not list_empty(list):
        splice(list, head.prev, head)
        INIT_LIST_HEAD(list)


# ---------------------------------------------------------------------------------------------
# list_head with RCU readers


def link_rcu(new: Ptr[ListHead], prev: Ptr[ListHead], next: Ptr[ListHead]):
    """include/linux/rculist.h, __list_add_rcu: published when it is complete.  Four steps."""
    list_add_valid(new, prev, next)
    new.next = next
    new.prev = prev
    smp_store_release(prev.next, new)
    next.prev = new


def list_add_rcu(new: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/rculist.h, list_add_rcu.  Five steps."""
    link_rcu(new, head, head.next)


def list_add_tail_rcu(new: Ptr[ListHead], head: Ptr[ListHead]):
    """include/linux/rculist.h, list_add_tail_rcu.  Five steps."""
    link_rcu(new, head.prev, head)


def list_del_rcu(entry: Ptr[ListHead]):
    """include/linux/rculist.h, list_del_rcu: `next` stays for readers.  Five steps."""
    list_del_entry(entry)
    entry.prev = LIST_POISON2


def list_next_rcu(list: Ptr[ListHead]) -> Ptr[ListHead]:
    """include/linux/rculist.h, list_for_each_entry_rcu: the load of `next`.  One step."""
    return rcu_dereference(list.next)


# ---------------------------------------------------------------------------------------------
# hlist


def INIT_HLIST_HEAD(head: Ptr[HlistHead]):
    """include/linux/list.h, INIT_HLIST_HEAD.  One step."""
    head.first.node = None


def INIT_HLIST_NODE(h: Ptr[HlistNode]):
    """include/linux/list.h, INIT_HLIST_NODE.  Two steps."""
    h.next.node = None
    h.pprev = None


def hlist_unhashed(h: Ptr[HlistNode]) -> Bool:
    """include/linux/list.h, hlist_unhashed.  One step."""
    return h.pprev is None


def hlist_unhashed_lockless(h: Ptr[HlistNode]) -> Bool:
    """include/linux/list.h, hlist_unhashed_lockless.  One step."""
    return READ_ONCE(h.pprev) is None


def hlist_empty(h: Ptr[HlistHead]) -> Bool:
    """include/linux/list.h, hlist_empty.  One step."""
    return READ_ONCE(h.first.node) is None


def hlist_first(h: Ptr[HlistHead]) -> Ptr[HlistNode]:
    """include/linux/list.h, hlist_for_each: the load of `first`.  One step."""
    return h.first.node


def hlist_next(n: Ptr[HlistNode]) -> Ptr[HlistNode]:
    """include/linux/list.h, hlist_for_each: the load of `next`.  One step."""
    return n.next.node


def hlist_add_head(n: Ptr[HlistNode], h: Ptr[HlistHead]):
    """include/linux/list.h, hlist_add_head.  Four steps or five."""
    first = h.first.node
    WRITE_ONCE(n.next.node, first)
    if first is not None:
        WRITE_ONCE(first.pprev, n.next)
    WRITE_ONCE(h.first.node, n)
    WRITE_ONCE(n.pprev, h.first)


def hlist_unlink(n: Ptr[HlistNode]):
    """include/linux/list.h, __hlist_del: writes into what comes before.  Three steps or four."""
    next = n.next.node
    pprev = n.pprev
    WRITE_ONCE(pprev.node, next)
    if next is not None:
        WRITE_ONCE(next.pprev, pprev)


def hlist_del(n: Ptr[HlistNode]):
    """include/linux/list.h, hlist_del.  Five steps or six."""
    hlist_unlink(n)
    n.next.node = HLIST_POISON1
    n.pprev = HLIST_POISON2


def hlist_del_init(n: Ptr[HlistNode]):
    """include/linux/list.h, hlist_del_init.  One step, six or seven."""
    if not hlist_unhashed(n):
        hlist_unlink(n)
        INIT_HLIST_NODE(n)


def hlist_add_head_rcu(n: Ptr[HlistNode], h: Ptr[HlistHead]):
    """include/linux/rculist.h, hlist_add_head_rcu.  Four steps or five."""
    first = h.first.node
    n.next.node = first
    WRITE_ONCE(n.pprev, h.first)
    smp_store_release(h.first.node, n)
    if first is not None:
        WRITE_ONCE(first.pprev, n.next)


def hlist_del_rcu(n: Ptr[HlistNode]):
    """include/linux/rculist.h, hlist_del_rcu: `next` stays for readers.  Four steps or five."""
    hlist_unlink(n)
    WRITE_ONCE(n.pprev, HLIST_POISON2)


def hlist_del_init_rcu(n: Ptr[HlistNode]):
    """include/linux/rculist.h, hlist_del_init_rcu.  One step, five or six."""
    if not hlist_unhashed(n):
        hlist_unlink(n)
        WRITE_ONCE(n.pprev, None)


def hlist_first_rcu(h: Ptr[HlistHead]) -> Ptr[HlistNode]:
    """include/linux/rculist.h, hlist_for_each_entry_rcu: the load of `first`.  One step."""
    return rcu_dereference(h.first.node)


def hlist_next_rcu(n: Ptr[HlistNode]) -> Ptr[HlistNode]:
    """include/linux/rculist.h, hlist_for_each_entry_rcu: the load of `next`.  One step."""
    return rcu_dereference(n.next.node)


# ---------------------------------------------------------------------------------------------
# Checks


@observer
def list_add_valid(new: Ptr[ListHead], prev: Ptr[ListHead], next: Ptr[ListHead]):
    """lib/list_debug.c, __list_add_valid_or_report."""
    assert next.prev is prev, "lock-misuse: list_add corruption: next.prev is not prev"
    assert prev.next is next, "lock-misuse: list_add corruption: prev.next is not next"
    assert new is not prev and new is not next, "lock-misuse: list_add of what is listed"


@observer
def list_del_valid(entry: Ptr[ListHead]):
    """lib/list_debug.c, __list_del_entry_valid_or_report."""
    next = entry.next
    prev = entry.prev
    assert next is not None and prev is not None, "lock-misuse: list_del of what was never listed"
    assert next is not LIST_POISON1 and prev is not LIST_POISON2, "lock-misuse: list_del twice"
    assert prev.next is entry, "lock-misuse: list_del corruption: prev.next is not entry"
    assert next.prev is entry, "lock-misuse: list_del corruption: next.prev is not entry"
