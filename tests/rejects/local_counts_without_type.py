"""A counting local needs a type."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("local-counts-without-type")

n = shared(U8)


@thread
def work():
    tries = 0  # E: MC294
    while READ_ONCE(n) == 0:
        tries += 1
