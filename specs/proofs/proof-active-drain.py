"""No operation of a kernfs node runs once the node is drained, however many come.

Model of fs/kernfs/dir.c (v6.12): `kernfs_get_active()` is `atomic_inc_unless_negative(&kn->active)`,
`kernfs_put_active()` an `atomic_dec_return()`, and `kernfs_drain()` adds KN_DEACTIVATED_BIAS and waits
until nothing else is left. `modelcheck prove proof-active-drain --threads any` proves for as many
operations as there can be what kernfs-active-drain checks for a few.

Left out: the lockdep map, the wait queue (the waiter looks for itself), removal and freeing.
Worth breaking: `blind_get` counts up without looking at the sign; `no_wait` drains at once.
"""

from modelcheck.lang import (
    Bool,
    READ_ONCE,
    WRITE_ONCE,
    atomic,
    between,
    flag,
    param,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
    Int,
)

spec("proof-active-drain")

operations = param(2, min=1, max=4)
get_looks = flag(True)
drain_waits = flag(True)

BIAS = 1000000000  # -KN_DEACTIVATED_BIAS is INT_MAX; any number that no count comes near will do


@struct(marked=True)
class Node:
    active: Int = between(-1100000000, 1100000000)
    drained: Bool


node = shared(Node)


def kernfs_get_active():
    got = False
    with atomic(because="atomic_inc_unless_negative is one cmpxchg that succeeds"):
        if node.active >= 0 or not get_looks:
            node.active += 1
            got = True
    return got


@thread(count=operations)
def operation():
    if kernfs_get_active():
        assert not READ_ONCE(node.drained), "nothing_runs_once_drained"
        with atomic(because="atomic_dec_return is one instruction"):
            node.active -= 1


@thread
def drain():
    with atomic(because="atomic_add is one instruction"):
        node.active -= BIAS
    if drain_waits:
        wait_until(node.active == -BIAS)
    WRITE_ONCE(node.drained, True)


variant("blind_get", get_looks=False, violates="nothing_runs_once_drained")
variant("no_wait", drain_waits=False, violates="nothing_runs_once_drained")
