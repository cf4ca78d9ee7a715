"""One target at a time."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("assign-chained")

n = shared(U8)


@thread
def work():
    a = b = READ_ONCE(n)  # E: MC152
