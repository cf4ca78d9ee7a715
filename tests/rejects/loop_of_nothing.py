"""A local loop without end."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("loop-of-nothing")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)
    while True:  # E: MC407
        pass
