"""Freeing memory: `kfree` of mm/slub.c (v6.12).

Kept: `kfree(NULL)` does nothing; freeing anything but the start of a live object is a fault.
Allocation is the language's `new(T)`, which draws from `pool(T, count=n)` and leaves fields
`uninitialised`, as kmalloc does.
Left out: `kzalloc`.  A routine does not know the fields of the type it is given, so zeroing is
written where the type is known: `new(T, a=0, b=None)`.  Failing allocations: write
`None if either() else new(T)` where a routine must cope with them.
"""

from modelcheck.lang import free


def kfree(pointer):
    """mm/slub.c, kfree.  One step, none for `None`."""
    if pointer is not None:
        free(pointer)
