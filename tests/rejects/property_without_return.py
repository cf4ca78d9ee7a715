"""A property returns."""

from modelcheck.lang import READ_ONCE, U8, invariant, shared, spec, thread

spec("property-without-return")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@invariant
def fine():  # E: MC310
    if n == 0:
        return True
