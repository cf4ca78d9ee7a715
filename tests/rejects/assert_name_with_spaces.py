"""A name is an identifier."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("assert-name-with-spaces")

n = shared(U8)


@thread
def work():
    assert READ_ONCE(n) == 0, "starts at zero"  # E: MC309
