"""A number has no truth."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread, wait_until

spec("if-number")

n = shared(U8)


@thread
def work():
    if READ_ONCE(n):  # E: MC257
        pass
    x = 1 if n else 2  # E: MC257
    wait_until(n)  # E: MC257
    assert n, "n"  # E: MC257
    y = n == 0 or n  # E: MC257
