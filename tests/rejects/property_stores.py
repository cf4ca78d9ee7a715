"""A property looks."""

from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, invariant, shared, spec, thread

spec("property-stores")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@invariant
def fine():
    WRITE_ONCE(n, 1)  # E: MC303
    return True
