"""A number has no elements."""

from modelcheck.lang import U8, shared, spec, thread

spec("for-over-number")

n = shared(U8)


@thread
def work():
    for x in n:  # E: MC263
        pass
