"""A lookup in a type-stable cache looks again once it has its reference.

Kernel: fs/file.c, __get_file_rcu (v6.12): files are SLAB_TYPESAFE_BY_RCU, so the slot may be another
file by the time the reference is taken; the pointer is loaded once more, and compared.
Left out: a page with several slots.  Try: no_recheck; inc, which does not ask whether a reference is
left; no_section, where the page of the slot is given back under the reader's feet.
"""

from modelcheck.kernel.rcu import (
    rcu_assign_pointer,
    rcu_dereference_raw,
    rcu_free_slab,
    rcu_read_lock,
    rcu_read_unlock,
)
from modelcheck.kernel.refcount import (
    refcount_dec_and_test,
    refcount_inc,
    refcount_inc_not_zero,
    refcount_set,
    refcount_t,
)
from modelcheck.kernel.slab import kmem_cache_free
from modelcheck.lang import (
    Ptr,
    READ_ONCE,
    U8,
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

spec("selftest-type-stable-lookup")

recheck = flag(True)
not_zero = flag(True)
section = flag(True)
reopens = flag(True)
page_given_back = flag(False)
lookups = param(1, min=1, max=2)


@struct
class File:
    refs: refcount_t
    name: U8


@struct
class Table:
    first: Ptr[File]
    second: Ptr[File]


files = pool(File, count=2, reuse=True, stable=(File.refs,))
table = shared(Table)


@initial
def boot():
    file = new(File, name=1)
    file.refs.refs = 1
    table.first = file


def fput(file: Ptr[File]):
    if refcount_dec_and_test(file.refs):
        kmem_cache_free(file)
        if page_given_back:
            rcu_free_slab(file)


@thread(count=lookups)
def get_first():
    if section:
        rcu_read_lock()
    file = rcu_dereference_raw(table.first)
    if file is not None:
        if not not_zero:
            refcount_inc(file.refs)
        elif not refcount_inc_not_zero(file.refs):
            file = None
    if section:
        rcu_read_unlock()
    if file is not None:
        if recheck:
            again = rcu_dereference_raw(table.first)
            mine = again == file
        else:
            mine = True
        if mine:
            name = READ_ONCE(file.name)
            assert name == 1, "the_file_that_was_asked_for"
        fput(file)


@thread
def close_and_open():
    old = READ_ONCE(table.first)
    rcu_assign_pointer(table.first, None)
    fput(old)
    if reopens:
        file = new(File, name=2)
        refcount_set(file.refs, 1)
        rcu_assign_pointer(table.second, file)


variant("no_recheck", recheck=False, violates="the_file_that_was_asked_for")
variant("inc", not_zero=False, violates="refcount")
variant("page_given_back", page_given_back=True, reopens=False)
variant(
    "no_section",
    section=False,
    page_given_back=True,
    reopens=False,
    violates="use-after-free(File)",
)
