"""What a call is to a kernel developer: a lock, a reference, a wake-up, a grace period, a free.

Only names are looked at, those of the kernel's interfaces and of routines called in their manner:
what is called `…_get` takes a reference, whoever wrote it.
"""

from __future__ import annotations

import re

LOCK = re.compile(r"(?:\w+_)?(?:lock|down_read|down_write|lock_irq|lock_irqsave|lock_bh)")
UNLOCK = re.compile(r"(?:\w+_)?(?:unlock|up_read|up_write|unlock_irq|unlock_irqrestore|unlock_bh)")
FREE = frozenset({"free", "kfree", "kfree_sensitive", "kvfree", "kmem_cache_free", "discard"})
DEFERRED = frozenset({"kfree_rcu", "call_rcu"})
ORDERED_LOADS = frozenset(
    {"READ_ONCE", "smp_load_acquire", "rcu_dereference", "rcu_dereference_raw"}
    | {"rcu_dereference_check", "rcu_access_pointer"}
)
ORDERED_STORES = frozenset({"WRITE_ONCE", "smp_store_release", "rcu_assign_pointer"})

# A word of a name, between underscores → the mutator that drops such a call.
_GRACE = frozenset({"synchronize", "barrier"})
_WAKE = frozenset({"wake", "complete", "notify"})
_WAIT = frozenset({"wait", "schedule", "flush", "sync", "drain", "until"})
_GET = frozenset({"get", "tryget", "fget", "fdget", "inc", "hold", "pin", "grab"})
_PUT = frozenset({"put", "fput", "dec", "unpin"})


def name_drop(name: str) -> str:
    """The mutator that drops a call of this name as a step."""
    words = set(name.strip("_").lower().split("_"))
    if UNLOCK.fullmatch(name.strip("_")):
        return "drop-unlock"
    if name in FREE or name in DEFERRED:
        return "drop-free"
    for mutator, known in (
        ("drop-grace", _GRACE),
        ("drop-wait", _WAIT),
        ("drop-wake", _WAKE),
        ("drop-get", _GET),
        ("drop-put", _PUT),
    ):
        if words & known:
            return mutator
    return "drop-step"
