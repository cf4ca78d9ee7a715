"""A condition is a Bool."""

from modelcheck.lang import READ_ONCE, U8, invariant, shared, spec, thread

spec("property-returns-a-number")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@invariant
def fine():
    return n  # E: MC257
