"""Sleepable RCU: `struct srcu_struct` of include/linux/srcu.h, kernel/rcu/srcutree.c (v6.12).

Kept: each domain has its own readers, which may sleep; `synchronize_srcu` waits for exactly those
readers of its domain that are open when it begins.
Checked: `rcu-misuse` for an unlock without a lock or with another's index, a thread that ends in a
reader, waiting for a domain in a reader of it, and a domain freed with readers.
Left out: `call_srcu`, sections that overlap without nesting, `srcu_down_read`.
"""

from modelcheck.lang import (
    Bool,
    Ptr,
    Ref,
    Set,
    ThreadId,
    atomic,
    current,
    local,
    objects,
    observer,
    on_free,
    rcu_dereference as dependent_load,
    struct,
    wait_until,
)

from .task import Task, might_sleep


@struct(marked=True)
class SrcuStruct:
    """`struct srcu_struct`."""

    readers: Set[ThreadId]


@struct(marked=True)
class SrcuSnapshot:
    """The readers that a `synchronize_srcu` still waits for."""

    domain: Ptr[SrcuStruct]
    waits_for: Set[ThreadId]


def init_srcu_struct(ssp: Ptr[SrcuStruct]):
    """kernel/rcu/srcutree.c, init_srcu_struct.  One step."""
    ssp.readers.clear()


def srcu_read_lock(ssp: Ptr[SrcuStruct]) -> Bool:
    """include/linux/srcu.h, srcu_read_lock: gives the index for the unlock.  One step."""
    with atomic(because="one increment of this CPU's count"):
        if current() in ssp.readers:
            return False
        ssp.readers.add(current())
        return True


def srcu_read_unlock(ssp: Ptr[SrcuStruct], idx: Bool):
    """include/linux/srcu.h, srcu_read_unlock.  One step."""
    with atomic(because="one increment of this CPU's count"):
        assert current() in ssp.readers, "rcu-misuse: unlock without a lock"
        if idx:
            ssp.readers.discard(current())
            for snapshot in objects(SrcuSnapshot):
                if snapshot.domain == ssp:
                    snapshot.waits_for.discard(current())


def synchronize_srcu(ssp: Ptr[SrcuStruct]):
    """kernel/rcu/srcutree.c, synchronize_srcu: sleep until who reads now has ended.  Two steps."""
    outside_of_domain(ssp)
    might_sleep()
    snapshot = local(SrcuSnapshot)
    with atomic(because="the grace period begins"):
        snapshot.domain = ssp
        snapshot.waits_for = ssp.readers
    wait_until(len(snapshot.waits_for) == 0)


def srcu_dereference(place: Ref, ssp: Ptr[SrcuStruct]):
    """include/linux/srcu.h, srcu_dereference: fetch a pointer in a reader.  One step."""
    pointer = dependent_load(place)
    in_domain(ssp)
    return pointer


@observer
def outside_of_domain(ssp: Ptr[SrcuStruct]):
    assert current() not in ssp.readers, "rcu-misuse: a grace period is awaited in a reader"


@observer
def in_domain(ssp: Ptr[SrcuStruct]):
    assert current() in ssp.readers, "rcu-misuse: a pointer is fetched outside of a reader"


@on_free(SrcuStruct)
def domain_freed(ssp: Ptr[SrcuStruct]):
    """kernel/rcu/srcutree.c, cleanup_srcu_struct."""
    assert len(ssp.readers) == 0, "rcu-misuse: a domain is freed with readers"


@on_free(Task)
def ends_in_no_domain(task: Ptr[Task]):
    """kernel/locking/lockdep.c, debug_check_no_locks_held."""
    for ssp in objects(SrcuStruct):
        assert current() not in ssp.readers, "rcu-misuse: the thread ends in a reader"
