"""No floating point."""

from modelcheck.lang import U8, WRITE_ONCE, shared, spec, thread, wait_until

spec("float")

n = shared(U8)


@thread
def work():
    WRITE_ONCE(n, 1.5)  # E: MC138
    x = 2j  # E: MC138
    y = 1e3  # E: MC138
    wait_until(0.5 < n)  # E: MC138
