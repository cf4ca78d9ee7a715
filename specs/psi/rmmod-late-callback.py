"""After kernfs_remove nothing of the owner is called or read: so the owner may be a module.

Kernel: fs/kernfs/file.c, kernfs_fop_open, kernfs_fop_release, kernfs_release_file,
kernfs_drain_open_files, kernfs_seq_show; fs/kernfs/dir.c, kernfs_remove, kernfs_drain;
kernel/module/main.c, delete_module. v6.12. The mail thread "kernfs: add kernfs_ops.free operation to
free resources tied to the file" of June 2023 is about exactly this.

A file may stay open for ever after its node was removed. kernfs promises that ->release() has been
called by then, and that closing the file later touches kernfs memory only. So whether there is a
->release() stands in the flag KERNFS_HAS_RELEASE of the node, and not in the owner's table.

Left out: `deactivate_waitq` and `kernfs_rwsem` (kernfs-active-drain), the memory of the open files and
the list they are on (kernfs-release-once), `of->mutex` (each file is read by one thread), the
counter `nr_to_release` (the drain always takes the mutex), errors of ->open().
Try: variant late_free_callback has the ->free() of the thread, called by the last fput; late_free_module_ref
takes a reference on the module for each open file, which is safe, but then who keeps a file open
keeps the module: rmmod gives up (`rmmod_succeeds`); builtin is late_free_callback in the kernel itself,
"safe because we know the ops is always built into the kernel"; flag_read_through_ops asks the table
instead of the flag.

Redundant for every property here: what ->release() and ->free() do with `of->priv` (it makes them
last a while, so that the module could go in their middle), and one of the two `module_text` in each;
that fput asks whether it is the last (here it always is); the mutex around `of->listed` in open and
close, because one bit for each file stands for the list (kernfs-release-once-full has it).
"""

