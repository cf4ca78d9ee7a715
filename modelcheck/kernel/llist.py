"""The list without locks: include/linux/llist.h, lib/llist.c (v6.12).

Kept: adding stores the new node's `next` and then publishes the node by a cmpxchg that is tried
again; it tells whether the list was empty.  `llist_del_all` is one xchg; `llist_del_first` reads
the first node, follows it, and then does a cmpxchg.
Checked: `lock-misuse` for two `llist_del_first` at once, or one beside `llist_del_all`: the first node
may have left and come back with another `next` (ABA).
Left out: `llist_del_first_this`.  `llist_for_each_entry_safe` is a loop of the spec: read `node.next`
before the node is given away.
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    READ_ONCE,
    Set,
    ThreadId,
    current,
    ghost,
    observer,
    smp_load_acquire,
    struct,
)

from .atomic import try_cmpxchg, try_cmpxchg_acquire, xchg


@struct
class LlistNode:
    """`struct llist_node`."""

    next: Ptr["LlistNode"]


@struct(marked=True)
class LlistHead:
    """`struct llist_head`."""

    first: Ptr[LlistNode]
    deleting: Set[ThreadId] = ghost()  # who is inside llist_del_first


def init_llist_head(head: Ptr[LlistHead]):
    """include/linux/llist.h, init_llist_head.  One step."""
    head.first = None


def llist_empty(head: Ptr[LlistHead]) -> Bool:
    """include/linux/llist.h, llist_empty.  One step."""
    return head.first is None


def llist_add_batch(
    new_first: Ptr[LlistNode], new_last: Ptr[LlistNode], head: Ptr[LlistHead]
) -> Bool:
    """include/linux/llist.h, llist_add_batch: `True` where it was empty.  Three steps or more."""
    first = READ_ONCE(head.first)
    while True:
        new_last.next = first
        done, first = try_cmpxchg(head.first, first, new_first)
        if done:
            return first is None


def llist_add(new: Ptr[LlistNode], head: Ptr[LlistHead]) -> Bool:
    """include/linux/llist.h, llist_add: `True` where it was empty.  Three steps or more."""
    return llist_add_batch(new, new, head)


def llist_del_all(head: Ptr[LlistHead]) -> Ptr[LlistNode]:
    """include/linux/llist.h, llist_del_all: the whole list, newest first.  One step."""
    first = xchg(head.first, None)
    alone(head)
    return first


def llist_del_first(head: Ptr[LlistHead]) -> Ptr[LlistNode]:
    """lib/llist.c, llist_del_first: the newest node, `None` without one.  One step to three."""
    entry = smp_load_acquire(head.first)
    while True:
        if entry is None:
            first_taken(head)
            return None
        first_read(head)
        next = READ_ONCE(entry.next)
        taken = entry
        done, entry = try_cmpxchg_acquire(head.first, taken, next)
        if done:
            first_taken(head)
            return taken


def llist_next(node: Ptr[LlistNode]) -> Ptr[LlistNode]:
    """include/linux/llist.h, llist_next.  One step."""
    return node.next


def llist_reverse_order(node: Ptr[LlistNode]) -> Ptr[LlistNode]:
    """lib/llist.c, llist_reverse_order: a list that was taken off, oldest first.  Two steps each."""
    head: Ptr[LlistNode] = None
    while node is not None:
        next = node.next
        node.next = head
        head = node
        node = next
    return head


# ---------------------------------------------------------------------------------------------
# Checks


@observer
def alone(head: Ptr[LlistHead]):
    """include/linux/llist.h: which operations need a lock beside which."""
    assert len(head.deleting) == 0, "lock-misuse: a second consumer beside llist_del_first"


@observer
def first_read(head: Ptr[LlistHead]):
    """From here on the first node must not leave."""
    head.deleting.discard(current())  # it may come here again
    alone(head)
    head.deleting.add(current())


@observer
def first_taken(head: Ptr[LlistHead]):
    """It is over."""
    head.deleting.discard(current())
