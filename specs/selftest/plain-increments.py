"""Two threads add one to a plain counter, and to an atomic one.

Kernel: `counter++` against atomic_inc, Documentation/atomic_t.txt, v6.12.
Left out: everything but the counter. Try: variant atomic.
"""

from modelcheck.kernel.atomic import atomic_inc, atomic_t
from modelcheck.lang import U8, default, final, flag, shared, spec, struct, thread, variant

spec("selftest-plain-increments")

use_atomic = flag(False)


@struct
class Counter:
    plain: U8
    atomic: atomic_t


counter = shared(Counter)


@thread(count=2)
def increment():
    if use_atomic:
        atomic_inc(counter.atomic)
    else:
        counter.plain += 1


@final
def none_lost():
    return counter.plain + counter.atomic.counter == 2


default(violates=("data-race", "none_lost"))
variant("atomic", use_atomic=True)
