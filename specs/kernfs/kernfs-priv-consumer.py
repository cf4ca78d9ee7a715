"""A subsystem keeps an open kernfs file and uses `of->priv` later, while the file may be removed.

Kernel: fs/kernfs/file.c, kernfs_get_active_of, kernfs_release_file, kernfs_fop_release;
fs/kernfs/dir.c, kernfs_drain. v6.12; the consumer is what a perf event on a kernfs file would do.
->open() takes a reference on the data, ->release() drops it: at close, or already when the file
is removed.

Left out: `deactivate_waitq` (kernfs-active-drain), the walk over all open files
(kernfs-release-once), showing the node again (kernfs-hide-show-poll).
Try: variants no_active (no active reference at all), use_after_put (the data is used when the
reference is given back), cached_pointer (the pointer was copied at open, without a reference),
and own_ref, which does it right in another way: take a reference on the data while the active one
is held.

Redundant for every property here: the look at `of->released` in kernfs_get_active_of, because a
removed node is never active again (kernfs-hide-show-poll is about nodes that are); and what is
done with `kn->dep_map`, because no consumer takes a lock that is held around a drain.
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec_return,
    atomic_inc_unless_negative,
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
from modelcheck.kernel.refcount import (
    refcount_dec_and_test,
    refcount_inc,
    refcount_set,
    refcount_t,
)
from modelcheck.kernel.slab import kfree
from modelcheck.lang import (
    Bool,
    Enum,
    Ptr,
    U8,
    either,
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
    wait_until,
)

spec("kernfs-priv-consumer")

KN_DEACTIVATED_BIAS = -16


class Use(Enum):
    UNDER_ACTIVE = 0
    WITHOUT_ACTIVE = 1
    AFTER_PUT = 2
    WITH_OWN_REF = 3
    OF_CACHED = 4


uses = param(2, min=1, max=3)
use = flag(Use.UNDER_ACTIVE)


@struct
class Buffer:
    """The subsystem's data behind the file."""

    refs: refcount_t
    value: U8


@struct(marked=True)
class KernfsNode:
    active: atomic_t
    dep_map: LockdepMap


@struct
class KernfsOpenFile:
    released: Bool
    priv: Ptr[Buffer]


@struct
class Consumer:
    cached: Ptr[Buffer]


kn = shared(KernfsNode)
of = shared(KernfsOpenFile)
consumer = shared(Consumer)
buffers = pool(Buffer, count=1)
open_file_mutex = shared(Mutex)
used: Bool = ghost(False)
removal_returned: Bool = ghost(False)


@initial
def open_file():
    """`refs`: one for the driver, one for the open file."""
    buffer = new(Buffer, value=1)
    refcount_set(buffer.refs, 2)
    of.priv = buffer
    consumer.cached = buffer


def buffer_put(buffer: Ptr[Buffer]):
    if refcount_dec_and_test(buffer.refs):
        kfree(buffer)


def kernfs_get_active_of(of: Ptr[KernfsOpenFile]) -> Bool:
    if not atomic_inc_unless_negative(kn.active):
        return False
    lock_map_acquire_try(kn.dep_map)
    if of.released:
        kernfs_put_active_of(of)
        return False
    return True


def kernfs_put_active_of(of: Ptr[KernfsOpenFile]):
    lock_map_release(kn.dep_map)
    atomic_dec_return(kn.active)


def read_buffer(buffer: Ptr[Buffer]):
    global used
    used = True
    return buffer.value


def consume(of: Ptr[KernfsOpenFile]):
    if use == Use.OF_CACHED:
        read_buffer(consumer.cached)
        return
    if use == Use.WITHOUT_ACTIVE:
        read_buffer(of.priv)
        return
    if not kernfs_get_active_of(of):
        return  # -ENODEV
    buffer = of.priv
    if use == Use.WITH_OWN_REF:
        refcount_inc(buffer.refs)
    if use == Use.UNDER_ACTIVE:
        read_buffer(buffer)
    kernfs_put_active_of(of)
    if use != Use.UNDER_ACTIVE:
        read_buffer(buffer)
    if use == Use.WITH_OWN_REF:
        buffer_put(buffer)


def kernfs_release_file(of: Ptr[KernfsOpenFile]):
    lockdep_assert_held(open_file_mutex)
    if not of.released:
        buffer_put(of.priv)  # ->release()
        of.released = True


@thread
def holder_of_file():
    for _ in range(uses):
        consume(of)
    mutex_lock(open_file_mutex)  # close: kernfs_fop_release
    kernfs_release_file(of)
    mutex_unlock(open_file_mutex)


def kernfs_drain(kn: Ptr[KernfsNode]):
    lock_map_acquire(kn.dep_map)
    wait_until(kn.active.counter == KN_DEACTIVATED_BIAS)
    lock_map_release(kn.dep_map)
    mutex_lock(open_file_mutex)
    kernfs_release_file(of)
    mutex_unlock(open_file_mutex)


@thread
def driver():
    global removal_returned
    buffer = of.priv
    if either():  # else the driver loses interest in the file, and leaves it
        atomic_add(KN_DEACTIVATED_BIAS, kn.active)  # kernfs_remove
        kernfs_drain(kn)
        removal_returned = True
    buffer_put(buffer)


@invariant
def released_by_removal():
    """R3: when the removal returns, ->release() has been called."""
    return not removal_returned or of.released


@final
def file_is_released():
    """R1, R2: ->release() has been called; twice would be `refcount`."""
    return of.released


@final
def buffer_is_freed():
    """LEAK: `of->priv` leads to it still, so the built-in property would not say so."""
    return sum(1 for _ in objects(Buffer)) == 0


@reachable
def data_is_used():
    return used


variant("no_active", use=Use.WITHOUT_ACTIVE, violates="use-after-free(Buffer)")
variant("use_after_put", use=Use.AFTER_PUT, violates="use-after-free(Buffer)")
variant("own_ref", use=Use.WITH_OWN_REF)
variant("cached_pointer", use=Use.OF_CACHED, violates="use-after-free(Buffer)")
