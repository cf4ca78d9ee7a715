"""Nodes are found by number without a lock, while the last references to them are dropped.

Kernel: fs/kernfs/dir.c, kernfs_find_and_get_node_by_id, kernfs_get, kernfs_put, kernfs_free_rcu,
kernfs_destroy_root; fs/kernfs/inode.c, kernfs_evict_inode. v6.12.

A root node has one child. The child holds a reference on its parent; each node has one from its
creation, the child one from its inode, and the root node one from the task that looks up (its
mount), which is what keeps the root alive for the lookup.

Left out: the radix tree inside the idr and the numbers' generations (an array stands for it), the
drain and the unlinking of a removed node (kernfs-active-drain), attributes and names.
Try: variants plain_inc (the lookup counts without looking for 0), free_now (no grace period
before the node is freed), parent_put_skipped (a child keeps its parent for ever),
root_freed_first (the child drops its parent before it leaves the idr, which goes with the root),
parent_put_before_idr_remove (the same, but nobody destroys the root) and no_active_test.

`count` is an atomic_t, so no check of the library watches it. plain_inc:
* `no_increment_from_zero` is REF; the node that comes back to life is put a second time, and so
  `rcu-misuse` (its head is queued twice) or, when it is freed already, `use-after-free`, of the
  node, and of the root whose idr it leaves once more.

no_active_test is memory-safe; only a node that has been removed is found still.

Redundant for every property here: kernfs_idr_lock, as the slots of an array are apart; it
protects the inside of the idr. And that who has found a node reads it: this is what the reference
is for.
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec_and_test,
    atomic_inc,
    atomic_inc_not_zero,
    atomic_read,
    atomic_t,
)
from modelcheck.kernel.rcu import RcuHead, call_rcu, kfree_rcu, rcu_read_lock, rcu_read_unlock
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.spinlock import Spinlock, spin_lock, spin_unlock
from modelcheck.lang import (
    Array,
    Bool,
    Ptr,
    READ_ONCE,
    U8,
    array,
    container_of,
    final,
    flag,
    ghost,
    initial,
    invariant,
    new,
    objects,
    param,
    pool,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("kernfs-node-lifetime")

KN_DEACTIVATED_BIAS = -16
ROOT = 0
CHILD = 1

finders = param(1, min=1, max=6)
inc_not_zero = flag(True)
free_after_grace_period = flag(True)
put_parent = flag(True)
parent_last = flag(True)
destroys_root = flag(True)
test_active = flag(True)


@struct(marked=True)
class KernfsNode:
    count: atomic_t
    active: atomic_t
    parent: Ptr["KernfsNode"]
    root: Ptr["KernfsRoot"]
    ino: U8
    rcu: RcuHead


@struct(marked=True)
class KernfsRoot:
    kn: Ptr[KernfsNode]
    ino_idr: Array[Ptr[KernfsNode]] = array(2)
    rcu: RcuHead


@struct(marked=True)
class Known:
    """What each task has from the start."""

    root: Ptr[KernfsRoot]
    child: Ptr[KernfsNode]


@struct
class Lookup:
    was_removed: Bool = ghost(False)


known = shared(Known)
lookups = shared(Lookup, count=finders)
kernfs_nodes = pool(KernfsNode, count=2)
kernfs_roots = pool(KernfsRoot, count=1)
kernfs_idr_lock = shared(Spinlock)
removed: Bool = ghost(False)
found: Bool = ghost(False)
from_zero: Bool = ghost(False)


@initial
def kernfs_create_root():
    root = new(KernfsRoot)
    parent = new(KernfsNode, parent=None, root=root, ino=ROOT)
    parent.count.counter = 2 + finders
    parent.active.counter = 0
    child = new(KernfsNode, parent=parent, root=root, ino=CHILD)
    child.count.counter = 2
    child.active.counter = 0
    root.kn = parent
    root.ino_idr[ROOT] = parent
    root.ino_idr[CHILD] = child
    known.root = root
    known.child = child


def kernfs_get(kn: Ptr[KernfsNode]):
    global from_zero
    if atomic_read(kn.count) == 0:
        from_zero = True  # WARN_ON(!atomic_read(&kn->count))
    atomic_inc(kn.count)


def kernfs_free_rcu(head: Ptr[RcuHead]):
    kfree(container_of(head, KernfsNode, "rcu"))


def idr_remove(root: Ptr[KernfsRoot], ino: U8):
    root.ino_idr[ino] = None


def kernfs_put(node: Ptr[KernfsNode]):
    if not atomic_dec_and_test(node.count):
        return
    kn = node
    root = kn.root
    while True:
        parent = kn.parent
        last = False
        # WARN_ONCE(atomic_read(&kn->active) != KN_DEACTIVATED_BIAS)
        assert kn.active.counter == KN_DEACTIVATED_BIAS, "released_inactive"
        if not parent_last and parent is not None:
            last = atomic_dec_and_test(parent.count)
            if last:
                put_root_node(parent)
        spin_lock(kernfs_idr_lock)
        idr_remove(root, kn.ino)
        spin_unlock(kernfs_idr_lock)
        if free_after_grace_period:
            call_rcu(kn.rcu, kernfs_free_rcu)
        else:
            kfree(kn)
        if parent is None:
            kfree_rcu(root, root.rcu)  # idr_destroy(&root->ino_idr) before it
            return
        if not put_parent or not parent_last:
            return
        if not atomic_dec_and_test(parent.count):
            return
        kn = parent


def put_root_node(kn: Ptr[KernfsNode]):
    """The second round of kernfs_put."""
    root = kn.root
    spin_lock(kernfs_idr_lock)
    idr_remove(root, kn.ino)
    spin_unlock(kernfs_idr_lock)
    call_rcu(kn.rcu, kernfs_free_rcu)
    kfree_rcu(root, root.rcu)


def kernfs_find_and_get_node_by_id(
    root: Ptr[KernfsRoot], ino: U8, lookup: Ptr[Lookup]
) -> Ptr[KernfsNode]:
    rcu_read_lock()
    lookup.was_removed = removed
    kn = READ_ONCE(root.ino_idr[ino])
    if kn is None:
        rcu_read_unlock()
        return None
    if test_active and atomic_read(kn.active) < 0:
        rcu_read_unlock()
        return None
    if not inc_not_zero:
        kernfs_get(kn)
    elif not atomic_inc_not_zero(kn.count):
        rcu_read_unlock()
        return None
    rcu_read_unlock()
    return kn


@thread(count=finders)
def finder(me):
    global found
    root = known.root
    mount = root.kn
    kn = kernfs_find_and_get_node_by_id(root, CHILD, lookups[me])
    if kn is not None:
        found = True
        assert not lookups[me].was_removed, "removed_node_is_not_found"
        READ_ONCE(kn.ino)
        kernfs_put(kn)
    kernfs_put(mount)


@thread
def kernfs_evict_inode():
    kernfs_put(known.child)


@thread
def kernfs_remove():
    """kernfs_destroy_root, or only the removal of the child."""
    global removed
    child = known.child
    parent = known.root.kn
    atomic_add(KN_DEACTIVATED_BIAS, child.active)
    removed = True
    if destroys_root:
        atomic_add(KN_DEACTIVATED_BIAS, parent.active)
    kernfs_put(child)
    if destroys_root:
        kernfs_put(parent)


@invariant
def no_increment_from_zero():
    """REF: nobody counts up from 0."""
    return not from_zero


@final
def every_node_is_freed():
    """LEAK: nobody holds a node of what was removed."""
    return sum(1 for _ in objects(KernfsNode)) == (0 if destroys_root else 1)


@final
def root_is_freed():
    """LEAK: the root goes with its last node."""
    return sum(1 for _ in objects(KernfsRoot)) == (0 if destroys_root else 1)


@reachable
def child_is_found():
    return found


variant(
    "plain_inc",
    inc_not_zero=False,
    violates=(
        "no_increment_from_zero",
        "rcu-misuse",
        "use-after-free(KernfsNode)",
        "use-after-free(KernfsRoot)",
    ),
)
variant("free_now", free_after_grace_period=False, violates="use-after-free(KernfsNode)")
variant("parent_put_skipped", put_parent=False, violates=("every_node_is_freed", "root_is_freed"))
variant("parent_put_before_idr_remove", parent_last=False, destroys_root=False)
variant("root_freed_first", parent_last=False, violates="use-after-free(KernfsRoot)")
variant("no_active_test", test_active=False, violates="removed_node_is_not_found")
