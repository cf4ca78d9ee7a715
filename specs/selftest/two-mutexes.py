"""Two mutexes in two orders.

Kernel: Documentation/locking/lockdep-design.rst, v6.12.
Left out: everything but the mutexes. Try: variant same_order, variant never_at_once (the two orders
never meet, so nothing deadlocks, and lockdep sees them all the same).
"""

from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
from modelcheck.lang import default, finished, flag, shared, spec, thread, variant, wait_until

spec("selftest-two-mutexes")

opposite = flag(True)
one_after_the_other = flag(False)

a = shared(Mutex)
b = shared(Mutex)


@thread
def first():
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)


@thread
def second():
    if one_after_the_other:
        wait_until(finished(first))
    if opposite:
        mutex_lock(b)
        mutex_lock(a)
        mutex_unlock(a)
        mutex_unlock(b)
    else:
        mutex_lock(a)
        mutex_lock(b)
        mutex_unlock(b)
        mutex_unlock(a)


default(violates=("deadlock", "lock-order"))
variant("same_order", opposite=False)
variant("never_at_once", one_after_the_other=True, violates="lock-order")
