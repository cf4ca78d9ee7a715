"""A property does not wait."""

from modelcheck.lang import READ_ONCE, U8, invariant, shared, spec, thread, wait_until

spec("property-waits")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@invariant
def fine():
    wait_until(n == 0)  # E: MC303
    return True
