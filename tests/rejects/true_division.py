"""Division is //."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("true-division")

n = shared(U8)


@thread
def work():
    x: U8 = READ_ONCE(n)
    y = x / 2  # E: MC148
    x /= 2  # E: MC148
