"""A loop variable is the loop's."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("loop-variable-assigned")

n = shared(U8)


@thread
def work():
    for i in range(2):  # E: MC293
        i = 0
        READ_ONCE(n)
