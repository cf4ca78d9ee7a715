"""A decorator does not call."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("decorator-calls")

n = shared(U8)


@thread(count=eval("2"))  # E: MC113
def work():
    READ_ONCE(n)
