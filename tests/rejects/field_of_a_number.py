"""A number has no fields."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("field-of-a-number")

n = shared(U8)


@thread
def work():
    READ_ONCE(n.x)  # E: MC230
