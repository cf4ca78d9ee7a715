"""Freeing memory: `kfree` and `kmem_cache_free` of mm/slub.c (v6.12).

Kept: freeing `None` does nothing; freeing anything but the start of a live object is a fault.
Allocation is the language's `new(T)`, which draws from `pool(T, count=n)` and leaves fields
`uninitialised`, as kmalloc does; whether it may sleep (GFP_KERNEL) the spec says: `might_alloc()`
(gfp.py) before it.

A cache with SLAB_TYPESAFE_BY_RCU is `pool(T, count=n, reuse=True, stable=(T.lock, T.refs))`: a freed
slot may come back at once as another object, its stable fields (those of the constructor) keep
their values and may be used, everything else of it may not.  `kmem_cache_free` ends an object and leaves
its slot usable for ever; `rcu_free_slab` (rcu.py) then gives the page back after a grace period, and
whoever still looks at it has a fault.  Nothing may be allocated from that slot in between.
Left out: `kzalloc`.  A routine does not know the fields of the type it is given, so zeroing is
written where the type is known: `new(T, a=0, b=None)`.  Failing allocations: write
`None if either() else new(T)` where a routine must cope with them.  When pages are given back is not
found out here, the spec says it: a page holds one object, and a slot whose page is gone never comes
back (`new` finds no slot and says `capacity`: give the pool one more).  `kfree_sensitive` does not
show the zeroes.
"""

from modelcheck.lang import free


def kfree(pointer):
    """mm/slub.c, kfree.  One step, none for `None`."""
    if pointer is not None:
        free(pointer)


def kfree_sensitive(pointer):
    """mm/slab_common.c, kfree_sensitive.  One step, none for `None`."""
    kfree(pointer)


def kvfree(pointer):
    """mm/util.c, kvfree.  One step, none for `None`."""
    kfree(pointer)


def kmem_cache_free(pointer):
    """mm/slub.c, kmem_cache_free: there is no `None`.  One step."""
    free(pointer)
