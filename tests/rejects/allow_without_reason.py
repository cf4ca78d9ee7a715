"""A report lists the reason."""

from modelcheck.lang import READ_ONCE, U8, allow, shared, spec, thread

spec("allow-without-reason")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


allow("data-race", on=n)  # E: MC315
