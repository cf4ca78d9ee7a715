"""Which property?"""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("assert-without-name")

n = shared(U8)


@thread
def work():
    assert READ_ONCE(n) == 0  # E: MC307
