"""Without global it is a local."""

from modelcheck.lang import U8, shared, spec, thread

spec("shared-scalar-without-global")

n = shared(U8)


@thread
def work():
    x = n  # E: MC249
    n = x + 1  # E: MC249
