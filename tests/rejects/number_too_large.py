"""Numbers fit in 64 bits."""

from modelcheck.lang import READ_ONCE, U32, shared, spec, thread

spec("number-too-large")

n = shared(U32)


@thread
def work():
    x = 99999999999999999999  # E: MC404
    y: U32 = READ_ONCE(n)
    z = y * y * y  # E: MC404
