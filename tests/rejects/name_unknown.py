"""A near miss is named."""

from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, shared, spec, thread

spec("name-unknown")

counter = shared(U8)
m = shared(U8)


@thread
def work():
    READ_ONCE(m)
    WRITE_ONCE(cuonter, 1)  # E: MC201
