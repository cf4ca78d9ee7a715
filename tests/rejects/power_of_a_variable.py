"""Powers are of constants."""

from modelcheck.lang import READ_ONCE, U8, shared, spec, thread

spec("power-of-a-variable")

n = shared(U8)


@thread
def work():
    x: U8 = READ_ONCE(n)
    y = 2**x  # E: MC149
    x **= 2  # E: MC149
    z = 2 ** a.b  # E: MC149
