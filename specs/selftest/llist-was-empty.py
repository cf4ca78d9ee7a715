"""Who adds to an empty llist starts the worker: the return value of llist_add decides, not a look.

Kernel: include/linux/llist.h, llist_add_batch; fs/file_table.c, fput and delayed_fput, v6.12:
`if (llist_add(&file->f_llist, &delayed_fput_list)) schedule_delayed_work(...)`.
Try: variant look_before, where a separate llist_empty decides: two adders may both find it empty,
which is harmless, but one may find it non-empty just before the worker takes everything, and then
nobody comes for its node: a leak.  Variant look_before_one_adder is still wrong, against the worker.
"""

from modelcheck.kernel.llist import LlistHead, LlistNode, llist_add, llist_del_all, llist_empty
from modelcheck.kernel.slab import kfree
from modelcheck.kernel.workqueue import WorkStruct, queue_work, system_wq
from modelcheck.lang import (
    Ptr,
    container_of,
    final,
    flag,
    initial,
    new,
    param,
    pool,
    shared,
    spec,
    struct,
    thread,
    variant,
)

spec("llist-was-empty")

adders = param(2, min=1, max=3)
adds = param(1, min=1, max=2)
look_before = flag(False)


@struct
class File:
    f_llist: LlistNode


files = pool(File, count=adders * adds)
delayed_fput_list = shared(LlistHead)
delayed_fput_work = shared(WorkStruct)


@initial
def fill():
    delayed_fput_work.func = delayed_fput


def delayed_fput(work: Ptr[WorkStruct]):
    node = llist_del_all(delayed_fput_list)
    while node is not None:
        file = container_of(node, File, "f_llist")
        node = node.next
        kfree(file)


def fput(file: Ptr[File]):
    if look_before:
        was_empty = llist_empty(delayed_fput_list)
        llist_add(file.f_llist, delayed_fput_list)
    else:
        was_empty = llist_add(file.f_llist, delayed_fput_list)
    if was_empty:
        queue_work(system_wq, delayed_fput_work)


@thread(count=adders)
def close():
    for i in range(adds):
        fput(new(File))


@final
def list_is_empty():
    return delayed_fput_list.first is None


variant("look_before", look_before=True, violates="list_is_empty")
variant("one_adder", adders=1, adds=2)
variant("look_before_one_adder", look_before=True, adders=1, adds=2, violates="list_is_empty")
