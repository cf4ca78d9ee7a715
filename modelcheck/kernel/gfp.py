"""Allocations that may sleep: include/linux/sched/mm.h, include/linux/gfp.h (v6.12).

Kept: that GFP_KERNEL may sleep.  `new` does not know its flags, so a routine says `might_alloc()`
before it, and nothing where it is GFP_ATOMIC.
Checked: `sleep-in-atomic` (task.py).
Left out: allocations that fail (`None if either() else new(T)`), and reclaim.
"""

from .task import might_sleep


def might_alloc():
    """include/linux/sched/mm.h, might_alloc of GFP_KERNEL.  No step."""
    might_sleep()
