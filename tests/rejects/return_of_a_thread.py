"""Nobody takes it."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("return-of-a-thread")

n = shared(U8)


@thread
def work():
    return READ_ONCE(n)  # E: MC297
