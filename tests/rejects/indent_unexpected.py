"""A line is indented for no reason."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("indent-unexpected")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)
      READ_ONCE(n)  # E: MC007
