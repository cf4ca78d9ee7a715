"""A decorator does not run."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("decorator-is-a-call-of-a-call")

n = shared(U8)


@thread(count=2)()  # E: MC113
def work():
    READ_ONCE(n)
