"""A constant index is checked at once."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("index-too-large")

a = shared(U8, count=2)


@thread
def work():
    READ_ONCE(a[2])  # E: MC225
    READ_ONCE(a[1])
