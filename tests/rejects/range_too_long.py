"""Unrolling has a limit."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("range-too-long")

n = shared(U8)


@thread
def work():
    for i in range(100000):  # E: MC406
        READ_ONCE(n)
