"""A lambda is an argument."""

from modelcheck.lang import U8, shared, spec, thread

spec("lambda-as-value")

n = shared(U8)


@thread
def work():
    get = lambda: n  # E: MC135
    return lambda: n  # E: MC135
