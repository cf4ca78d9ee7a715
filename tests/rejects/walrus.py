"""No := in an expression."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("walrus")

n = shared(U8)


@thread
def work():
    while (x := READ_ONCE(n)) == 0:  # E: MC132
        pass
