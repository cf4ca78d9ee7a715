"""A line goes back to no block."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("indent-dedent-between")

n = shared(U8)


@thread
def work():
    if n == 0:
        READ_ONCE(n)
      READ_ONCE(n)  # E: MC007
