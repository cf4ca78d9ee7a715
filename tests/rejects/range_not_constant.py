"""Loops over ranges are unrolled."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("range-not-constant")

n = shared(U8)


@thread
def work():
    x = READ_ONCE(n)
    for i in range(x):  # E: MC285
        READ_ONCE(n)
