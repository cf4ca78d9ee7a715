"""wait_until belongs to threads."""

from modelcheck.lang import READ_ONCE, U8, final, shared, spec, thread, wait_until

spec("wait-in-a-property-condition")

n = shared(U8)


@thread
def work():
    READ_ONCE(n)


@final
def done():
    return wait_until(n == 0)  # E: MC303
