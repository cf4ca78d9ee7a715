"""`with` is for atomic."""

from modelcheck.kernel import Mutex, mutex_lock
from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("with-lock")

m = shared(Mutex)
n = shared(U8)


@thread
def work():
    with m:  # E: MC123
        READ_ONCE(n)
    with mutex_lock(m):  # E: MC123
        READ_ONCE(n)