from modelcheck.kernel.atomic import (
    atomic_add,
    atomic_dec_and_test,
    atomic_dec_return,
    atomic_inc_unless_negative,
    atomic_t,
)
from modelcheck.kernel.lockdep import lockdep_assert_held
from modelcheck.kernel.module import (
    Module,
    delete_module,
    module_put,
    module_text,
    try_module_get,
)
from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import (
    Bool,
    Enum,
    Fn,
    Ptr,
    U8,
    either,
    final,
    flag,
    ghost,
    initial,
    param,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("rmmod-late-callback")

KN_DEACTIVATED_BIAS = -16


class Test(Enum):
    """How kernfs_fop_release learns whether there is a ->release()."""

    FLAG = 0
    OPS_TABLE = 1


users = param(2, min=1, max=6)
test = flag(Test.FLAG)
late_free = flag(False)
module_ref = flag(False)
builtin = flag(False)


@struct(marked=True)
class KernfsOps:
    """`struct kernfs_ops`: lies in the data of the module."""

    open: Fn
    seq_show: Fn
    release: Fn
    free: Fn


@struct(marked=True)
class KernfsNode:
    active: atomic_t
    has_release: Bool  # KERNFS_HAS_RELEASE
    ops: Ptr[KernfsOps]


@struct(marked=True)
class KernfsOpenFile:
    file_count: atomic_t  # of->file->f_count
    listed: Bool
    released: Bool
    priv: U8
    releases: U8 = ghost(0)
    frees: U8 = ghost(0)
    opened: Bool = ghost(False)
    closed: Bool = ghost(False)


module = shared(Module, refcnt=1)
demo_ops = shared(KernfsOps)
kn = shared(KernfsNode, has_release=True)
files = shared(KernfsOpenFile, count=users)
open_file_mutex = shared(Mutex)
removed: Bool = ghost(False)
read_before: Bool = ghost(False)
kept_open: Bool = ghost(False)


@initial
def register():
    demo_ops.open = demo_open
    demo_ops.seq_show = demo_show
    demo_ops.release = demo_release
    demo_ops.free = demo_free
    kn.ops = demo_ops
    for of in files:
        of.file_count.counter = 1


# ---------------------------------------------------------------------------------------------
# The module


def demo_open(of: Ptr[KernfsOpenFile]):
    module_text(module)
    of.priv = 1
    module_text(module)


def demo_show(of: Ptr[KernfsOpenFile]):
    global read_before
    module_text(module)
    value = of.priv
    read_before = True
    assert value == 1, "shown_while_open"
    module_text(module)


def demo_release(of: Ptr[KernfsOpenFile]):
    module_text(module)
    of.releases += 1
    of.priv = 0
    module_text(module)


def demo_free(of: Ptr[KernfsOpenFile]):
    module_text(module)
    of.frees += 1
    of.priv = 0
    module_text(module)


def demo_exit():
    global removed
    module_text(module)
    kernfs_remove(kn)
    removed = True
    module_text(module)


# ---------------------------------------------------------------------------------------------
# fs/kernfs


def kernfs_get_active(kn: Ptr[KernfsNode]) -> Bool:
    return atomic_inc_unless_negative(kn.active)


def kernfs_put_active(kn: Ptr[KernfsNode]):
    atomic_dec_return(kn.active)


def kernfs_fop_open(of: Ptr[KernfsOpenFile]) -> Bool:
    if not kernfs_get_active(kn):
        return False
    if module_ref and not try_module_get(module):
        kernfs_put_active(kn)
        return False
    mutex_lock(open_file_mutex)  # kernfs_get_open_node
    of.listed = True
    mutex_unlock(open_file_mutex)
    kn.ops.open(of)
    of.opened = True
    kernfs_put_active(kn)
    return True


def kernfs_seq_show(of: Ptr[KernfsOpenFile]):
    if kernfs_get_active(kn):
        kn.ops.seq_show(of)
        kernfs_put_active(kn)


def kernfs_release_file(kn: Ptr[KernfsNode], of: Ptr[KernfsOpenFile]):
    lockdep_assert_held(open_file_mutex)
    if not of.released:
        kn.ops.release(of)
        of.released = True


def kernfs_drain_open_files(kn: Ptr[KernfsNode]):
    mutex_lock(open_file_mutex)
    for of in files:
        if of.listed:
            assert not of.closed, "drain_sees_open_files_only"
            if kn.has_release:
                kernfs_release_file(kn, of)
    mutex_unlock(open_file_mutex)


def kernfs_remove(kn: Ptr[KernfsNode]):
    atomic_add(KN_DEACTIVATED_BIAS, kn.active)
    wait_until(kn.active.counter == KN_DEACTIVATED_BIAS)  # kernfs_drain
    kernfs_drain_open_files(kn)


def fput(of: Ptr[KernfsOpenFile]):
    """fs/file_table.c, fput: the last one."""
    if atomic_dec_and_test(of.file_count):
        kernfs_fop_release(of)


def kernfs_fop_release(of: Ptr[KernfsOpenFile]):
    if test == Test.FLAG:
        has_release = kn.has_release
    else:
        module_text(module)  # the table is data of the module, which goes with its text
        has_release = kn.ops.release is not None
    if has_release:
        mutex_lock(open_file_mutex)
        kernfs_release_file(kn, of)
        mutex_unlock(open_file_mutex)
    mutex_lock(open_file_mutex)  # kernfs_unlink_open_file
    of.listed = False
    mutex_unlock(open_file_mutex)
    of.closed = True  # kfree(of) follows
    if late_free:
        kn.ops.free(of)
    if module_ref:
        module_put(module)


# ---------------------------------------------------------------------------------------------
# What user space does


@thread(count=users)
def user(me):
    """Open the file, read it, and close it or keep it for ever."""
    global kept_open
    of = files[me]
    if kernfs_fop_open(of):
        kernfs_seq_show(of)
        if either():
            fput(of)
            assert of.releases == 1, "released_when_closed"
        else:
            kept_open = True


@thread
def rmmod():
    if builtin:
        demo_exit()  # the file goes, the code stays
    else:
        delete_module(module, demo_exit)


@final
def released_once():
    """R1, R2: ->release() was called exactly once for what was closed, or open when the node went."""
    return all(of.releases == (1 if of.opened and (of.closed or removed) else 0) for of in files)


@final
def freed_once():
    """LEAK: the ->free() of the thread was called once for each file that was closed."""
    return all(of.frees == (1 if late_free and of.closed else 0) for of in files)


@final
def rmmod_succeeds():
    """LIVE(RMMOD): whoever keeps a file open, the module goes."""
    return removed and (builtin or module.text_gone)


@reachable
def read_and_kept_open():
    return read_before and kept_open


variant("sever_contract")
variant("late_free_callback", late_free=True, violates="text-use-after-unload")
variant(
    "late_free_module_ref",
    late_free=True,
    module_ref=True,
    violates="rmmod_succeeds",
)
variant("builtin", late_free=True, builtin=True)
variant("flag_read_through_ops", test=Test.OPS_TABLE, violates="text-use-after-unload")
