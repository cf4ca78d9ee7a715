"""Tabs and spaces mixed."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("indent-tabs-and-spaces")

n = shared(U8)


@thread
def work():
    if n == 0:
            READ_ONCE(n)
    	READ_ONCE(n)  # E: MC007
