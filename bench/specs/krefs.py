"""Threads take references to one object under a lock; a remover waits for them and frees it.

Peers: the same guarded steps as bench/models/krefs.pml and krefs.m, so the counts are the same
everywhere: 2,964 states and 7,769 transitions with three threads.
Kernel: the shape of kernfs_get_active and kernfs_drain, fs/kernfs/dir.c, v6.12.
Left out: everything that is not counted.  The lock is a word, not the library's mutex, for its
unlock has two steps; what a thread does alone is a store to a word of its own.
Try: variant test_before_lock: the object is dying before the lock is taken, and nobody looks again.
"""

from modelcheck.lang import (
    U8,
    Bool,
    allow,
    atomic,
    current,
    flag,
    free,
    param,
    per_thread,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("krefs")

threads = param(3, min=1, max=10)
test_before_lock = flag(False)


@struct(marked=True)
class Node:
    lock: Bool
    dying: Bool
    refs: U8


@struct(marked=True)
class Content:
    word: U8


@struct(marked=True)
class Own:
    fd: Bool


node = shared(Node)
content = shared(Content)
own = per_thread(Own)


def lock():
    with atomic(because="a lock waits and takes at once"):
        wait_until(not node.lock)
        node.lock = True


@thread(count=threads)
def use():
    own[current()].fd = True  # open
    if test_before_lock:
        gone = node.dying
        lock()
        if not gone:
            with atomic(because="refcount_inc is one instruction"):
                node.refs += 1
    else:
        lock()
        with atomic(because="test and get are one, as in the model of the peers"):
            gone = node.dying
            if not gone:
                node.refs += 1
    node.lock = False
    if not gone:
        _ = content.word  # use
        own[current()].fd = True  # work
        lock()
        with atomic(because="refcount_dec is one instruction"):
            node.refs -= 1
        node.lock = False
    own[current()].fd = False  # close


@thread
def remove():
    lock()
    node.dying = True
    node.lock = False
    wait_until(node.refs == 0)
    free(content)


@reachable
def all_hold_a_reference():
    return node.refs == threads


# The peers judge deadlocks and what the model asserts, nothing about the graph as a whole.
allow("stuck", because="no peer looks for it")

variant("test_before_lock", test_before_lock=True, violates="use-after-free(Content)")
