"""Zero is zero."""

from modelcheck.lang import U8, shared, spec, thread

spec("divide-by-zero")

n = shared(U8)


@thread
def work():
    x = 1 // 0  # E: MC231
    y = 1 % 0  # E: MC231
    z = 1 << 64  # E: MC231
