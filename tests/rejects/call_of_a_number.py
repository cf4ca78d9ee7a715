"""A number is no routine."""

from modelcheck.lang import U8, shared, spec, thread

spec("call-of-a-number")

n = shared(U8)


@thread
def work():
    n()  # E: MC266
    n(1)  # E: MC266
