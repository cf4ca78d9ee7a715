"""The language counts too."""

from modelcheck.lang import READ_ONCE, U8, shared, smp_mb, spec, thread, wait_until

spec("argument-of-the-language")

n = shared(U8)


@thread
def work():
    wait_until()  # E: MC267
    smp_mb(1)  # E: MC267
    READ_ONCE()  # E: MC267
