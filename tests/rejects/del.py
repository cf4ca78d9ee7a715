"""There is no del."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("del")

n = shared(U8)


@thread
def work():
    x = READ_ONCE(n)
    del x  # E: MC125
