"""A file is polled while its node is hidden and shown again: CVE-2025-39881, and its fix.

Kernel: fs/kernfs/dir.c, kernfs_show, kernfs_activate_one, kernfs_drain; fs/kernfs/file.c,
kernfs_get_active_of, kernfs_fop_poll, kernfs_release_file; kernel/cgroup/cgroup.c,
cgroup_pressure_write, cgroup_file_release, cgroup_pressure_poll. v6.12 with the fix 3c9ba2777d6c
(v6.17, 6.12.48) in three forms: `released_test` says whether and when `of->released` is looked
at.

Hiding a node drains it, and the drain calls ->release() of every open file, which frees
`of->priv`. Since showing makes the node active again, an active reference alone says nothing
about `of->priv`.

Left out: `deactivate_waitq` (kernfs-active-drain has it: here a drain just waits), `kernfs_rwsem`
(the writers of cgroup.pressure are kept apart by cgroup_mutex already), the counters of files to
be released (kernfs-mmap-drain), the wait queue that poll adds itself to, and close.
Try: variant buggy is the code before the fix; upstream_order is the fix as merged;
priv_nulled_upstream_order is the same with 94a4acfec146, which clears `of->priv`.

The default takes the active reference first and looks at `of->released` then. That is not what
was merged: upstream looks first, without any lock. **upstream_order is a hypothesis**: the
checker finds a use after free in the model (the reader is overtaken by a whole hide and show
between its two steps), nobody has confirmed it upstream. See docs/findings.md. Where
`of->released` is looked at first, its plain load also races with the plain store in
kernfs_release_file: `data-race`, also if the node is never shown again.

Redundant for every property here: what is done with `kn->dep_map`, because no poll takes a lock
that is held around a drain (kernfs-self-removal has one that does). And that poll looks at
`of->priv` at all: it is what the rest protects.
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec_return,
    atomic_inc_unless_negative,
    atomic_read,
    atomic_sub,
    atomic_t,
)
from modelcheck.kernel.lockdep import (
    LockdepMap,
    lock_map_acquire,
    lock_map_acquire_try,
    lock_map_release,
    lockdep_assert_held,
)
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.kernel.slab import kfree
from modelcheck.lang import (
    Bool,
    Enum,
    Ptr,
    U8,
    final,
    flag,
    ghost,
    initial,
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
    wait_until,
)

spec("kernfs-hide-show-poll")

KN_DEACTIVATED_BIAS = -16


class Test(Enum):
    NEVER = 0
    BEFORE_ACTIVE = 1
    AFTER_ACTIVE = 2


pollers = param(1, min=1, max=6)
polls = param(2, min=1, max=3)
togglers = param(2, min=1, max=4)
released_test = flag(Test.AFTER_ACTIVE)
null_priv = flag(False)
shows_again = flag(True)


@struct(marked=True)
class KernfsNode:
    active: atomic_t
    dep_map: LockdepMap


@struct
class CgroupFileCtx:
    """`struct cgroup_file_ctx`, allocated by cgroup_file_open."""

    trigger: U8


@struct
class KernfsOpenFile:
    released: Bool
    priv: Ptr[CgroupFileCtx]
    releases: U8 = ghost(0)


kn = shared(KernfsNode)
of = shared(KernfsOpenFile)
contexts = pool(CgroupFileCtx, count=1)
open_file_mutex = shared(Mutex)
cgroup_mutex = shared(Mutex)
refused: Bool = ghost(False)
polled: Bool = ghost(False)


@initial
def cgroup_file_open():
    of.priv = new(CgroupFileCtx, trigger=1)


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    if not atomic_inc_unless_negative(kn.active):
        return False
    lock_map_acquire_try(kn.dep_map)
    return True


def kernfs_put_active(kn: Ptr[KernfsNode]):
    lock_map_release(kn.dep_map)
    atomic_dec_return(kn.active)


def kernfs_get_active_of(of: Ptr[KernfsOpenFile]) -> Bool:
    if released_test == Test.BEFORE_ACTIVE and of.released:
        return False
    if not kernfs_get_active(kn):
        return False
    if released_test == Test.AFTER_ACTIVE and of.released:
        kernfs_put_active(kn)
        return False
    return True


def cgroup_pressure_poll(of: Ptr[KernfsOpenFile]):
    ctx = of.priv
    return ctx.trigger  # psi_trigger_poll(&ctx->psi.trigger, …)


@thread(count=pollers)
def kernfs_fop_poll():
    global refused, polled
    for _ in range(polls):
        if not kernfs_get_active_of(of):
            refused = True  # EPOLLERR | EPOLLPRI
        else:
            cgroup_pressure_poll(of)
            polled = True
            kernfs_put_active(kn)


def cgroup_file_release(of: Ptr[KernfsOpenFile]):
    of.releases += 1
    ctx = of.priv
    kfree(ctx)
    if null_priv:
        of.priv = None


def kernfs_release_file(of: Ptr[KernfsOpenFile]):
    lockdep_assert_held(open_file_mutex)
    if not of.released:
        cgroup_file_release(of)
        of.released = True


def kernfs_drain(kn: Ptr[KernfsNode]):
    lock_map_acquire(kn.dep_map)
    wait_until(kn.active.counter == KN_DEACTIVATED_BIAS)
    lock_map_release(kn.dep_map)
    mutex_lock(open_file_mutex)
    kernfs_release_file(of)
    mutex_unlock(open_file_mutex)


def kernfs_show(kn: Ptr[KernfsNode], show: Bool):
    if show:
        if atomic_read(kn.active) < 0:
            atomic_sub(KN_DEACTIVATED_BIAS, kn.active)
    else:
        if atomic_read(kn.active) >= 0:
            atomic_add(KN_DEACTIVATED_BIAS, kn.active)
        kernfs_drain(kn)


@thread(count=togglers)
def cgroup_pressure_write():
    mutex_lock(cgroup_mutex)  # echo 0 > cgroup.pressure
    kernfs_show(kn, False)
    mutex_unlock(cgroup_mutex)
    if shows_again:
        mutex_lock(cgroup_mutex)  # echo 1 > cgroup.pressure
        kernfs_show(kn, True)
        mutex_unlock(cgroup_mutex)


@final
def released_once():
    """R1, R2: ->release() has been called exactly once, also by two drains."""
    return of.releases == 1 and of.released


@final
def context_is_freed():
    """LEAK: `of->priv` leads to it still, so the built-in property would not say so."""
    return sum(1 for _ in objects(CgroupFileCtx)) == 0


@final
def no_active_reference_left():
    """Every reference that was taken is given back."""
    return kn.active.counter == (0 if shows_again else KN_DEACTIVATED_BIAS)


@reachable
def a_poll_succeeds():
    return polled


@reachable
def a_poll_is_refused():
    return refused


variant("active_then_released")
variant(
    "buggy",
    released_test=Test.NEVER,
    violates="use-after-free(CgroupFileCtx)",
)
variant(
    "upstream_order",
    released_test=Test.BEFORE_ACTIVE,
    violates=("data-race", "use-after-free(CgroupFileCtx)"),
)
variant(
    "priv_nulled_upstream_order",
    released_test=Test.BEFORE_ACTIVE,
    null_priv=True,
    violates=("data-race", "null-dereference"),
)
variant("no_show", shows_again=False)
variant("no_show_buggy", shows_again=False, released_test=Test.NEVER)
variant(
    "no_show_upstream_order",
    shows_again=False,
    released_test=Test.BEFORE_ACTIVE,
    violates="data-race",
)
variant(
    "no_show_priv_nulled_upstream_order",
    shows_again=False,
    released_test=Test.BEFORE_ACTIVE,
    null_priv=True,
    violates="data-race",
)
