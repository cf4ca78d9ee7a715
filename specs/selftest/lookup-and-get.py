"""A lookup under RCU takes its reference only where one is left.

Kernel: include/linux/refcount.h, refcount_inc_not_zero; Documentation/RCU/rcuref.rst (v6.12).
Left out: a table of several.  Try: refcount_inc, which revives what dies (inc); and a free without
a grace period (no_grace_period).
"""

from modelcheck.kernel.rcu import (
    RcuHead,
    kfree_rcu,
    rcu_assign_pointer,
    rcu_dereference,
    rcu_read_lock,
    rcu_read_unlock,
)
from modelcheck.kernel.refcount import (
    refcount_dec_and_test,
    refcount_inc,
    refcount_inc_not_zero,
    refcount_t,
)
from modelcheck.kernel.slab import kfree
from modelcheck.lang import (
    Ptr,
    U8,
    flag,
    initial,
    new,
    param,
    pool,
    reachable,
    shared,
    ghost,
    spec,
    struct,
    thread,
    variant,
)

spec("selftest-lookup-and-get")

not_zero = flag(True)
grace_period = flag(True)
lookups = param(1, min=1, max=3)


@struct
class Item:
    refs: refcount_t
    value: U8
    rcu: RcuHead


@struct
class Slot:
    item: Ptr[Item]
    found: U8 = ghost(0)
    missed: U8 = ghost(0)


items = pool(Item, count=1)
slot = shared(Slot)


@initial
def fill():
    item = new(Item, value=1)
    item.refs.refs = 1
    slot.item = item


def put(item: Ptr[Item]):
    if refcount_dec_and_test(item.refs):
        rcu_assign_pointer(slot.item, None)
        if grace_period:
            kfree_rcu(item, item.rcu)
        else:
            kfree(item)


@thread(count=lookups)
def lookup():
    rcu_read_lock()
    item = rcu_dereference(slot.item)
    got = False
    if item is not None:
        if not_zero:
            got = refcount_inc_not_zero(item.refs)
        else:
            refcount_inc(item.refs)
            got = True
    rcu_read_unlock()
    if got:
        slot.found += 1
        value = item.value
        assert value == 1, "whole"
        put(item)
    else:
        slot.missed += 1


@thread
def owner():
    put(slot.item)


@reachable
def found_and_last():
    return slot.found == 1 and slot.item is None


@reachable
def missed():
    return slot.missed == 1


variant("inc", not_zero=False, violates="refcount")
variant("no_grace_period", grace_period=False, violates="use-after-free(Item)")
