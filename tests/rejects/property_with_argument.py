"""Nobody gives it."""

from modelcheck.lang import READ_ONCE, U8, final, shared, spec, thread

spec("property-with-argument")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@final
def done(me):  # E: MC312
    return n == 0
