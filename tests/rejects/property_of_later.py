"""Liveness comes later."""

from modelcheck.lang import READ_ONCE, U8, eventually, shared, spec, thread

spec("property-of-later")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@eventually  # E: MC304
def done():
    return n == 0
