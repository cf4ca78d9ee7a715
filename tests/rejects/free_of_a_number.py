"""Only objects are freed."""

from modelcheck.lang import U8, free, shared, spec, thread

spec("free-of-a-number")

n = shared(U8)


@thread
def work():
    free(3)  # E: MC277
    free(n)  # E: MC277
