"""A block has no body."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("indent-missing-body")

n = shared(U8)


@thread
def work():
    if n == 0:
    READ_ONCE(n)  # E: MC007
