"""What is published by RCU is freed after a grace period, and read in a section.

Kernel: Documentation/RCU/whatisRCU.rst, the updater and the reader of section 3 (v6.12).
Left out: several updaters, which would need a lock among them.  Try: each way to free it, and a
reader without a section (no_section: told at the fetch; no_section_unchecked: seen by its effect).
"""

from modelcheck.kernel.rcu import (
    RcuHead,
    call_rcu,
    kfree_rcu,
    rcu_assign_pointer,
    rcu_dereference,
    rcu_dereference_raw,
    rcu_read_lock,
    rcu_read_unlock,
    synchronize_rcu,
)
from modelcheck.kernel.slab import kfree
from modelcheck.lang import (
    Enum,
    Ptr,
    READ_ONCE,
    U8,
    container_of,
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

spec("selftest-publish-and-free")


class Way(Enum):
    KFREE_RCU = 0
    CALL_RCU = 1
    SYNCHRONIZE = 2
    KFREE = 3
    TOO_EARLY = 4


way = flag(Way.KFREE_RCU)
section = flag(True)
checked = flag(True)
readers = param(1, min=1, max=3)


@struct
class Config:
    value: U8
    rcu: RcuHead


@struct
class Slot:
    config: Ptr[Config]


configs = pool(Config, count=2)
slot = shared(Slot)


@initial
def boot():
    slot.config = new(Config, value=1)


def free_config(head: Ptr[RcuHead]):
    kfree(container_of(head, Config, "rcu"))


@thread(count=readers)
def reader():
    if section:
        rcu_read_lock()
    if checked:
        config = rcu_dereference(slot.config)
    else:
        config = rcu_dereference_raw(slot.config)
    value = config.value
    assert value == 1 or value == 2, "whole"
    if section:
        rcu_read_unlock()


@thread
def updater():
    config = new(Config)
    config.value = 2
    old = READ_ONCE(slot.config)
    if way == Way.TOO_EARLY:
        synchronize_rcu()
    rcu_assign_pointer(slot.config, config)
    if way == Way.KFREE_RCU:
        kfree_rcu(old, old.rcu)
    elif way == Way.CALL_RCU:
        call_rcu(old.rcu, free_config)
    else:
        if way == Way.SYNCHRONIZE:
            synchronize_rcu()
        kfree(old)


variant("call_rcu", way=Way.CALL_RCU)
variant("synchronize_rcu", way=Way.SYNCHRONIZE)
variant("kfree", way=Way.KFREE, violates="use-after-free(Config)")
variant("grace_period_before_the_removal", way=Way.TOO_EARLY, violates="use-after-free(Config)")
variant("no_section", section=False, violates="rcu-misuse")
variant("no_section_unchecked", section=False, checked=False, violates="use-after-free(Config)")
