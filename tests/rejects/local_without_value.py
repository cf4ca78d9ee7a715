"""A local needs a value on every way."""

from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, shared, spec, thread

spec("local-without-value")

n = shared(U8)


@thread
def work():
    if READ_ONCE(n) == 0:
        x = 1
    WRITE_ONCE(n, x)  # E: MC248
